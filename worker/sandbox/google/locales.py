"""What depends on a spreadsheet's locale: separators, the order of dates, the currency; and serial dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(1899, 12, 30)  # serial number 0; 2020-01-01 is 43831 (recorded)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Locale:
    """Decimal and group separators, the order of day, month and year, the default pattern of dates, the currency."""

    decimal: str
    group: str
    order: str
    date: str
    currency: str


LOCALES: Mapping[str, Locale] = {
    "en_GB": Locale(".", ",", "dmy", "dd/mm/yyyy", "£"),
    "en_IE": Locale(".", ",", "dmy", "dd/mm/yyyy", "€"),
    "en_US": Locale(".", ",", "mdy", "m/d/yyyy", "$"),
    "de_DE": Locale(",", ".", "dmy", "dd.mm.yyyy", "€"),
    "es_ES": Locale(",", ".", "dmy", "dd/mm/yyyy", "€"),
    "fr_FR": Locale(",", "\u202f", "dmy", "dd/mm/yyyy", "€"),
    "it_IT": Locale(",", ".", "dmy", "dd/mm/yyyy", "€"),
    "nl_NL": Locale(",", ".", "dmy", "dd-mm-yyyy", "€"),
    "sv_SE": Locale(",", "\u00a0", "ymd", "yyyy-mm-dd", "kr"),
}


def serial(day: date) -> int:
    """Return a date as a serial number."""
    return (day - EPOCH).days


def from_serial(number: float) -> tuple[date, int]:
    """Return the date and the second of the day of a serial number; OverflowError beyond the calendar."""
    seconds = round(number * 86_400)
    days, second = divmod(seconds, 86_400)
    return EPOCH + timedelta(days=days), second
