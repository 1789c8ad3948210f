"""Retroactive tiers: when a period is over, what brings a partner's earned lines to the rate of the bracket reached.

One line per partner, currency and period, without deal. How it is answered once it is locked: `corrections`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from worker.domain.lines import Line
from worker.domain.money import rounded, shown, zero
from worker.domain.months import Period
from worker.planning.amounts import Priced, Run
from worker.planning.conversion import Missing, Rate, conversion, conversion_text, converted, rate_for
from worker.planning.corrections import NOT_NEEDED, Earned, Keys, adjustment, answered, cancel
from worker.planning.earning import Facts
from worker.planning.statuses import TICKED, judge, paused, stand_still
from worker.planning.tiers import Entry, Place, bracket_of, line_up, spell
from worker.planning.wording import CUT, percent, staffs_text

Still = Sequence[tuple[Line, str]]  # lines that can't be computed, each with the reason


@dataclass(frozen=True, slots=True)
class TrueUp:
    """What a partner is given, or loses, beyond the lines of a period that is over."""

    partner: str
    period: Period
    currency: str
    amount: Decimal
    earned: bool  # whether any line of the period is
    rate: str
    plan: str
    why: str
    capped: bool
    doubt: str | None  # why it must not move


@dataclass(slots=True)
class _Sum:
    """The earned lines of one period (of one deal, where its plan caps deals): their base, marginal and at the rate."""

    cap: Decimal | None
    base: Fraction = Fraction(0)
    marginal: Fraction = Fraction(0)
    reached: Fraction = Fraction(0)
    made: Decimal = Decimal(0)


@dataclass(slots=True)
class _Account:
    """A partner's lines in one currency, in their order, and what each deal has used of its cap."""

    runs: Sequence[Run]
    amounts: Sequence[Sequence[Priced]]
    entries: Sequence[Entry]
    still: Still
    used: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def run(self, place: Place) -> Run:
        """Return the run of an entry."""
        return self.runs[place[0]]


def true_ups(
    runs: Sequence[Run], amounts: Sequence[Sequence[Priced]], still: Still, won: Mapping[str, date], today: date
) -> list[TrueUp]:
    """Return the true-ups of all periods that are over, the zero ones too."""
    partners = {run.partner for run in runs if _retroactive(run)}
    if not partners:
        return []
    found: list[TrueUp] = []
    ledger = line_up(runs, [line for line, _ in still], won, partners, amounts)
    for partner, currency in sorted(ledger):
        own = [(line, why) for line, why in still if line.partner == partner]
        account = _Account(runs, amounts, ledger[partner, currency], own)
        for entry in account.entries:
            account.used[entry.deal] += entry.amount
        found += [_true_up(account, partner, currency, period) for period in _periods(account, today)]
    return found


def _retroactive(run: Run) -> bool:
    return bool(run.plan.tiers) and run.plan.mode == "retroactive" and run.plan.tier_period != "lifetime"


def _periods(account: _Account, today: date) -> list[Period]:
    found: set[Period] = set()
    for entry in account.entries:
        if entry.place is not None and _retroactive(account.run(entry.place)):
            period = spell(account.run(entry.place).plan, entry.order[0])
            if period is not None and period.last.over(today):
                found.add(period)
    return sorted(found)


def _true_up(account: _Account, partner: str, currency: str, period: Period) -> TrueUp:
    within = [entry for entry in account.entries if entry.order[0] in period]
    metric = sum((entry.base for entry in within), Fraction(0))
    rated = [
        (account.run(entry.place), entry.place, entry)
        for entry in within
        if entry.place is not None and _retroactive(account.run(entry.place))
        and spell(account.run(entry.place).plan, entry.order[0]) == period
    ]  # fmt: skip
    sums = _sums(account, rated, metric)
    amount, uncut = _given(account, sums, currency)
    caps = [run.plan.cap_per_partner for run, *_ in rated if run.plan.cap_per_partner is not None]
    if caps:
        amount = min(amount, max(min(caps) - sum((entry.amount for entry in within), Decimal(0)), Decimal(0)))
    cut = amount < uncut
    rate = _listed(percent(bracket_of(metric, run.plan.tiers).rate) for run, *_ in rated)
    plan = _listed(run.plan.text for run, *_ in rated)
    base = sum((s.base for s in sums.values()), Fraction(0))
    made = sum((s.made for s in sums.values()), Decimal(0))
    why = (
        f"{period} reached a base of {shown(metric, currency)}: {shown(base, currency)} earned × {rate} (plan {plan}), "
        f"less {shown(made, currency)} of its lines = {shown(uncut, currency)}"
        + (f", of which {shown(amount, currency)} fit{CUT}" if cut else "")
    )
    return TrueUp(
        partner, period, currency, rounded(amount, currency), bool(sums), rate, plan, why, cut, _doubt(account, within)
    )


