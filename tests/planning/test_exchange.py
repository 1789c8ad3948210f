"""What went to and fro between us and each partner, quarter by quarter, and that both sides can recompute it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.months import Month, Period
from worker.planning.exchange import Counted, Direction, Exchange, by_currency, exchange
from worker.planning.totals import partner_totals
from worker.planning.worth import first_year

from .bookkeeping import day, line
from .rows_of_leads import lead_row, partner_row

PARTNERS = [partner_row("Acme Ltd", Key="acme"), partner_row("Birch", Key="birch"), partner_row("New", Key=None)]
STATUSES = ("Qualified", "Approved", "Won", "Lost")
LONDON = ZoneInfo("Europe/London")


def lead(key: str, at: str = "2025-02-10T12:00", **cells: Any) -> LeadRow:
    """Return a lead of Acme's, submitted at an instant (UTC)."""
    submitted = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return lead_row(key or "r0", **{"Lead": key or None, "Partner": "Acme Ltd", "Submitted": submitted, **cells})


def won(key: str, on: str = "2025-03-20", **cells: Any) -> LeadRow:
    """Return a lead of Acme's that we won: 12,000 pounds a year."""
    deal = {"Deal_ID": f"9{key[2:]}", "Deal_value": Decimal(12000), "Deal_currency": "GBP", "Interval": "annual"}
    return lead(key, **{"Status": "Won", "Won_on": day(on), **deal, **cells})


def sent(key: str, status: str | None = "Qualified", **cells: Any) -> LeadRow:
    """Return a lead that we sent to Acme."""
    return lead(key, **{"Direction": "Sent", "Status": status, **cells})


def sent_and_won(key: str, on: str = "2025-03-20", owed: str = "250", **cells: Any) -> LeadRow:
    """Return a lead that we sent to Acme and that it won."""
    return sent(key, "Won", **{"Won_on": day(on), "Estimated_value": Decimal(owed), "Currency": "GBP", **cells})


def tables(leads: Sequence[LeadRow], lines: Sequence[Line] = (), until: str = "2025-12-31") -> list[Exchange]:
    return exchange(PARTNERS, leads, lines, statuses=STATUSES, zone=LONDON, until=day(until))


def one(leads: Sequence[LeadRow], lines: Sequence[Line] = (), **more: Any) -> Exchange:
    (found,) = tables(leads, lines, **more)
    return found


# ---- what counts, and when ------------------------------------------------------------------------------------------


def test_a_quarter_in_both_directions() -> None:
    """Leads, accepted and won each way, first-year values, what we owe by earned lines, what is owed to us."""
    leads = [
        lead("L-1", Deal_ID="901", Status="Qualified"), lead("L-2", Status="Needs attention"), won("L-3"),
        sent("L-4"), sent("L-5", None), sent_and_won("L-6", Deal_value=Decimal(500), Deal_currency="GBP",
                                                     Interval="monthly, 3 months"),
    ]  # fmt: skip
    lines = [line("2025-01"), line("2025-02", "-40.00", "On statement", kind="clawback"), line("2025-03", "9", "Paid")]

    assert (
        Exchange(
            "acme", "Acme Ltd", Period.parse("2025-Q1"),
            received=Direction(("L-1", "L-2", "L-3"), ("L-1", "L-3"), ("L-3",),
                               (Counted("L-3", "GBP", Decimal("12000.00")),)),
            sent=Direction(("L-4", "L-5", "L-6"), ("L-4", "L-6"), ("L-6",),
                           (Counted("L-6", "GBP", Decimal("1500.00")),)),
            lines=(
                Counted("9001/acme/2025-01/commission", "GBP", Decimal("100.00")),
                Counted("9001/acme/2025-02/clawback", "GBP", Decimal("-40.00")),
                Counted("9001/acme/2025-03/commission", "GBP", Decimal(9)),
            ),
            owed=(Counted("L-6", "GBP", Decimal("250.00")),), left_out=(),
        )
        == one(leads, lines)
    )  # fmt: skip


