"""Hands on the worker's own cells: told, put back, never misleading; people's own cells are never written.

A year's deal of 12,000 at 10 % earns 100 a month. It was won and paid for on 12 January; on 5 April the first three of
its lines stand on a statement.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both
from tests.flows.test_crash import Death, Killer, asks
from tests.flows.worker_process import process
from worker.app import FLOWS as FLOWS_BY_NAME
from worker.domain.tables import TABLES
from worker.engine.apply import apply
from worker.engine.runs import Outcome
from worker.ports import Edit, Reading, ServiceError, Tracker
from worker.programme import read_tables

MONEY = ("stages", "commissions", "cash", "statements", "settle")
FLOWS = {"Partners": "intake", "Leads": "stages", "Commissions": "commissions", "Statements": "settle"}
TYPED = {"number": 123456, "date": "2020-01-01", "datetime": "2020-01-01T00:00:00.000Z"}
CHOSEN = {"Leads": "Lost", "Commissions": "Cancelled", "Statements": "Paid"}
STATEMENT_DAY = datetime(2026, 4, 5, 8, tzinfo=UTC)
NEXT_DAY = datetime(2026, 7, 5, 8, tzinfo=UTC)


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """A programme on the day of its first statement, everything at rest."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    rows = [desk.lead("North Star", "Acme"), *(desk.lead("Blue Door", f"Other {n}") for n in range(4))]
    desk.run("intake")
    deal = desk.row(rows[0])["Deal ID"]
    desk.win(deal)
    contact = desk.world.xero.add_contact("Acme")
    desk.world.xero.pay(desk.world.xero.invoice(contact, 12000, tax_rate=20, reference=deal))
    desk.later(minutes=5)
    desk.run()
    desk.until(STATEMENT_DAY)
    desk.run()
    assert {"in sync"} == {outcome.state for outcome in desk.run().values()}
    return desk


def line(desk: Desk, month: str) -> str:
    """Return the row of a month's line."""
    return next(str(row["id"]) for row in desk.hands.rows("Commissions") if row["fields"].get("Month") == month)


def first(desk: Desk, table: str) -> str:
    """Return the table's first row: the partner, lead or statement of the deal, or the line of January."""
    return line(desk, "2026-01") if table == "Commissions" else str(desk.hands.rows(table)[0]["id"])


def again(desk: Desk, *flows: str) -> dict[str, Outcome]:
    """Run flows five minutes on."""
    desk.later(minutes=5)
    return desk.run(*flows)


def quiet(desk: Desk, *flows: str) -> None:
    """Run once more: nothing may be written or sent."""
    before = desk.effects()
    again(desk, *flows)
    assert before == desk.effects()


def statements(desk: Desk) -> list[tuple[Any, ...]]:
    """Return key, amount to invoice and status of every statement."""
    return sorted((row["Statement"], row["Amount to invoice"], row["Status"]) for row in desk.rows("Statements"))


def told(desk: Desk, key: str, column: str) -> bool:
    """Tell whether the Activity table says that a hand changed this cell."""
    rows = [row for row in desk.rows("Activity") if row["About"] == key and "by hand" in row.get("Why", "")]
    return any(f"{column}: " in row["Before"] and f"{column} was " in row["Why"] for row in rows)


def columns_written(desk: Desk) -> set[tuple[str, str]]:
    """Return every column that a request of the worker wrote."""
    return on_sheet(desk) if desk.tracker == "google-sheets" else in_base(desk)


def on_sheet(desk: Desk) -> set[tuple[str, str]]:
    google = desk.world.google
    marks = {
        pin.body["metadataId"]: tuple(pin.body["metadataValue"].split("/"))
        for sheet in google.file.sheets for pin in sheet.pinned("metadata")
    }  # fmt: skip
    found = set()
    for call in dropwhile(lambda call: not call.path.endswith("batchUpdateByDataFilter"), desk.tracker_server.log):
        body = json.loads(call.body) if call.method == "POST" and call.path != "/token" else {}
        for one in body.get("data", ()):
            if any(cell is not None for cell in one["values"][0]):
                found.add(marks[one["dataFilter"]["developerMetadataLookup"]["metadataId"]])
        for request in body.get("requests", ()):
            added = request.get("appendCells", {"sheetId": 0, "rows": ()})
            title = next(sheet.title for sheet in google.file.sheets if sheet.id == added["sheetId"])
            header = google.values(title)[0] if title in TABLES else []
            found |= {(title, header[at]) for row in added["rows"] for at, c in enumerate(row["values"]) if c}
            # Setup is over by then; marks on our columns may still be made.
            assert request.keys().isdisjoint({"updateCells", "repeatCell", "pasteData", "cutPaste", "findReplace"})
    return found


