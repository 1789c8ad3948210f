"""Facts and standing lines → the complete set of commission lines, problems and suggestions. Pure; no state of its own.

`earning` says which deals earn, `runs` in which months, `amounts` and `tiers` how much, `statuses` how a line stands,
`wording` how its sum reads, `corrections` what answers lines that are locked. Deals are gone through one at a time, but
for those whose partners have tiers or caps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from worker.domain.lines import Line, line_key
from worker.domain.money import zero
from worker.domain.months import Month, month_text
from worker.domain.problems import Problem
from worker.planning.amounts import Priced, Run, priced, together
from worker.planning.cash import Receipts
from worker.planning.conversion import NO_RATE, Missing, Rate, converted, rate_for, unconverted
from worker.planning.corrections import Earned, Keys, adjustment, answered, cancel
from worker.planning.earning import Case, Facts, deal_order, survey
from worker.planning.runs import books_of, runs_of
from worker.planning.statuses import Pen, not_earned, paused, stand_still
from worker.planning.tiers import cut_to_caps, exact_amounts
from worker.planning.true_ups import true_up_lines, true_ups

__all__ = ["Facts", "Outcome", "plan_lines"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every line that must stand, what staff must mend, and invoices that may belong to a lead, by lead key."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    suggestions: Mapping[str, str]


def plan_lines(facts: Facts, existing: Sequence[Line], today: date) -> Outcome:
    """Return the lines as they must stand on a day; locked ones are among them, unchanged."""
    standing = {line.key: line for line in sorted(existing, key=attrgetter("locked"))}
    by_deal: dict[str, list[Line]] = defaultdict(list)
    for line in standing.values():
        if line.deal is not None:
            by_deal[line.deal].append(line)
    found = survey(facts, by_deal, today)
    books, suggestions = books_of(facts, found, today)
    keys = Keys(standing.values())
    lines = [stand_still(line, reason) for line, reason in found.still]
    counted = _counted(found.cases)
    joint: list[tuple[Case, Receipts, list[Run]]] = []
    for case, cash, runs in runs_of(facts, found, books, today):
        if any(terms.partner.key in counted for terms in case.terms):
            joint.append((case, cash, runs))
        else:
            lines += _case_lines(facts, case, zip(runs, _priced(runs, (), {}), strict=True), cash, keys, today)
    all_runs = [run for _, _, runs in joint for run in runs]
    amounts = _priced(all_runs, [line for line, _ in found.still], found.won)
    given = iter(amounts)
    for case, cash, runs in joint:
        lines += _case_lines(facts, case, [(run, next(given)) for run in runs], cash, keys, today)
    ups = true_ups(all_runs, amounts, found.still, found.won, today)
    tiers = [line for line in standing.values() if line.deal is None]
    lines += true_up_lines(ups, tiers, found.still, facts, keys, today)
    problems = [*found.problems, *_missing_rates(found.cases, lines)]
    problems.sort(key=lambda problem: (deal_order(problem.deal or ""), problem.partner or ""))
    return Outcome(_in_order(lines), tuple(problems), suggestions)


def _counted(cases: Iterable[Case]) -> set[str]:
    """Return the partners whose lines bear on each other, by tiers or a cap: their deals can't be reckoned apart."""
    return {
        terms.partner.key for case in cases for terms in case.terms
        if terms.plan.tiers or terms.plan.cap_per_deal is not None or terms.plan.cap_per_partner is not None
    }  # fmt: skip


def _missing_rates(cases: Iterable[Case], lines: Iterable[Line]) -> Iterable[Problem]:
    """Tell staff of each deal and partner the first rate that a line waits for."""
    ids = {case.home: case.id for case in cases}
    waiting = [line for line in lines if line.status == "On hold" and (line.reason or "").startswith(NO_RATE)]
    first: dict[tuple[str, str], Line] = {}
    for line in sorted(waiting, key=lambda line: line.month):
        if line.deal is not None:
            first.setdefault((line.deal, line.partner), line)
    for (deal, partner), line in first.items():
        text = f"A commission waits: {line.reason}"
        yield Problem(ids.get(deal, deal), partner, "rate", text, line.lead)


