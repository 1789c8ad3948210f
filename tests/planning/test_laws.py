"""The laws of the money rules that concern lines, for programmes that nobody wrote by hand.

Mutants that they kill: 1, a line rounded by itself; 2, cash with tax, cover that does not last, room above a cap; 3,
lines in the order of rows, invoices in the order of facts, keys numbered from one; 4, an answer made anew; 6, a locked
line rewritten; 7, an adjustment of what is not earned, no answer below zero; 8, a metric over all partners; 9, today's
base for months that are over, today's plan for lines that have one; of correction, only one locked line answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.domain.facts import Cash, Deal, Interval, Invoice, Lead, Share
from worker.domain.lines import Line
from worker.domain.money import rounded
from worker.domain.months import Month
from worker.domain.plans import Bracket, CommissionPlan
from worker.planning.commissions import Facts, plan_lines

from .programme import facts, invoice, partner, plan

PARTNERS = ("acme", "birch", "cedar")
BEGIN, END = date(2025, 1, 1), date(2026, 6, 30)
laws = settings(
    max_examples=50, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

cents = st.integers(0, 3_000_000).map(lambda units: Decimal(units) / 100)
values = st.integers(1, 300_000).map(lambda units: Decimal(units) / 100)
days = st.integers(0, 35).map(lambda n: BEGIN + timedelta(days=15 * n))  # few, so that things meet on one
percents = st.integers(0, 5000).map(lambda units: Decimal(units) / 100)


# ---- programmes -----------------------------------------------------------------------------------------------------


@st.composite
def plans_(
    draw: st.DrawFn, name: str, *, plain: bool = False, kinds: Sequence[str] = ("rate", "tiers", "fee")
) -> CommissionPlan:
    """A plan: by a rate, and unless plain also by tiers or a fee, with any policy and caps."""
    terms: dict[str, object] = {
        "name": name, "months": draw(st.integers(1, 14)), "start": draw(st.sampled_from(["won", "next"])),
        "prorate": draw(st.sampled_from(["none", "days"])),
    }  # fmt: skip
    if plain:
        return plan(str(draw(percents)), **terms)
    terms["months"] = draw(st.integers(0, 14))
    terms["start"] = draw(st.sampled_from(["won", "next", "first-invoice"]))
    terms["currency"] = "GBP"
    if draw(st.booleans()):
        terms["cap_per_deal"] = draw(cents)
    if draw(st.booleans()):
        terms["cap_per_partner"] = draw(cents)
    kind = draw(st.sampled_from(kinds))
    if kind == "tiers":
        edge = draw(st.integers(1, 20_000).map(Decimal))
        terms["tiers"] = (Bracket(Decimal(0), edge, draw(percents)), Bracket(edge, None, draw(percents)))
        terms["tier_period"] = draw(st.sampled_from(["quarter", "year"]))
        terms["mode"] = draw(st.sampled_from(["marginal", "retroactive"]))
    elif kind == "fee":
        terms["fee"] = draw(cents)
    return plan(str(draw(percents)) if kind == "rate" else None, **terms)


@st.composite
def shares_(draw: st.DrawFn) -> tuple[Share, ...]:
    """Shares of one to three partners that sum to 100."""
    who = draw(st.permutations(PARTNERS))[: draw(st.integers(1, 3))]
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=len(who) - 1, max_size=len(who) - 1)))
    edges = [0, *cuts, 10_000]
    return tuple(Share(key, Decimal(edges[n + 1] - edges[n]) / 100) for n, key in enumerate(who))


@st.composite
def deals_(draw: st.DrawFn, number: int, *, currency: str = "GBP") -> Deal:
    """A deal that is won some day."""
    interval: Interval = draw(st.sampled_from(["monthly", "quarterly", "annual", "total"]))
    term = draw(st.none() | st.integers(1, 15))
    won = draw(st.dates(BEGIN, date(2025, 9, 30)))
    return Deal(
        id=str(9000 + number), company=str(500 + number), state="won", left_won_at=None, interval=interval,
        won_at=datetime(won.year, won.month, won.day, 10, tzinfo=UTC), value=draw(values), currency=currency,
        term_months=term or 12 if interval == "total" else term,
    )  # fmt: skip


@st.composite
def invoices_(draw: st.DrawFn, number: int, deal: str, *, paid: Decimal | None = None) -> Invoice:
    """An invoice of a deal with or without tax, payments and refunds; or one that was paid in January."""
    net = draw(st.integers(1, 3_000_000).map(lambda units: Decimal(units) / 100))
    tax = draw(st.sampled_from([Decimal(0), Decimal("0.2"), Decimal("0.07")]))
    moved = st.lists(st.builds(Cash, days, values), max_size=3).map(tuple)
    return Invoice(
        id=f"id-{number}", number=f"INV-{number}", type="ACCREC", on=BEGIN if paid else draw(days), due_date=None,
        currency="GBP", status="AUTHORISED" if paid else draw(st.sampled_from(["AUTHORISED", "PAID", "VOIDED"])),
        sub_total=net, total=rounded(Fraction(net) * (1 + Fraction(tax)), "GBP"), reference=deal,
        payments=(Cash(BEGIN, paid),) if paid else draw(moved), refunds=() if paid else draw(st.just(()) | moved),
    )  # fmt: skip


@st.composite
def programmes(draw: st.DrawFn, *, plain: bool = False, most: int = 3) -> Facts:
    """One to three deals of three partners, each with a plan of its own."""
    made = [draw(deals_(n)) for n in range(draw(st.integers(1, most)))]
    at = datetime(2024, 12, 1, tzinfo=UTC)
    leads = [Lead(f"L-{d.id}", at, True, d.id, draw(shares_())) for d in made]
    invoices = [draw(invoices_(n, draw(st.sampled_from(made)).id)) for n in range(draw(st.integers(0, 4)))]
    return facts(
        made, leads, invoices=invoices, plans=[draw(plans_(f"of-{key}", plain=plain)) for key in PARTNERS],
        partners=[partner(key, f"of-{key}") for key in PARTNERS],
    )  # fmt: skip


@st.composite
def changes(draw: st.DrawFn, now: Facts, today: date) -> Facts:
    """Something that happens: to a deal, a lead, an invoice or a partner; values stay, shares may get lost."""
    deal = draw(st.sampled_from(sorted(now.deals)))
    what = draw(
        st.sampled_from(["lost", "open", "won", "doubt", "clear", "split", "valid", "void", "pay", "refund", "pause"])
    )
    left = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    known = now.deals[deal]
    turned = {
        "lost": replace(known, state="lost", left_won_at=left), "open": replace(known, state="open", left_won_at=left),
        "won": replace(known, state="won", left_won_at=None), "doubt": replace(known, doubt="404"),
        "clear": replace(known, doubt=None),
    }  # fmt: skip
    if what in turned:
        return replace(now, deals={**now.deals, deal: turned[what]})
    if what in ("split", "blur", "valid"):
        leads = {lead.deal: lead for lead in now.leads}
        cells = {"split": {"shares": draw(shares_())}, "blur": {"shares": ()}, "valid": {"valid": draw(st.booleans())}}
        leads[deal] = replace(leads[deal], **cells[what])  # type: ignore[arg-type]
        return replace(now, leads=list(leads.values()))
    if what == "pause":
        key = draw(st.sampled_from(PARTNERS))
        paused = replace(now.partners[key], paused=draw(st.booleans()))
        return replace(now, partners={**now.partners, key: paused})
    if not now.invoices:
        return now
    number = draw(st.integers(0, len(now.invoices) - 1))
    one, moved = now.invoices[number], Cash(today, draw(cents))
    one = {
        "void": replace(one, status="VOIDED"),
        "pay": replace(one, status="AUTHORISED", payments=(*one.payments, moved)),
        "refund": replace(one, refunds=(*one.refunds, moved)),
    }[what]
    return replace(now, invoices=[*now.invoices[:number], one, *now.invoices[number + 1 :]])


def locked(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Put the confirmed lines on a statement."""
    return tuple(
        line._replace(status="On statement", statement="S") if line.status == "Confirmed" else line for line in lines
    )