def in_base(desk: Desk) -> set[tuple[str, str]]:
    tables = {table.id: table for name in TABLES if (table := desk.world.airtable.table(name))}
    found = set()
    for call in desk.world.servers["airtable"].log:
        table = tables.get(call.path.split("/")[3] if call.path.count("/") > 2 else "")
        if table is not None and call.method in ("PATCH", "POST", "PUT"):
            for record in json.loads(call.body).get("records", ()):
                found |= {(table.name, table.fields[field].name) for field in record["fields"]}
    return found


# ---- every cell -----------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("how", ["overwritten", "emptied"])
@pytest.mark.parametrize("table", FLOWS)
def test_each_cell_of_ours(settled: Desk, table: str, how: str) -> None:
    """Whichever a hand changes: it is told in the row and in Activity, put back, and the words go after a day."""
    desk, row, flow = settled, first(settled, table), FLOWS[table]
    key, deals = desk.row(row, table)[TABLES[table].key if table != "Partners" else "Key"], desk.world.hubspot.deals()
    rows, mails = desk.rows(table), len(desk.world.mail.received)
    owned = [
        c for c in TABLES[table].columns if c.owner == "W" and (how == "overwritten" or c.name in desk.row(row, table))
    ]

    for column in owned:
        typed = CHOSEN.get(table) if column.kind == "select" else TYPED.get(column.kind, "typed over")
        typed = "clawback" if column.name == "Kind" else typed
        before = desk.row(row, table)
        desk.hands.edit(table, row, {column.name: typed if how == "overwritten" else None})
        outcome = again(desk, flow)[flow]

        after = desk.row(row, table)
        problem = after.pop("Problem", "")
        assert {**before, "Problem": None} == {**after, "Problem": None}, column.name
        assert told(desk, key, column.name), column.name
        if table == "Commissions":
            assert "needs attention" == outcome.state
            assert f"{key}: {column.name} was " in outcome.words
            assert "use Hold or Adjustment" in outcome.words
        elif (column.name, how) != ("Problem", "emptied"):
            assert f"{column.name} was " in problem, column.name
    quiet(desk, flow)
    assert deals == desk.world.hubspot.deals()
    assert mails == len(desk.world.mail.received)

    desk.later(days=1)
    assert "in sync" == desk.run(flow)[flow].state
    assert rows == desk.rows(table)
    quiet(desk, flow)


@pytest.mark.parametrize("table", FLOWS)
def test_whoever_did_it_is_named(settled: Desk, table: str) -> None:
    """Airtable's feed says who changed a cell; also to a run that comes after somebody looked with `plan`."""
    column, typed = {
        "Partners": ("Earned", 5), "Leads": ("Status", "Lost"), "Commissions": ("Amount", 5),
        "Statements": ("Bill", "B-5"),
    }[table]  # fmt: skip
    settled.hands.edit(table, first(settled, table), {column: typed})
    settled.later(minutes=5)
    assert 0 == settled.command("plan", FLOWS[table]).code
    settled.run(FLOWS[table])

    (why,) = [row["Why"] for row in settled.rows("Activity") if f"{column} was " in row.get("Why", "")]
    assert "(by Robin Staff) and put back" in why


@on_both
def test_peoples_cells_are_never_written(settled: Desk) -> None:
    """Whatever they do to them: no request of the worker names one, and they stand as people left them."""
    cells: dict[str, dict[str, Any]] = {
        "Partners": {"Partner": "North Star Ltd", "Cadence": "monthly", "Xero contact": "North Star"},
        "Leads": {"Company": "Acme Corp", "Notes": "call Jo", "Hold": True, "Invoices": "INV-1"},
        "Commissions": {"Hold": True, "Adjustment": 5, "Note": "ask Jo"}, "Statements": {"Hold": True},
    }  # fmt: skip
    for table, own in cells.items():
        settled.hands.edit(
            table, first(settled, table), {**own, **({"Status": "Paid"} if table == "Statements" else {})}
        )
    again(settled)
    settled.later(days=40)
    settled.run()

    for table, own in cells.items():
        assert own.items() <= settled.row(first(settled, table), table).items()
    owned = {(name, column) for name, table in TABLES.items() for column in table.owned_by_worker()}
    written = columns_written(settled)
    assert {"Partners", "Leads", "Commissions", "Statements", "Activity"} == {table for table, _ in written}
    assert set() == written - owned


