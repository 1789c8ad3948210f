"""How a played year passes: scenes on their days, clients' regular invoices in between, and the worker's runs.

It knows no plot; that is in `story`. Between scenes the flows run on the days on which something is due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from worker.demo.office import Office
from worker.demo.witness import look, named, told
from worker.engine.runs import Outcome

_STATEMENT_DAY = 5
_PAYS_AFTER = 10  # days
_SOON = timedelta(minutes=5)  # from what people do to the worker's next look; a CRM's search lags by half a minute


@dataclass(slots=True)
class Standing:
    """A client's regular invoice: on a first day, then on the 1st, every so many months."""

    company: str
    net: str
    every: int
    next: date
    left: int
    currency: str = "GBP"


class Telling(Protocol):
    """Whoever is told what happens: the terminal, or the memory of the served pages."""

    def day(self, day: date, /) -> None:
        """Name the day of what follows."""

    def people(self, words: str, /) -> None:
        """Tell what people did."""

    def worker(self, words: str, /) -> None:
        """Tell what the worker did."""

    def nothing(self) -> None:
        """Tell that the worker found nothing to do."""


@dataclass
class Year:
    """The played time of one programme, and what happens in it by itself."""

    office: Office
    teller: Telling
    standing: list[Standing] = field(default_factory=list)
    payments: dict[date, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))  # company, invoice
    last: dict[str, str] = field(default_factory=dict)  # company → its latest invoice
    runs: int = 0
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # of the latest run

    # ---- scenes -----------------------------------------------------------------------------------------------------

    def on(self, month: int, day: int, *people: str, year: int = 2026) -> None:
        """Let time pass until the morning of a day, and say what people do on it."""
        scene = date(year, month, day)
        while self.office.today < scene - timedelta(days=1):
            self._day(self.office.today + timedelta(days=1))
        self.office.until(scene, 9)
        self.teller.day(scene)
        for words in people:
            self.teller.people(words)
        for words in self._routine(scene):
            self.teller.people(words)

    def work(self) -> bool:
        """Let the worker run, and tell what it did; False when that was nothing."""
        self.office.world.clock.advance(_SOON)
        before = look(self.office)
        outcomes = self.office.run()
        self.runs += 1
        said = told(before, look(self.office), outcomes)
        for words in said:
            self.teller.worker(words)
        self.outcomes = outcomes
        return bool(said)

    def scene(self, month: int, day: int, words: str, *acts: Callable[[], object], year: int = 2026) -> None:
        """Play what people do on a day, then let the worker run."""
        self.on(month, day, words, year=year)
        for act in acts:
            act()
        if not self.work():
            self.teller.nothing()

    def _day(self, day: date) -> None:
        """Let one day pass; the worker runs if anything is due."""
        self.office.until(day, 9)
        due = self._routine(day)
        if due or day.day == _STATEMENT_DAY:
            self.teller.day(day)
            for words in due:
                self.teller.people(words)
            self.work()

    # ---- clients ----------------------------------------------------------------------------------------------------

    def billed(
        self, company: str, net: str, *, every: int = 12, times: int = 1, currency: str = "GBP"
    ) -> None:  # fmt: skip
        """Invoice a client now, and again on the 1st every so many months; each is paid ten days later."""
        self._invoice(company, net, currency)
        later = _first(self.office.today, every)
        if times > 1:
            self.standing.append(Standing(company, net, every, later, times - 1, currency))

    def unpaid(self, company: str) -> str:
        """Let a client not pay the latest invoice by itself; return the invoice's id."""
        invoice = self.last[company]
        for due in self.payments.values():
            due[:] = [one for one in due if one[1] != invoice]
        return invoice

    def ended(self, company: str) -> None:
        """Send a client no more invoices."""
        self.standing = [one for one in self.standing if one.company != company]

    def _routine(self, day: date) -> list[str]:
        said = []
        billed = [one for one in self.standing if one.next <= day]
        for one in billed:
            self._invoice(one.company, one.net, one.currency)
            one.next, one.left = _first(one.next, one.every), one.left - 1
        self.standing = [one for one in self.standing if one.left]
        if billed:
            said.append(f"regular invoices go out to {named([one.company for one in billed])}")
        paying = [one for due in sorted(self.payments) if due <= day for one in self.payments.pop(due)]
        for _, invoice in paying:
            self.office.world.xero.pay(invoice, date=day)
        if paying:
            said.append(f"{named([company for company, _ in paying])} pay")
        return said

    def _invoice(self, company: str, net: str, currency: str) -> None:
        invoice = self.office.invoice(company, net, currency=currency)
        self.last[company] = invoice
        self.payments[self.office.today + timedelta(days=_PAYS_AFTER)].append((company, invoice))


def _first(day: date, months: int) -> date:
    """Return the first of the month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
