"""`demo --serve` from its first line to its last: a lively programme, a worker beside it, and pages until stopped."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shlex import quote
from urllib.parse import parse_qsl

from rich.console import Console
from rich.markup import escape

from worker.demo import story
from worker.demo.loop import Loop
from worker.demo.office import Office
from worker.demo.pages import Page, Pages
from worker.demo.performance import BEGINNING
from worker.demo.seed import settle_in
from worker.demo.year import Year
from worker.engine.schedule import stop_on_signals, wait_for
from worker.logs import set_up_logs
from worker.sandbox.world import World

_MOST_BODY = 100_000
_TICK = 1.0  # seconds
_CONTINUED = "\\\n"


def serve_pages(folder: Path, port: int, tracker: str = "airtable") -> int:
    """Serve until Ctrl-C or SIGTERM; return 0, or 1 when the port is taken."""
    set_up_logs(logging.ERROR)
    stop = threading.Event()
    try:
        with Served(folder, port, tracker) as served:
            _welcome(served)
            stop_on_signals(stop)
            wait_for(stop)
    except OSError as error:
        Console(stderr=True).print(f"[red]Port {port} can't be used ({error.strerror}): choose another with --port[/]")
        return 1
    return 0


class Served:
    """A sandbox, an office in it, its worker and its pages; use it as a context manager. Port 0 is any free one."""

    def __init__(self, folder: Path, port: int = 0, tracker: str = "airtable") -> None:
        """Take the port, then build the programme and play its first month."""
        with ExitStack() as stack:
            self._http = _Listener(("127.0.0.1", port), BaseHTTPRequestHandler)
            stack.callback(self._http.server_close)
            self.world = stack.enter_context(World(BEGINNING, running=True))
            self.office = stack.enter_context(Office(self.world, folder, tracker))
            settle_in(self.office)
            self.loop = Loop(self.office)
            story.opening(Year(self.office, self.loop))
            self._opened = stack.pop_all()
        self._http.RequestHandlerClass = _handler(Pages(self.loop, self.port))
        self.now = folder / "now"  # the clock of this world, for commands that are typed elsewhere
        self._tell_time()
        self._closed = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="clock", daemon=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="pages", daemon=True)

    @property
    def port(self) -> int:
        """Return the port of the pages."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Served:
        self.loop.__enter__()
        self._thread.start()
        self._ticking.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._ticking.join(timeout=10)
        self._http.shutdown()
        self._thread.join(timeout=10)
        self.loop.__exit__(*error)
        self._opened.close()

    def _tick(self) -> None:
        while not self._closed.wait(_TICK):
            self._tell_time()

    def _tell_time(self) -> None:
        written = self.now.with_suffix(".new")  # whoever reads meanwhile finds the old time, never half of one
        written.write_text(f"{self.world.clock.now().isoformat(timespec='seconds')}\n", encoding="utf-8")
        written.replace(self.now)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet when a browser hangs up."""


def _handler(pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self._trusted():
                self._put(pages.get(self.path))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > _MOST_BODY:
                self.close_connection = True
                self._put(Page(413, "too much", "text/plain"))
                return
            body = self.rfile.read(int(length)).decode("utf-8", "replace")
            if self._trusted():
                self._put(pages.post(self.path, dict(parse_qsl(body, keep_blank_values=True))))

        def _trusted(self) -> bool:
            trusted = pages.trusted({name.lower(): value for name, value in self.headers.items()})
            if not trusted:
                self._put(Page(403, "These pages answer only themselves.", "text/plain"))
            return trusted

        def _put(self, page: Page) -> None:
            body = page.body.encode()
            self.send_response(page.status)
            for name, value in page.headers().items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal quiet."""

    return Handler


def _welcome(served: Served) -> None:
    out = Console(highlight=False)
    out.print(f"\n  [bold]Quarterday[/], to be played: [bold blue]{served.url}[/]\n")
    for what, where in (
        ("Leads, partners, commissions, statements", "table/Leads"), ("the CRM's deals", "deals"),
        ("clients' invoices", "invoices"), ("partners' bills", "bills"), ("mails and Slack", "inbox"),
    ):  # fmt: skip
        out.print(f"    {what:42}{served.url}{where}")
    unused = "" if served.office.tracker == "Airtable" else "AIRTABLE_TOKEN"
    secrets = " ".join(f"{name}={value}" for name, value in served.world.environment().items() if name != unused)
    own = f"QUARTERDAY_CONFIG={quote(str(served.office.config))} QUARTERDAY_NOW=$(cat {quote(str(served.now))})"
    out.print("\n  It is January 2026 there, and the worker runs after every button.")
    out.print("  The commands see the same world at its own time, in another terminal (status, plan, run, …):\n")
    out.print(f"    [dim]{escape(f'{secrets} {_CONTINUED}    {own} .venv/bin/quarterday status')}[/]\n", soft_wrap=True)
    out.print("  Without QUARTERDAY_NOW they would act at this machine's time; that file goes with the demo's clock.")
    out.print("  Ctrl-C ends it.\n")