def test_the_sums() -> None:
    """By currency: what the partner earned, what it owes us, and the difference."""
    found = one(
        [
            sent_and_won("L-1"),
            sent_and_won("L-2", owed="30", Currency="EUR"),
            won("L-3"),
            won("L-4", Deal_currency="JPY"),
        ],
        [line("2025-01"), line("2025-02", "1.50"), line("2025-03", "7", currency="JPY")],
    )

    assert {"GBP": Decimal("101.50"), "JPY": Decimal(7)} == found.to_partner
    assert {"EUR": Decimal("30.00"), "GBP": Decimal("250.00")} == found.to_us
    assert {"EUR": Decimal("-30.00"), "GBP": Decimal("-148.50"), "JPY": Decimal(7)} == found.balance
    assert {"GBP": Decimal("12000.00"), "JPY": Decimal(12000)} == found.received.value


def test_every_event_counts_in_the_quarter_of_its_own_day() -> None:
    """Sent in one quarter and won in the next, in the programme's zone: 23:30 UTC on 30 June is July in London."""
    found = tables([won("L-1", "2025-07-01", at="2025-06-30T23:30"), won("L-2", "2025-07-01", at="2025-06-30T22:30")])

    assert [("2025-Q3", ("L-1",), ("L-1", "L-2")), ("2025-Q2", ("L-2",), ())] == [
        (str(table.quarter), table.received.leads, table.received.won) for table in found
    ]


def test_an_instant_in_won_on_is_a_day_in_the_programmes_zone() -> None:
    """Half past eleven in the evening of 30 June, UTC, is 1 July in London."""
    found = one([won("L-1", Won_on=datetime(2025, 6, 30, 23, 30, tzinfo=UTC), at="2025-07-02T12:00")])

    assert ("2025-Q3", ("L-1",)) == (str(found.quarter), found.received.won)


def test_what_is_to_come_is_not_there() -> None:
    """Leads, wins and lines dated after the day of the table are left for later."""
    leads = [lead("L-1", "2025-03-02T12:00"), won("L-2", "2025-03-02", at="2025-03-01T12:00"),
             sent_and_won("L-3", "2025-03-01"), sent("L-4", "Won", at="2025-03-02T12:00")]  # fmt: skip
    undated = won("L-5", at="2025-03-02T12:00", Won_on=None)
    found = one([*leads, undated], [line("2025-02"), line("2025-03")], until="2025-03-01")

    assert (("L-2",), (), ("L-3",), 1) == (found.received.leads, found.received.won, found.sent.won, len(found.owed))
    assert ["2025-02", "2025-03"] == [counted.key.split("/")[2] for counted in found.lines]
    assert () == found.left_out


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("Expected", False), ("Waiting", False), ("Confirmed", True), ("On statement", True), ("Invoiced", True),
        ("Paid", True), ("On hold", False), ("Cancelled", False),
    ],
)  # fmt: skip
def test_earned_lines_are_owed(status: Any, counts: bool) -> None:
    """Confirmed or locked: what is expected, waits, is held or cancelled is not earned."""
    assert counts == bool(tables([], [line("2025-01", status=status)]))


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (lead("L-1"), (1, 0, 0)),
        (lead("L-1", Deal_ID="901", Status="On hold", Hold=True), (1, 1, 0)),
        (won("L-1", Status="Lost"), (1, 1, 0)),
        (won("L-1", Status="On hold", Hold=True), (1, 1, 0)),
        (won("L-1"), (1, 1, 1)),
        (sent("L-1", "qualified"), (1, 1, 0)),
        (sent("L-1", "Lost"), (1, 1, 0)),
        (sent("L-1", "Duplicate"), (1, 0, 0)),
        (sent("L-1", "In review"), (1, 0, 0)),
        (sent("L-1", Hold=True), (1, 0, 0)),
        (sent_and_won("L-1", Hold=True), (1, 0, 0)),
        (sent_and_won("L-1", Status="WON"), (1, 1, 1)),
    ],
)
def test_what_a_lead_counts_as(row: LeadRow, counts: tuple[int, ...]) -> None:
    """Received ones are accepted once they have a deal, sent ones once they show a stage; staff's Hold stops a win."""
    found = one([row])
    way = found.sent if row.sent else found.received

    assert counts == (len(way.leads), len(way.accepted), len(way.won))
    assert Direction() == (found.received if row.sent else found.sent)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (won("L-1", Interval=None), "L-1 is won, but Deal value, Deal currency or Interval is missing"),
        (won("L-1", Won_on=None), "L-1 is won, but Won on is missing"),
        (sent_and_won("L-1", Won_on=None), "L-1 is won, but Won on is missing"),
        (sent_and_won("L-1", Currency=None), "L-1 is won, but Estimated value and Currency state no commission"),
    ],
)
def test_what_cannot_be_counted_is_named(row: LeadRow, words: str) -> None:
    """Missing is never zero: it is left out of the sums, and the table says so."""
    found = one([row], until="2025-03-20" if row.row.cells.get("Won on") else "2025-02-10")

    assert (words,) == found.left_out
    assert ((), (), ()) == (found.received.values, found.sent.values, found.owed)


