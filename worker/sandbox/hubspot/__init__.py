"""The sandbox of HubSpot's CRM: `HubSpot` is the service to serve; the modules beside it are its rooms."""

from worker.sandbox.hubspot.service import HubSpot

__all__ = ["HubSpot"]
