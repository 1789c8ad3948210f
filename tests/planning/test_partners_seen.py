"""Since when partners stand as they do: the last day is read back from rows, Plans of the past are remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.planning.rows_of_leads import lead_row, partner_row
from worker.domain.cells import Row
from worker.domain.facts import PlanChoice
from worker.domain.partners import Leaving, PartnerRow
from worker.planning.assembly import partner_fact
from worker.planning.partners import partner_edits
from worker.planning.partners_seen import seen
from worker.planning.vetting import vet

from .programme import LONDON, day, deal, partner, plan, story
from .rows_of_leads import RULES

KEY = "north-star"


def line(why: str, key: str = f"9001/{KEY}/2026-05/commission") -> Row:
    """A row of the Commissions table."""
    return Row("Commissions", "rec1", {"Line": key, "Why": why})


def left(today: str, *lines: Row, memory: dict[str, str] | None = None, **cells: Any) -> PartnerRow:
    """See a partner who has left on a day."""
    found, _ = seen([partner_row(Status="Left", **cells)], lines, (), memory or {}, day(today), LONDON)
    return found[0]


def last_day(partner: PartnerRow) -> str:
    assert partner.leaving is not None
    return partner.leaving.on.isoformat()


def problem_of(partner: PartnerRow) -> str:
    (edit,) = partner_edits([partner], {"gold"})
    return str(edit.after["Problem"])


# ---- the last day ---------------------------------------------------------------------------------------------------


def test_the_day_on_which_it_is_first_seen() -> None:
    """A partner whose Status reads Left for the first time left today; it is said on the row, and remembered."""
    found, memory = seen([partner_row(Status="Left")], (), (), {}, day("2026-05-14"), LONDON)
    later, same = seen([partner_row(Status="Left")], (), (), memory, day("2026-05-20"), LONDON)

    assert (
        "Left, first seen on 2026-05-14: what was sent until then counts, later leads are refused. "
        "If that is wrong, set Status to Enrolled."
    ) == problem_of(found[0])
    assert ["2026-05-14", "2026-05-14"] == [last_day(found[0]), last_day(later[0])]
    assert all('"left": "2026-05-14"' in texts[KEY] for texts in (memory, same))


def test_it_is_read_back_from_the_row() -> None:
    """With nothing remembered, the partner's own row says since when, and nothing is to be written."""
    known = left("2026-05-14")
    again = left("2026-06-01", Problem=problem_of(known))

    assert "2026-05-14" == last_day(again)
    assert [] == partner_edits([again], {"gold"})


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("Cancelled: not over when the partner left on 2026-05-14", "2026-05-14"),
        ("On hold: the partner is paused — 1,000.00 a month", "2026-06-01"),
        ("Cancelled: not over when the partner left on 2026-02-31", "2026-06-01"),
        ("2026-05 is not earned any more (not over when the partner left on 2026-05-14): …", "2026-06-01"),
    ],
)
def test_it_is_read_back_from_a_cancelled_line(why: str, expected: str) -> None:
    """Where the row says nothing, a line that was cancelled for it does; nothing else on a line counts."""
    assert expected == last_day(left("2026-06-01", line(why)))


@pytest.mark.parametrize("key", ["9001/blue-door/2026-05/commission", "nonsense", ""])
def test_other_partners_lines_say_nothing(key: str) -> None:
    """Only a partner's own lines say when it left."""
    why = "Cancelled: not over when the partner left on 2026-05-14"

    assert "2026-06-01" == last_day(left("2026-06-01", line(why, key)))


def test_the_row_goes_before_the_line_and_the_line_before_what_is_remembered() -> None:
    """What stands on rows is the fact; what is remembered is a cache."""
    memory = {KEY: '{"plans": [["0001-01-01", "gold"]], "left": "2026-05-12"}'}
    why = line("Cancelled: not over when the partner left on 2026-05-13")

    assert "2026-05-12" == last_day(left("2026-06-01", memory=memory))
    assert "2026-05-13" == last_day(left("2026-06-01", why, memory=memory))
    assert "2026-05-14" == last_day(left("2026-06-01", why, memory=memory, Problem="Left, first seen on 2026-05-14: …"))


def test_enrolling_again_undoes_it() -> None:
    """A partner who is enrolled again has not left, and leaves anew on another day."""
    _, memory = seen([partner_row(Status="Left")], (), (), {}, day("2026-05-14"), LONDON)
    back, memory = seen([partner_row(Problem="Left, first seen on 2026-05-14: …")], (), (), memory, day("2026-05-20"),
                        LONDON)  # fmt: skip
    anew, _ = seen([partner_row(Status="Left")], (), (), memory, day("2026-06-01"), LONDON)

    assert back[0].leaving is None
    assert [{"Problem": None}] == [edit.after for edit in partner_edits(back, {"gold"})]
    assert "2026-06-01" == last_day(anew[0])


def test_a_partner_without_a_key_is_not_remembered() -> None:
    """A row without name and key is nobody yet."""
    found, memory = seen([partner_row(Partner=None, Key=None)], (), (), {}, day("2026-05-14"), LONDON)

    again, same = seen(found, (), (), memory, day("2026-05-14"), LONDON)
    assert (1, [""]) == (len(found), list(memory))  # when the table was looked at, is
    assert (found, memory) == (again, same)


