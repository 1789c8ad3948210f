"""Cells both ways: what a sheet's JSON holds, and what our column of some kind holds.

Numbers come as numbers and dates as days since 1899-12-30 without a zone (recorded), to be read in the spreadsheet's
time zone. Written is only what RAW takes as it is, so that a company called =IMPORTXML(…) stays a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from worker.connectors.exact_json import clean
from worker.domain.cells import Cell
from worker.domain.tables import Column

LONGEST = 50_000  # characters that a cell of a sheet holds (third party, 2026-11)

_EPOCH = date(1899, 12, 30)
_DAY = 86_400_000_000  # microseconds
_DATES = (date(1, 1, 2) - _EPOCH).days, (date(9999, 12, 30) - _EPOCH).days
# No commas: 1,234 is a thousand to one person and a bit more than one to another.
_NUMBER_TEXT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)
_TICKS = {"TRUE": True, "FALSE": None}


class BadCell(ValueError):
    """A value that a cell can't hold; the text says why, for people."""


def empty(raw: Any) -> bool:
    """Tell whether a raw value stands for an empty cell."""
    return raw is None or raw == ""


@dataclass(frozen=True, slots=True)
class Codec:
    """Reads and writes cells; the zone is the spreadsheet's own."""

    zone: ZoneInfo

    def read(self, column: Column, raw: Any) -> Cell:
        """Return what a raw value means for our column; what its kind can't mean stays text, for a person to mend."""
        if raw == "" or raw is None:
            return None
        match column.kind:
            case "number" | "money":
                return _number(raw)
            case "date":
                return self._date(raw)
            case "datetime":
                return self._datetime(raw)
            case "checkbox":
                return _tick(raw)
        return raw if isinstance(raw, str) else as_text(raw)

    def write(self, column: Column, value: Cell) -> Any:
        """Return the raw value to write; BadCell where no cell can hold it. An empty text clears."""
        if value is None:
            return False if column.kind == "checkbox" else ""
        if isinstance(value, bool):
            return value if column.kind == "checkbox" else as_text(value)
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise BadCell(f"{value} is not a number")
            return _plain(value) if column.kind in ("number", "money") else format(value, "f")
        if isinstance(value, datetime):
            return self._serial(value) if column.kind == "datetime" else value.astimezone(UTC).isoformat()
        if isinstance(value, date):
            return (value - _EPOCH).days if column.kind in ("date", "datetime") else value.isoformat()
        text = ", ".join(value) if isinstance(value, tuple) else value
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise BadCell(f"a text of {len(text):,} characters is too long: a cell of a sheet holds {LONGEST:,}")
        return text

    def _date(self, raw: Any) -> Cell:
        if isinstance(raw, str):
            value = _moment(raw)
            if isinstance(value, datetime):
                return value.astimezone(self.zone).date() if value.tzinfo else value.date()
            return value
        days = int(raw) if is_number(raw) else _DATES[1]
        return _EPOCH + timedelta(days=days) if _DATES[0] <= days < _DATES[1] else as_text(raw)

    def _datetime(self, raw: Any) -> Cell:
        if isinstance(raw, str):
            value = _moment(raw)
            if isinstance(value, str):
                return value
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        elif is_number(raw) and _DATES[0] <= raw < _DATES[1]:
            micro = int((Decimal(raw) * _DAY).to_integral_value())
            # A double keeps a time of our days to some microseconds: milliseconds are what was meant.
            moment = datetime.combine(_EPOCH, time()) + timedelta(milliseconds=round(micro / 1000))
        else:
            return as_text(raw)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def _serial(self, moment: datetime) -> Decimal:
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        micro = (local - datetime.combine(_EPOCH, time())) // timedelta(microseconds=1)
        return clean_serial(Decimal(micro) / _DAY)


def clean_serial(days: Decimal) -> Decimal:
    """Return a serial number with the digits that a double keeps of it."""
    return Decimal(format(days.quantize(Decimal(1).scaleb(-10)).normalize(), "f"))


def same_raw(stands: Any, sent: Any) -> bool:
    """Tell whether a cell that came back is what was sent: noise and emptiness aside."""
    if is_number(stands) and is_number(sent):
        apart = abs(Decimal(stands) - Decimal(sent))
        return apart < Decimal("0.00000001") or apart <= abs(Decimal(sent)).scaleb(-15)  # what a double keeps
    return bool(stands == sent) or (empty(stands) and (empty(sent) or sent is False))


def as_text(raw: Any) -> str:
    """Return a raw value as the sheet shows it in a column of plain text."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, (int, Decimal)):
        return format(clean(raw), "f")
    return str(raw)


def is_number(raw: Any) -> bool:
    """Tell whether a raw value is a number, as dates are too; a tick is none."""
    return isinstance(raw, (int, Decimal)) and not isinstance(raw, bool)


def _number(raw: Any) -> Cell:
    if is_number(raw):
        return clean(raw)
    text = raw.strip() if isinstance(raw, str) else as_text(raw)
    return clean(Decimal(text)) if _NUMBER_TEXT.fullmatch(text) else text or None


def _tick(raw: Any) -> Cell:
    if isinstance(raw, bool):
        return raw or None
    if is_number(raw):
        return raw != 0 or None
    text = str(raw)
    return _TICKS.get(text.strip().upper(), text)


def _plain(value: Decimal) -> Decimal | int:
    number = clean(value)
    return int(number) if number == number.to_integral_value() else number


def _moment(text: str) -> date | datetime | str:
    """Read an ISO date or time; text that is neither stays text, as does a year at either end of the calendar."""
    plain = text.strip()
    try:
        moment = date.fromisoformat(plain) if len(plain) == 10 else datetime.fromisoformat(plain)
    except ValueError:
        return text
    return text if moment.year in (MINYEAR, MAXYEAR) else moment
