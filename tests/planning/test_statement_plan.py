"""Statements on their way out: locked, drafted, told, issued; and what crashes, holds and a lost state make of that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.plan import Plan
from worker.domain.plans import Policy

from .bookkeeping import ACME, Q1, Q2, day, line
from .office import ACME_ROW, Died, Office

DAY = "2025-04-05"
LINES = [line(month, deal=deal, client="Oak") for month in ("2025-01", "2025-02") for deal in ("9001", "9002")]
UNREACHABLE = replace(ACME_ROW, email="", slack_channel="")


def office() -> Office:
    return Office().put(*LINES)


def draft() -> Office:
    """An office whose statement is written and whose message waits, for no mail goes."""
    found = office()
    found.mail_works = False
    found.run(DAY)
    assert ("Draft", "") == ((row := found.one()).status, row.problem)
    found.mail_works = True
    return found


# ---- the steps ------------------------------------------------------------------------------------------------------


def test_lines_are_locked_first_then_the_draft_then_the_partner_is_told() -> None:
    """The draft needs every lock, and the message needs the draft."""
    plan = office().plan(DAY)

    assert [True] * 4 + [False] == [edit.first for edit in plan.edits]
    locked = [{"Status": "On statement", "Statement": Q1}] * 4
    assert locked == [dict(edit.after) for edit in plan.edits[:4]]
    drafted = plan.edits[4]
    assert (Q1, tuple(a.key for a in LINES)) == (drafted.key, drafted.needs)  # by month, then by deal
    assert ("Draft", None) == (drafted.after["Status"], drafted.after.get("Issued"))
    (tell,) = plan.tells
    assert (Q1, "acme/statement/2025-Q1/acme/GBP", "statement") == (tell.needs, tell.notice.key, tell.notice.kind)
    assert "the partner is told what to invoice" == tell.reason


def test_once_told_it_is_issued() -> None:
    """The end of an undisturbed run; the next one plans nothing."""
    one = office()
    one.run(DAY)

    assert ("Issued", DAY, "400.00") == ((row := one.one()).status, str(row.issued), str(row.amount))
    assert ["400.00"] == [told["amount"] for told in one.sent_about(Q1)]
    assert {"On statement"} == {a.status for a in one.lines()}
    assert Plan("statements") == one.plan(DAY)


def test_a_statement_below_the_minimum_is_carried_and_told_so() -> None:
    """The words are others, and so is the status."""
    one = Office().put(line("2025-01", "12.00"))
    one.run(DAY)

    assert ("Carried", ["carried"]) == (one.one().status, [notice.kind for notice in one.sent])
    assert ["It is below the least that we settle."] == [told["reason"] for told in one.sent_about(Q1)]


def test_a_negative_statement_says_that_it_is_below_zero() -> None:
    """A clawback alone is carried with its own reason."""
    one = Office().put(line("2025-01", "-12.00", kind="clawback"))
    one.run(DAY)

    assert ["It is below zero."] == [told["reason"] for told in one.sent_about(Q1)]


def test_what_was_missed_is_a_note() -> None:
    """The plan changes nothing, and says so."""
    plan = office().plan("2025-05-20")

    assert 0 == len(plan)
    assert plan.notes[0].startswith("The statement day of 2025-Q1 was missed")


def test_by_hand_it_is_made_all_the_same() -> None:
    """With the period named."""
    one = office()
    one.run("2025-05-20", period="2025-Q1")

    assert "Issued" == one.one().status


# ---- crashes --------------------------------------------------------------------------------------------------------


def undisturbed() -> tuple[int, Office]:
    one = office()
    return one.run(DAY), one


STEPS, WHOLE = undisturbed()


@given(st.lists(st.integers(0, STEPS), max_size=4), st.sampled_from([None, "2025-03", "2025-04"]))
def test_whenever_it_dies_the_same_statement_is_sent_once(deaths: list[int], month: str | None) -> None:
    """Die after any number of steps, run after run, while another line is confirmed after the first death: in the end
    the partner was told once, of exactly the lines that the statement locked, and of its amount.
    """
    one = office()
    for number, steps in enumerate(deaths):
        with suppress(Died):
            one.run(DAY, steps=steps)
        if month is not None and number == 0:
            one.put(line(month, "7.00", deal="9003"))
    one.run(DAY)

    (told,) = one.sent_about(Q1)
    found = one.one()
    assert ("Issued", f"{found.amount}") == (found.status, told["amount"])
    keys = [f"{a['month']} {a['amount']}" for a in told["lines"]]
    assert sorted(keys) == sorted(f"{a.month} {a.amount}" for a in one.lines() if a.statement == Q1)
    assert {a.key for a in LINES} <= set(one.on(Q1))
    if month is None:
        assert (WHOLE.one(), WHOLE.lines()) == (found, one.lines())


@given(st.sets(st.sampled_from([*(a.key for a in LINES), Q1]), min_size=1), st.integers(0, STEPS))
def test_rows_that_are_refused_wait(refused: set[str], steps: int) -> None:
    """Where the tracker refuses a lock, or the statement's row, nothing is sent; once it takes them again, the same
    statement is made and sent as if nothing had been.
    """
    one = office()
    one.refused = refused
    with suppress(Died):
        one.run(DAY, steps=steps)
    assert ([], []) == (one.sent, one.standing())
    one.refused = set()
    one.run(DAY)

    (told,) = one.sent_about(Q1)
    assert ("400.00", 4) == (told["amount"], len(told["lines"]))
    assert (WHOLE.one(), WHOLE.lines()) == (one.one(), one.lines())


@given(st.integers(0, STEPS), st.sampled_from(["2025-04-06", "2025-06-01", "2025-07-05"]))
def test_a_death_is_mended_however_late_the_next_run_is(steps: int, later: str) -> None:
    """Also after the days of grace, or on the next statement's day, what was begun is finished, and sent once."""
    one = office()
    with suppress(Died):
        one.run(DAY, steps=steps)
    begun = bool(one.on(Q1))
    one.run(later)

    told = [*one.sent_about(Q1), *one.sent_about(Q2)]
    assert len(told) == len({a.statement for a in one.lines() if a.locked})
    assert "Draft" not in {s.status for s in one.standing()}
    if begun:
        assert 1 == len(one.sent_about(Q1))
    if later == "2025-07-05":
        assert sum(s.amount for s in one.standing()) == 400


