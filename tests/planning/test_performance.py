"""How partners' leads fare, figure by figure, and who comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.cells import Row
from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.partners import PartnerRow
from worker.engine.activity import activity_rows
from worker.engine.result import Change
from worker.planning.performance import Performance, StatusDays, performances, status_days

from .bookkeeping import day, line
from .rows_of_leads import lead_row, partner_row

ACME = partner_row("Acme Ltd", Key="acme")
STATUSES = ("Qualified", "Approved", "Won", "Lost")
LONDON = ZoneInfo("Europe/London")
SENT = datetime(2025, 2, 10, 12, tzinfo=UTC)


def lead(key: str, status: str = "Qualified", **cells: Any) -> LeadRow:
    """Return an accepted lead of Acme's, sent on 10 February."""
    known = {"Lead": key, "Partner": "Acme Ltd", "Submitted": SENT, "Status": status, "Deal_ID": f"9{key[2:]}"}
    return lead_row(key, **{**known, **cells})


def won(key: str, value: str = "12000", **cells: Any) -> LeadRow:
    deal = {"Deal_value": Decimal(value), "Deal_currency": "GBP", "Interval": "annual", "Won_on": day("2025-03-02")}
    return lead(key, "Won", **{**deal, **cells})


def table(
    leads: Sequence[LeadRow], lines: Sequence[Line] = (), moves: StatusDays | None = None,
    partners: Sequence[PartnerRow] = (ACME,),
) -> list[Performance]:  # fmt: skip
    return performances(partners, leads, lines, moves or {}, statuses=STATUSES, zone=LONDON, currency="GBP")


def one(*given: Any) -> Performance:
    (found,) = table(*given)
    return found


# ---- figures --------------------------------------------------------------------------------------------------------


def test_leads_accepted_won_and_lost() -> None:
    """Shares are of leads, and of those decided; leads that we sent, copies and others' leads are not the partner's."""
    leads = [
        won("L-1"), won("L-2"), lead("L-3", "Lost"), lead("L-4"), lead("L-5", "Needs attention", Deal_ID=None),
        won("L-6", Direction="Sent"), replace(won("L-1"), row=replace(won("L-1").row, id="copy")),
        won("L-7", Partner="Nobody"),
    ]  # fmt: skip
    found = one(leads)

    assert (5, 4, 2, 1) == (found.leads, found.accepted, found.won, found.lost)
    assert (Fraction(4, 5), Fraction(2, 3)) == (found.acceptance, found.win_rate)


def test_as_many_lost_as_won() -> None:
    """Half of those decided is won; and what cost something and brought nothing has a ratio of nothing."""
    assert Fraction(1, 2) == one([won("L-1"), lead("L-2", "Lost")]).win_rate
    assert 0 == one([], [line("2025-01")]).ratio("GBP")
    assert 24000 == one([won("L-1")], [line("2025-01", "0.50")]).ratio("GBP")


def test_before_anything_came_of_it() -> None:
    """A partner without leads has no shares, no ratio and no days; it stands in the table all the same."""
    found = one([])

    assert (None, None, None, {}) == (found.acceptance, found.win_rate, found.ratio("GBP"), found.days)
    assert (("GBP",), {}, {}) == (found.currencies, found.value, found.cost)
    assert [] == table([], partners=[partner_row("New", Key=None)])


def test_value_cost_and_ratio_by_currency() -> None:
    """Every line that stands costs, earned or to come; where there is no cost, or less than none, there is no ratio."""
    leads = [won("L-1"), won("L-2", "600"), won("L-3", "90", Deal_currency="EUR"), won("L-4", Interval=None)]
    lines = [
        line("2025-01"), line("2025-02", "50", "Expected"), line("2025-03", "10", "Cancelled"),
        line("2025-04", "30", "On hold"), line("2025-01", "-5", "Paid", currency="JPY"),
        line("2025-01", "999", partner="birch"),
    ]  # fmt: skip
    found = one(leads, lines)

    assert {"EUR": Decimal("90.00"), "GBP": Decimal("12600.00")} == found.value
    assert {"GBP": Decimal("180.00"), "JPY": Decimal(-5)} == found.cost
    assert [Fraction(70), None, None] == [found.ratio(currency) for currency in ("GBP", "EUR", "JPY")]
    assert (("GBP", "EUR", "JPY"), ("L-4",)) == (found.currencies, found.unvalued)