@st.composite
def histories(draw: st.DrawFn, *, plain: bool = False) -> tuple[Facts, tuple[Line, ...], date]:
    """A programme that has been planned, changed and settled for a while; the day is the last one planned.

    Most deals are paid for up front, so that there is something to lock, and to take back.
    """
    now = draw(programmes(plain=plain))
    up_front = [draw(invoices_(90 + n, id_, paid=Decimal(30_000))) for n, id_ in enumerate(sorted(now.deals))]
    now = replace(now, invoices=[*now.invoices, *up_front])
    today = date(2025, 4, 1)
    lines: tuple[Line, ...] = ()
    for _ in range(draw(st.integers(2, 6))):
        lines = plan_lines(now, lines, today).lines
        if draw(st.integers(0, 2)):
            lines = locked(lines)
        now = draw(changes(now, today))
        today += timedelta(days=draw(st.sampled_from([0, 1, 20, 45, 90])))
    return now, plan_lines(now, lines, today).lines, today


def sums(lines: Sequence[Line]) -> dict[tuple[str | None, str, str], Decimal]:
    """Return what the lines of each deal, partner and month come to."""
    found: dict[tuple[str | None, str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        found[line.deal, line.partner, line.answers or str(line.month)] += line.amount
    return found


# ---- the laws -------------------------------------------------------------------------------------------------------


@laws
@given(programmes(plain=True), days)
def test_law_1_the_first_months_sum_to_the_rounded_whole(known: Facts, today: date) -> None:
    """Σ lines of a deal's first k months, all partners who have the same ones, = R(k · ΣC), for every k."""
    lines = plan_lines(known, [], today).lines
    rates = {version.name: version.rate or Decimal(0) for version in known.plans.versions}
    groups: dict[tuple[str, Month, Month], list[list[Line]]] = defaultdict(list)
    for deal, key in sorted({(line.deal or "", line.partner) for line in lines}):
        own = [line for line in lines if (line.deal, line.partner) == (deal, key)]
        groups[deal, own[0].month, own[-1].month].append(own)
    for runs in groups.values():
        whole, made = Fraction(0), Decimal(0)
        for month in zip(*runs, strict=True):
            for line in month:
                percents_ = Fraction(line.share or 0) * Fraction(rates[f"of-{line.partner}"])
                whole += (line.month_base or 0) * percents_ / 10_000
                made += line.amount
            if any(line.status == "Cancelled" for line in month):
                break

            assert rounded(whole, "GBP") == made


@laws
@given(programmes(), st.integers(1, 6))
def test_law_2_no_more_is_earned_than_cash_covers(known: Facts, several: int) -> None:
    """The bases of a partner's confirmed months, less a cent each, are within the deal's net cash."""
    taxed = replace(invoice("INV-T", total="14400"), on=BEGIN)
    parts = [
        replace(taxed, id=f"of-{id_}", reference=id_, payments=(Cash(BEGIN, (deal.value or Decimal(0)) * several),))
        for id_, deal in known.deals.items()
    ]
    known, today = replace(known, invoices=[*known.invoices, *parts]), END
    lines = plan_lines(known, [], today).lines
    for deal in known.deals:
        own = [i for i in known.invoices if i.reference == deal and i.on <= today and i.status != "VOIDED"]
        cash = sum((net(one, today) for one in own), Fraction(0))
        for key in PARTNERS:
            earned = [
                line for line in lines
                if (line.deal, line.partner, line.status) == (deal, key, "Confirmed") and line.month_base
            ]  # fmt: skip
            needed = sum((line.month_base or Fraction(0) for line in earned), Fraction(0))

            assert not earned or (cash > 0 and needed - len(earned) * Fraction(1, 100) <= cash)


def net(one: Invoice, today: date) -> Fraction:
    """Return the net cash of an invoice, worked out once more."""
    came = sum((cash.amount for cash in one.payments if cash.on <= today), Decimal(0))
    went = sum((cash.amount for cash in one.refunds if cash.on <= today), Decimal(0))
    return Fraction(came - went) * Fraction(one.sub_total) / Fraction(one.total)


@laws
@given(programmes(), days)
def test_law_2_no_more_is_earned_than_a_cap(known: Facts, today: date) -> None:
    """What a partner has of a deal is within `cap_per_deal`, true-ups aside; a line below zero may come after."""
    lines = plan_lines(known, [], today).lines
    for version in known.plans.versions:
        for deal in known.deals:
            own = [line for line in lines if (line.deal, f"of-{line.partner}") == (deal, version.name)]
            if version.cap_per_deal is not None:
                assert sum(line.amount for line in own) <= version.cap_per_deal


@laws
@given(st.data())
def test_law_3_facts_in_any_order_give_the_same_rows(data: st.DataObject) -> None:
    """Deals, leads, invoices, partners and standing lines in another order; also when the shares are lost."""
    known, lines, today = data.draw(histories())
    if data.draw(st.booleans()):
        known = replace(known, leads=[replace(lead, shares=()) for lead in known.leads])
    mixed = replace(
        known, deals={id_: known.deals[id_] for id_ in data.draw(st.permutations(sorted(known.deals)))},
        partners={key: known.partners[key] for key in data.draw(st.permutations(PARTNERS))},
        leads=data.draw(st.permutations(known.leads)), invoices=data.draw(st.permutations(known.invoices)),
    )  # fmt: skip
    later = today + timedelta(days=data.draw(st.integers(0, 60)))

    assert plan_lines(known, lines, later) == plan_lines(mixed, data.draw(st.permutations(lines)), later)


@laws
@given(programmes(), st.sets(st.integers(0, 3)))
def test_law_3_late_facts_give_the_rows_of_timely_ones(known: Facts, seen: set[int]) -> None:
    """Invoices that are seen late, while nothing is locked yet, end in the rows of knowing them at once."""
    early = replace(known, invoices=[one for n, one in enumerate(known.invoices) if n in seen])
    lines: tuple[Line, ...] = ()
    for today in (date(2025, 3, 3), date(2025, 7, 7)):
        lines = plan_lines(early, lines, today).lines
    at_once = plan_lines(known, [], END).lines
    late = plan_lines(known, lines, END).lines

    standing = {line.key for line in at_once}
    assert at_once == tuple(line for line in late if line.key in standing)
    assert {"Cancelled"} >= {line.status for line in late if line.key not in standing}


@laws
@given(histories())
def test_law_4_a_second_cycle_writes_nothing(history: tuple[Facts, tuple[Line, ...], date]) -> None:
    """Planned again over unchanged facts on the same day."""
    known, lines, today = history

    assert lines == plan_lines(known, lines, today).lines


@laws
@given(st.data())
def test_law_6_no_locked_row_ever_changes(data: st.DataObject) -> None:
    """Whatever happens next, every locked line is there as it was; and no row is ever dropped."""
    known, lines, today = data.draw(histories())
    lines = locked(lines)
    shapeless = [replace(lead, shares=()) for lead in known.leads]
    for turn in range(4):
        known = data.draw(changes(known, today)) if turn else replace(known, leads=shapeless)
        today += timedelta(days=data.draw(st.integers(0, 60)))
        after = {line.key: line for line in plan_lines(known, lines, today).lines}

        assert [line for line in lines if line.locked] == [after[line.key] for line in lines if line.locked]
        assert {line.key for line in lines} <= after.keys()


@laws
@given(st.data())
def test_law_7_a_full_reversal_leaves_nothing(data: st.DataObject) -> None:
    """All leads are found invalid, or all invoices void, whatever was locked and adjusted: every month sums to zero."""
    known, lines, today = data.draw(histories())
    lines = tuple(line._replace(adjustment=Decimal(7)) if n % 5 == 0 else line for n, line in enumerate(locked(lines)))
    clear = {id_: replace(deal, doubt=None) for id_, deal in known.deals.items()}
    if data.draw(st.booleans()):
        undone = replace(known, deals=clear, leads=[replace(lead, valid=False) for lead in known.leads])
    else:
        whole = (Share("acme", Decimal(100)),)
        leads = [replace(lead, shares=lead.shares or whole) for lead in known.leads]
        voided = [replace(one, status="VOIDED") for one in known.invoices]
        undone = replace(known, deals=clear, leads=leads, invoices=voided)
    after = plan_lines(undone, lines, today + timedelta(days=data.draw(st.integers(0, 40)))).lines
    rows = {(line.deal, line.partner, line.answers or str(line.month)) for line in after if line.locked}

    assert {Decimal(0)} >= {amount for group, amount in sums(after).items() if group in rows}
    assert not any(line.status == "Confirmed" for line in after if line.kind == "commission")


@laws
@given(histories())
def test_law_of_correction_the_sum_of_all_lines_is_what_is_earned(
    history: tuple[Facts, tuple[Line, ...], date]
) -> None:  # fmt: skip
    """For every deal, partner and month with a locked line: Σ lines = what a first look today says is earned."""
    known, lines, today = history
    free = replace(known, partners={key: replace(p, paused=False) for key, p in known.partners.items()})
    fresh = {(line.deal, line.partner, str(line.month)): line for line in plan_lines(free, [], today).lines}
    found = sums(lines)
    readable = {x.deal for x in known.leads if not known.deals[x.deal].doubt and (x.shares or not x.valid)}
    for group in {(line.deal, line.partner, line.answers or str(line.month)) for line in lines if line.locked}:
        line = fresh.get(group)
        if group[0] in readable:
            assert (line.amount if line and line.status == "Confirmed" else Decimal(0)) == found[group]


@laws
@given(st.data())
def test_law_8_nothing_of_another_partner_shows(data: st.DataObject) -> None:
    """Deals, plans, leads and pauses of birch and cedar change; acme's lines on other deals do not, by a byte."""
    known = data.draw(programmes())
    acmes = data.draw(plans_("of-acme", kinds=("tiers", "rate")))
    known = replace(known, plans=replace(known.plans, versions=[acmes, *known.plans.versions[1:]]))
    mine = known.leads[0].deal

    def owner(lead: Lead) -> tuple[Share, ...]:
        return (Share("acme" if lead.deal == mine else data.draw(st.sampled_from(PARTNERS[1:])), Decimal(100)),)

    leads = [replace(lead, shares=owner(lead)) for lead in known.leads]
    others = [data.draw(plans_(f"of-{key}")) for key in PARTNERS[1:]]
    after = replace(
        known,
        deals={id_: d if id_ == mine else data.draw(deals_(int(id_) - 9000)) for id_, d in known.deals.items()},
        plans=replace(known.plans, versions=[known.plans.versions[0], *others]),
        partners={key: replace(p, paused=key != "acme") for key, p in known.partners.items()},
        leads=[lead if lead.deal == mine else replace(lead, valid=data.draw(st.booleans())) for lead in leads],
    )
    today = data.draw(days)
    one, two = plan_lines(replace(known, leads=leads), [], today).lines, plan_lines(after, [], today).lines

    assert [x for x in one if x.partner == "acme"] == [x for x in two if x.partner == "acme"]


@laws
@given(programmes(plain=True, most=1), plans_("of-birch", plain=True))
def test_law_8_on_a_shared_deal_the_running_total_moves_by_a_cent_at_most(known: Facts, other: CommissionPlan) -> None:
    """birch's plan becomes any other: the totals of the others on the deal differ by 0.01 or less after each month."""
    versions = [other if version.name == other.name else version for version in known.plans.versions]
    changed = replace(known, plans=replace(known.plans, versions=versions))
    one, two = plan_lines(known, [], END).lines, plan_lines(changed, [], END).lines
    for key in ("acme", "cedar"):
        apart = Decimal(0)
        pairs = zip([x for x in one if x.partner == key], [x for x in two if x.partner == key], strict=True)
        for mine, moved in pairs:
            apart += mine.amount - moved.amount

            assert abs(apart) <= Decimal("0.01")


@laws
@given(st.data())
def test_law_9_history_under_unchanged_rules_changes_no_line(data: st.DataObject) -> None:
    """Values change on the way: months that are over keep theirs. New versions and other plans re-rate nothing."""
    known = data.draw(programmes(plain=True, most=2))
    lines: tuple[Line, ...] = ()
    today = date(2025, 1, 31)
    for _ in range(data.draw(st.integers(2, 5))):
        lines = plan_lines(known, lines, today).lines
        today += timedelta(days=data.draw(st.integers(1, 60)))
        id_ = data.draw(st.sampled_from(sorted(known.deals)))
        known = replace(known, deals={**known.deals, id_: replace(known.deals[id_], value=data.draw(values))})
        over = {line.key: line.base for line in lines if line.month.over(today)}
        lines = plan_lines(known, lines, today).lines

        assert over == {line.key: line.base for line in lines if line.key in over}
    versions = [replace(version, version="next", rate=Decimal(99)) for version in known.plans.versions]
    renewed = replace(
        known, plans=replace(known.plans, versions=[*versions, *known.plans.versions]),
        partners={key: partner(key, data.draw(st.sampled_from(["of-acme", "of-birch", "none"]))) for key in PARTNERS},
    )  # fmt: skip
    planned = {(line.deal, line.partner) for line in lines}

    after = plan_lines(renewed, lines, today).lines
    assert lines == tuple(line for line in after if (line.deal, line.partner) in planned)
