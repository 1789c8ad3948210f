"""Partners' performance and the exchange for machines: as JSON, and as rows for a spreadsheet. Decides nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from worker.dealings import Quarter, Standing
from worker.domain.money import rounded
from worker.planning.exchange import Counted, Direction, Exchange
from worker.planning.performance import Performance

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


def quarter_as_json(found: Quarter) -> dict[str, Any]:
    """Return the exchange of the present quarter; amounts are texts, `counted` names every key behind them."""
    return {
        "quarter": str(found.quarter),
        "partners": [_exchange_json(table) for table in found.tables],
        "unread": list(found.unread),
    }


def _exchange_json(one: Exchange) -> dict[str, Any]:
    return {
        "quarter": str(one.quarter),
        "partner": one.partner,
        "name": one.name,
        "received": _direction_json(one.received),
        "sent": _direction_json(one.sent),
        "owed_to_partner": _texts(one.to_partner),
        "owed_to_us": _texts(one.to_us),
        "balance": _texts(one.balance),
        "counted": {"lines": _counted(one.lines), "commissions": _counted(one.owed)},
        "left_out": list(one.left_out),
    }


def _direction_json(way: Direction) -> dict[str, Any]:
    keys = {"leads": list(way.leads), "accepted": list(way.accepted), "won": list(way.won)}
    counts = {name: len(of) for name, of in keys.items()}
    return {**counts, "value": _texts(way.value), "counted": {**keys, "values": _counted(way.values)}}


def _counted(sums: Iterable[Counted]) -> list[dict[str, str]]:
    return [{"key": one.key, "currency": one.currency, "amount": _text(one.amount, one.currency)} for one in sums]


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: _text(amount, currency) for currency, amount in sums.items()}


def _text(amount: Decimal, currency: str) -> str:
    return format(rounded(amount, currency), "f")


def standing_as_json(found: Standing) -> dict[str, Any]:
    """Return performance and exchange as one JSON object; amounts, shares and days are texts."""
    return {
        "partners": [_performance_json(one) for one in found.partners],
        "exchange": [_exchange_json(table) for table in found.tables],
        "unread": list(found.unread),
    }


def _performance_json(one: Performance) -> dict[str, Any]:
    return {
        "partner": one.partner, "name": one.name, "currency": one.currency, "leads": one.leads,
        "accepted": one.accepted, "acceptance": _share(one.acceptance), "won": one.won, "lost": one.lost,
        "win_rate": _share(one.win_rate), "value": _texts(one.value), "cost": _texts(one.cost),
        "ratio": {c: _text_of(ratio, 2) for c in one.currencies if (ratio := one.ratio(c)) is not None},
        "median_days": {status: _text_of(days, 1) for status, days in one.days.items()},
        "value_not_known": list(one.unvalued),
    }  # fmt: skip


def standing_as_csv(found: Standing) -> str:
    """Return performance as rows for a spreadsheet: one for each partner and currency."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\n")
    sheet.writerow(["partner", "name", "currency", "leads", "accepted", "acceptance", "won", "lost", "win rate",
                    "value", "cost", "ratio", *(f"days to {status}" for status in found.statuses)])  # fmt: skip
    for one in found.partners:
        for currency in one.currencies:
            ratio = one.ratio(currency)
            row = [
                one.partner, _inert(one.name), currency, one.leads, one.accepted, _share(one.acceptance), one.won,
                one.lost, _share(one.win_rate), _texts(one.value).get(currency), _texts(one.cost).get(currency),
                None if ratio is None else _text_of(ratio, 2),
                *(_text_of(one.days[s], 1) if s in one.days else None for s in found.statuses),
            ]  # fmt: skip
            sheet.writerow(row)
    return written.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _share(share: Fraction | None) -> str | None:
    return None if share is None else _text_of(share, 4)


def _text_of(number: Fraction, places: int) -> str:
    return format(decimal(number, places), "f")


def decimal(number: Fraction, places: int) -> Decimal:
    """Return a share, ratio or number of days, none below zero, with so many places; halves go up."""
    return Decimal(int(number * 10**places + Fraction(1, 2))).scaleb(-places)