def test_other_flows_leave_the_money_to_its_own(settled: Desk) -> None:
    """Intake takes no turns with the money flows: it changes no line; the next of these puts it back."""
    row = line(settled, "2026-02")
    settled.hands.edit("Commissions", row, {"Statement": None, "Status": "Confirmed"})
    quiet(settled, "intake", "stages")

    again(settled, "cash")

    assert ("2026-Q1/north-star/GBP", "On statement") == (
        settled.row(row, "Commissions")["Statement"], settled.row(row, "Commissions")["Status"],
    )  # fmt: skip


def test_a_newer_value_goes_before_the_kept_one(settled: Desk) -> None:
    """A deal that moved while a hand was at its row: what the deal says now is written, and the hand is told."""
    row = str(settled.hands.rows("Leads")[1]["id"])
    settled.hands.edit("Leads", row, {"Deal stage": "mine", "Deal currency": "USD"})
    settled.world.hubspot.move_deal(settled.row(row)["Deal ID"], "closedlost")
    again(settled, "stages")

    cells = settled.row(row)
    assert ("Lost", "Closed Lost") == (cells["Status"], cells["Deal stage"])
    assert "Deal stage was changed by hand from “" in cells["Problem"]
    quiet(settled, "stages")


def test_a_problem_of_the_row_and_a_hand(settled: Desk) -> None:
    """Both are in `Problem`; the hand's words go after a day or when somebody takes them away, the problem stays."""
    row = settled.lead("North Star", "Nobody", Email="nonsense")
    again(settled, "intake")
    problem = settled.row(row)["Problem"]
    settled.hands.edit("Leads", row, {"Status": "Won"})
    again(settled, "intake")

    own, note = settled.row(row)["Problem"].split("\n")
    assert (problem, True) == (own, note.startswith("Status was changed by hand from “Needs attention” to “Won”"))
    settled.hands.edit("Leads", row, {"Problem": own})
    quiet(settled, "intake")
    settled.later(days=1)
    quiet(settled, "intake")
    settled.hands.edit("Leads", row, {"Email": "jo@nobody.com"})
    again(settled, "intake")
    assert ("Qualified", None) == (settled.row(row)["Status"], settled.row(row).get("Problem"))


def test_a_lead_that_is_pushed_with_a_hand_in_its_row(settled: Desk) -> None:
    """It goes into the CRM once mended, whatever deal's id was typed there, and the row says what was put back."""
    row = settled.lead("North Star", "Nobody", Email="nonsense")
    again(settled, "intake")
    other = settled.hands.rows("Leads")[0]["fields"]["Deal ID"]
    settled.hands.edit("Leads", row, {"Email": "jo@nobody.com", "Deal ID": other, "Suggestion": "mine"})
    again(settled, "intake")

    cells = settled.row(row)
    assert ("Qualified", None) == (cells["Status"], cells.get("Suggestion"))
    assert cells["Deal ID"] not in (None, other)
    assert "Deal ID was filled in by hand" in cells["Problem"]
    assert 6 == len(settled.world.hubspot.deals())
    again(settled, "stages")
    quiet(settled, "intake", "stages")


# ---- lines and statements that stand for good -----------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(
    "cells",
    [{"Amount": 999}, {"Status": "Confirmed", "Statement": None}, {"Line": "nonsense"},
     {"Line": None, "Currency": None}, {"Amount": None}, {"Partner": "Blue Door", "Month": "2027-01"}],
    ids=["amount", "unlocked", "key", "emptied", "no amount", "elsewhere"],
)  # fmt: skip
def test_a_locked_line_that_a_hand_edited(settled: Desk, cells: dict[str, Any]) -> None:
    """It is put back before anything is settled, nobody's statements stop, and the next one is right."""
    row = line(settled, "2026-02")
    before = settled.row(row, "Commissions")
    settled.hands.edit("Commissions", row, cells)
    again(settled, "statements", "settle")
    assert [before] == [cells for cells in settled.rows("Commissions") if cells.get("Line") == before["Line"]]

    settled.until(NEXT_DAY)
    settled.run(*MONEY)
    assert [("2026-Q1/north-star/GBP", 300, "Issued"), ("2026-Q2/north-star/GBP", 300, "Issued")] == statements(settled)


