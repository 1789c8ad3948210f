"""On which days a partner was not enrolled: what is seen from look to look, and what leads say of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.planning.rows_of_leads import lead_row, partner_row
from worker.domain.cells import Row
from worker.domain.facts import Days
from worker.planning.assembly import partner_fact
from worker.planning.enrolment import enrolled, not_enrolled_words, refusals, with_days
from worker.planning.partners_seen import seen

from .programme import LONDON, day, lead, partner, story

KEY = "north-star"
Look = tuple[str, str | None]  # the day, and the Status that is seen; None where the partner is not in the table


def span(first: str, last: str) -> Days:
    return Days(day(first), day(last))


def looks(*seen_on: Look, memory: dict[str, str] | None = None, leads: tuple[Row, ...] = ()) -> tuple[Days, ...]:
    """Look at the Partners table on several days; return on which of them North Star was not enrolled, in the end."""
    memory = dict(memory or {})
    away: tuple[Days, ...] = ()
    for today, status in seen_on:
        rows = [partner_row("Blue Door"), *([] if status is None else [partner_row(Status=status)])]
        found, news = seen(rows, (), leads, memory, day(today), LONDON)
        memory.update(news)
        away = next((one.away for one in found if one.key == KEY), away)
    return away


@pytest.mark.parametrize(
    ("seen_on", "expected"),
    [
        # Enrolled at the first look: nobody knows since when.
        ([("2026-03-02", "Enrolled"), ("2026-03-09", "Enrolled")], []),
        # It came into the table later; on the day of the last look without it, it may have been enrolled already.
        ([("2026-03-02", None), ("2026-03-09", "Enrolled")], []),
        ([("2026-03-02", None), ("2026-03-09", None), ("2026-03-20", "Enrolled")], [("2026-03-02", "2026-03-08")]),
        ([("2026-03-02", None), ("2026-03-03", None), ("2026-03-03", "Paused")], [("2026-03-02", "2026-03-02")]),
        # It came into the table before it was enrolled.
        ([("2026-03-02", None), ("2026-03-09", None), ("2026-03-12", ""), ("2026-03-20", "Enrolled")],
         [("2026-03-02", "2026-03-11")]),
        ([("2026-03-02", ""), ("2026-03-09", "Enroled"), ("2026-03-20", "Enrolled")], [("2026-03-02", "2026-03-08")]),
        ([("2026-03-02", ""), ("2026-03-02", "Enrolled")], []),
        # Its Status was cleared: the day of the first look at that is still a good one.
        ([("2026-03-02", "Enrolled"), ("2026-03-09", ""), ("2026-03-09", "Enrolled")], []),
        ([("2026-03-02", "Enrolled"), ("2026-03-09", ""), ("2026-03-10", ""), ("2026-03-20", "Enrolled")], []),
        ([("2026-03-02", "Enrolled"), ("2026-03-09", ""), ("2026-03-12", "")], [("2026-03-10", "2026-03-11")]),
        # It left, and came back.
        ([("2026-03-02", "Enrolled"), ("2026-03-09", "Left"), ("2026-03-19", "Left"), ("2026-03-20", "Enrolled")],
         [("2026-03-10", "2026-03-18")]),
        ([("2026-03-02", "Left"), ("2026-03-09", "Left")], [("2026-03-03", "2026-03-08")]),
        # Twice.
        ([("2026-03-02", ""), ("2026-03-04", ""), ("2026-03-05", "Enrolled"), ("2026-03-09", ""), ("2026-03-12", "")],
         [("2026-03-02", "2026-03-03"), ("2026-03-10", "2026-03-11")]),
        ([("2026-03-02", ""), ("2026-03-04", ""), ("2026-03-05", "Enrolled"), ("2026-03-09", "Left"),
          ("2026-03-12", "Left")], [("2026-03-02", "2026-03-03"), ("2026-03-10", "2026-03-11")]),
        # A pause is no end of it.
        ([("2026-03-02", "Paused"), ("2026-03-09", "Paused"), ("2026-03-20", "Enrolled")], []),
        # Whoever is taken out of the table and put back was enrolled meanwhile, as far as anybody knows.
        ([("2026-03-02", "Enrolled"), ("2026-03-05", None), ("2026-03-09", None), ("2026-03-20", "Enrolled")], []),
        # A clock that was set back, or a run as of a later day.
        ([("2026-03-02", ""), ("2026-12-31", ""), ("2026-03-03", "")], [("2026-03-02", "2026-12-30")]),
        ([("2026-03-09", None), ("2026-12-31", None), ("2026-03-02", None), ("2026-03-10", "Enrolled")], []),
    ],
)  # fmt: skip
def test_the_days_between_two_looks_that_found_it_so(seen_on: list[Look], expected: list[tuple[str, str]]) -> None:
    """Only what was seen counts against a partner."""
    assert tuple(span(*one) for one in expected) == looks(*seen_on)


def test_only_so_many_are_remembered() -> None:
    """A Status that somebody clears again and again does not fill the state."""
    days = [(month, at) for month in range(1, 8) for at in range(1, 28)]
    seen_on = [(f"2026-{month:02d}-{at:02d}", "" if at % 4 else "Enrolled") for month, at in days]
    away = looks(*seen_on)

    assert (40, span("2026-07-26", "2026-07-26")) == (len(away), away[-1])


def test_what_an_older_version_remembered() -> None:
    """It knew Plans and last days alone: nothing is held against a partner that it knew."""
    memory = {KEY: '{"plans": [["0001-01-01", "gold"]], "left": null}'}

    assert () == looks(("2026-03-20", "Enrolled"), memory=memory)
    assert (span("2026-03-21", "2026-03-24"),) == looks(("2026-03-20", ""), ("2026-03-25", ""), memory=memory)


def test_how_it_is_remembered() -> None:
    """By partner's key; and of the table, since when it is looked at."""
    _, memory = seen([partner_row(Status="")], (), (), {"": "2026-03-02 2026-03-09"}, day("2026-03-12"), LONDON)

    assert "2026-03-02 2026-03-12" == memory[""]
    told = json.loads(memory[KEY])
    assert ([["2026-03-02", "2026-03-12"]], False) == (told["off"], told["on"])


