"""One HTTP server per service on loopback: real sockets, one lock per service, a log of every call, faults to order.

The service answers whole requests (`Service.answer`) and knows nothing of sockets; the control path `/_sandbox/…` of
every server orders faults, moves the clock and shows the log.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from worker.sandbox.clock import Clock
from worker.sandbox.faults import SERVER_KINDS, Fault, Faults

HTML_BODY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Request:
    """A request as it came: header names in lower case, `path` without the query, the query as pairs in order."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    target: str = ""  # path and query as sent, for limits on the length of the URL
    at_once: int = 1  # requests that were under way when it came, itself among them

    def json(self) -> Any:
        """Parse the body; ValueError when it is not JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer as it goes out."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Build a JSON answer."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        return Reply(status, raw, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})

    @staticmethod
    def text(status: int, body: str, kind: str = "text/plain", headers: Mapping[str, str] | None = None) -> Reply:
        """Build an answer of text or HTML."""
        return Reply(status, body.encode(), {"Content-Type": f"{kind}; charset=utf-8", **(headers or {})})


@dataclass(frozen=True)
class Call:
    """One line of the log: what was asked and what was answered; `fault` names the fault that struck, if any."""

    seq: int
    at: datetime
    service: str
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    status: int
    fault: str | None


class Service(Protocol):
    """A stand-in of one provider: state and rules, no sockets."""

    name: str
    faults: Faults

    def answer(self, request: Request) -> Reply:
        """Answer one request; called under the server's lock, one at a time."""


class Server:
    """Serves one service on 127.0.0.1 until `close`; usable as a context manager."""

    def __init__(self, service: Service, clock: Clock, port: int = 0) -> None:
        self.service = service
        self.clock = clock
        self.log: list[Call] = []
        self.before: list[Callable[[Request], None]] = []  # called ahead of each answer: a person's hands
        self._lock = threading.RLock()
        self._counting = threading.Lock()
        self.under_way = 0  # requests that came and are not answered yet
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True, name=service.name)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the address to point an SDK at, without a slash at its end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def calls(self, method: str | None = None, path: str = "") -> list[Call]:
        """Return the logged calls of this method whose path starts so."""
        return [c for c in self.log if (method is None or c.method == method) and c.path.startswith(path)]

    def close(self) -> None:
        """Stop listening and wait for the thread."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def counted(self) -> Iterator[int]:
        """Count a request for as long as the block lasts; yield how many are under way with it."""
        with self._counting:
            self.under_way += 1
            at_once = self.under_way
        try:
            yield at_once
        finally:
            with self._counting:
                self.under_way -= 1

    def reply_to(self, request: Request) -> tuple[Reply, Fault | None]:
        """Answer under the lock, let an ordered fault strike, write the log."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request), None
        with self._lock:
            for act in self.before:
                act(request)
            fault = self.service.faults.take(SERVER_KINDS, request.method, request.path)
            reply = _spoilt(fault) or self.service.answer(request)
            headers = {k: v for k, v in request.headers.items() if k != "authorization"}
            self.log.append(
                Call(len(self.log), request.at, self.service.name, request.method, request.path, tuple(request.query),
                     headers, request.body, reply.status, fault.kind if fault else None)
            )  # fmt: skip
        return reply, fault

    def _control(self, request: Request) -> Reply:
        """Serve the control path: POST faults, POST clock {"seconds"}, GET log, POST reset."""
        what = request.path.removeprefix("/_sandbox/")
        body = request.json() if request.body else {}
        if (request.method, what) == ("POST", "faults"):
            self.service.faults.order(body.pop("kind"), **body)
            return Reply.json(200, {"ordered": True})
        if (request.method, what) == ("POST", "reset"):
            self.service.faults.clear()
            return Reply.json(200, {"cleared": True})
        if (request.method, what) == ("POST", "clock"):
            return Reply.json(200, {"now": self.clock.advance(timedelta(seconds=body["seconds"])).isoformat()})
        if (request.method, what) == ("GET", "log"):
            return Reply.json(200, [
                {"seq": c.seq, "at": c.at.isoformat(), "method": c.method, "path": c.path, "query": list(c.query),
                 "body": c.body.decode("utf-8", "replace"), "status": c.status, "fault": c.fault}
                for c in self.log
            ])  # fmt: skip
        return Reply.json(404, {"error": f"the control path knows no {request.method} {what}"})


def _spoilt(fault: Fault | None) -> Reply | None:
    """Return the answer that a fault gives in the service's place; None where the service answers after all."""
    if fault is None or fault.kind in {"drop-after", "half-body", "slow"}:
        return None
    if fault.kind == "html":
        return Reply(fault.options.get("status", 502), HTML_BODY, {"Content-Type": "text/html"})
    if fault.kind == "status":
        body = fault.options.get("body", "")
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "text/plain" if isinstance(body, str) else "application/json"
        return Reply(fault.options["status"], raw, {"Content-Type": kind, **fault.options.get("headers", {})})
    return Reply(200 if fault.kind == "empty" else 599)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a client hangs up: the faults do it on purpose."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            parts = urlsplit(self.path)
            headers = {k.lower(): v for k, v in self.headers.items()}
            query = parse_qsl(parts.query, keep_blank_values=True)
            with server.counted() as at_once:
                request = Request(
                    self.command, parts.path, query, headers, body, server.clock.now(), self.path, at_once
                )  # fmt: skip
                reply, fault = server.reply_to(request)
            if len(reply.body) > 1024 and "gzip" in request.headers.get("accept-encoding", ""):
                zipped = gzip.compress(reply.body, compresslevel=1, mtime=0)
                reply = Reply(reply.status, zipped, {**reply.headers, "Content-Encoding": "gzip"})
            self._put(reply, fault)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

        def _put(self, reply: Reply, fault: Fault | None) -> None:
            if fault is not None and fault.kind in {"drop-before", "drop-after"}:
                self._hang_up()
                return
            if fault is not None and fault.kind == "slow":
                time.sleep(fault.options.get("seconds", 1.0))
            half = fault is not None and fault.kind == "half-body"
            with contextlib.suppress(ConnectionError, TimeoutError):
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in (204, 304):
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if reply.status not in (204, 304):
                    self.wfile.write(reply.body[: len(reply.body) // 2] if half else reply.body)
            if half:
                self._hang_up()

        def _hang_up(self) -> None:
            # A reset, not an orderly end: what a dropped connection looks like from the other side.
            with contextlib.suppress(OSError):
                self.wfile.flush()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            self.close_connection = True

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
            return server.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the log is `Server.log`."""

    return Handler