def test_median_days_to_each_status() -> None:
    """Of an even number the middle of the two; a day before the lead came in does not count, nor an unknown status."""
    leads = [won("L-1"), won("L-2", Won_on=day("2025-02-13")), won("L-3", Won_on=day("2025-01-01")), lead("L-4")]
    moves = {
        "L-1": {"Qualified": day("2025-02-10"), "Approved": day("2025-02-15"), "Won": day("2025-06-01")},
        "L-2": {"Qualified": day("2025-02-11"), "On hold": day("2025-02-12")},
        "L-3": {"Qualified": day("2025-02-14")},
        "L-9": {"Lost": day("2025-02-11")},
    }

    assert {"Qualified": 1, "Approved": 5, "Won": Fraction(23, 2)} == one(leads, (), moves).days


def test_days_are_the_programmes_days() -> None:
    """Half past eleven in the evening of 30 June, UTC, is 1 July in London."""
    late = lead("L-1", Submitted=datetime(2025, 6, 30, 23, 30, tzinfo=UTC))

    assert {"Approved": 1} == one([late], (), {"L-1": {"Approved": day("2025-07-02")}}).days
    evening = datetime(2025, 7, 2, 23, 30, tzinfo=UTC)
    assert {"Won": 2} == one([won("L-1", Submitted=late.submitted, Won_on=evening)]).days


# ---- days from the Activity table -----------------------------------------------------------------------------------


def test_status_days_are_read_as_the_worker_writes_them() -> None:
    """The first day of each status, whatever else changed with it; rows that tell of many leads tell no day."""
    at = datetime(2025, 3, 30, 23, 30, tzinfo=UTC)  # 00:30 of the 31st in London
    first = [
        Change(
            "Written to the CRM", "L-1", "a new lead", {}, {"Deal ID": "900", "Status": "Qualified", "Problem": None}
        ),
        Change("Changed in Leads", "L-1", "moved", {"Status": "Qualified"}, {"Problem": "x", "Status": "Client pitch"}),
        Change("Changed in Leads", "L-2", "value", {"Deal value": None}, {"Deal value": Decimal(1), "Synced": at}),
        *(Change("Added to Partners", f"p{n}", "new", {}, {"Status": "Won"}) for n in range(25)),
    ]
    again = [Change("Changed in Leads", "L-1", "put right", {"Status": "Lost"}, {"Status": "Qualified"})]
    written = [*activity_rows(again, at + timedelta(days=5)), *activity_rows(first, at)]
    rows = [Row("Activity", f"rec{n}", cells) for n, cells in enumerate(written)]
    found = status_days(rows, LONDON)

    assert {"Qualified": date(2025, 3, 31), "Client pitch": date(2025, 3, 31)} == found["L-1"]
    assert found == status_days(rows[::-1], LONDON)
    assert "L-2" not in found
    assert {} == status_days(
        [Row("Activity", "rec1", {"About": "L-1", "After": "Status: Won", "When": "soon"})], LONDON
    )


# ---- who comes first ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acme", "birch", "first"),
    [
        ([("L-1", "100")], [("L-2", "200")], "birch"),
        ([("L-1", "100"), ("L-3", "100")], [("L-2", "200")], "acme"),
        ([("L-1", "100"), ("L-3", "99")], [("L-2", "200")], "birch"),
        ([], [], "acme"),
        ([("L-1", "0")], [], "acme"),
        ([], [("L-1", "0")], "birch"),
    ],
)
def test_top_performers_come_first(acme: list[tuple[str, str]], birch: list[tuple[str, str]], first: str) -> None:
    """By value won, then by deals won, then by name."""
    partners = [partner_row("Birch"), ACME]
    leads = [
        won(key, value, Partner=name) for name, own in (("Acme Ltd", acme), ("Birch", birch)) for key, value in own
    ]

    assert first == table(leads, partners=partners)[0].partner


