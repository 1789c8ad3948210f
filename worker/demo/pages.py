"""The served pages: addresses → templates, buttons → hands. Server-rendered, for one person on this machine.

A form that another site posts here is refused: Host must be loopback with our port, Origin our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2

from worker.demo import desks, grid, inbox
from worker.demo.hands import HANDS, Form
from worker.demo.loop import Event, Loop, later, next_statement_day, told_lately
from worker.demo.office import LONDON

TEMPLATES = Path(__file__).parent / "templates"
STEPS = {"day": "One day on", "week": "One week on", "month": "One month on", "statement": "To the next statement day"}
_NAV = (
    ("/", "Play"), ("/table/Leads", "Leads"), ("/table/Partners", "Partners"), ("/deals", "Deals"),
    ("/invoices", "Invoices"), ("/table/Commissions", "Commissions"), ("/table/Statements", "Statements"),
    ("/bills", "Bills"), ("/inbox", "Inbox"), ("/table/Activity", "Activity"),
)  # fmt: skip
_LETTER = "/letter/"
_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
_LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class Page:
    """What goes back to the browser."""

    status: int
    body: str = ""
    kind: str = "text/html"
    to: str = ""  # where a button leads
    policy: str = _POLICY

    def headers(self) -> dict[str, str]:
        """Return the headers."""
        found = {
            "Content-Type": f"{self.kind}; charset=utf-8", "Content-Security-Policy": self.policy,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
        }  # fmt: skip
        return {**found, "Location": self.to} if self.to else found


class Pages:
    """Answers the browser."""

    def __init__(self, loop: Loop, port: int) -> None:
        self.loop = loop
        self.office = loop.office
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters["local"] = grid.local
        self._shown: Mapping[str, Callable[[Form], Page]] = {
            "/": self._play, "/deals": self._deals, "/invoices": self._invoices, "/bills": self._bills,
            "/inbox": self._inbox, **{f"/table/{table}": partial(self._table, table) for table in grid.SHOWN_TABLES},
        }  # fmt: skip

    def trusted(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a request was meant for these pages, and, where the browser says whence, came from them."""
        host, origin = headers.get("host", ""), headers.get("origin")
        return host in self.hosts and origin in (None, f"http://{host}")

    def get(self, target: str) -> Page:
        """Show what stands at an address."""
        parts = urlsplit(target)
        if parts.path == "/style.css":
            return Page(200, (TEMPLATES / "style.css").read_text(encoding="utf-8"), "text/css")
        with self.loop.lock:
            try:
                if parts.path.startswith(_LETTER):
                    return self._letter(parts.path.removeprefix(_LETTER))
                return self._shown[parts.path](dict(parse_qsl(parts.query)))
            except LookupError:
                return self._missing()

    def post(self, target: str, form: Form) -> Page:
        """Press a button; the answer leads back to the page it was on."""
        act = urlsplit(target).path.removeprefix("/do/")
        if act == "pass-time" and form.get("step") in STEPS:
            event = self.loop.pass_time(later(self.office.today, form["step"]))
        elif act == "run":
            event = self.loop.did(lambda: "the worker was asked to look again")
        elif act in HANDS:
            event = self.loop.did(lambda: HANDS[act](self.office, form))
        else:
            return self._missing()
        return Page(303, to=_back(form.get("back", "/"), event))

    # ---- pages ------------------------------------------------------------------------------------------------------

    def _play(self, query: Form) -> Page:
        events = [event for event in told_lately(self.loop.events) if event.worker or event.people or event.refused]
        return self._page("play.html", "/", query, outcomes=self.loop.outcomes, events=events)

    def _table(self, table: str, query: Form) -> Page:
        rows, many = grid.rows_of(self.office, table, query.get("q", ""))
        partners = [row["Partner"] for row in self.office.rows("Partners")]
        return self._page(
            "table.html", f"/table/{table}", query, table=table, columns=grid.columns_of(table), rows=rows, many=many,
            partners=partners, edit=(query.get("edit", ""), query.get("column", "")),
        )  # fmt: skip

    def _deals(self, query: Form) -> Page:
        return self._page(
            "deals.html", "/deals", query, deals=_holding(desks.deals(self.office), query),
            stages=desks.stages(self.office),
        )  # fmt: skip

    def _invoices(self, query: Form) -> Page:
        won = [deal for deal in desks.deals(self.office) if deal["status"] == "Won" and not deal["archived"]]
        found = _holding(desks.documents(self.office, "ACCREC"), query)
        return self._page("invoices.html", "/invoices", query, documents=found, won=won)

    def _bills(self, query: Form) -> Page:
        found = _holding(desks.documents(self.office, "ACCPAY"), query)
        return self._page(
            "bills.html", "/bills", query, documents=found, waiting=desks.billable(self.office, "Issued"),
            billed=desks.billable(self.office, "Billed", "Part paid", "Paid"),
        )  # fmt: skip

    def _inbox(self, query: Form) -> Page:
        messages = inbox.inbox(self.office, query.get("q", ""))
        number = query.get("mail", "")
        first = next((message.mail for message in messages if message.mail is not None), None)
        chosen = int(number) if number.isdecimal() else first
        opened = inbox.mail(self.office, chosen)[1] if chosen is not None else None
        return self._page("inbox.html", "/inbox", query, messages=messages, opened=opened)

    def _letter(self, number: str) -> Page:
        if not number.isdecimal():
            raise LookupError(number)
        parsed, _ = inbox.mail(self.office, int(number))
        return Page(200, inbox.html_of(parsed), policy=_LETTER_POLICY)

    # ---- what all pages share ---------------------------------------------------------------------------------------

    def _page(self, template: str, here: str, query: Form, **facts: Any) -> Page:
        done = query.get("done", "")
        kept = urlencode({key: value for key, value in query.items() if key not in ("done", "edit", "column")})
        ill = [o for o in self.loop.outcomes.values() if o.state in ("failed", "stopped")]
        now = self.office.world.clock.now()
        body = self._templates.get_template(template).render(
            nav=_NAV, here=here, back=f"{here}?{kept}" if kept else here, steps=STEPS, q=query.get("q", ""),
            now=now.astimezone(LONDON), statement_day=next_statement_day(self.office.today), ill=ill,
            event=self.loop.event(int(done)) if done.isdecimal() else None, folder=str(self.office.folder),
            tracker=self.office.tracker, **facts,
        )  # fmt: skip
        return Page(200, body)

    def _missing(self) -> Page:
        return Page(404, self._templates.get_template("missing.html").render())


def _holding(rows: list[dict[str, Any]], query: Form) -> list[dict[str, Any]]:
    wanted = query.get("q", "").casefold()
    return [row for row in rows if wanted in " ".join(str(value) for value in row.values()).casefold()]


def _back(path: str, event: Event) -> str:
    """Return where a button leads: a page of ours, with the number of what happened."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or not path.isprintable() or "\\" in path:
        parts = urlsplit("/")
    query = dict(parse_qsl(parts.query))
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}?{urlencode({**query, 'done': event.number})}{anchor}"
