"""The connector to Airtable; `AirtableTracker` is its only face."""

from worker.connectors.airtable.tracker import AirtableTracker

__all__ = ["AirtableTracker"]
