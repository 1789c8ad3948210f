"""The sandbox of SMTP: a relay on loopback that keeps every letter and goes wrong to order; it delivers nothing."""

from worker.sandbox.mail.orders import Letter
from worker.sandbox.mail.service import Mail

__all__ = ["Letter", "Mail"]
