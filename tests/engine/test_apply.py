"""Carrying out a plan: the order of things, what is left to the next run, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from worker.domain.notices import Recipient
from worker.domain.plan import RowEdit
from worker.engine.journal import Intent
from worker.engine.runs import LeaseLost
from worker.ports import Conflict, Edit, Refused, ServiceError, Unauthorised, Unavailable, Unsure

from .conftest import Bench
from .standins import DictTracker, edit, mint, plan, push, tell


def told(bench: Bench) -> list[str]:
    return [notice for _, notice in bench.world.sent]


def only_slack(bench: Bench) -> dict[str, object]:
    return {"notifiers": {"slack": bench.slack}}


# ---- a whole lead ---------------------------------------------------------------------------------------------------


def test_a_lead_from_key_to_acknowledgement(bench: Bench) -> None:
    """A new row gets its key, its deal, the ids and status, an acknowledgement by both channels, and its Activity."""
    bench.leads("r1")
    seen: list[tuple[str, int, int]] = []

    result = bench.apply(
        plan(mint("r1", "L-1"), push("r1", "L-1", Status="New"), tell("ack/1", "L-1")),
        progress=lambda *step: seen.append(step),
    )

    row = {"Deal ID": "deal1", "Client ID": "company2", "Contact ID": "contact3", "Status": "Qualified"}
    assert {"Lead": "L-1", **row} == bench.world.table("Leads")["r1"]
    assert ["ack/1", "ack/1"] == told(bench)
    assert ("in sync", "") == (result.state, result.words)
    zeros = {"created": 0, "changed": 0, "adopted": 0, "held": 0, "waiting": 0}
    assert {**zeros, "pushed": 1, "told": 2} == result.counts
    assert [("keys", 1, 1), ("leads", 1, 1)] == seen
    activity = list(bench.world.table("Activity").values())
    assert ["Written to the CRM", "Sent by email", "Sent by slack"] == [line["What"] for line in activity]
    assert "Deal ID: –\nClient ID: –\nContact ID: –\nStatus: New" == activity[0]["Before"]
    assert "Deal ID: deal1\nClient ID: company2\nContact ID: contact3\nStatus: Qualified" == activity[0]["After"]
    assert ("L-1", "it is complete", bench.clock.now()) == (
        activity[0]["About"],
        activity[0]["Why"],
        activity[0]["When"],
    )


class KeyedTracker(DictTracker):
    """A tracker that calls a row by its key from the moment it has one, as a spreadsheet does."""

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        outcomes = super().write(edits)
        leads = self.world.table("Leads")
        for row in [row for row, cells in leads.items() if cells.get("Lead") not in (None, row)]:
            cells = leads.pop(row)
            leads[str(cells["Lead"])] = cells
        return [
            edit.key if isinstance(outcome, str) else outcome for edit, outcome in zip(edits, outcomes, strict=True)
        ]


def test_a_row_is_called_by_the_name_that_a_write_gave_it(bench: Bench) -> None:
    """Where a row's id is its key, the write after the key's goes to the row by its key."""
    bench.leads("r1", "r2")
    tracker = KeyedTracker(bench.world)

    result = bench.apply(plan(mint("r1", "L-1"), push("r1", "L-1"), push("r2", "L-2")), tracker=tracker)

    assert [("r1", "L-1"), ("L-1", "L-1"), ("r2", "L-2")] == [(edit.row, edit.key) for edit in tracker.written]
    assert "in sync" == result.state


def test_an_empty_plan_does_nothing(bench: Bench) -> None:
    """Nothing to do is no call to anybody."""
    result = bench.apply(plan(), crm=None, notifiers={})

    assert ("in sync", 0, []) == (result.state, bench.tracker.calls, bench.world.log)


def test_rows_are_added_and_changed(bench: Bench) -> None:
    """A made row counts as created and a written one as changed, each with its line of Activity."""
    bench.leads("r1")
    result = bench.apply(
        plan(
            edit(
                None, "D/1", "Commissions", Amount=Decimal("10.50"), Month="2026-01", **{"Paid on": date(2026, 1, 31)}
            ),
            RowEdit("Leads", "r1", "L-1", {"Status": "Won"}, {"Status": "Lost"}, "the deal was lost"),
        )
    )

    assert (1, 1) == (result.counts["created"], result.counts["changed"])
    added, changed = bench.world.table("Activity").values()
    assert ("Added to Commissions", None) == (added["What"], added["Before"])
    assert "Amount: 10.50\nMonth: 2026-01\nPaid on: 2026-01-31" == added["After"]
    assert ("Changed in Leads", "Status: Won", "Status: Lost") == (changed["What"], changed["Before"], changed["After"])


def test_many_rows_go_in_slices(bench: Bench) -> None:
    """Two hundred and fifty edits are three calls, and progress is told after each."""
    rows = [f"r{n}" for n in range(250)]
    bench.leads(*rows)
    seen: list[tuple[str, int, int]] = []

    bench.apply(plan(*(edit(row, f"L-{row}", Status="Won") for row in rows)), progress=lambda *step: seen.append(step))

    assert [("rows", 100, 250), ("rows", 200, 250), ("rows", 250, 250)] == seen
    assert 4 == bench.tracker.calls  # and one for the Activity


def test_a_plan_with_pushes_needs_a_crm(bench: Bench) -> None:
    """Pushing without a CRM is a fault of the program."""
    with pytest.raises(ValueError, match="needs a CRM"):
        bench.apply(plan(push("r1", "L-1")), crm=None)


# ---- the CRM --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [Unavailable("crm", "down"), Unsure("crm", "lost"), Conflict("crm", "moved")])
def test_a_lead_without_an_answer_waits(bench: Bench, error: Exception) -> None:
    """A lead whose push is unavailable, unsure or in conflict is left as it is, untold; its neighbour goes on."""
    bench.leads("r1", "r2")
    bench.crm.errors["L-1"] = error  # type: ignore[assignment]

    result = bench.apply(plan(push("r1", "L-1"), tell("1", "L-1"), push("r2", "L-2"), tell("2", "L-2")))

    assert {} == bench.world.table("Leads")["r1"]
    assert ["2", "2"] == told(bench)
    assert ("waiting", 1, str(error)) == (result.state, result.counts["waiting"], result.words)


def test_a_dead_token_fails_the_flow(bench: Bench) -> None:
    """A lead whose push is unauthorised fails the flow, once and not once a row; the rows stay as they are."""
    bench.leads("r1", "r2")
    bench.crm.errors = {key: Unauthorised("crm", "the token is dead") for key in ("L-1", "L-2")}

    result = bench.apply(plan(push("r1", "L-1"), push("r2", "L-2")))

    assert [{}, {}] == list(bench.world.table("Leads").values())
    assert ("failed", ("crm: the token is dead",)) == (result.state, result.errors)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unavailable("crm", "down"), "waiting"),
        (Unauthorised("crm", "dead"), "failed"),
        (Refused("crm", "there is no property lead_key"), "failed"),
    ],
)
def test_a_crm_that_fails_whole_leaves_all_rows(bench: Bench, error: Exception, state: str) -> None:
    """When nothing at all was sent, no row is blamed: all wait, the error is said once, other rows are written."""
    bench.leads("r1", "r2", "r3")
    bench.crm.whole = [error]  # type: ignore[list-item]

    result = bench.apply(plan(push("r1", "L-1"), push("r2", "L-2"), edit("r3", "L-3", Status="Won")))

    assert [{}, {}, {"Status": "Won"}] == list(bench.world.table("Leads").values())
    assert (state, 2, (str(error),)) == (result.state, result.counts["waiting"], result.errors)


def test_leads_that_cannot_be_looked_for_wait_and_new_ones_go_on(bench: Bench) -> None:
    """While the CRM can't say what it has, a lead that may be there is not put; one with a fresh key is."""
    bench.leads("r1", "r2")
    bench.crm.finding = [Unavailable("crm", "down")]

    result = bench.apply(plan(push("r1", "L-1", adopt=True), push("r2", "L-2")))

    assert ["L-2"] == list(bench.world.deals)
    assert ("waiting", 1) == (result.state, result.counts["waiting"])


