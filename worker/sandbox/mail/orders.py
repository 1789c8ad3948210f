"""What the relay is, what it shall do wrong, and the letters it has: the part that knows no socket."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from aiosmtpd.smtp import Envelope

from worker.sandbox.clock import Clock

Stage = Literal["MAIL", "RCPT", "DATA", "DOT"]


@dataclass(frozen=True)
class Letter:
    """One message for one recipient: the envelope, and the bytes as they came, with the dots unstuffed."""

    envelope_sender: str
    recipient: str
    raw: bytes
    at: datetime


@dataclass
class Order:
    """What shall happen at a stage, and how many times: answer a code, or (`code` None) close, or say nothing."""

    stage: Stage
    code: int | None
    silent: bool
    times: int


class Orders:
    """The relay's terms and orders; orders may be given at any time.

    `quit_code` is what QUIT is answered with; `auth_code`, when set, what every login is.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        port: int = 0,
        starttls: bool = False,
        tls: bool = False,
        username: str | None = None,
        password: str | None = None,
        smtputf8: bool = True,
        eightbit: bool = True,
        messages_per_connection: int | None = None,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.received: list[Letter] = []
        self.connections = 0
        self.quit_code = 221
        self.auth_code: int | None = None
        self.starttls, self.tls = starttls, tls
        self.smtputf8, self.eightbit = smtputf8, eightbit
        self.messages_per_connection = messages_per_connection
        self.credentials = None if username is None else (username.encode(), (password or "").encode())
        self._clock = clock or Clock(datetime(2026, 1, 1, tzinfo=UTC))
        self._refused: dict[str, int] = {}
        self._orders: list[Order] = []
        self._lock = threading.Lock()

    def refuse(self, address: str, code: int = 550) -> None:
        """Answer RCPT for this address with the code, until `clear`."""
        self._refused[address.lower()] = code

    def answer(self, stage: Stage, code: int, times: int = 1) -> None:
        """Answer a stage with a code; `DOT` is the end of the message, which is then not kept."""
        self._order(Order(stage, code, silent=False, times=times))

    def answer_data(self, code: int, times: int = 1) -> None:
        """Answer the final dot with a code and keep nothing."""
        self.answer("DOT", code, times)

    def hang_up_after_dot(self, times: int = 1) -> None:
        """Keep the message and close the connection without an answer."""
        self._order(Order("DOT", None, silent=False, times=times))

    def drop_at(self, stage: Stage, times: int = 1) -> None:
        """Close the connection instead of answering the stage."""
        self._order(Order(stage, None, silent=False, times=times))

    def hang(self, stage: Stage = "DOT", times: int = 1) -> None:
        """Say nothing more at this stage; after the dot the message is kept."""
        self._order(Order(stage, None, silent=True, times=times))

    def clear(self) -> None:
        """Forget every order; the letters stay."""
        with self._lock:
            self._orders.clear()
            self._refused.clear()
        self.quit_code, self.auth_code = 221, None

    def _order(self, order: Order) -> None:
        with self._lock:
            self._orders.append(order)

    def take(self, stage: Stage) -> Order | None:
        """Use up the first order for the stage; None when there is none."""
        with self._lock:
            order = next((order for order in self._orders if order.stage == stage), None)
            if order is not None:
                order.times -= 1
                if order.times <= 0:
                    self._orders.remove(order)
            return order

    def refusal(self, address: str) -> int | None:
        """Return the code ordered for an address."""
        return self._refused.get(address.lower())

    def keep(self, envelope: Envelope) -> None:
        """Put the message among the letters, once per recipient."""
        raw, at = bytes(envelope.original_content or b""), self._clock.now()
        self.received += [Letter(envelope.mail_from or "", to, raw, at) for to in envelope.rcpt_tos]
