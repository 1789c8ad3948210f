"""A programme in a storm: people's hands act between any two requests of the worker, and afterwards all is looked at.

Around every single request of the worker all cells of people are compared: what stood before it must stand after it.
Only a key that the worker itself appended is no cell of people, wherever it stands alone in a row: a hand may have put
a column in before the key's at that very moment. After the run none may be left.
At rest, each lead's ids must be those of its own deal, no deal or line may be there twice, every line must be what the
facts make it, and a further run must write nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.flows.conftest import START, Desk
from tests.storms.acts import BaseHands, SheetHands, lead_cells, of_worker
from tests.storms.together import run_together
from worker.app import DEFAULT_FLOWS
from worker.domain.tables import TABLES
from worker.engine.runs import Outcome
from worker.sandbox.server import Request
from worker.sandbox.world import World

Gust = tuple[int, str, int]  # before which request of a run, what, and the number that chooses where
Seen = Counter[Any]
_LINE = re.compile(r"[^/]+/[^/]+/\d{4}-\d\d/[a-z]+(-\d+)?")
_APPROVE = re.compile(r"--approve ([0-9a-f]{12})")


def _keys_in(request: Request) -> set[str]:
    """Return the keys that a request appends, each alone in a row."""
    if b"appendCells" not in request.body:
        return set()
    asked = [one["appendCells"]["rows"] for one in request.json()["requests"] if "appendCells" in one]
    filled = [[cell["userEnteredValue"] for cell in row.get("values", ()) if cell] for rows in asked for row in rows]
    return {str(value) for cells in filled if len(cells) == 1 for value in cells[0].values()}


class Storm:
    """A small programme with won deals, lines and a statement, ready to be blown about."""

    def __init__(self, tracker: str, folder: Path, setenv: Callable[[str, str], None]) -> None:
        self.world = World(START)
        for name, value in self.world.environment().items():
            setenv(name, value)
        self.desk = Desk(self.world, folder, tracker)
        self.desk.set_up()
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        sheets = tracker == "google-sheets"
        self.hands: SheetHands | BaseHands = SheetHands(self.world.google) if sheets else BaseHands(self.world.airtable)
        self._ours = self._worker_columns() if sheets else frozenset()
        self._begin()
        self._gusts: dict[int, list[tuple[str, int]]] = {}
        self._requests = 0
        self._left: Seen | None = None
        self._appended: set[str] = set()  # keys of rows that the worker made in this run
        self.desk.tracker_server.before.append(self._between)

    def close(self) -> None:
        """Stop every server."""
        self.world.close()

    def _begin(self) -> None:
        for name in ("North Star", "South Wind"):
            self.desk.partner(name, Plan="bronze")
        for number in range(4):
            self.desk.hands.add_row("Leads", lead_cells(number), form=True)
        self.desk.later(minutes=1)
        self.desk.run()
        for row in self.desk.rows("Leads")[:2]:
            self.desk.win(row["Deal ID"])
        self.desk.later(minutes=1)
        self.desk.run()

    # ---- the storm ----------------------------------------------------------------------------------------------

    def run(self, gusts: Sequence[Gust], news: int = 0, two: int | None = None) -> list[Outcome]:
        """Let something happen that the worker has to do with; let it run once, hands acting before some requests.

        With `two`, a number that chooses their steps, two workers run at once. Returns how their flows ended.
        """
        self._happen(Random(news))
        self._gusts = {}
        for place, kind, number in gusts:
            self._gusts.setdefault(place, []).append((kind, number))
        self._requests, self._left = 0, None
        self._appended.clear()
        if two is None:
            ended = [self.desk.run()]
        else:
            orders = (DEFAULT_FLOWS, (*DEFAULT_FLOWS[1:], DEFAULT_FLOWS[0]))
            ended = run_together(self.desk, orders, Random(two))
            self.counts["runs of two at once"] += 1
        self.counts["runs"] += 1
        self._compare()
        self._expect(not (stray := self._strays()), f"keys were left beside their column: {stray}")
        self._gusts, self._left = {}, None
        self.hands.undo()
        self.desk.later(minutes=1)
        return [outcome for one in ended for outcome in one.values()]

    def _happen(self, chance: Random) -> None:
        """Let a form come in, and a client move on."""
        if chance.random() < 0.5:
            self.hands.tidy()
        if not self.hands.renamed:  # else the form would miss its column
            self.desk.hands.add_row("Leads", lead_cells(chance.randint(100, 10**6)), form=True)
        deals = [deal for deal in self.world.hubspot.deals() if deal["properties"]["dealstage"] != "closedwon"]
        if not deals:
            return
        deal = chance.choice(deals)["id"]
        if chance.random() < 0.4:
            self.desk.win(deal, amount=str(chance.randint(100, 9999)))
        else:
            self.world.hubspot.move_deal(deal, chance.choice(("qualifiedtobuy", "closedlost", "contractsent")))

    def act(self, kind: str, number: int) -> None:
        """Let a hand act while the worker rests."""
        self.counts["acts"] += self.hands.act(kind, number)
        self.hands.undo()

    def _between(self, request: Request) -> None:
        if request.path == "/token" or (not self._gusts and self._left is None):
            return
        self._compare()
        self.hands.undo()
        for kind, number in self._gusts.get(self._requests, ()):
            if not self.hands.to_undo and self.hands.act(kind, number):
                self.counts["acts between requests"] += 1
        self._requests += 1
        self._left = self._people()
        self._appended |= _keys_in(request)

    def _compare(self) -> None:
        if self._left is not None and (lost := self._left - self._people()):
            self.faults.append(f"cells of people were lost: {dict(lost)}")

    def _people(self) -> Seen:
        """Return every cell of people, row by row, whatever place row and column have."""
        return self._on_sheets() if isinstance(self.hands, SheetHands) else self._in_base()

    def _on_sheets(self) -> Seen:
        return Counter({row: number for row, number in self._outside().items() if not self._astray(row)})

    def _outside(self) -> Seen:
        """Return the cells that are not in a column of the worker, row by row."""
        found: Seen = Counter()
        for sheet in self.world.google.file.sheets:
            columns = [id(column) for column in sheet.columns]
            for number, line in enumerate(sheet.lines):
                cells = frozenset(
                    (column, str(cell)) for column, cell in zip(columns, line.cells, strict=False)
                    if cell != "" and (number == 0 or column not in self._ours)
                )  # fmt: skip
                if cells:
                    found[sheet.id, cells] += 1
        return found

    def _astray(self, row: tuple[int, frozenset[tuple[int, str]]]) -> bool:
        return len(row[1]) == 1 and all(cell in self._appended for _, cell in row[1])

    def _strays(self) -> list[str]:
        if not isinstance(self.hands, SheetHands):
            return []
        return [cell for tab, cells in self._outside() if self._astray((tab, cells)) for _, cell in cells]

    def _in_base(self) -> Seen:
        found: Seen = Counter()
        for table in TABLES:
            old = {name: header for (one, name), header in self.hands.renamed.items() if one == table}
            people = {column.name for column in TABLES[table].columns if column.owner != "W"}
            for row in self.world.airtable.rows(table):
                cells = [(n, str(v)) for n, v in row["fields"].items() if old.get(n, n) in people]
                if cells:
                    found[table, row["id"], frozenset(cells)] += 1
        return found

    def _worker_columns(self) -> frozenset[int]:
        ours: set[int] = set()
        for name in TABLES:
            sheet = self.world.google.sheet(name)
            headers = zip(sheet.columns, sheet.lines[0].cells, strict=False)
            ours |= {id(column) for column, header in headers if header in of_worker(name)}
        return frozenset(ours)

    # ---- at rest ------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Let hands rest and the worker come to an end; then look at everything."""
        self.hands.undo()
        self.hands.tidy()
        for _ in range(12):
            before = self.desk.effects()
            outcomes = self.desk.run()
            self._delete_what_can_not_be_read()
            for outcome in outcomes.values():
                if outcome.state == "stopped" and (digest := _APPROVE.search(outcome.words)):
                    self.desk.run(approve=digest[1])
            self.desk.later(hours=13)
            if before == self.desk.effects():
                break
        else:
            self.faults.append(f"the worker does not come to rest: {list(outcomes.values())}")
        self._look()
        assert not self.faults, self.faults

    def _delete_what_can_not_be_read(self) -> None:
        """Do what staff are told of rows of which a hand left neither key nor content."""
        for row in self.desk.hands.rows("Commissions"):
            if not _LINE.fullmatch(str(row["fields"].get("Line", ""))):
                self.desk.hands.delete("Commissions", row["id"])

    def _look(self) -> None:
        self.look_at_rows()
        said = self.desk.command("verify")
        self._expect(said.code == 0, said.output)

    def look_at_rows(self) -> None:
        """See that every lead shows its own deal, and that no deal and no line is there twice."""
        deals = {deal["id"]: deal["properties"] for deal in self.world.hubspot.deals()}
        keys = Counter(p.get("partner_lead_id") for p in deals.values())
        self._expect(not [k for k, n in keys.items() if k and n > 1], f"deals are there twice: {keys}")
        leads = self.desk.rows("Leads")
        for lead in leads:
            deal = deals.get(str(lead.get("Deal ID", "")))
            if deal is not None and lead.get("Status") != "Duplicate":
                self._expect(deal["partner_lead_id"] == lead.get("Lead"), f"{lead} shows the deal {deal}")
                self._expect(
                    lead.get("Notes") == deal.get("description"), f"{lead} shows the deal of another row: {deal}"
                )
        lines = [line["Line"] for line in self.desk.rows("Commissions") if "Line" in line]
        self._expect(len(set(lines)) == len(lines), f"lines are there twice: {Counter(lines).most_common(3)}")

    def _expect(self, true: bool, words: str) -> None:
        if not true:
            self.faults.append(words)