def test_leads_are_not_pushed_with_a_dead_token(bench: Bench) -> None:
    """A token that is dead when the CRM is asked is not tried a second time for the new leads."""
    bench.leads("r1", "r2")
    bench.crm.finding = [Unauthorised("crm", "dead")]

    result = bench.apply(plan(push("r1", "L-1", adopt=True), push("r2", "L-2")))

    assert ({}, []) == (bench.world.deals, bench.crm.puts)
    assert ("failed", 2) == (result.state, result.counts["waiting"])


def test_a_refusal_that_stands_in_the_row_is_not_written_again(bench: Bench) -> None:
    """A lead refused with the same words as before costs no write, and its neighbours are not disturbed."""
    bench.leads("r1")
    bench.crm.errors["L-1"] = Refused("crm", "no such country")
    stands = {"Status": "Needs attention", "Problem": "The CRM (crm) refused this lead: no such country"}

    result = bench.apply(plan(push("r1", "L-1", **stands)))

    assert ([], "needs attention") == (bench.tracker.written, result.state)


# ---- the tracker ----------------------------------------------------------------------------------------------------


def test_a_tracker_that_is_down_is_left_alone(bench: Bench) -> None:
    """When the tracker fails whole, no lead is pushed, no row and no Activity tried; what is due still goes."""
    bench.leads("r1", "r2", "r3")
    bench.tracker.whole = [Unavailable("dicts", "down")]

    result = bench.apply(
        plan(mint("r1", "L-1"), push("r2", "L-2"), edit("r3", "L-3", Status="Won"), tell("other", "")),
        **only_slack(bench),
    )

    assert 1 == bench.tracker.calls
    assert {} == bench.world.deals
    assert ["other"] == told(bench)
    assert ("waiting", 3, "dicts: down") == (result.state, result.counts["waiting"], result.words)