@pytest.mark.parametrize(
    ("acme", "birch", "first"),
    [
        ([True, False, False], [True, True], "birch"),
        ([True, False], [True, False, False], "birch"),
        ([True, False], [True, False], "acme"),
    ],
)
def test_before_anything_is_won(acme: list[bool], birch: list[bool], first: str) -> None:
    """Whoever has more leads accepted comes first, then whoever has more leads."""
    rows = [
        lead(f"L-{name}{n}", Partner=name, **({} if accepted else {"Deal_ID": None}))
        for name, own in (("Acme Ltd", acme), ("Birch", birch))
        for n, accepted in enumerate(own)
    ]

    assert first == table(rows, partners=[partner_row("Birch"), ACME])[0].partner


def test_partners_are_compared_within_their_currency() -> None:
    """A million yen is not more than ten pounds: the programme's currency comes first, then the others."""
    partners = [
        partner_row("Sakura", Currency="JPY"), partner_row("Oak"), partner_row("Elm", Currency="EUR"),
        partner_row("Fir", Currency="GBP"), partner_row("Momiji", Currency="JPY"),
    ]  # fmt: skip
    leads = [
        won("L-1", "1000000", Deal_currency="JPY", Partner="Sakura"), won("L-2", "10", Partner="Fir"),
        won("L-3", "2000000", Deal_currency="JPY", Partner="Momiji"),
    ]  # fmt: skip

    assert ["fir", "oak", "elm", "momiji", "sakura"] == [p.partner for p in table(leads, partners=partners)]


@given(
    st.lists(st.tuples(st.sampled_from(["Won", "Lost", "Qualified", "New"]), st.integers(0, 999), st.booleans())),
    st.lists(st.tuples(st.sampled_from(["Confirmed", "Expected", "Cancelled"]), st.integers(-99, 999))),
    st.randoms(use_true_random=False),
)
def test_figures_hold_for_any_rows_in_any_order(
    leads: list[tuple[str, int, bool]], costs: list[tuple[Any, int]], chance: Any
) -> None:
    """Won and lost are leads, shares lie between none and all, and mixed rows give the same table, byte by byte."""
    rows = [
        won(f"L-{n}", str(value), Status=status, Partner="Acme Ltd" if ours else "Birch")
        for n, (status, value, ours) in enumerate(leads)
    ]
    lines = [line("2025-01", str(amount), status, deal=f"9{n}") for n, (status, amount) in enumerate(costs)]
    partners = [ACME, partner_row("Birch")]
    found = table(rows, lines, partners=partners)
    mixed = [chance.sample(part, len(part)) for part in (rows, lines, partners)]

    assert repr(found) == repr(table(mixed[0], mixed[1], partners=mixed[2]))
    assert len(rows) == sum(one.leads for one in found)
    for one in found:
        assert one.won + one.lost <= one.accepted == one.leads
        assert one.win_rate is None or 0 <= one.win_rate <= 1
        ratio = one.ratio("GBP")
        assert ratio is None or ratio * Fraction(one.cost["GBP"]) == Fraction(one.value.get("GBP", Decimal(0)))


def test_nothing_of_another_partner_changes_a_partners_figures() -> None:
    """Whatever Birch sends and earns, Acme's figures are the same."""
    others = [won("L-8", Partner="Birch"), lead("L-9", "Lost", Partner="Birch")]
    partners = [ACME, partner_row("Birch")]
    alone, beside = (
        next(p for p in table([won("L-1"), *rows], [line("2025-01"), *costs], partners=partners) if p.partner == "acme")
        for rows, costs in (([], []), (others, [line("2025-01", partner="birch")]))
    )

    assert repr(alone) == repr(beside)
