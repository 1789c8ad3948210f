"""A stand-in of Xero on loopback: one organisation, its books and its API, without a line of the connector."""

from worker.sandbox.xero.service import Xero

__all__ = ["Xero"]