def test_a_tracker_that_goes_down_between_slices(bench: Bench) -> None:
    """The slices that were written stand and are told of; the others wait, with their messages, for a look at them."""
    rows = [f"r{n:03}" for n in range(150)]
    bench.leads(*rows)
    bench.tracker.whole = [None, Unavailable("dicts", "down")]

    result = bench.apply(
        plan(*(edit(r, f"L-{r}", Status="Won") for r in rows), tell("a", "L-r000"), tell("b", "L-r149")),
        **only_slack(bench),
    )

    assert ["a"] == told(bench)
    assert {"sent": 1, "writing": 1} == bench.journal.counts()
    assert (100, 50) == (result.counts["changed"], result.counts["waiting"])


def test_a_dead_token_of_the_tracker_stops_the_writing(bench: Bench) -> None:
    """A row that is answered with a dead token is the last slice that is tried."""
    rows = [f"r{n:03}" for n in range(150)]
    bench.leads(*rows)
    bench.tracker.errors["r000"] = Unauthorised("dicts", "dead")

    result = bench.apply(plan(*(edit(row, f"L-{row}", Status="Won") for row in rows)))

    assert (1, "failed", 51) == (bench.tracker.calls, result.state, result.counts["waiting"])


def test_an_activity_table_that_refuses_is_said(bench: Bench) -> None:
    """What can't be told in the Activity table is said in words, undoes nothing and fails no run."""
    bench.leads("r1")
    bench.tracker.whole = [None, Refused("dicts", "there is no table Activity")]
    whole = bench.apply(plan(edit("r1", "L-1", Status="Won")))
    bench.tracker.whole = [None, Unavailable("dicts", "down")]
    down = bench.apply(plan(edit("r1", "L-1", Status="Approved")))
    bench.tracker.errors["L-2"] = Unavailable("dicts", "not now")
    single = bench.apply(plan(edit("r1", "L-1", Status="Lost"), edit(None, "L-2", "Statements", Status="Draft")))

    assert ("needs attention", ()) == (whole.state, whole.errors)
    assert ("The Activity table is paused, and what needs it waits: there is no table Activity",) == whole.problems
    assert ("dicts: down",) == down.errors
    assert {"Status": "Lost"} == bench.world.table("Leads")["r1"]
    assert "waiting" == single.state


