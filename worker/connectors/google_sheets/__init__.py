"""The Google spreadsheet as the tracker, through gspread and google-auth."""

from worker.connectors.google_sheets.tracker import GoogleSheetsTracker

__all__ = ["GoogleSheetsTracker"]