def _sums(account: _Account, rated: Iterable[tuple[Run, Place, Entry]], metric: Fraction) -> dict[str, _Sum]:
    """Add up what is earned; deals whose plan caps them by themselves, the others together."""
    found: dict[str, _Sum] = {}
    for run, (i, k), entry in rated:
        if run.slots[k].cover is None:
            continue
        cap = run.plan.cap_per_deal
        own = found.setdefault("" if cap is None else entry.deal, _Sum(cap))
        priced = account.amounts[i][k]
        own.base += entry.base
        own.marginal += priced.exact
        own.reached += entry.base * Fraction(bracket_of(metric, run.plan.tiers).rate) / 100
        own.made += priced.made
    return found


def _given(account: _Account, sums: dict[str, _Sum], currency: str) -> tuple[Decimal, Decimal]:
    """Return what the sums come to beyond their lines, and what they would without the caps of deals."""
    amount = uncut = zero(currency)
    for deal, own in sums.items():
        more = rounded(own.reached, currency) - own.made if own.reached != own.marginal else zero(currency)
        uncut += more
        if own.cap is not None:
            more = min(more, max(own.cap - account.used[deal], Decimal(0)))
        account.used[deal] += more
        amount += more
    return amount, uncut


def _listed(words: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(words))


def _doubt(account: _Account, within: Iterable[Entry]) -> str | None:
    """Return why a true-up must not move: one of its period's lines is in doubt, or stands still."""
    still = {(line.deal, line.month): why for line, why in account.still}
    for entry in within:
        case = account.run(entry.place).case if entry.place is not None else None
        why = (case.doubt or case.gap) if case else still.get((entry.deal, entry.order[0]))
        if why is not None:
            return why
    return None


# ---- lines ----------------------------------------------------------------------------------------------------------

_GONE = "no line of the period is under retroactive tiers any more"


def true_up_lines(
    ups: Iterable[TrueUp], standing: Iterable[Line], still: Still, facts: Facts, keys: Keys, today: date,
) -> list[Line]:  # fmt: skip
    """Return the lines of true-ups and what answers them; `standing` are the lines without deal that there are."""
    rows: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for row in standing:
        rows[row.partner, row.deal_currency, row.answers or ""].append(row)
    lines: list[Line] = []
    for up in ups:
        group = rows.pop((up.partner, up.currency, str(up.period)), [])
        if group or up.amount:
            lines += _lines_of(up, group, facts, keys, today)
    stuck = {line.partner: reason for line, reason in still}
    for (partner, _, _), group in sorted(rows.items()):
        reason = stuck.get(partner)
        first = min((row for row in group if row.kind == "correction"), key=lambda row: row.month, default=None)
        main = first and (cancel(first, _GONE) if reason is None else stand_still(first, reason))
        lines += answered(
            group, main, Earned(zero(group[0].currency), _GONE), hold=paused(facts.partners.get(partner)), still=reason,
            keys=keys, today=today,
        )  # fmt: skip
    return lines


def _sentence(up: TrueUp, rate: Rate | None, added: Decimal) -> str:
    """Return the sentence of a true-up with its conversion and what staff added to it."""
    text = up.why.removesuffix(CUT)
    if rate is not None:
        text += conversion_text(up.amount, up.currency, rate, cut=up.capped)
    if added:
        text += staffs_text(converted(up.amount, rate), added, rate.currency if rate else up.currency)
    return text + (CUT if up.capped else "")


def _lines_of(up: TrueUp, rows: Sequence[Line], facts: Facts, keys: Keys, today: date) -> list[Line]:
    month, partner = up.period.last, facts.partners.get(up.partner)
    row = next((row for row in rows if row.kind == "correction" and row.month == month), None)
    if up.doubt is not None:
        return [stand_still(line, up.doubt) for line in rows]
    rate = rate_for(rows, month, None, up.currency, partner, policy=facts.policy, today=today)
    known = rate if isinstance(rate, Rate) else None
    currency = known.currency if known else up.currency
    hold = paused(partner) or (rate.reason if isinstance(rate, Missing) else None)
    added = adjustment(rows, currency)
    amount = converted(up.amount, known) + added
    status, reason = judge(
        month.over(today), covered=True, cancel=None if amount else NOT_NEEDED,
        hold=TICKED if row is not None and row.hold else hold,
    )  # fmt: skip
    main = Line(
        key=row.key if row is not None else keys.next(None, up.partner, month, "correction"), deal=None,
        partner=up.partner, month=month, kind="correction", currency=currency, amount=amount, status=status,
        why="" if status == "Cancelled" else _sentence(up, known, added), answers=str(up.period), rate=up.rate,
        plan=up.plan, reason=reason,
        capped=up.capped and status != "Cancelled", hold=row is not None and row.hold,
        adjustment=row.adjustment if row is not None else None, row=row.row if row is not None else None,
        converted=conversion(up.amount if status != "Cancelled" else zero(up.currency), up.currency, known),
    )  # fmt: skip
    earned = Earned(amount, None) if up.earned else Earned(zero(currency), "no line of the period is earned any more")
    return answered(rows, main, earned, hold=hold, still=None, keys=keys, today=today)