# ---- rows that need rows --------------------------------------------------------------------------------------------


def test_a_row_is_written_after_those_it_needs(bench: Bench) -> None:
    """However they are planned, a statement's row comes after its lines."""
    bench.apply(
        plan(
            edit(None, "S", "Statements", ("D/1", "D/2", "old"), Status="Draft"),
            edit(None, "D/1", "Commissions", Status="On statement"),
            edit(None, "D/2", "Commissions", Status="On statement"),
        )
    )

    assert ["D/1", "D/2", "S"] == [written.key for written in bench.tracker.written]


def test_a_row_waits_when_one_that_it_needs_failed(bench: Bench) -> None:
    """A statement one of whose lines was not written waits, and so does what needs the statement; others do not."""
    bench.tracker.errors["D/2"] = Refused("dicts", "no")

    result = bench.apply(
        plan(
            edit(None, "P", "Statements", ("S",), Status="Draft"),
            edit(None, "S", "Statements", ("D/1", "D/2"), Status="Draft"),
            edit(None, "D/1", "Commissions", Status="On statement"),
            edit(None, "D/2", "Commissions", Status="On statement"),
            tell("statement", "S"),
        )
    )

    assert ["D/1"] == [written.key for written in bench.tracker.written]
    assert [] == told(bench)
    assert ("waiting", 2) == (result.state, result.counts["waiting"])


def test_rows_that_need_each_other_wait(bench: Bench) -> None:
    """A circle is left alone and does not hang."""
    result = bench.apply(
        plan(
            edit(None, "A", "Statements", ("B",), Status="Draft"), edit(None, "B", "Statements", ("A",), Status="Draft")
        )
    )

    assert ([], 2) == (bench.tracker.written, result.counts["waiting"])


# ---- messages -------------------------------------------------------------------------------------------------------


def test_a_message_goes_only_when_all_of_its_row_stands(bench: Bench) -> None:
    """Of a row that is written by a push and an edit, one half is not enough to tell of it."""
    bench.leads("r1")
    bench.crm.errors["L-1"] = Unavailable("crm", "down")

    bench.apply(plan(push("r1", "L-1"), edit("r1", "L-1", Suggestion="x"), tell("ack/1", "L-1")), **only_slack(bench))

    assert [] == told(bench)
    assert {"intended": 1} == bench.journal.counts()


def test_what_stands_already_may_be_told_at_once(bench: Bench) -> None:
    """A message about a row of which nothing is to be written goes; one about an edit that changes nothing too."""
    bench.leads("r1")
    nothing = RowEdit("Leads", "r1", "L-1", {"Status": "Won"}, {"Status": "Won"}, "")

    bench.apply(plan(nothing, tell("1", "L-1"), tell("2", "elsewhere")), **only_slack(bench))

    assert ["1", "2"] == told(bench)


def test_quiet_hours_send_nothing_and_forget_nothing(bench: Bench) -> None:
    """What comes due in quiet hours goes with the first run after them."""
    bench.apply(plan(tell("1", "")), quiet=True, **only_slack(bench))
    assert [] == told(bench)

    bench.apply(plan(), **only_slack(bench))
    assert ["1"] == told(bench)


def test_only_the_channels_that_reach_somebody_are_used(bench: Bench) -> None:
    """A partner without a Slack channel gets the mail alone, and that is no problem."""
    result = bench.apply(plan(tell("1", "", Recipient("acme", email="a@x.test"))))

    assert ([("email", "1")], "in sync") == (bench.world.sent, result.state)


def test_a_message_that_cannot_be_built_is_said(bench: Bench) -> None:
    """A channel that refuses to build a message is a problem in words; the other channel sends its own."""
    bench.email.refuse_to_render = Refused("email", "a@@x is no address")

    result = bench.apply(plan(tell("1", "")))

    assert [("slack", "1")] == bench.world.sent
    assert ("1 cannot be told by email: email: a@@x is no address",) == result.problems


