"""HubSpot, the CRM: companies, contacts and deals of leads, through the official SDK."""

from worker.connectors.hubspot.crm import HubSpotCrm

__all__ = ["HubSpotCrm"]
