"""The sum of a line in words: base, days, rate, share and rounding, as its `Why` begins. Words only; no amount is made.

What it says of the month's cash, and the status of the line: `statuses`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from worker.domain.lines import Base
from worker.domain.money import digits, shown, units_shown
from worker.planning.amounts import Piece, Priced, Run, Slot

_SPELLED = {"quarterly": ("a quarter", 3), "annual": ("a year", 12)}
CUT = "; cut to the cap"


@lru_cache(maxsize=1024)
def percent(rate: Decimal) -> str:
    """Return a percentage as people read it: `12.5 %`."""
    text = f"{rate:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def base_text(base: Base, currency: str) -> str:
    """Return a base as people read it: `1,000.00 a month (12,000.00 a year ÷ 12)`."""
    monthly = f"{shown(base.monthly(), currency)} a month"
    if base.interval == "monthly":
        return monthly
    if base.interval == "total":
        return f"{monthly} ({shown(base.value, currency)} in {base.term_months} months ÷ {base.term_months})"
    words, months = _SPELLED[base.interval]
    return f"{monthly} ({shown(base.value, currency)} {words} ÷ {months})"


def staffs_text(amount: Decimal, adjustment: Decimal, currency: str) -> str:
    """Return what staff added, or took off, and what that makes."""
    sign = "+" if adjustment > 0 else "−"
    return f"; adjusted by staff {sign} {shown(abs(adjustment), currency)} = {shown(amount + adjustment, currency)}"


@dataclass(slots=True)
class Sums:
    """The sums of one run in words, asked for month by month: what neighbours have in common is put into words once."""

    run: Run
    currency: str
    places: int  # of its amounts that are minor
    plan: str
    share: str
    _pieces: tuple[Piece, ...] | None = None
    _rate: str = ""
    _made_of: str = ""
    _results: dict[Decimal, str] = field(default_factory=dict)  # amounts as they are shown: most months have one of two
    _total: tuple[int | None, str] = (None, "")  # the last running total, and as it is shown

    @staticmethod
    def of(run: Run) -> Sums:
        """Begin with what is the same in every month."""
        currency, percents = run.case.currency, run.terms.percent
        share = "" if percents == 100 else f" × {percent(percents)} share"
        return Sums(run, currency, digits(currency), run.plan.text, share)

    def of_month(self, slot: Slot, amount: Priced) -> tuple[str, str]:
        """Return what stands in the Rate column (`10 %`, `10 % / 15 %`, `fee 100.00`), and the sum that made the line.

        The sum is base, days, rate, share and, where rounding matters, the running totals.
        """
        pieces = amount.pieces
        if pieces is not self._pieces:  # months of one base share theirs
            self._pieces = pieces
            self._rate, self._made_of = self._fee() if self.run.plan.fee is not None else self._rated(slot, pieces)
        result = self._results.get(amount.made)
        if result is None:
            result = self._results[amount.made] = shown(amount.made, self.currency)
        if not amount.uneven:
            return self._rate, f"{self._made_of} = {result}"
        (known, before), total = self._total, units_shown(amount.total, self.places)
        if amount.before != known:
            before = units_shown(amount.before, self.places)
        self._total = amount.total, total
        return self._rate, f"{self._made_of}, running total {total} − {before} = {result}"

    def _fee(self) -> tuple[str, str]:
        rate = f"fee {shown(self.run.plan.fee or 0, self.currency)}"
        return rate, f"{rate} (plan {self.plan}){self.share}"

    def _rated(self, slot: Slot, pieces: tuple[Piece, ...]) -> tuple[str, str]:
        base = base_text(slot.base, self.currency) if slot.base else ""
        if slot.part.days is not None:
            base += f" × {slot.part.days} of {slot.part.of} days"
        rate = " / ".join(percent(piece.rate) for piece in pieces)
        if len(pieces) == 1:
            return rate, f"{base} × {rate} (plan {self.plan}){self.share}"
        parts = " + ".join(f"{shown(p.base, self.currency)} × {percent(p.rate)}" for p in pieces)
        return rate, f"{base}{self.share}: {parts} (plan {self.plan})"
