"""A stand-in of Airtable: one workspace with one base, its web API, its webhooks and the hands of its people."""

from worker.sandbox.airtable.service import Airtable

__all__ = ["Airtable"]
