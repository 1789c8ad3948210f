"""Looking twice at rows still being typed, and asking the CRM again only when there is reason to."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from tests.planning.rows_of_leads import NOW, PARTNERS, RULES, lead_row
from worker.domain.cells import Row
from worker.domain.leads import CrmCompany, CrmDeal, LeadRow
from worker.domain.policy import Rules
from worker.looks import Moving, companies_of, fingerprint, remember_rows, rows_seen, still_moving
from worker.planning.intake import survey
from worker.programme import Programme


@dataclass
class Shelves:
    """A memory without a store; `saves` counts the writings."""

    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    saves: int = 0

    def load(self, shelf: str) -> dict[str, str]:
        return dict(self.kept.get(shelf, {}))

    def save(self, shelf: str, put: Mapping[str, str], drop: Collection[str] = ()) -> None:
        self.saves += 1
        for item in drop:
            self.kept[shelf].pop(item, None)
        self.kept.setdefault(shelf, {}).update(put)


@dataclass
class Desk:
    """The tracker's Leads table, the CRM and the clock at once; people change `later` rows during a wait."""

    leads: list[LeadRow]
    later: list[LeadRow] | None = None
    knows: dict[str, CrmCompany] = field(default_factory=dict)
    asked: list[set[str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.leads = self.later if self.later is not None else self.leads

    def refresh(self, tables: Sequence[str]) -> None:
        self.log.append(f"refresh {tables}")

    def read(self, tables: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        self.log.append(f"read {tables}")
        return {"Leads": [lead.row for lead in self.leads]}

    def companies(self, domains: Collection[str]) -> Mapping[str, CrmCompany]:
        self.asked.append(set(domains))
        return {domain: company for domain, company in self.knows.items() if domain in domains}


def programme(
    desk: Desk, memory: Shelves, *, settle: int = 5, now: datetime = NOW, look_twice: bool = True
) -> Programme:
    """Return a programme that consists of a desk and a memory."""
    rules = Rules(replace(RULES, settle_seconds=settle), *cast(tuple[Any, Any, Any], (None, None, None)))
    nothing = cast(Any, None)
    return Programme(
        tracker=cast(Any, desk), crm=cast(Any, desk), ledger=nothing, rules=rules, words=nothing,
        memory=cast(Any, memory), kept=nothing, counts=nothing, clock=cast(Any, desk), now=now, zone=nothing,
        currency="GBP", first_stage="new", told=nothing, read={}, look_twice=look_twice,
    )  # fmt: skip


def moving(desk: Desk, memory: Shelves, **more: Any) -> Moving:
    """Look at the rows of a desk."""
    return still_moving(programme(desk, memory, **more), desk.leads)


# ---- rows still being typed -----------------------------------------------------------------------------------------


def test_a_row_that_stands_still_is_taken_up() -> None:
    """It has looked the same twice, five seconds apart, and only its table was read again."""
    desk = Desk([lead_row()])

    assert Moving(frozenset(), True) == moving(desk, Shelves())
    assert ([5], ["refresh ['Leads']", "read ['Leads']"]) == (desk.slept, desk.log)


def test_a_row_that_changes_between_two_looks_is_left() -> None:
    """So is one that is new at the second look, and one seen before that changes just now; the others are taken up."""
    memory = Shelves()
    old = lead_row("rec1")
    moving(Desk([old]), memory)
    desk = Desk(
        [old, lead_row("rec2", Company="Ac"), lead_row("rec3")],
        [lead_row("rec1", Notes="wait"), lead_row("rec2", Company="Acme"), lead_row("rec3"), lead_row("rec4")],
    )

    assert Moving(frozenset({"rec1", "rec2", "rec4"}), True) == moving(desk, memory)
    assert json.dumps(fingerprint(old)) == memory.kept["looks"].pop("rec1")
    assert {"rec3"} == memory.kept["looks"].keys()


def test_a_row_left_once_is_looked_at_again() -> None:
    """The next run takes it up if it stands still then."""
    memory = Shelves()
    done = lead_row(Company="Acme")
    moving(Desk([lead_row(Company="Ac")], [done]), memory)

    assert Moving(frozenset(), True) == moving(Desk([done]), memory)
    assert Moving(frozenset(), False) == moving(Desk([done]), memory)


def test_rows_seen_before_cost_no_second_look() -> None:
    """Also when they wait for their problem to be mended; nothing is remembered anew."""
    memory = Shelves()
    rows = [lead_row(), lead_row("rec2", Email=None)]
    moving(Desk(rows), memory)
    desk, saves = Desk(rows), memory.saves

    assert Moving(frozenset(), False) == moving(desk, memory)
    assert ([], [], saves) == (desk.slept, desk.log, memory.saves)


@pytest.mark.parametrize(
    "lead",
    [
        lead_row(Deal_ID="1"),
        lead_row(Partner=None, Company=None, Email=None),
        lead_row(Partner=None, Company=" ", Email=None),
    ],
)
def test_rows_that_do_not_wait_are_not_looked_at(lead: LeadRow) -> None:
    """Rows in the CRM may be edited, and empty ones stay empty, as long as anybody likes."""
    assert Moving(frozenset(), False) == moving(Desk([lead]), Shelves())


def test_what_the_worker_writes_is_no_typing() -> None:
    """Its own cells do not make a row a new one; those of staff do."""
    memory = Shelves()
    moving(Desk([lead_row()]), memory)

    assert not moving(Desk([lead_row(Lead="L-ABCDEFGH", Status="New", Problem="x", Synced=NOW)]), memory).looked_again
    assert moving(Desk([lead_row(Hold=True)]), memory).looked_again


def test_without_settling_every_row_is_taken_as_it_is() -> None:
    """`settle_seconds = 0` waits for nobody and reads nothing again."""
    desk = Desk([lead_row()], [lead_row(Company="Other")])

    assert Moving(frozenset(), False) == moving(desk, Shelves(), settle=0)
    assert ([], []) == (desk.slept, desk.log)


def test_a_plan_looks_once_and_remembers_nothing() -> None:
    """Nothing will be written: rows are taken as they are."""
    desk, memory = Desk([lead_row()]), Shelves()

    assert Moving(frozenset(), False) == moving(desk, memory, look_twice=False)
    assert ([], {}) == (desk.slept, memory.kept)


def test_rows_that_wait_no_more_are_forgotten() -> None:
    """What is remembered does not grow with every lead there ever was."""
    memory = Shelves()
    moving(Desk([lead_row(), lead_row("rec2")]), memory)
    moving(Desk([lead_row(), lead_row("rec2", Deal_ID="1")]), memory)

    assert {"rec1"} == memory.kept["looks"].keys()


def test_the_fingerprint_is_of_what_people_fill_in() -> None:
    """Empty cells count as absent ones, whichever way they are empty."""
    assert fingerprint(lead_row()) == fingerprint(lead_row(Notes="", Hold=False, Status="New"))
    assert fingerprint(lead_row()) != fingerprint(lead_row(Notes="x"))
    assert fingerprint(lead_row(First_name="a")) != fingerprint(lead_row(Last_name="a"))


# ---- what the CRM knows ---------------------------------------------------------------------------------------------

ACME = CrmCompany("77", "acme.com", True, (CrmDeal("1", None, "open"), CrmDeal("2", "L-ABCDEFGH", "won")))


def asked(
    desk: Desk, memory: Shelves, *leads: LeadRow, after: timedelta = timedelta(), **more: Any
) -> Mapping[str, Any]:
    """Ask about the companies of rows, some time after NOW."""
    found = survey(leads, PARTNERS, (), rules=RULES)
    return companies_of(programme(desk, memory, now=NOW + after, **more), found)


def test_an_answer_holds_for_an_hour() -> None:
    """Within it a row that is refused costs no call, whether the CRM knew its company or not."""
    desk, memory = Desk([], knows={"acme.com": ACME}), Shelves()
    rows = (lead_row(), lead_row("rec2", Email="jo@other.com"))

    for minutes in (0, 1, 59, 60):
        assert {"acme.com": ACME} == asked(desk, memory, *rows, after=timedelta(minutes=minutes))
    assert [{"acme.com", "other.com"}] * 2 == desk.asked


def test_a_row_that_changed_is_asked_about_again() -> None:
    """And for its company every row then has the new answer."""
    desk, memory = Desk([], knows={"acme.com": ACME}), Shelves()
    asked(desk, memory, lead_row())
    free = replace(ACME, deals=())
    desk.knows = {"acme.com": free}

    assert {"acme.com": ACME} == asked(desk, memory, lead_row())
    assert {"acme.com": free} == asked(desk, memory, lead_row(Notes="new"))
    assert 2 == len(desk.asked)


def test_a_new_row_gets_a_fresh_answer_for_all() -> None:
    """An answer of half an hour ago to another row does not refuse a new lead; a company gone is gone."""
    desk, memory = Desk([], knows={"acme.com": ACME}), Shelves()
    asked(desk, memory, lead_row())
    desk.knows = {}

    both = (lead_row(), lead_row("rec2", Notes="new"))
    assert {} == asked(desk, memory, *both, after=timedelta(minutes=30))
    assert {} == asked(desk, memory, *both, after=timedelta(minutes=61))
    assert 2 == len(desk.asked)


def test_answers_of_the_future_are_not_believed() -> None:
    """A clock that was put back makes no answer last."""
    desk, memory = Desk([]), Shelves()
    asked(desk, memory, lead_row(), after=timedelta(days=1))
    asked(desk, memory, lead_row())

    assert 2 == len(desk.asked)


def test_nobody_is_asked_about_rows_that_go_nowhere() -> None:
    """Rows with faults, held ones, and those without a domain ask nothing and remember nothing."""
    desk, memory = Desk([]), Shelves()
    rows = (lead_row(Email="x"), lead_row("rec2", Hold=True), lead_row("rec3", Email="di@gmail.com"))

    assert {} == asked(desk, memory, *rows)
    assert ([], {}) == (desk.asked, memory.kept)


def test_answers_are_forgotten_with_their_rows() -> None:
    """A row that went through, or was deleted, leaves nothing behind."""
    desk, memory = Desk([]), Shelves()
    asked(desk, memory, lead_row(), lead_row("rec2", Email="jo@other.com"))
    asked(desk, memory, lead_row("rec2", Email="jo@other.com"))

    assert {"rec2"} == memory.kept["companies"].keys()


def test_a_plan_asks_and_remembers_nothing() -> None:
    """It uses what is remembered already."""
    desk, memory = Desk([], knows={"acme.com": ACME}), Shelves()

    assert {"acme.com": ACME} == asked(desk, memory, lead_row(), look_twice=False)
    assert {} == memory.kept
    asked(desk, memory, lead_row())
    asked(desk, memory, lead_row(), look_twice=False)
    assert 2 == len(desk.asked)


# ---- rows that show what their deals say ----------------------------------------------------------------------------


def test_marks_are_kept_when_they_are_new() -> None:
    """A run in which nothing changed writes nothing; a plan neither."""
    memory = Shelves()
    desk, leads = programme(Desk([]), memory), [lead_row("rec1"), lead_row("rec2")]
    remember_rows(replace(desk, look_twice=False), {"rec1": "a"}, leads)
    assert {} == memory.kept

    remember_rows(desk, {"rec1": "a", "rec2": "b"}, leads)
    remember_rows(desk, {"rec2": "b"}, leads)
    assert ({"rec1": "a", "rec2": "b"}, 1) == (rows_seen(desk), memory.saves)

    remember_rows(desk, {"rec1": "c"}, leads)
    assert {"rec1": "c", "rec2": "b"} == rows_seen(desk)
    assert json.dumps("c") == memory.kept["shown"]["rec1"]

    remember_rows(desk, {}, leads[1:])
    assert {"rec2": "b"} == rows_seen(desk)
