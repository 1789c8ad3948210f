"""The status of a line and the sentence that recomputes it. What is earned, and what answers it: `corrections`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.domain.facts import Partner
from worker.domain.lines import Line, LineStatus
from worker.domain.money import shown, zero
from worker.domain.months import Month, day_text
from worker.domain.plans import Policy
from worker.planning.amounts import Priced, Run, Slot
from worker.planning.cash import Cover, Receipts
from worker.planning.conversion import Missing, Rate, conversion, conversion_text, converted
from worker.planning.earning import Case
from worker.planning.wording import CUT, Sums, staffs_text

_BY_CASH = ("Waiting", "Confirmed")
TICKED = "Hold is ticked"
_CASH = re.compile(r"; (?:covered by|nothing to be paid|waits for the client).*", re.DOTALL)


def cancelled(
    month: Month, cover: Cover | None, case: Case, partner: Partner, *, unpaid: bool, policy: Policy, today: date
) -> str | None:
    """Return why a month is not earned for good, whatever is paid later; `unpaid` when it never will be paid for."""
    if case.left_on is not None and not month.over(case.left_on):
        return f"not over when the deal left won on {case.left_on}"
    gone = partner.left_on if policy.after_leaving == "stop" else None
    if gone is not None and gone <= today and month.last_day > gone:
        return f"not over when the partner left on {gone}"
    if cover is None and case.left_on is not None and case.deal.state == "lost":
        return f"not paid for when the deal was lost on {case.left_on}"
    return "never paid for" if cover is None and unpaid else None


def held(case: Case, partner: Partner | None) -> str | None:
    """Return why commission lines are held by what is known of their deal, lead and partner."""
    if case.doubt is not None:
        return case.doubt
    return "Hold is ticked on the lead" if case.lead.held else paused(partner)


def paused(partner: Partner | None) -> str | None:
    """Return the reason of a partner who is paused."""
    return "the partner is paused" if partner is not None and partner.paused else None


def judge(over: bool, covered: bool, cancel: str | None, hold: str | None) -> tuple[LineStatus, str | None]:
    """Return the first status that fits a line that is not locked, and the reason of a held or cancelled one.

    It is asked of every line: whether its month is `over` and `covered`, why it is cancelled, and why it is held.
    """
    if cancel is not None:
        return "Cancelled", cancel
    if hold is not None:
        return "On hold", hold
    if not over:
        return "Expected", None
    return ("Confirmed" if covered else "Waiting"), None


# ---- lines ----------------------------------------------------------------------------------------------------------


def not_earned(slot: Slot, today: date) -> str | None:
    """Return why a month is not earned by today's facts; None when it is: over, covered and not cancelled."""
    if slot.cancelled is not None:
        return slot.cancelled
    if not slot.month.over(today):
        return "the month is not over"
    return None if slot.cover is not None else "what the client paid does not cover it"


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes the lines of one run: what all its months have in common is looked up, and put into words, once."""

    run: Run
    now: Month  # the month of today
    fee: bool
    gap: str | None  # why lines that need a base are held
    hold: str | None  # why its lines are held, but for what a row says itself
    plan: str
    sums: Sums
    of_months: str  # how many there are
    waits: str  # what a month waits for

    @staticmethod
    def of(run: Run, cash: Receipts, today: date) -> Pen:
        """Take up the pen for a run."""
        case, plan = run.case, run.plan
        gap = case.gap if plan.fee is None else None
        return Pen(
            run, Month.of(today), plan.fee is not None, gap, hold=held(case, run.terms.partner) or gap,
            plan=plan.text, sums=Sums.of(run), of_months=f" of {len(run.slots)}" if plan.months else "",
            waits=f"; waits for the client: {waits_for(cash, case.currency)}",
        )  # fmt: skip

    def line(
        self, slot: Slot, priced: Priced, key: str, row: Line | None, *, rate: Rate | Missing | None,
        adjustment: Decimal,
    ) -> Line:  # fmt: skip
        """Return the line of a month as it must stand while it is not locked; staff's cells of its row stay.

        Without the rate that it needs it waits in the deal's currency, held from when its month is over.
        """
        case, terms = self.run.case, self.run.terms
        month, cover = slot.part.month, slot.cover
        over = month < self.now
        status, reason = judge(over, cover is not None, slot.cancelled, self._held(over, cover, row, rate))
        known = rate if isinstance(rate, Rate) else None
        currency = known.currency if known else case.currency
        rate_shown, made_by = self.sums.of_month(slot, priced)
        if status == "Cancelled":
            earned, amount, why = zero(case.currency), zero(currency), ""
        else:
            earned, amount = priced.amount, converted(priced.amount, known) + adjustment
            why = self._why(slot, priced, made_by, status, known, adjustment)
        invoice, covered_on = "", None
        if status == "Confirmed" and cover is not None:
            invoice, covered_on = ", ".join(cover.invoices), cover.on
        hold, adjusted, place = (False, None, None) if row is None else (row.hold, row.adjustment, row.row)
        # In the order of the fields: to name them takes longer, and this is done for every line there is.
        return Line(
            key, case.home, terms.partner.key, month, "commission", currency, amount, status, why, case.lead.key,
            case.lead.company_name, None, slot.base, None if self.fee else slot.month_base, rate_shown, self.plan,
            terms.percent, invoice, None, covered_on, None, reason, priced.capped, hold, adjusted, place,
            conversion(earned, case.currency, known),
        )  # fmt: skip

    def _held(self, over: bool, cover: Cover | None, row: Line | None, rate: Rate | Missing | None) -> str | None:
        """Return why a line is held."""
        case = self.run.case
        hold = (case.doubt or TICKED) if row is not None and row.hold else self.hold
        if hold is None and over and isinstance(rate, Missing):
            return rate.reason
        if hold is None and case.left_on is not None and cover is None:
            return f"the deal is open again since {case.left_on}, and the month is not paid for"
        return hold

    def _why(
        self, slot: Slot, priced: Priced, made_by: str, status: LineStatus, rate: Rate | None, adjustment: Decimal
    ) -> str:
        """Return the sentence: the sum, what became of it, which month it is, and its cash once it is over."""
        text = made_by
        if priced.capped or rate or adjustment:
            text += self._made_into(priced, rate, adjustment)
        text += "; once" if self.fee else f"; month {slot.number}{self.of_months}"
        if status in _BY_CASH:
            text += self.waits if slot.cover is None else cover_text(slot.cover)
        return text + CUT if priced.capped else text

    def _made_into(self, priced: Priced, rate: Rate | None, adjustment: Decimal) -> str:
        """Return what became of the sum: what of it fits, in which currency, and what staff added."""
        currency = self.run.case.currency
        text = f", of which {shown(priced.amount, currency)} fit" if priced.capped else ""
        if rate is not None:
            text += conversion_text(priced.amount, currency, rate, cut=priced.capped)
        if adjustment:
            text += staffs_text(converted(priced.amount, rate), adjustment, rate.currency if rate else currency)
        return text


def cover_text(cover: Cover) -> str:
    """Return what covers a month."""
    if cover.on is None:
        return "; nothing to be paid"
    return f"; covered by {', '.join(cover.invoices)}, paid {day_text(cover.on)}"


def waits_for(cash: Receipts, currency: str) -> str:
    """Return which invoice is open, how much and since when; or that there is none."""
    due = cash.due
    if due is not None:
        since = f", due {due.since}" if due.since else ""
        text = f"{due.number} has {shown(due.amount, currency)} open{since}"
    elif cash.first_invoice is not None:
        text = f"no invoice is open; {shown(cash.net, currency)} net received so far"
    else:
        text = "no invoice yet"
    return "; ".join((text, *cash.foreign))


def stand_still(row: Line, reason: str) -> Line:
    """Hold a line as it is, without what was said of its cash; what is locked or cancelled stays so."""
    if row.locked or row.status == "Cancelled":
        return row
    return row._replace(status="On hold", reason=reason, covered_on=None, invoice="", why=_CASH.sub("", row.why))
