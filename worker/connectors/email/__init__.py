"""E-mail as a way to tell people, through the customer's own relay."""

from worker.connectors.email.notifier import EmailNotifier

__all__ = ["EmailNotifier"]
