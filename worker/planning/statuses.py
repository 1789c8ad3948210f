"""The status of a line and the sentence that recomputes it. What is earned, and what answers it: `corrections`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from worker.domain.facts import Partner
from worker.domain.lines import Base, Line, LineStatus, line_key
from worker.domain.money import shown, zero
from worker.domain.months import Month
from worker.domain.plans import Policy
from worker.planning.amounts import Priced, Run, Slot
from worker.planning.cash import Cover, Receipts
from worker.planning.conversion import Missing, Rate, conversion, conversion_text, converted
from worker.planning.earning import Case
from worker.planning.terms import plan_text

_SPELLED = {"quarterly": ("a quarter", 3), "annual": ("a year", 12)}
TICKED = "Hold is ticked"
CUT = "; cut to the cap"
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


def held(case: Case, partner: Partner | None, row: Line | None) -> str | None:
    """Return why a line is held by what is known of its deal, row, lead and partner."""
    if case.doubt is not None:
        return case.doubt
    if row is not None and row.hold:
        return TICKED
    return "Hold is ticked on the lead" if case.lead.held else paused(partner)


def paused(partner: Partner | None) -> str | None:
    """Return the reason of a partner who is paused."""
    return "the partner is paused" if partner is not None and partner.paused else None


def judge(
    month: Month, *, covered: bool, cancel: str | None, hold: str | None, today: date
) -> tuple[LineStatus, str | None]:
    """Return the first status that fits a line that is not locked, and the reason of a held or cancelled one."""
    if cancel is not None:
        return "Cancelled", cancel
    if hold is not None:
        return "On hold", hold
    if not month.over(today):
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


def commission_line(
    run: Run, slot: Slot, priced: Priced, row: Line | None, *, rate: Rate | Missing | None, adjustment: Decimal,
    cash: Receipts, today: date,
) -> Line:  # fmt: skip
    """Return the line of a month as it must stand while it is not locked; staff's cells of its row stay.

    Without the rate that it needs it waits in the deal's currency, held from when its month is over.
    """
    case, partner = run.case, run.terms.partner
    hold = held(case, partner, row) or (case.gap if run.plan.fee is None else None)
    known = rate if isinstance(rate, Rate) else None
    if isinstance(rate, Missing) and slot.month.over(today):
        hold = hold or rate.reason
    if hold is None and case.left_on is not None and slot.cover is None:
        hold = f"the deal is open again since {case.left_on}, and the month is not paid for"
    status, reason = judge(slot.month, covered=slot.cover is not None, cancel=slot.cancelled, hold=hold, today=today)
    confirmed = slot.cover if status == "Confirmed" else None
    currency = known.currency if known else case.currency
    earned = zero(case.currency) if status == "Cancelled" else priced.amount
    amount = zero(currency) if status == "Cancelled" else converted(earned, known) + adjustment
    return Line(
        key=row.key if row is not None else line_key(case.home, run.partner, slot.month, "commission"),
        deal=case.home, partner=run.partner, month=slot.month, kind="commission", currency=currency, amount=amount,
        status=status,
        why="" if status == "Cancelled" else _why(run, slot, priced, known, adjustment, status, cash),
        lead=case.lead.key, client=case.lead.company_name, base=slot.base,
        month_base=slot.month_base if run.plan.fee is None else None, rate=rate_text(run, priced),
        plan=plan_text(run.plan), share=run.terms.percent, invoice=", ".join(confirmed.invoices) if confirmed else "",
        covered_on=confirmed.on if confirmed else None, reason=reason,
        capped=priced.capped and status != "Cancelled", hold=row is not None and row.hold,
        adjustment=row.adjustment if row is not None else None, row=row.row if row is not None else None,
        converted=conversion(earned, case.currency, known),
    )  # fmt: skip


def stand_still(row: Line, reason: str) -> Line:
    """Hold a line as it is, without what was said of its cash; what is locked or cancelled stays so."""
    if row.locked or row.status == "Cancelled":
        return row
    return replace(row, status="On hold", reason=reason, covered_on=None, invoice="", why=_CASH.sub("", row.why))


# ---- Why ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def percent(rate: Decimal) -> str:
    """Return a percentage as people read it: `12.5 %`."""
    text = f"{rate:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def rate_text(run: Run, amount: Priced) -> str:
    """Return what stands in the Rate column: `10 %`, `10 % / 15 %`, `fee 100.00`."""
    if run.plan.fee is not None:
        return f"fee {shown(run.plan.fee, run.case.currency)}"
    return " / ".join(percent(piece.rate) for piece in amount.pieces)


@lru_cache(maxsize=4096)  # the twelve lines of a deal share one
def base_text(base: Base, currency: str) -> str:
    """Return a base as people read it: `1,000.00 a month (12,000.00 a year ÷ 12)`."""
    monthly = f"{shown(base.monthly(), currency)} a month"
    if base.interval == "monthly":
        return monthly
    if base.interval == "total":
        return f"{monthly} ({shown(base.value, currency)} in {base.term_months} months ÷ {base.term_months})"
    words, months = _SPELLED[base.interval]
    return f"{monthly} ({shown(base.value, currency)} {words} ÷ {months})"


def sum_text(run: Run, slot: Slot, amount: Priced) -> str:
    """Return the sum that made a line: base, days, rate, share and, where rounding matters, the running totals."""
    currency, plan = run.case.currency, plan_text(run.plan)
    percents = run.terms.percent
    share = "" if percents == 100 else f" × {percent(percents)} share"
    if run.plan.fee is not None:
        text = f"{rate_text(run, amount)} (plan {plan}){share}"
    else:
        text = base_text(slot.base, currency) if slot.base else ""
        if slot.part.days is not None:
            text += f" × {slot.part.days} of {slot.part.of} days"
        if len(amount.pieces) == 1:
            text += f" × {percent(amount.pieces[0].rate)} (plan {plan}){share}"
        else:
            parts = " + ".join(f"{shown(p.base, currency)} × {percent(p.rate)}" for p in amount.pieces)
            text += f"{share}: {parts} (plan {plan})"
    uncut = amount.total - amount.before
    if amount.exact != uncut:
        text += f", running total {shown(amount.total, currency)} − {shown(amount.before, currency)}"
    return f"{text} = {shown(uncut, currency)}"


def place_text(run: Run, slot: Slot) -> str:
    """Return which month of how many it is."""
    if run.plan.fee is not None:
        return "once"
    return f"month {slot.number} of {len(run.slots)}" if run.plan.months else f"month {slot.number}"


def _why(
    run: Run, slot: Slot, priced: Priced, rate: Rate | None, adjustment: Decimal, status: LineStatus, cash: Receipts
) -> str:
    currency = run.case.currency
    text = sum_text(run, slot, priced)
    if priced.capped:
        text += f", of which {shown(priced.amount, currency)} fit"
    if rate is not None:
        text += conversion_text(priced.amount, currency, rate, cut=priced.capped)
    if adjustment:
        text += staffs_text(converted(priced.amount, rate), adjustment, rate.currency if rate else currency)
    text += f"; {place_text(run, slot)}"
    if status in ("Waiting", "Confirmed"):
        text += f"; {cash_text(slot, cash, currency)}"
    return text + CUT if priced.capped else text


def staffs_text(amount: Decimal, adjustment: Decimal, currency: str) -> str:
    """Return what staff added, or took off, and what that makes."""
    sign = "+" if adjustment > 0 else "−"
    return f"; adjusted by staff {sign} {shown(abs(adjustment), currency)} = {shown(amount + adjustment, currency)}"


def cash_text(slot: Slot, cash: Receipts, currency: str) -> str:
    """Return what covers a month, or what it waits for."""
    if slot.cover is not None:
        if slot.cover.on is None:
            return "nothing to be paid"
        return f"covered by {', '.join(slot.cover.invoices)}, paid {slot.cover.on}"
    return f"waits for the client: {waits_for(cash, currency)}"


def waits_for(cash: Receipts, currency: str) -> str:
    """Return which invoice is open, how much and since when; or that there is none."""
    if cash.due:
        due = cash.due[0]
        since = f", due {due.since}" if due.since else ""
        text = f"{due.number} has {shown(due.amount, currency)} open{since}"
    elif cash.first_invoice is not None:
        text = f"no invoice is open; {shown(cash.net, currency)} net received so far"
    else:
        text = "no invoice yet"
    return "; ".join((text, *cash.foreign))