def test_what_a_dead_run_was_writing_is_told_if_the_row_stands(bench: Bench) -> None:
    """A run died between writing rows and releasing their messages: what is not planned again stands, and is told."""
    intents = [Intent(key, "slack", "intake", "C1", f"{key}|x".encode(), "") for key in ("1", "2", "3")]
    bench.journal.intend([*intents, Intent("4", "slack", "cash", "C1", b"4|x", "")])
    bench.journal.writing(["1", "2", "4"])
    bench.tracker.errors["r2"] = Unavailable("dicts", "not now")

    bench.apply(plan(edit("r2", "L-2", Status="Won"), tell("2", "L-2")), **only_slack(bench))

    assert ["1"] == told(bench)
    assert {("2", "slack"): "writing", ("3", "slack"): "intended", ("4", "slack"): "writing"} == bench.journal.states(
        ["2", "3", "4"]
    )


# ---- stopping -------------------------------------------------------------------------------------------------------


class StopAfter:
    """Asks to stop once so many calls of the tracker were made."""

    def __init__(self, bench: Bench, calls: int) -> None:
        self.bench = bench
        self.calls = calls

    def __call__(self) -> bool:
        return self.bench.tracker.calls >= self.calls


def test_asked_to_stop_between_slices_the_rest_waits(bench: Bench) -> None:
    """Asked to stop, the slice in hand is finished, nothing more is begun, and the next run does the rest."""
    rows = [f"r{n:03}" for n in range(250)]
    bench.leads(*rows)
    changes = [edit(row, f"L-{row}", Status="Won") for row in rows]

    result = bench.apply(plan(*changes, tell("1", "L-r000")), stopping=StopAfter(bench, 1))

    assert ("waiting", 100, 150) == (result.state, result.counts["changed"], result.counts["waiting"])
    assert "stopped before the end; the next run goes on" == result.words
    assert {"due": 2} == bench.journal.counts()
    assert 250 == bench.apply(plan(*changes)).counts["changed"]
    assert ["1", "1"] == told(bench)


def test_asked_to_stop_before_the_crm_no_deal_is_made(bench: Bench) -> None:
    """Asked to stop while keys are written, no lead is pushed."""
    bench.leads("r1")

    result = bench.apply(plan(mint("r1", "L-1"), push("r1", "L-1")), stopping=StopAfter(bench, 1))

    assert ({}, "waiting") == (bench.world.deals, result.state)


def test_asked_to_stop_after_the_crm_the_rows_are_written_all_the_same(bench: Bench) -> None:
    """Deals that were made are written into their rows though we should stop: nothing is left half."""
    rows = [f"r{n:03}" for n in range(150)]
    bench.leads(*rows)
    asked = []
    put = bench.crm.put
    bench.crm.put = lambda drafts: (asked.append(True), put(drafts))[1]  # type: ignore[method-assign]

    bench.apply(plan(*(push(row, f"L-{row}") for row in rows)), stopping=lambda: bool(asked))

    assert 150 == sum("Deal ID" in cells for cells in bench.world.table("Leads").values())


@pytest.mark.parametrize("effects", range(6))
def test_the_lease_is_looked_at_before_every_effect(bench: Bench, effects: int) -> None:
    """A run that lost its lease does nothing more: no key, no deal, no write-back, no row, no message, no Activity."""
    bench.leads("r1", "r2")
    looks = iter(range(100))

    def guard() -> None:
        if next(looks) == effects:
            raise LeaseLost

    with pytest.raises(LeaseLost):
        bench.apply(
            plan(mint("r1", "L-1"), push("r1", "L-1"), edit("r2", "L-2", Status="Won"), tell("1", "L-1")),
            guard=guard,
            **only_slack(bench),
        )

    steps = ["write Leads L-1 Lead", "deal L-1", "write Leads L-1 Deal", "write Leads L-2 Status", "send slack 1"]
    assert effects == len(bench.world.log)
    assert [True] * effects == [line.startswith(step) for line, step in zip(bench.world.log, steps, strict=False)]