@given(st.integers(0, STEPS))
def test_a_lost_state_sends_nothing_twice(steps: int) -> None:
    """Law 10: die, lose the state, run again: either it was not sent yet and no row says that it might have been, or a
    draft is held for a person.
    """
    one = office()
    with suppress(Died):
        one.run(DAY, steps=steps)
    before, drafted = len(one.sent), bool(one.standing())
    status = one.standing()[0].status if drafted else None
    one.lose_state()
    one.run(DAY)

    if not drafted:
        assert (1, "Issued") == (len(one.sent), one.one().status)
    elif status == "Issued":
        assert (before, "Issued") == (len(one.sent), one.one().status)
    else:
        assert (before, "Draft") == (len(one.sent), one.one().status)
        assert f"`quarterday retry {Q1} --skip`" in one.one().problem
        assert [] == list(one.plan(DAY).tells)


def test_a_draft_that_nobody_knows_of_says_what_to_do() -> None:
    """Whether it went can't be known, so a person is asked."""
    one = draft()
    one.lose_state()
    one.run(DAY)

    assert (
        "No message of it is known: the worker's state was lost and it may have been sent, or no channel reaches the "
        f"partner. Ask the partner, then `quarterday retry {Q1}` to send it or `quarterday retry {Q1} --skip` to leave "
        "it"
    ) == one.one().problem


