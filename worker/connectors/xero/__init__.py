"""The connector to Xero; `XeroLedger` is its only face. Importing it does not import the SDK."""

from worker.connectors.xero.ledger import XeroLedger

__all__ = ["XeroLedger"]