def test_rows_that_are_nobodys_or_no_leads() -> None:
    """Copies, rows without a key, and rows of partners that are unknown or have no key yet count nowhere."""
    copied = replace(won("L-1"), row=replace(won("L-1").row, id="copy"))
    leads = [won("L-1"), copied, lead(""), lead("L-3", Partner="Nobody"), lead("L-4", Partner="New")]

    assert (("L-1",), ("L-1",)) == (one(leads).received.leads, one(leads).received.won)


def test_the_latest_quarter_comes_first_then_partners_by_name() -> None:
    """A partner that only lines know is shown by its key."""
    leads = [lead("L-1"), lead("L-2", Partner="Birch"), lead("L-3", "2025-04-10T12:00")]
    found = tables(leads, [line("2025-01", partner="zed")])

    assert [("2025-Q2", "Acme Ltd"), ("2025-Q1", "Acme Ltd"), ("2025-Q1", "Birch"), ("2025-Q1", "zed")] == [
        (str(table.quarter), table.name) for table in found
    ]


def test_the_order_is_that_of_names_not_of_keys() -> None:
    """Partners of one name stand by their keys, whoever's lead came first."""
    partners = [
        partner_row("Zinnia", "r1", Key="a"),
        partner_row("aster", "r2", Key="z"),
        partner_row("Aster", "r3", Key="m"),
    ]
    leads = [lead("L-1", Partner="a"), lead("L-2", Partner="z"), lead("L-3", Partner="m")]
    for order in (leads, leads[::-1]):
        found = exchange(
            partners, order, [line("2025-01", partner="m")], statuses=STATUSES, zone=LONDON, until=day("2025-12-31")
        )
        assert ["m", "z", "a"] == [table.partner for table in found]


# ---- laws -----------------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])


@st.composite
def lead_rows(draw: st.DrawFn, partner: str, number: int) -> LeadRow:
    key, missing = f"L-{partner}{number}", st.none()
    cells: dict[str, Any] = {
        "Lead": key, "Partner": partner, "Direction": draw(st.sampled_from(["Sent", "Received", None])),
        "Status": draw(st.sampled_from([*STATUSES, "Duplicate", "New", None])),
        "Submitted": datetime.combine(draw(DAYS), datetime.min.time(), UTC), "Won_on": draw(DAYS | missing),
        "Deal_ID": draw(st.sampled_from([f"9{partner}{number}", None])), "Hold": draw(st.booleans()),
        "Deal_value": draw(st.integers(0, 10**6).map(Decimal) | missing), "Deal_currency": draw(CURRENCIES | missing),
        "Interval": draw(st.sampled_from(["annual", "monthly, 7 months", "total, 18 months", "total"])),
        "Estimated_value": draw(st.integers(0, 10**5).map(Decimal) | missing), "Currency": draw(CURRENCIES | missing),
    }  # fmt: skip
    return lead_row(key, **cells)