@pytest.mark.parametrize(("skip", "messages"), [(True, 0), (False, 1)])
def test_a_person_decides_about_a_draft_that_nobody_knows_of(skip: bool, messages: int) -> None:
    """Left unsent or sent again, it is issued, and nothing is left to say."""
    one = draft()
    one.lose_state()
    one.run(DAY)
    one.retry(Q1, skip=skip)
    one.run(DAY)

    assert ("Issued", "", messages) == ((row := one.one()).status, row.problem, len(one.sent))
    assert Plan("statements") == one.plan(DAY)


def test_a_message_that_may_have_gone_waits_for_a_person() -> None:
    """Held by the outbox, the draft says what to do, and is planned no more until then."""
    one = draft()
    one.outbox["acme/statement/2025-Q1/acme/GBP"] = "held"
    one.run(DAY)

    assert one.one().problem.startswith("It is not certain that the partner was told")
    assert Plan("statements") == one.plan(DAY)
    one.retry(Q1)
    one.apply(one.plan(DAY))
    one.run(DAY)
    assert ("Issued", "", 1) == ((row := one.one()).status, row.problem, len(one.sent))


# ---- holds, and partners who can't be reached -----------------------------------------------------------------------


def test_a_draft_on_hold_stays_and_says_so() -> None:
    """Nothing more is sent while staff's Hold is ticked; unticked it goes on. What was sent is issued all the same."""
    one = draft()
    (row,) = one.statements.rows()
    one.statements.put(row.id, {"Hold": True})
    plan = one.plan(DAY)
    one.apply(plan)

    assert () == plan.tells
    assert ("Draft", "Hold is ticked: untick it to send the statement") == ((s := one.one()).status, s.problem)
    one.statements.put(row.id, {"Hold": False})
    one.run(DAY)
    assert ("Issued", "", 1) == ((s := one.one()).status, s.problem, len(one.sent))

    other = draft()
    other.statements.put(row.id, {"Hold": True})
    other.outbox["acme/statement/2025-Q1/acme/GBP"] = "sent"
    other.run(DAY)
    assert "Issued" == other.one().status


@pytest.mark.parametrize("contacts", [{}, {"acme": UNREACHABLE}], ids=["no row", "no address"])
def test_a_partner_who_cannot_be_reached_is_told_once_there_is_a_way(contacts: dict[str, object]) -> None:
    """The draft waits and says why; with an address it goes out, without a person having to order it."""
    one = office()
    one.contacts = contacts  # type: ignore[assignment]
    one.run(DAY)

    assert ("Draft", []) == ((row := one.one()).status, one.sent)
    assert (
        "Not told: the partner has neither Email nor Slack channel. Fill one in and it is sent, or leave it unsent "
        f"with `quarterday retry {Q1} --skip`"
    ) == row.problem
    assert Plan("statements") == one.plan(DAY)
    one.contacts = {"acme": ACME_ROW}
    one.run("2025-05-01")
    assert ("Issued", "", 1) == ((row := one.one()).status, row.problem, len(one.sent))


def test_a_draft_that_was_never_tried_keeps_that_while_it_is_on_hold() -> None:
    """There was no way to send it, then Hold was ticked: unticked, with an address and even without the state, it goes
    out by itself, for nobody can have had it."""
    one = office()
    one.contacts = {"acme": UNREACHABLE}
    one.run(DAY)
    (row,) = one.statements.rows()
    one.statements.put(row.id, {"Hold": True})
    one.run("2025-05-01")
    held = one.one().problem
    one.lose_state()
    one.contacts = {"acme": ACME_ROW}
    one.statements.put(row.id, {"Hold": False})
    one.run("2025-05-02")

    assert "Not told: Hold is ticked: untick it to send the statement" == held
    assert ("Issued", "", 1) == ((s := one.one()).status, s.problem, len(one.sent))


def test_a_partner_who_cannot_be_reached_may_be_left_untold() -> None:
    """A person says so, and the statement is issued."""
    one = office()
    one.contacts = {}
    one.run(DAY)
    one.retry(Q1, skip=True)
    one.run(DAY)

    assert ("Issued", "", []) == ((row := one.one()).status, row.problem, one.sent)


