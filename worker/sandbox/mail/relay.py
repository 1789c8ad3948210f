"""The relay's conversation, on aiosmtpd, in a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from worker.sandbox.mail import certificates
from worker.sandbox.mail.orders import Order, Orders

WORDS = {
    221: "2.0.0 Bye", 250: "2.0.0 OK", 421: "4.3.2 Closing the channel", 451: "4.3.0 Try again later",
    452: "4.3.1 Insufficient system storage", 454: "4.7.0 Temporary authentication failure",
    535: "5.7.8 Authentication credentials invalid", 550: "5.1.1 No such user here", 554: "5.7.1 Rejected by policy",
}  # fmt: skip

# aiosmtpd 1.4.6 warns there of its own use of its own deprecated attribute, at every login.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Relay:
    """The relay's thread, its event loop, its open connections, its certificate."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.open_connections: set[_Connection] = set()
        self.authority: Path | None = None
        self.context: ssl.SSLContext | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True, name="mail")

    def open(self) -> None:
        """Make the certificate, start the thread and wait until it listens; OSError when the port is taken."""
        if self.orders.starttls or self.orders.tls:
            self._folder = tempfile.TemporaryDirectory(prefix="sandbox-mail-")
            self.context, self.authority = certificates.write(Path(self._folder.name))
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self.close()
            raise self._failure

    def close(self) -> None:
        """Cut the connections, end the loop and the thread, remove the certificate."""
        if self._failure is None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)
        if self._folder is not None:
            self._folder.cleanup()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_complain)
        immediate = self.context if self.orders.tls else None
        try:
            server = await self._loop.create_server(self._connection, self.orders.host, self.orders.port, ssl=immediate)
        except OSError as failure:
            self._failure = failure
            self._ready.set()
            return
        self.orders.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = [task for connection in list(self.open_connections) if (task := connection.cut()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        while self.open_connections:
            await asyncio.sleep(0)

    def _connection(self) -> _Connection:
        self.orders.connections += 1
        return _Connection(self)


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in the loop, save a connection that broke: clients hang up, and the orders make them."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


class _Connection(SMTP):  # type: ignore[misc]
    """One client's conversation."""

    def __init__(self, relay: Relay) -> None:
        orders, hooks = relay.orders, _Hooks(relay.orders)
        super().__init__(
            hooks, enable_SMTPUTF8=orders.smtputf8, hostname="mail.sandbox.test", ident="sandbox",
            tls_context=relay.context if orders.starttls else None, require_starttls=orders.starttls,
            auth_require_tls=orders.starttls, authenticator=hooks.authenticate, loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self.orders = orders
        self.letters = 0
        self._open = relay.open_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open.discard(self)

    def cut(self) -> asyncio.Task[None] | None:
        """Reset the connection; return the task that served it."""
        if self.transport is not None:
            self.transport.abort()
        task: asyncio.Task[None] | None = self._handler_coroutine
        return task

    async def obey(self, order: Order) -> str:
        """Carry an order out: return an answer to give, or be silent until the connection ends."""
        if order.code is not None:
            return _line(order.code)
        if not order.silent:
            self.cut()
        return await self._silence()

    async def say_goodbye(self, line: str) -> str:
        """Say a last line and close in good order."""
        await self.push(line)
        if self.transport is not None:
            self.transport.close()
        return await self._silence()

    async def _silence(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError("the end of the connection cancels the wait")

    async def smtp_DATA(self, arg: str | None) -> None:
        order = self.orders.take("DATA")
        if order is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(await self.obey(order))


class _Hooks:
    """What aiosmtpd asks at each command: the connection, its session, the envelope so far, the command's arguments."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders

    async def handle_EHLO(
        self, _at: _Connection, session: Session, _envelope: Envelope, hostname: str, offered: Sequence[str]
    ) -> list[str]:
        session.host_name = hostname
        hidden = {"250-8BITMIME": not self.orders.eightbit, "250-AUTH ": self.orders.credentials is None}
        return [line for line in offered if not any(line.startswith(head) and off for head, off in hidden.items())]

    async def handle_MAIL(
        self, at: _Connection, session: Session, _envelope: Envelope, _address: str, options: list[str]
    ) -> Any:
        if self.orders.credentials is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        most = self.orders.messages_per_connection
        if most is not None and at.letters >= most:
            return await at.say_goodbye("421 4.7.0 Too many messages in this connection")
        if not self.orders.eightbit and "BODY=8BITMIME" in options:
            return "555 5.5.4 Unsupported option: BODY=8BITMIME"
        order = self.orders.take("MAIL")
        return MISSING if order is None else await at.obey(order)

    async def handle_RCPT(
        self, at: _Connection, _session: Session, _envelope: Envelope, address: str, _options: list[str]
    ) -> Any:
        code = self.orders.refusal(address)
        if code is not None:
            return _line(code)
        order = self.orders.take("RCPT")
        return MISSING if order is None else await at.obey(order)

    async def handle_DATA(self, at: _Connection, _session: Session, envelope: Envelope) -> str:
        if not self.orders.eightbit and not bytes(envelope.original_content or b"").isascii():
            return "554 5.6.1 8-bit text, and 8BITMIME was not offered"
        order = self.orders.take("DOT")
        if order is None or order.code is None:
            self.orders.keep(envelope)
            at.letters += 1
        return _line(250) if order is None else await at.obey(order)

    async def handle_QUIT(self, _at: _Connection, _session: Session, _envelope: Envelope) -> str:
        return _line(self.orders.quit_code)

    def authenticate(
        self, _at: _Connection, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        code = self.orders.auth_code
        known = isinstance(given, LoginPassword) and (given.login, given.password) == self.orders.credentials
        if code is None and known:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=_line(code or 535))


def _line(code: int) -> str:
    return f"{code} {WORDS.get(code, 'as ordered')}"
