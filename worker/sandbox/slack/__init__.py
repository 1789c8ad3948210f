"""The sandbox of Slack's Web API: one workspace, one bot, the methods that a sender of notices needs."""

from worker.sandbox.slack.service import Slack

__all__ = ["Slack"]
