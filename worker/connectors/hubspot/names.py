"""The names by which one account is read and written: properties, pipeline, stage. They come from the configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The properties that we own in the account, the ones we read money from, and where a new deal begins."""

    lead: str
    partner: str
    company: str
    pipeline: str
    stage: str
    interval: str
    term: str