# ---- what leads say -------------------------------------------------------------------------------------------------


def refused(*words: str) -> tuple[Row, ...]:
    """Return rows of leads with these problems."""
    return tuple(lead_row(f"rec{n}", Problem=text).row for n, text in enumerate(words))


REFUSED = not_enrolled_words("North Star", date(2026, 3, 5))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (REFUSED, [("2026-03-05", "2026-03-05")]),
        (f"{not_enrolled_words('Blue Door', date(2026, 3, 5))}. {REFUSED}", [("2026-03-05", "2026-03-05")]),
        (not_enrolled_words("The North Star", date(2026, 3, 5)), []),
        (REFUSED.replace("03-05", "02-31"), []),
        ("North Star was not enrolled", []),
        ("Company is missing: fill it in", []),
    ],
)
def test_they_are_read_back_where_all_else_is_lost(words: str, expected: list[tuple[str, str]]) -> None:
    """With nothing remembered, a lead that was refused stays so."""
    assert tuple(span(*one) for one in expected) == looks(("2026-04-01", "Enrolled"), leads=refused(words))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Problem": REFUSED}, "2026-03-05T00:00:00+00:00"),
        ({"Problem": REFUSED.replace("03-05", "03-10")}, "2026-03-10T09:00:00+00:00"),  # the day on which it was seen
        ({"Problem": REFUSED, "Submitted": datetime(2026, 3, 7, 9, tzinfo=UTC)}, "2026-03-07T09:00:00+00:00"),
        ({"Problem": REFUSED, "Submitted": "soon"}, "2026-03-05T00:00:00+00:00"),
        ({}, "2026-03-10T09:00:00+00:00"),
    ],
)
def test_the_day_of_a_refusal_is_the_day_of_its_lead(cells: dict[str, Any], expected: str) -> None:
    """Where the row knows no time of its own, what it was refused for says when it was sent."""
    (told,) = with_days([lead_row(**cells)], LONDON)

    assert expected == told.submitted.isoformat()