def _in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines by partner and deal, those without one last, and by month."""
    groups: dict[tuple[str, str | None], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.partner, line.deal].append(line)
    ordered = sorted(groups, key=lambda group: (group[0], group[1] is None, deal_order(group[1] or "")))
    return tuple(line for group in ordered for line in sorted(groups[group], key=_within_a_deal))


def _within_a_deal(line: Line) -> tuple[Month, str, str, str]:
    return line.month, line.kind, line.answers or "", line.key


def _priced(runs: Sequence[Run], still: Sequence[Line], won: Mapping[str, date]) -> list[list[Priced]]:
    """Return the amounts of every run: exact by its plan, rounded together with its deal's others, cut to caps."""
    exact = exact_amounts(runs, still, won)
    found: list[list[Priced]] = [[] for _ in runs]
    for places in together(runs):
        group = priced([runs[place] for place in places], [exact[place] for place in places])
        for place, own in zip(places, group, strict=True):
            found[place] = own
    return cut_to_caps(runs, found, still, won)


def _case_lines(
    facts: Facts, case: Case, own: Iterable[tuple[Run, Sequence[Priced]]], cash: Receipts, keys: Keys, today: date
) -> list[Line]:
    """Return the lines of a deal: of every month that its partners have, and of those that they have no more."""
    rows: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for row in case.rows:
        rows[row.partner][row.answers or month_text(row.month)].append(row)
    lines: list[Line] = []
    for run, amounts in own:
        lines += _run_lines(facts, run, amounts, rows[run.partner], cash, keys, today)
    staying = {terms.partner.key for terms in case.terms}
    for partner, months in sorted(rows.items()):
        usual = "not a month that the plan gives the deal" if partner in staying else case.off_all
        reason = case.off.get(partner, usual)
        hold = paused(facts.partners.get(partner))
        for _, group in sorted(months.items()):
            lines += _no_more(group, reason, hold=hold, still=case.doubt or case.gap, keys=keys, today=today)
    return lines


def _run_lines(
    facts: Facts, run: Run, amounts: Sequence[Priced], months: dict[str, list[Line]], cash: Receipts, keys: Keys,
    today: date,
) -> list[Line]:  # fmt: skip
    """Return the lines of the months that a partner has; their standing rows are taken out of `months`."""
    case, partner, policy = run.case, run.terms.partner, facts.policy
    pen, plain = Pen.of(run, cash, today), unconverted(case.rows, case.currency, policy)
    lines: list[Line] = []
    for slot, amount in zip(run.slots, amounts, strict=True):
        month = slot.part.month
        written = month_text(month)
        rows = months.pop(written, ())
        key = line_key(case.home, partner.key, written, "commission")
        standing, beside = None, False
        for row in rows:
            if row.key == key:
                standing = row
            else:
                beside = True
        rate = None if plain else rate_for(rows, month, case.won_on, case.currency, partner, policy=policy, today=today)
        known = rate if isinstance(rate, Rate) else None
        added = adjustment(rows, known.currency if known else case.currency)
        main = pen.line(slot, amount, key, standing, rate=rate, adjustment=added)
        if not beside and (standing is None or not standing.locked):
            lines.append(main)  # there is nothing else, and nothing to answer
            continue
        reason = not_earned(slot, today)
        earned = Earned(converted(amount.amount, known) + added if reason is None else zero(main.currency), reason)
        still = case.doubt or pen.gap or (rate.reason if isinstance(rate, Missing) else None)
        hold = paused(partner)  # a lead's Hold stops what is not locked, not the answers to what is
        lines += answered(rows, main, earned, hold=hold, still=still, keys=keys, today=today)
    return lines


def _no_more(
    rows: Sequence[Line], reason: str, *, hold: str | None, still: str | None, keys: Keys, today: date
) -> list[Line]:
    """Return the lines of a month in which nothing is earned any more: cancelled, or clawed back once locked."""
    row = next((row for row in rows if row.kind == "commission"), None)
    main = cancel(row, reason) if row is not None else None
    earned = Earned(zero(rows[0].currency), reason)
    return answered(rows, main, earned, hold=hold, still=still, keys=keys, today=today)