@on_both
@pytest.mark.parametrize("flow", ["cash", "statements", "sweep"])
def test_deleted_rows_come_back_whole(settled: Desk, flow: str) -> None:
    """A locked line and its statement, with what staff wrote there; it is told, and nobody is told a second time."""
    settled.hands.edit("Commissions", line(settled, "2026-02"), {"Note": "ask Jo", "Hold": True})
    (statement,) = settled.hands.rows("Statements")
    settled.hands.edit("Statements", statement["id"], {"Hold": True})
    again(settled)
    rows, mails = (settled.rows("Commissions"), settled.rows("Statements")), len(settled.world.mail.received)
    settled.hands.delete("Commissions", line(settled, "2026-02"))
    settled.hands.delete("Statements", statement["id"])
    outcome = again(settled, flow)[flow]

    def in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(lines, key=lambda cells: str(cells["Line"]))

    assert (in_order(rows[0]), rows[1]) == (in_order(settled.rows("Commissions")), settled.rows("Statements"))
    assert "needs attention" == outcome.state
    assert "the row of 2026-Q1/north-star/GBP was deleted by hand and is put back" in outcome.words
    assert 2 == sum("its row was deleted by hand" in row.get("Why", "") for row in settled.rows("Activity"))
    quiet(settled, flow)
    assert {"in sync"} == {one.state for one in settled.run(*MONEY).values()}
    assert mails == len(settled.world.mail.received)


def test_a_deleted_line_that_is_settled_meanwhile(settled: Desk) -> None:
    """The bill is paid while its row is away: it comes back Paid."""
    supplier = settled.world.xero.add_contact("North Star")
    bill = settled.world.xero.invoice(supplier, 300, kind="ACCPAY", number="2026-Q1/north-star/GBP")
    settled.world.xero.pay(bill, 300)
    settled.hands.delete("Commissions", line(settled, "2026-02"))
    settled.later(hours=1)
    settled.run("settle")

    assert ["Paid"] * 3 == [row["Status"] for row in settled.rows("Commissions") if row.get("Statement")]
    assert [("2026-Q1/north-star/GBP", 300, "Paid")] == statements(settled)


def test_a_copy_of_a_locked_line_is_deleted_for_good(settled: Desk) -> None:
    """As its words ask: nothing of it comes back."""
    rows = settled.rows("Commissions")
    copy = settled.hands.duplicate("Commissions", line(settled, "2026-02"))
    assert "it is a copy of the row with this key: delete it" in again(settled, "commissions")["commissions"].words
    settled.hands.delete("Commissions", copy)

    assert "in sync" == again(settled, "commissions")["commissions"].state
    assert rows == settled.rows("Commissions")


# ---- deleted leads --------------------------------------------------------------------------------------------------
@on_both
def test_a_lead_row_that_was_deleted(settled: Desk) -> None:
    """Its deal is left alone, its open lines are held, what is locked stays; restored, everything goes on as before."""
    row, lines = first(settled, "Leads"), settled.rows("Commissions")
    deals, lead = settled.world.hubspot.deals(), settled.row(row)
    settled.hands.delete("Leads", row)
    outcomes = again(settled)

    words = f"the row of {lead['Lead']} was deleted; its deal {lead['Deal ID']} stays as it is"
    assert ("needs attention", True) == (outcomes["stages"].state, words in outcomes["stages"].words)
    assert "and its 9 open lines are held. Restore the row" in outcomes["stages"].words
    held = settled.rows("Commissions")
    assert {"On statement": 3, "On hold": 9} == {
        s: sum(r["Status"] == s for r in held) for s in {r["Status"] for r in held}
    }
    assert all("was deleted from Leads: restore it" in row["Why"] for row in held if row["Status"] == "On hold")
    assert deals == settled.world.hubspot.deals()
    settled.later(days=3)
    assert words in settled.run("stages")["stages"].words
    assert words in settled.command("status", "--json").json["flows"]["stages"]["words"]

    if settled.tracker == "airtable":
        settled.world.airtable.restore("Leads", row)
    else:
        settled.world.google.undo()
    outcomes = again(settled)
    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert lead in settled.rows("Leads")
    assert lines == settled.rows("Commissions")
    assert deals == settled.world.hubspot.deals()


