"""A stand-in of Google: Sheets, the part of Drive that tells of changes, the token endpoint, and people's hands."""

from worker.sandbox.google.service import Google

__all__ = ["Google"]
