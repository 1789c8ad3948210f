"""Slack as a way to tell people; importing it does not import the SDK."""

from worker.connectors.slack.notifier import SlackNotifier

__all__ = ["SlackNotifier"]