def test_a_deleted_lead_that_is_sent_again(settled: Desk) -> None:
    """It is a new lead of a company that is a customer now: no second deal is made, no second line."""
    settled.hands.delete("Leads", first(settled, "Leads"))
    again(settled)
    row = settled.lead("North Star", "Acme")
    settled.later(hours=2)
    settled.run()

    assert "Duplicate" == settled.row(row)["Status"]
    assert 5 == len(settled.world.hubspot.deals())
    assert 12 == len(settled.rows("Commissions"))


def test_a_deleted_lead_without_lines_is_told_for_a_day(settled: Desk) -> None:
    """Nothing hangs on it; after that it is no news."""
    settled.hands.delete("Leads", settled.hands.rows("Leads")[2]["id"])

    assert "needs attention" == again(settled, "stages")["stages"].state
    settled.later(days=1)
    assert "in sync" == settled.run("stages")["stages"].state


# ---- much at once ---------------------------------------------------------------------------------------------------
@on_both
def test_a_column_that_was_sorted_alone(settled: Desk) -> None:
    """Nothing is written; the words name the column, and approving puts every cell back."""
    rows = settled.hands.rows("Commissions")
    why = [row["fields"]["Why"] for row in rows]
    for row, text in zip(rows, why[1:] + why[:1], strict=True):
        settled.hands.edit("Commissions", row["id"], {"Why": text})
    settled.later(minutes=5)
    before = settled.effects()

    stopped = settled.command("run", "--json")

    errors = stopped.json["flows"]["cash"]["errors"][0]
    assert (3, {"stopped"}) == (stopped.code, {flow["state"] for flow in stopped.json["flows"].values()})
    assert "12 cells of the Commissions table that the worker wrote were changed by hand at once (Why)" in errors
    assert before == settled.effects()
    digest = errors.split("--approve ")[1].split("`")[0]
    assert 3 == settled.command("run", "--json", "--approve", "000000000000").code
    assert before == settled.effects()

    assert 0 == settled.command("run", "--json", "--approve", digest).code
    assert [row["fields"] for row in rows] == settled.rows("Commissions")
    quiet(settled)


def test_a_column_that_was_emptied(settled: Desk) -> None:
    """A whole column of ours that reads empty stops, too, until somebody undoes it."""
    rows = settled.hands.rows("Commissions")
    for row in rows:
        settled.hands.edit("Commissions", row["id"], {"Lead": None})
    settled.later(minutes=5)
    assert 1 == settled.command("plan", "commissions").code
    assert {"stopped"} == {outcome.state for outcome in settled.run(*MONEY).values()}

    for row in rows:
        settled.hands.edit("Commissions", row["id"], {"Lead": row["fields"]["Lead"]})
    assert {"in sync"} == {outcome.state for outcome in again(settled, *MONEY).values()}


@pytest.mark.parametrize("table", ["Members", "Splits"])
def test_a_table_of_staffs_own_that_reads_empty(settled: Desk, table: str) -> None:
    """Nobody's leads are taken for their own, and no deal is one partner's alone, because a table was cut away."""
    given = {
        "Members": [{"Partner": "North Star", "Email": f"p{n}@north-star.test"} for n in range(10)],
        "Splits": [{"Lead": "L-AAAAAAAA", "Partner": f"Partner {n}"} for n in range(10)],
    }
    rows = settled.hands.add_rows(table, given[table])
    again(settled)
    for row in rows:
        settled.hands.delete(table, row)
    settled.later(minutes=5)
    before = settled.effects()

    outcomes = settled.run()

    assert {"stopped"} == {outcome.state for outcome in outcomes.values()}
    assert f"The {table} table suddenly reads empty" in outcomes["intake"].words
    assert before == settled.effects()