def test_a_slack_channel_is_a_way_too() -> None:
    """One of the two is enough."""
    one = office()
    one.contacts = {"acme": replace(UNREACHABLE, slack_channel="#acme")}
    one.run(DAY)

    assert "Issued" == one.one().status


# ---- rows that a hand changed ---------------------------------------------------------------------------------------


def test_a_deleted_row_of_a_statement_that_was_billed_comes_back_untold() -> None:
    """Its bill is there, so it went: even where the state was lost too, nobody is told again."""
    one = Office().put(*(a._replace(status="Invoiced", statement=Q1) for a in LINES))
    one.run("2025-05-20")

    assert ("Issued", "400.00", []) == ((row := one.one()).status, str(row.amount), one.sent)


def test_a_deleted_row_comes_back_as_it_was_told() -> None:
    """A line that was confirmed since is not on it, and nobody is told twice."""
    one = office()
    one.run(DAY)
    before = one.one()
    one.statements.delete("rec1")
    one.put(line("2025-03", "7.00"))
    one.run("2025-04-06")

    assert replace(before, row="rec2", issued=day("2025-04-06")) == one.one()
    assert (1, 4) == (len(one.sent), len(one.on(Q1)))


def test_a_row_that_cannot_be_read_stops_the_partner() -> None:
    """Nobody knows whether it was locked: no statement of that partner is made, and the plan says why."""
    one = office()
    one.commissions.put("rec1", {"Amount": None})
    plan = one.plan(DAY)

    assert 0 == len(plan)
    assert (
        "No statement is made of Acme Ltd in GBP: row 9001/acme/2025-01/commission can't be read: Amount or Currency "
        "is empty",
    ) == plan.notes


def test_a_damaged_statement_row_is_told_with_its_words() -> None:
    """It is never taken for a statement that is not there."""
    one = office()
    one.run(DAY)
    one.statements.put("rec1", {"Closing": "a lot"})
    plan = one.plan(DAY)

    assert 0 == len(plan)
    assert f"Statements row rec1 ({Q1}): Closing holds 'a lot', which is not a number" in plan.notes
    assert any(note.startswith("No statement is made of Acme Ltd") for note in plan.notes)


def test_a_locked_line_that_was_deleted_stops_the_partner() -> None:
    """Planned anew by the facts it would be paid twice: no statement is made until a person has looked."""
    one = office()
    one.run(DAY)
    one.commissions.delete("rec1")
    one.put(line("2025-01", client="Oak"), line("2025-04"))
    plan = one.plan("2025-07-05")

    assert 0 == len(plan)
    assert (f"No statement is made of Acme Ltd in GBP: {Q1} does not add up",) == plan.notes


@pytest.mark.parametrize(("column", "typed"), [("Status", "Confirmed"), ("Status", None), ("Client", "Ash")])
def test_a_hand_in_a_locked_row_frees_nothing(column: str, typed: str | None) -> None:
    """Whatever its status is made to say, a line that names its statement is on no other one."""
    one = office()
    one.run(DAY)
    one.commissions.put("rec1", {column: typed})
    one.put(line("2025-04"))
    one.run("2025-07-05")

    assert ["9001/acme/2025-04/commission"] == one.on(Q2)
    assert 4 == len(one.on(Q1))


def test_names_of_rows_follow_the_partners() -> None:
    """The Partner column holds the name that the partner has now."""
    one = office()
    one.partners = {"acme": replace(ACME, name="Acme Holding")}
    one.run(DAY)

    assert "Acme Holding" == one.statements.rows()[0].text("Partner")


def test_a_policy_of_its_own_sets_the_day() -> None:
    """The statement row is read with the policy's days, too."""
    one = office()
    one.policy = Policy(issue_day=10)

    assert 0 == len(one.plan("2025-04-09"))
    one.run("2025-04-10")
    assert "2025-04-10" == str(one.one().issue_day)