def test_the_last_day_ends_at_midnight_in_the_programmes_zone() -> None:
    """The day is a good one to its end, there."""
    tokyo = Leaving.of(date(2026, 5, 14), ZoneInfo("Asia/Tokyo"))

    assert datetime(2026, 5, 14, 15, tzinfo=UTC) == tokyo.until


@pytest.mark.parametrize(
    ("submitted", "faults"),
    [
        (datetime(2026, 5, 1, 9, tzinfo=UTC), 0),
        (datetime(2026, 5, 14, 22, 59, tzinfo=UTC), 0),
        (datetime(2026, 5, 14, 23, 0, tzinfo=UTC), 1),  # midnight in London
        (datetime(2026, 6, 1, 9, tzinfo=UTC), 1),
    ],
)
def test_a_lead_is_judged_by_the_day_it_was_sent(submitted: datetime, faults: int) -> None:
    """A lead that was sent before the partner left, or on the last day, is good though it is looked at later."""
    who = left("2026-05-14")

    assert faults == len(vet(lead_row(Submitted=submitted), {"north star": who}, (), RULES).faults)


def test_the_last_day_is_a_fact_of_the_money_rules() -> None:
    """The rules for money get the day, and that the partner has left."""
    fact = partner_fact(left("2026-05-14"))

    assert (True, day("2026-05-14")) == (fact.left, fact.left_on)


# ---- Plans ----------------------------------------------------------------------------------------------------------


def watched(*days: tuple[str, str | None]) -> tuple[PlanChoice, ...]:
    """See a partner's Plan on several days; return the choices in the end."""
    memory: dict[str, str] = {}
    choices: tuple[PlanChoice, ...] = ()
    for today, name in days:
        found, memory = seen([partner_row(Plan=name)], (), (), memory, day(today), LONDON)
        choices = found[0].plans
    return choices


def test_the_first_plan_that_is_seen_is_the_one_there_always_was() -> None:
    """Nobody knows what stood before: a deal that was won earlier is rated by it too."""
    assert (PlanChoice(date.min, "gold"),) == watched(("2026-05-14", "gold"))
    assert (PlanChoice(date.min, "gold"),) == watched(("2026-05-14", "gold"), ("2026-05-20", "gold"))


def test_a_change_counts_from_the_day_on_which_it_is_seen() -> None:
    """Each Plan is remembered with its day; of several in one day the last one counts."""
    assert (PlanChoice(date.min, "gold"), PlanChoice(day("2026-05-20"), "silver")) == watched(
        ("2026-05-14", "gold"), ("2026-05-20", "bronze"), ("2026-05-20", "silver")
    )
    assert (PlanChoice(date.min, "silver"),) == watched(("2026-05-14", "gold"), ("0001-01-01", "silver"))


def test_a_clock_that_was_set_back() -> None:
    """Where every Plan that is remembered is of a later day, the present one is again the one there always was."""
    memory = {KEY: '{"plans": [["2026-05-14", "gold"]], "left": null}'}
    found, _ = seen([partner_row(Plan="silver")], (), (), memory, day("2026-05-10"), LONDON)

    assert (PlanChoice(date.min, "silver"),) == found[0].plans


def test_a_plan_that_is_cleared_is_a_change_too() -> None:
    """Without a Plan nothing is known; the money rules say so for what is won then."""
    gone = watched(("2026-05-14", "gold"), ("2026-05-20", None))

    assert (PlanChoice(date.min, "gold"), PlanChoice(day("2026-05-20"), "")) == gone


def test_only_so_many_are_remembered() -> None:
    """A Plan that somebody changes every day does not fill the state."""
    days = [(f"2026-{n // 28 + 1:02d}-{n % 28 + 1:02d}", f"plan {n}") for n in range(60)]

    assert 40 == len(watched(*days))


@pytest.mark.parametrize(
    ("choices", "won_on", "rate"),
    [
        ([("0001-01-01", "gold"), ("2025-01-11", "silver")], "2025-01-10", "10 %"),
        ([("0001-01-01", "gold"), ("2025-01-11", "silver")], "2025-01-11", "20 %"),
        ([("0001-01-01", ""), ("2025-01-12", "silver")], "2025-01-10", "20 %"),
        ([("0001-01-01", "gould"), ("2025-01-12", "silver"), ("2025-01-13", "gold")], "2025-01-10", "20 %"),
        ([("0001-01-01", "gold"), ("2025-01-05", ""), ("2025-01-12", "silver")], "2025-01-10", "20 %"),
    ],
)
def test_the_plan_of_the_won_date_rates_a_deal(choices: list[tuple[str, str]], won_on: str, rate: str) -> None:
    """What stood on the won date counts, whatever Plan is chosen later; where that was none, or a slip, the first one
    after it that rates the deal: so what staff were asked to choose counts."""
    who = replace(partner(), plans=tuple(PlanChoice(day(since), name) for since, name in choices))
    told = story(deal(won_at=won_on), plans=[plan(), plan("20", name="silver")], partners=[who])

    assert rate == told.on("2025-01-20").lines[0].rate


def test_without_any_plan_that_rates_it() -> None:
    """A deal whose Plan was cleared before it was won, and not chosen since, asks for one."""
    who = replace(partner(), plans=(PlanChoice(date.min, "gold"), PlanChoice(day("2025-01-05"), "")))
    told = story(partners=[who]).on("2025-01-20")

    assert ["plan"] == [problem.field for problem in told.outcome.problems]
    assert () == told.lines
