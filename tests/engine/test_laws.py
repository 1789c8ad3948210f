"""The laws of apply, one by one. Each test names the mutants that it kills: changes to the code that make it fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import worker
from worker.domain.leads import LeadRefs
from worker.domain.notices import Recipient
from worker.engine.journal import Intent, Journal
from worker.engine.pace import Pacer
from worker.engine.rows import NotOurs
from worker.engine.store import Store
from worker.ports import Conflict, Limit, Refused, Unavailable, UnsafePlan, Unsure

from .conftest import Bench
from .standins import StillClock, edit, mint, plan, push, tell

# ---- 1. The write-back to the row comes last ------------------------------------------------------------------------


def test_law_1_the_row_says_so_last(bench: Bench) -> None:
    """A lead's key is written first, then its deal is made, then its row says so, and only then is anybody told.

    Kills: writing push.after with the keys; sending before the rows are written.
    """
    bench.leads("r1")
    bench.apply(plan(mint("r1", "L-1"), push("r1", "L-1"), tell("ack/1", "L-1")))

    steps = [line.split()[0] + " " + line.split()[2 if line.startswith("write") else 1] for line in bench.world.log]
    assert ["write L-1", "deal L-1", "write L-1", "send email", "send slack"] == steps[:5]
    assert "write Leads L-1 Lead" == bench.world.log[0]
    assert "write Leads L-1 Deal ID,Client ID,Contact ID,Status" == bench.world.log[2]


def test_law_1_messages_are_frozen_before_the_crm_is_touched(bench: Bench) -> None:
    """When the CRM is first called, the lead's message stands in the journal already.

    Kills: intending after the push.
    """
    bench.leads("r1")
    seen = []
    put = bench.crm.put
    bench.crm.put = lambda drafts: (seen.append(dict(bench.journal.counts())), put(drafts))[1]  # type: ignore[method-assign]

    bench.apply(plan(mint("r1", "L-1"), push("r1", "L-1"), tell("ack/1", "L-1")))

    assert [{"intended": 2}] == seen


def test_law_1_a_row_that_was_not_written_is_not_told_of(bench: Bench) -> None:
    """When the write-back fails nobody is told; the next run plans it again and tells it once.

    Kills: releasing messages when the deal is made; forgetting the message with the run.
    """
    bench.leads("r1")
    again = plan(push("r1", "L-1", adopt=True), tell("ack/1", "L-1"))
    bench.tracker.errors["r1"] = Unavailable("dicts", "not now")
    first = bench.apply(again, notifiers={"slack": bench.slack})
    assert ("waiting", []) == (first.state, bench.world.sent)

    second = bench.apply(again, notifiers={"slack": bench.slack})

    assert ("in sync", [("slack", "ack/1")]) == (second.state, bench.world.sent)


# ---- 2. Creates go by our key ---------------------------------------------------------------------------------------


def test_law_2_a_deal_that_is_there_is_not_made_again(bench: Bench) -> None:
    """A key that stood in the row before may have a deal: it is looked for by that key, found, and written back.

    Kills: putting every push without asking.
    """
    bench.leads("r1", "r2")
    bench.world.deals["L-1"] = LeadRefs("deal9", "company9", "contact9")

    result = bench.apply(plan(push("r1", "L-1", adopt=True), mint("r2", "L-2"), push("r2", "L-2")))

    assert ["L-1"] == bench.crm.asked
    assert ["L-2"] == [draft.key for draft in bench.crm.puts]
    assert "deal9" == bench.world.table("Leads")["r1"]["Deal ID"]
    assert (1, 1) == (result.counts["adopted"], result.counts["pushed"])


def test_law_2_rows_are_made_by_key(bench: Bench) -> None:
    """A row without an id goes to the tracker with its key, so the same plan applied twice makes one row.

    Kills: appending new rows instead of upserting them.
    """
    line = plan(edit(None, "D1/acme/2026-01/commission", "Commissions", Amount="1"))
    bench.apply(line)
    bench.apply(line)

    assert 1 == len(bench.world.table("Commissions"))


# ---- 3. What can't be keyed is journalled before and after ----------------------------------------------------------


def test_law_3_a_message_without_an_answer_is_looked_for(bench: Bench) -> None:
    """A message whose answer was lost had gone: it is found and not sent again.

    Kills: sending again on Unsure; leaving out the look.
    """
    bench.slack.after = [Unsure("slack", "no answer")]

    result = bench.apply(plan(tell("ack/1", "")), notifiers={"slack": bench.slack})

    assert [("slack", "ack/1")] == bench.world.sent
    assert {"sent": 1} == bench.journal.counts()
    assert 1 == result.counts["told"]


def test_law_3_what_was_not_found_twice_is_sent_again(bench: Bench) -> None:
    """A message that was lost with its answer is looked for twice, with a pause, and sent: the same bytes.

    Kills: sending again after one look; looking twice without a pause.
    """
    bench.slack.before = [Unsure("slack", "no answer")]

    bench.apply(plan(tell("ack/1", "")), notifiers={"slack": bench.slack})

    assert ["ack/1", "ack/1"] == bench.slack.looked
    assert [3.0] == bench.clock.slept
    assert [b"ack/1|Text of ack/1|C1|1"] == bench.slack.bodies


def test_law_3_what_cannot_be_looked_for_is_held(bench: Bench) -> None:
    """A mail without an answer is held for a person, run after run, and never sent again by itself.

    Kills: sending doubtful mails again; asking a service that can't be asked.
    """
    bench.email.after = [Unsure("email", "no answer")]
    statement = plan(tell("statement/2026-Q1", ""))

    first = bench.apply(statement, notifiers={"email": bench.email})
    bench.apply(statement, notifiers={"email": bench.email})

    assert [("email", "statement/2026-Q1")] == bench.world.sent
    assert ("needs attention", 1) == (first.state, first.counts["held"])
    assert ["statement/2026-Q1"] == [message.notice for message in bench.journal.held()]
    assert [] == bench.email.looked


def test_law_3_a_statement_is_never_sent_twice(bench: Bench) -> None:
    """However often a notice is planned, or journalled by whomever, it goes once by each channel.

    Kills: an intent that replaces the one that is there.
    """
    for _ in range(3):
        bench.apply(plan(tell("statement/2026-Q1", "")))
    bench.journal.intend([Intent("statement/2026-Q1", "email", "statements", "a@x.test", b"statement/2026-Q1|", "")])
    bench.journal.release(["statement/2026-Q1"])
    bench.apply(plan())

    assert [("email", "statement/2026-Q1"), ("slack", "statement/2026-Q1")] == bench.world.sent


# ---- 4. Only our cells, only what differs, only the row that was read -----------------------------------------------


def test_law_4_only_what_differs_is_written(bench: Bench) -> None:
    """Cells that stand already are left out, and an edit of nothing else is no call at all.

    Kills: writing all of `after`.
    """
    bench.leads("r1", "r2")
    same = edit("r1", "L-1", Status="Won", Problem=None)
    half = edit("r2", "L-2", Status="Won", Problem="x")
    nothing = type(same)("Leads", "r1", "L-1", {"Status": "Won", "Problem": ""}, same.after, "")
    some = type(half)("Leads", "r2", "L-2", {"Status": "Lost", "Problem": "x"}, half.after, "")

    result = bench.apply(plan(nothing, some))

    assert [("L-2", {"Status": "Won"})] == [(e.key, dict(e.cells)) for e in bench.tracker.written if e.table == "Leads"]
    assert 1 == result.counts["changed"]


@pytest.mark.parametrize(
    "strange",
    [edit("r1", "L-1", Company="Ours now"), edit("r1", "L-1", Hold=True), edit("r1", "x", table="Invoices", Paid=True)],
)
def test_law_4_only_our_cells_are_written(bench: Bench, strange: object) -> None:
    """A plan that would write a cell of the partner's or of staff is a fault, and not one cell of it is written.

    Kills: leaving out the check; checking slice by slice.
    """
    bench.leads("r1")

    with pytest.raises(NotOurs, match="does not own"):
        bench.apply(plan(edit("r1", "L-1", Status="Won"), strange))  # type: ignore[arg-type]

    assert [] == bench.world.log


def test_law_4_a_row_that_is_not_the_one_that_was_read_is_left(bench: Bench) -> None:
    """A row that moved under us is left to the next run, which reads it again.

    Kills: taking a conflict for done; for a refusal.
    """
    bench.leads("r1")
    bench.tracker.errors["r1"] = Conflict("dicts", "row 7 is another one now")

    result = bench.apply(plan(edit("r1", "L-1", Status="Won")))

    assert ("waiting", 1) == (result.state, result.counts["waiting"])
    assert {} == bench.world.table("Leads")["r1"]


# ---- 5. A known id is read by id ------------------------------------------------------------------------------------


def test_law_5_a_row_that_is_gone_is_not_made_anew(bench: Bench) -> None:
    """An edit of a row whose id is gone makes no second row under its key.

    Kills: falling back from the id to the key.
    """
    result = bench.apply(plan(edit("gone", "L-1", Status="Won")))

    assert {} == bench.world.table("Leads")
    assert "waiting" == result.state


def test_law_5_a_known_company_is_handed_on(bench: Bench) -> None:
    """A deal that was found without all of its ids is completed from those, never from nothing.

    Kills: dropping what was found when the lead is put again.
    """
    bench.leads("r1")
    bench.world.deals["L-1"] = LeadRefs(deal="deal9", company="company9")

    bench.apply(plan(push("r1", "L-1", adopt=True)))

    assert [LeadRefs("deal9", "company9")] == [draft.known for draft in bench.crm.puts]


# ---- 6. One row's failure never stops another's ---------------------------------------------------------------------


def test_law_6_a_refused_lead_says_so_and_the_others_go_on(bench: Bench) -> None:
    """Of three leads the second is refused: it gets the CRM's words, the others their deals; only they are told of.

    Kills: ending at the first refusal; releasing all messages together.
    """
    bench.leads("r1", "r2", "r3")
    bench.crm.errors["L-2"] = Refused("crm", "no such country")
    changes = [change for n in "123" for change in (push(f"r{n}", f"L-{n}"), tell(f"ack/{n}", f"L-{n}"))]

    result = bench.apply(plan(*changes), notifiers={"slack": bench.slack})

    assert ["L-1", "L-3"] == list(bench.world.deals)
    refused = bench.world.table("Leads")["r2"]
    assert ("Needs attention", "The CRM (crm) refused this lead: no such country") == tuple(refused.values())
    assert [("slack", "ack/1"), ("slack", "ack/3")] == bench.world.sent
    assert ("needs attention", ("L-2: crm: no such country",)) == (result.state, result.problems)


def test_law_6_a_row_without_a_key_is_left_alone(bench: Bench) -> None:
    """A row whose key could not be written is left out of everything later; its neighbour is not.

    Kills: pushing leads whose key does not stand in the row.
    """
    bench.leads("r1", "r2")
    bench.tracker.errors["r1"] = Unavailable("dicts", "not now")
    changes = [
        change
        for n in "12"
        for change in (
            mint(f"r{n}", f"L-{n}"),
            push(f"r{n}", f"L-{n}"),
            edit(f"r{n}", f"L-{n}", Suggestion="x"),
            tell(n, f"L-{n}"),
        )
    ]

    result = bench.apply(plan(*changes))

    assert {} == bench.world.table("Leads")["r1"]
    assert ["L-2"] == list(bench.world.deals)
    assert [("email", "2"), ("slack", "2")] == bench.world.sent
    assert {("2", "slack"), ("2", "email")} == set(bench.journal.states(["1", "2"]))
    assert ("waiting", 3) == (result.state, result.counts["waiting"])


def test_law_6_a_refused_row_does_not_stop_the_others(bench: Bench) -> None:
    """A cell that the tracker refuses is a problem in words; the other rows are written.

    Kills: raising on the first refused row.
    """
    bench.leads("r1", "r2")
    bench.tracker.errors["r1"] = Refused("dicts", "no such option")

    result = bench.apply(plan(edit("r1", "L-1", Status="Won"), edit("r2", "L-2", Status="Won")))

    assert [{}, {"Status": "Won"}] == list(bench.world.table("Leads").values())
    assert ("needs attention", ("Leads L-1: dicts: no such option",)) == (result.state, result.problems)


def test_law_6_a_message_that_is_refused_does_not_stop_the_others(bench: Bench) -> None:
    """A refused message is held with the words; the next one goes.

    Kills: ending the outbox at the first refusal.
    """
    bench.slack.before = [Refused("slack", "channel_not_found")]

    bench.apply(plan(tell("ack/1", ""), tell("ack/2", "")), notifiers={"slack": bench.slack})

    assert [("slack", "ack/2")] == bench.world.sent
    assert ["ack/1"] == [message.notice for message in bench.journal.held()]


# ---- 7. Exactly one place sleeps and retries ------------------------------------------------------------------------


def test_law_7_apply_calls_once(bench: Bench) -> None:
    """What is not available is called once in a run and left; trying again is the pace's affair.

    Kills: a retry in apply or in the outbox.
    """
    bench.leads("r1")
    bench.crm.errors["L-1"] = Unavailable("crm", "down")
    bench.slack.before = [Unavailable("slack", "down")]

    bench.apply(plan(push("r1", "L-1"), tell("other", "")), notifiers={"slack": bench.slack})

    assert 1 == len(bench.crm.puts)
    assert [] == bench.world.sent
    assert {"due": 1} == bench.journal.counts()
    assert [] == bench.clock.slept


def test_law_7_the_pace_retries(store: Store, clock: StillClock) -> None:
    """The same trouble behind the pace is waited through.

    Kills: a pace without its retry.
    """
    answers: list[Exception] = [Unavailable("crm", "down"), Unavailable("crm", "down")]

    def call() -> str:
        if answers:
            raise answers.pop()
        return "done"

    assert "done" == Pacer(store, clock)(call, limits=[Limit("crm/all", 9, 1.0)], repeatable=False)


def test_law_7_nobody_else_sleeps_or_retries() -> None:
    """In engine and connectors only the pace imports tenacity; besides it sleep a clock, a lock, one second look.

    Kills: a sleep or a retrying library in a connector or anywhere in the engine.
    """
    home = Path(worker.__file__).parent
    tenacious, sleepy = set(), set()
    for file in [*home.glob("engine/**/*.py"), *home.glob("connectors/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = getattr(node, "module", None) or ""
            names = [alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)]
            if module.startswith("tenacity") or "tenacity" in names:
                tenacious.add(file.relative_to(home).as_posix())
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
                sleepy.add(file.relative_to(home).as_posix())

    assert {"engine/pace.py"} == tenacious
    assert {"engine/pace.py", "engine/outbox.py", "engine/clock.py", "engine/store.py"} == sleepy


# ---- 8. The state store may be deleted ------------------------------------------------------------------------------


def test_law_8_without_the_store_nothing_is_doubled(bench: Bench, clock: StillClock, tmp_path: Path) -> None:
    """A run that died before the write-back and lost its store makes no second deal, and does not tell a second time.

    Kills: telling of a lead whose deal was found though the journal knows nothing of the message.
    """
    bench.leads("r1", "r2")
    bench.world.table("Leads")["r1"]["Lead"] = "L-1"
    bench.world.deals["L-1"] = LeadRefs("deal9", "company9", "contact9")  # made by the run that died
    again = plan(
        push("r1", "L-1", adopt=True), tell("ack/1", "L-1"), mint("r2", "L-2"), push("r2", "L-2"), tell("ack/2", "L-2")
    )
    with Store(f"sqlite:///{tmp_path / 'fresh.db'}") as fresh:
        bench.journal = Journal(fresh, "acme", clock)
        bench.apply(again)
        bench.apply(plan(tell("ack/1", "")))

        assert "skipped" == bench.journal.states(["ack/1"])["ack/1", "slack"]
    assert ["L-1", "L-2"] == list(bench.world.deals)
    assert [("email", "ack/2"), ("slack", "ack/2")] == bench.world.sent


def test_law_8_with_the_store_the_message_goes(bench: Bench) -> None:
    """The same with the store kept: the journal knows that the message was intended and not sent, so it goes.

    Kills: skipping the message of every deal that was found.
    """
    bench.leads("r1")
    bench.tracker.errors["r1"] = Unavailable("dicts", "not now")
    again = plan(push("r1", "L-1", adopt=True), tell("ack/1", "L-1"))
    bench.apply(again)

    bench.apply(again)

    assert [("email", "ack/1"), ("slack", "ack/1")] == bench.world.sent


# ---- 9. A plan that would change too much stops ---------------------------------------------------------------------


def test_law_9_an_unsafe_plan_writes_nothing(bench: Bench) -> None:
    """A plan that a guard objects to stops before any write, even of the journal, and says what was seen.

    Kills: checking after the keys are written.
    """
    bench.leads("r1")
    unsafe = plan(mint("r1", "L-1"), tell("ack/1", ""), saw=("half of all lines would go", "GBP 90,000 would move"))

    with pytest.raises(UnsafePlan) as caught:
        bench.apply(unsafe)

    assert ("half of all lines would go", "GBP 90,000 would move") == caught.value.saw
    assert ([], {}) == (bench.world.log, bench.journal.counts())


def test_law_9_a_digest_lets_exactly_that_plan_through(bench: Bench) -> None:
    """The digest of another plan does not approve this one; its own does.

    Kills: taking any digest for an approval.
    """
    bench.leads("r1")
    unsafe = plan(edit("r1", "L-1", Status="Won"), saw=("too much",))
    other = plan(edit("r1", "L-1", Status="Lost"), saw=("too much",))

    with pytest.raises(UnsafePlan):
        bench.apply(unsafe, approve=other.digest())
    bench.apply(unsafe, approve=unsafe.digest())

    assert "Won" == bench.world.table("Leads")["r1"]["Status"]


def test_a_partner_without_an_address_is_said(bench: Bench) -> None:
    """A message that reaches nobody is a problem in words, not a silence."""
    result = bench.apply(plan(tell("ack/1", "", Recipient("acme"))))

    assert ("nobody can be told of ack/1: no address is known for any channel",) == result.problems
