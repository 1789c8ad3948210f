"""A deal as it is remembered between runs, when its history says it was won, and the fact made of it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from worker.connectors.hubspot.account import State
from worker.connectors.hubspot.names import Names
from worker.connectors.hubspot.records import Record, instant
from worker.domain.facts import Deal, Interval

STANDARD = (
    "dealname", "dealstage", "pipeline", "amount", "deal_currency_code", "hs_is_closed", "hs_is_closed_won",
    "hs_is_closed_lost", "hs_merged_object_ids", "hs_lastmodifieddate", "closedate",
)  # fmt: skip

_INTERVALS: dict[str, Interval] = {
    **dict.fromkeys(("monthly", "month", "per month", "every month", "1 month", "p1m"), "monthly"),
    **dict.fromkeys(("quarterly", "quarter", "per quarter", "every quarter", "3 months", "p3m"), "quarterly"),
    **dict.fromkeys(
        ("annual", "annually", "yearly", "year", "per year", "every year", "12 months", "p12m", "p1y"), "annual"
    ),
    **dict.fromkeys(("total", "whole term", "total over the term", "contract total"), "total"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """A deal as last seen: HubSpot's own texts, and what was found out about it."""

    id: str
    updated: datetime
    state: State
    name: str = ""
    lead: str = ""
    stage: str = ""
    pipeline: str = ""
    amount: str = ""
    currency: str = ""
    interval: str = ""
    term: str = ""
    merged: str = ""  # the ids that were merged into it, as HubSpot lists them
    won_at: datetime | None = None
    left_won_at: datetime | None = None
    company: str | None = None
    account_currency: str = ""  # what an amount without a currency of its own was in
    indexed: bool = False  # a search has shown it; before that, not being shown says nothing
    doubt: str | None = None
    merged_into: str | None = None

    def json(self) -> str:
        """Return it as text for the memory; what has its default is left out."""
        kept = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return json.dumps({k: v.isoformat() if isinstance(v, datetime) else v for k, v in kept.items()})

    @staticmethod
    def of(text: str) -> Known:
        """Read what `json` wrote."""
        data = json.loads(text)
        for name in ("updated", "won_at", "left_won_at"):
            if name in data:
                data[name] = datetime.fromisoformat(data[name])
        return Known(**data)

    def deal(self) -> Deal:
        """Return the fact. Amount, interval or term that can't be read are missing, never zero."""
        return Deal(
            id=self.id, company=self.company, state=self.state, won_at=self.won_at, left_won_at=self.left_won_at,
            value=number(self.amount), interval=interval(self.interval),
            currency=(self.currency or self.account_currency).upper() or None, term_months=months(self.term),
            doubt=self.doubt, merged_into=self.merged_into, lead=self.lead or None, stage=self.stage,
            pipeline=self.pipeline, name=self.name, updated_at=self.updated,
        )  # fmt: skip


def asked(names: Names) -> list[str]:
    """Return the properties that a deal is read with."""
    return list(dict.fromkeys((*STANDARD, names.lead, names.interval, names.term)))


def known(one: Record, state: State, names: Names) -> Known:
    """Return a deal as it was just read, without what only its history and its associations tell."""
    return Known(
        one.id, one.updated, state, one.text("dealname"), one.text(names.lead), one.text("dealstage"),
        one.text("pipeline"), one.text("amount"), one.text("deal_currency_code"), one.text(names.interval),
        one.text(names.term), one.text("hs_merged_object_ids"),
    )  # fmt: skip


def same(new: Known, old: Known) -> bool:
    """Tell whether two readings of a deal show the same."""
    kept = replace(
        new, won_at=old.won_at, left_won_at=old.left_won_at, company=old.company, account_currency=old.account_currency,
        indexed=old.indexed, doubt=old.doubt, merged_into=old.merged_into,
    )  # fmt: skip
    return kept == old


def wins(one: Record, state: State, won_stages: Collection[str]) -> tuple[datetime | None, datetime | None]:
    """Return when a deal was first won and, if it is won no more, when it last left won; from the history of its stage.

    `closedate` is not it: it stays when a deal moves between two won stages, and people write it (docs, 2026-11).
    """
    won = set(won_stages) | ({one.text("dealstage")} if state == "won" else set())
    history: Sequence[tuple[datetime, str]] = one.history.get("dealstage", ())
    first = next((at for at, stage in history if stage in won), None)
    if first is None:
        return (instant(one.text("closedate")) or one.updated, None) if state == "won" else (None, None)
    if state == "won":
        return first, None
    last = max(i for i, (_, stage) in enumerate(history) if stage in won)
    return first, history[last + 1][0] if last + 1 < len(history) else one.updated


def number(text: str) -> Decimal | None:
    """Read an amount; None where there is none or it is no number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def months(text: str) -> int | None:
    """Read a term in whole months; None for anything else."""
    value = number(text)
    return int(value) if value is not None and 0 < value < 10_000 and value == int(value) else None


def interval(text: str) -> Interval | None:
    """Read what an amount is per: month, quarter, year, or the whole term; None for anything else."""
    return _INTERVALS.get(" ".join(text.lower().replace("_", " ").replace("-", " ").split()))
