"""How a message gets its words: the templates of rules/messages, seen from inside."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    """Renders the messages of one kind."""

    def __call__(self, kind: str, **facts: object) -> tuple[str, str, str]:
        """Return subject, text and HTML of a message; `facts` are what its templates may show."""