@st.composite
def rows_of(draw: st.DrawFn, partner: str) -> tuple[list[LeadRow], list[Line]]:
    leads = [draw(lead_rows(partner, number)) for number in range(draw(st.integers(0, 6)))]
    lines = [
        line(str(Month(draw(st.integers(2024, 2026)), draw(st.integers(1, 12)))), str(draw(st.integers(-999, 9999))),
             draw(st.sampled_from(["Confirmed", "Paid", "Waiting", "On statement"])), partner=partner,
             currency=draw(CURRENCIES), deal=f"9{partner}{number}")
        for number in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    return leads, lines


@given(rows_of("acme"))
def test_the_quarters_sum_to_the_totals(own: tuple[list[LeadRow], list[Line]]) -> None:
    """Every lead counts once, every win once in its own quarter, every earned line once; nothing is lost or doubled."""
    leads, lines = own
    found = tables(leads, lines, "2026-12-31")
    wins = [lead for lead in leads if lead.status == "Won" and not lead.held and lead.row.cells.get("Won on")]
    ways = [(table.received, False) for table in found] + [(table.sent, True) for table in found]

    for is_sent in (False, True):
        mine = [way for way, way_sent in ways if way_sent is is_sent]
        assert sorted(lead.key for lead in leads if lead.sent is is_sent) == sorted(
            k for way in mine for k in way.leads
        )
        assert sorted(lead.key for lead in wins if lead.sent is is_sent) == sorted(k for way in mine for k in way.won)
        worths = [
            Counted(lead.key, *worth) for lead in wins if lead.sent is is_sent and (worth := first_year(lead.row))
        ]
        assert by_currency(worths) == by_currency(one for way in mine for one in way.values)
    for money in ("GBP", "JPY", "KWD"):
        partner = replace(PARTNERS[0], currency=money)
        (edit,) = partner_totals([partner], leads, lines, [], currency="GBP", today=day("2026-12-31"), zone=LONDON)
        cells = {**edit.before, **edit.after}
        earned = sum((table.to_partner.get(money, Decimal(0)) for table in found), Decimal(0))
        balance = sum((table.balance.get(money, Decimal(0)) for table in found), Decimal(0))
        paid = sum((line.amount for line in lines if line.status == "Paid" and line.currency == money), Decimal(0))
        assert (cells["Earned"], cells["Balance"]) == (earned, balance - paid)


@given(rows_of("acme"), rows_of("birch"), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(
    own: tuple[list[LeadRow], list[Line]], others: tuple[list[LeadRow], list[Line]], chance: Any
) -> None:
    """Rows that staff sorted otherwise make the same tables, byte by byte."""
    leads, lines = [*own[0], *others[0]], [*own[1], *others[1]]
    mixed = [chance.sample(rows, len(rows)) for rows in (leads, lines)]

    assert repr(tables(leads, lines)) == repr(tables(*mixed))


@given(rows_of("acme"), rows_of("birch"), rows_of("birch"))
def test_nothing_of_another_partner_changes_what_one_is_shown(
    own: tuple[list[LeadRow], list[Line]], others: tuple[list[LeadRow], list[Line]], instead: Any
) -> None:
    """Everything of Birch is exchanged, and Acme's tables are the same, byte by byte."""
    one, two = (
        [table for table in tables([*own[0], *rows[0]], [*rows[1], *own[1]]) if table.partner == "acme"]
        for rows in (others, instead)
    )

    assert repr(one) == repr(two)


@given(rows_of("acme"))
def test_the_sums_are_those_of_the_keys_that_are_named(own: tuple[list[LeadRow], list[Line]]) -> None:
    """Whoever has the rows can recompute each table from the keys in it."""
    leads, lines = own
    by_key = {lead.key: lead for lead in leads}
    amounts = {line.key: line.amount for line in lines}

    for table in tables(leads, lines):
        assert all(counted.amount == amounts[counted.key] for counted in table.lines)
        for way in (table.received, table.sent):
            assert all((one.currency, one.amount) == first_year(by_key[one.key].row) for one in way.values)
            assert {one.key for one in way.values} <= set(way.won)
            assert set(way.accepted) <= set(way.leads)