# ---- without memory, and killed -------------------------------------------------------------------------------------
@on_both
def test_the_state_is_lost(settled: Desk) -> None:
    """What stands is taken as it stands: what a locked line should say is not known, so its partner's account stops."""
    row = line(settled, "2026-02")
    settled.hands.edit("Commissions", row, {"Amount": 999})
    settled.forget()
    outcomes = again(settled, *MONEY)

    assert 999 == settled.row(row, "Commissions")["Amount"]
    assert "2026-Q1/north-star/GBP does not add up" in outcomes["settle"].words
    assert "needs attention" == outcomes["settle"].state
    settled.hands.edit("Commissions", row, {"Amount": 100})
    settled.forget()
    assert {"in sync"} == {outcome.state for outcome in again(settled, *MONEY).values()}


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it stood", "after it stood"])
def test_killed_between_the_write_and_the_note(settled: Desk, carried_out: bool) -> None:
    """What the dead run wrote, or did not, is nobody's hand; a hand is told all the same."""
    killer = Killer(settled.world)
    row = str(settled.hands.rows("Leads")[1]["id"])
    settled.world.hubspot.move_deal(settled.row(row)["Deal ID"], "closedlost")
    settled.later(minutes=5)
    table = settled.world.airtable.table("Leads")
    assert table is not None

    death = Death("airtable", asks("PATCH", table.id), 1, carried_out)
    assert -signal.SIGKILL == killer.run(settled, "stages", death=death)
    assert ("Lost" if carried_out else "Qualified") == settled.row(row)["Status"]
    settled.hands.edit("Leads", row, {"Deal currency": "USD"})
    again(settled, "stages")

    cells = settled.row(row)
    assert ("Lost", "Closed Lost") == (cells["Status"], cells["Deal stage"])
    assert "Deal currency was changed by hand from “GBP” to “USD” (by Robin Staff) and put back" in cells["Problem"]
    assert "Status was" not in cells["Problem"]
    quiet(settled, "stages")


def test_processes_at_the_same_time_see_no_hands(settled: Desk) -> None:
    """Each reads and writes the same rows while others do: what another wrote is taken for nobody's hand."""
    rows = [str(row["id"]) for row in settled.hands.rows("Leads")]
    for stage in ("contractsent", "qualifiedtobuy", "closedlost"):
        for row in rows[1:]:
            settled.world.hubspot.move_deal(settled.row(row)["Deal ID"], stage)
        settled.later(days=1)
        sandbox, secrets = settled.world.servers["xero"].url, settled.world.environment()
        children = [
            process(settled.config, sandbox, flows, secrets, settled.folder / f"worker-{n}.log")
            for n, flows in enumerate((("stages",), ("intake", "stages"), ("settle", "stages"), MONEY))
        ]
        for child in children:
            child.start()
        for child in children:
            child.join(120)
    again(settled)

    assert {"Lost"} == {settled.row(row)["Status"] for row in rows[1:]}
    said = [*settled.rows("Activity"), *settled.rows("Leads"), *settled.rows("Partners"), *settled.rows("Statements")]
    assert [] == [row for row in said if "by hand" in str(row)]


class Watched:
    """A tracker before whose writes, and after whose readings, something is done."""

    def __init__(self, tracker: Tracker, *, write: Callable[[], None], read: Callable[[], None]) -> None:
        self._tracker, self._write, self._read = tracker, write, read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tracker, name)

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        """Write, after what is to be done before."""
        self._write()
        return self._tracker.write(edits)

    def read_sound(self, tables: Sequence[str], *, whole: bool = False) -> Reading:
        """Read, and do what is to be done then."""
        reading = self._tracker.read_sound(tables, whole=whole)
        self._read()
        return reading


@on_both
def test_a_look_in_the_midst_of_anothers_write(settled: Desk) -> None:
    """One run reads just before what another writes, and goes on when that is all written: it sees no hands after."""
    rows = [str(row["id"]) for row in settled.hands.rows("Leads")][1:]
    for row in rows:
        settled.world.hubspot.move_deal(settled.row(row)["Deal ID"], "contractsent")
    settled.later(minutes=5)
    was_read, written = threading.Event(), threading.Event()

    def read_on() -> None:
        was_read.set()
        assert written.wait(60)

    with settled.app() as one, settled.app() as other:
        writer, reader = one.programme(one.services()), other.programme(other.services())
        plan = FLOWS_BY_NAME["stages"](writer)
        slow = Watched(reader.tracker, write=lambda: None, read=read_on)
        look = threading.Thread(target=read_tables, args=(replace(reader, tracker=slow), ()))

        def meanwhile() -> None:
            if not look.ident:
                look.start()
                assert was_read.wait(60)

        tracker = Watched(writer.tracker, write=meanwhile, read=lambda: None)
        apply(
            plan, tracker=tracker, crm=writer.crm, notifiers=one.notifiers(), journal=one.journal, clock=one.clock,
            kept=writer.kept,
        )  # fmt: skip
        written.set()
        look.join(60)
    outcomes = again(settled)

    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert {"Client pitch"} == {settled.row(row)["Status"] for row in rows}
    assert [] == [row for row in (*settled.rows("Activity"), *settled.rows("Leads")) if "by hand" in str(row)]
    quiet(settled)