def test_a_day_is_that_of_the_programmes_zone() -> None:
    """Half past eleven in the evening, in universal time, is the next day in London's summer."""
    made = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    (told,) = with_days([lead_row(made=made, Problem=not_enrolled_words("North Star", date(2026, 7, 1)))], LONDON)

    assert made == told.submitted


def test_what_leads_say_is_over_and_done() -> None:
    """A partner who is not enrolled when the state is lost was so before and is so again: the days between are good."""
    assert (span("2026-03-05", "2026-03-05"), span("2026-04-02", "2026-04-02")) == looks(
        ("2026-04-01", ""), ("2026-04-03", ""), leads=refused(REFUSED)
    )


def test_each_lead_speaks_for_its_day() -> None:
    """Several leads of one day, and of others."""
    other = not_enrolled_words("North Star", date(2026, 3, 3))

    assert (span("2026-03-03", "2026-03-03"), span("2026-03-05", "2026-03-05")) == looks(
        ("2026-04-01", "Enrolled"), leads=refused("Company is missing: fill it in", REFUSED, other, REFUSED)
    )


def test_they_say_nothing_of_a_partner_who_is_remembered() -> None:
    """What is remembered goes before."""
    memory = {KEY: '{"plans": [], "left": null, "off": [["2026-03-01", "2026-03-03"]], "on": true}'}

    assert (span("2026-03-01", "2026-03-02"),) == looks(
        ("2026-04-01", "Enrolled"), leads=refused(REFUSED), memory=memory
    )


# ---- the money ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "earns"), [("2026-03-02", True), ("2026-03-03", False), ("2026-03-05", False), ("2026-03-06", True)]
)
def test_first_and_last_day_of_an_enrolment_are_good(sent: str, earns: bool) -> None:
    """The days on which it was not enrolled are those between."""
    assert earns == enrolled(partner(away=(span("2026-03-03", "2026-03-05"),)), day(sent))


def test_a_lead_of_such_a_day_earns_nothing() -> None:
    """The lead is of 1 December 2024; the deal is won in January."""
    away: dict[str, Any] = {"away": (span("2024-12-01", "2024-12-01"),)}

    assert 12 == len(story(partners=[partner()]).on("2025-02-01").lines)
    assert () == story(partners=[partner(**away)]).on("2025-02-01").lines


def test_the_days_are_a_fact_of_the_money_rules() -> None:
    """They go along with the partner's row."""
    rows, _ = seen([partner_row(Status="")], (), (), {"": "2026-03-02 2026-03-09"}, day("2026-03-12"), LONDON)

    assert (span("2026-03-02", "2026-03-11"),) == partner_fact(rows[0]).away


def test_the_words_for_it() -> None:
    """What is so, and what to do if it should not be."""
    assert (
        "North Star was not enrolled on 2026-03-05, when this lead was sent: it earns no commission on it. "
        "If it should, write into Submitted a day on which it was enrolled"
    ) == not_enrolled_words("North Star", date(2026, 3, 5))


def test_who_earns_nothing_and_why() -> None:
    """In words for the lead's row: each partner of the deal that was not enrolled; whoever is unknown is told so
    elsewhere."""
    partners = {key: partner(key, away=(span("2026-03-03", "2026-03-05"),)) for key in ("acme", "birch")}
    partners["cedar"] = partner("cedar")
    shared, own = lead(key="L-1", who="acme 40, birch 30, cedar 20, nobody 10"), lead(key="L-2", who="cedar 100")

    assert {
        "L-1": f"{not_enrolled_words('Acme', day('2026-03-05'))}. {not_enrolled_words('Birch', day('2026-03-05'))}"
    } == dict(refusals([(shared, day("2026-03-05")), (own, day("2026-03-05"))], partners))
    assert {} == dict(refusals([(shared, day("2026-03-06"))], partners))
