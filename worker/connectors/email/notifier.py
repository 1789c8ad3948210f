"""E-mail over the customer's relay, by the standard library's SMTP: one recipient a message, one connection a run.

A relay can't be asked what it has: what broke after the text was sent stays in doubt, for staff. A receipt says that
the relay took it, not that it arrived. Facts: providers/notify.md, 2026-11.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from worker.connectors.email.letter import BadAddress, freeze, marks, plain_address, sender_of
from worker.domain.notices import Notice, Recipient
from worker.ports import (
    Caller,
    Check,
    Clock,
    Receipt,
    Refused,
    ServiceError,
    Unauthorised,
    Unavailable,
    Unsure,
)  # fmt: skip

SERVICE = "email"
EMAIL_COLUMN = "Email"
TIMEOUT = 30.0
IDLE = 10.0  # seconds after which a relay may have hung up on us: open a new connection rather than find out
Security = Literal["starttls", "tls", "none"]
Answer = tuple[int, bytes]


class EmailNotifier:
    """A `ports.Notifier`; `trust` replaces the machine's certificate authorities."""

    name = SERVICE
    can_find = False

    def __init__(
        self, *, host: str, port: int, security: Security, username: str, password: str, sender: str,
        caller: Caller, clock: Clock, timeout: float = TIMEOUT, trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._host, self._port, self._security = host, port, security
        self._username, self._password = username, password
        self._sender = sender
        self._from = sender_of(sender)[1]
        self._caller = caller
        self._clock = clock
        self._timeout = timeout
        self._trust = trust
        self._lock = threading.Lock()
        self._open: smtplib.SMTP | None = None
        self._used = 0.0

    def address(self, who: Recipient) -> str | None:
        """Return the e-mail address."""
        return (who.email or "").strip() or None

    def render(self, notice: Notice, to: str) -> bytes:
        """Build the mail once; Refused for what is not an address."""
        return freeze(notice, sender=self._sender, to=_address(to), now=self._clock.now())

    def send(self, rendered: bytes, to: str) -> Receipt:
        """Hand the bytes to the relay."""
        address, mark = _address(to), marks(rendered)
        self._caller(lambda: self._hand_over(address, rendered), limits=(), repeatable=False)
        return Receipt(mark.key, self.name, mark.message_id, self._clock.now())

    def find(self, key: str, to: str, since: datetime) -> Receipt | None:  # noqa: ARG002 - nobody could be asked
        """Refuse: a relay can't be asked, and silence would be taken for "not sent"."""
        raise Refused(SERVICE, "a mail relay can't be asked what it sent; look into its log", "can_not_find")

    def check(self) -> Sequence[Check]:
        """Connect and log in; send nothing."""
        try:
            with self._lock:
                self._connection()
        except ServiceError as error:
            return [Check("Mail relay", False, error.text, "Look at host, port, security, username and password.")]
        finally:
            self.close()
        secured = "unencrypted" if self._security == "none" else "encrypted"
        return [Check("Mail relay", True, f"{self._host}:{self._port} takes mail, {secured}")]

    def close(self) -> None:
        """Say goodbye to the relay; whatever it answers, what it took it has."""
        with self._lock:
            smtp, self._open = self._open, None
            if smtp is not None:
                try:
                    smtp.quit()
                except OSError:
                    smtp.close()

    # ---- one message ------------------------------------------------------------------------------------------------

    def _hand_over(self, to: str, rendered: bytes) -> None:
        with self._lock:
            try:
                self._converse(to, rendered)
            except Refused:
                self._start_over()
                raise
            except ServiceError:
                self._forget()
                raise
            self._used = self._clock.seconds()

    def _converse(self, to: str, rendered: bytes) -> None:
        # Step by step, because the exception of sendmail() does not say how far it got.
        smtp = self._begin([] if to.isascii() else ["SMTPUTF8", "BODY=8BITMIME"])
        try:
            _demand(smtp.rcpt(to), EMAIL_COLUMN)
        except smtplib.SMTPException:
            raise Unavailable(SERVICE, "the relay hung up before the message") from None
        try:
            _demand(smtp.data(rendered))
        except smtplib.SMTPDataError as error:
            _demand((error.smtp_code, _bytes(error.smtp_error)))
        except OSError:  # which smtplib's own exceptions are as well
            raise Unsure(SERVICE, "the relay gave no answer to the message") from None

    def _begin(self, options: Sequence[str]) -> smtplib.SMTP:
        """Return a connection that took our sender; one that lived before is replaced if it died in the meantime."""
        for old in (True, False):
            old = old and self._alive()
            smtp = self._connection()
            try:
                answer: Answer = smtp.mail(self._from, list(options))
            except smtplib.SMTPNotSupportedError:
                raise Refused(
                    SERVICE, "the relay takes no such address (no SMTPUTF8)", "smtputf8", EMAIL_COLUMN
                ) from None
            except smtplib.SMTPException:
                answer = (421, b"hung up")
            if answer[0] == 421 and old:  # so many messages a connection, or idle too long: nothing was sent
                self._forget()
                continue
            _demand(answer, "sender")
            return smtp
        raise AssertionError("the second connection is never an old one")

    # ---- the connection ---------------------------------------------------------------------------------------------

    def _alive(self) -> bool:
        return self._open is not None and self._clock.seconds() - self._used < IDLE

    def _connection(self) -> smtplib.SMTP:
        if not self._alive():
            self._forget()
            self._open = self._connected()
        assert self._open is not None
        return self._open

    def _forget(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _start_over(self) -> None:
        """Keep the connection after a refusal, ready for the next message."""
        try:
            if self._open is not None and self._open.rset()[0] != 250:
                self._forget()
        except smtplib.SMTPException:
            self._forget()

    def _connected(self) -> smtplib.SMTP:
        # Our own name in EHLO: the default asks the name service for it, which may take seconds.
        name = self._from.rpartition("@")[2]
        smtp: smtplib.SMTP | None = None
        try:
            if self._security == "tls":
                smtp = smtplib.SMTP_SSL(
                    self._host, self._port, name, timeout=self._timeout, context=self._authorities()
                )
            else:
                smtp = smtplib.SMTP(self._host, self._port, name, timeout=self._timeout)
            if self._security == "starttls":
                smtp.starttls(context=self._authorities())
            if self._username:
                smtp.login(self._username, self._password)
            smtp.ehlo_or_helo_if_needed()
        except OSError as error:  # which smtplib's own exceptions are as well
            if smtp is not None:
                smtp.close()
            raise _no_entry(error) from None
        self._used = self._clock.seconds()
        return smtp

    def _authorities(self) -> ssl.SSLContext:
        # Without a context starttls() and SMTP_SSL verify nothing on Python 3.11 (measured, 2026-11).
        return self._trust or ssl.create_default_context()


def _no_entry(error: OSError) -> ServiceError:
    """Return our error for a connection that did not come about: nothing was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        if 400 <= error.smtp_code < 500:
            return Unavailable(SERVICE, f"the relay can't log us in now ({error.smtp_code})")
        return Unauthorised(SERVICE, f"the relay does not take username and password ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPResponseException):
        return Unavailable(SERVICE, f"the relay lets us not in ({type(error).__name__})")
    if isinstance(error, smtplib.SMTPException):
        # No STARTTLS, no login, or no way to log in that we know: never a reason to go on in the clear.
        return Unauthorised(SERVICE, f"the relay does not do what the settings ask: {error}")
    return Unavailable(SERVICE, f"no connection ({type(error).__name__})")


def _demand(answer: Answer, field: str | None = None) -> None:
    """Raise our error for any answer but a good one; in each case nothing was delivered."""
    code, text = answer[0], _bytes(answer[1])
    if 200 <= code < 300:
        return
    words = f"{code} {_words(text)}".rstrip()
    if code == 530:
        raise Unauthorised(SERVICE, f"the relay wants a login or encryption: {words}")
    if code >= 500:
        raise Refused(SERVICE, f"the relay refused: {words}", str(code), field)
    raise Unavailable(SERVICE, f"the relay said: {words}")


def _words(text: bytes) -> str:
    """Return a relay's words without anybody's address, which they like to repeat."""
    return re.sub(r"\S*@\S*", "…", " ".join(text.decode("utf-8", "replace").split()))[:200]


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _address(to: str) -> str:
    try:
        return plain_address(to)
    except BadAddress as error:
        raise Refused(SERVICE, str(error), "bad_address", EMAIL_COLUMN) from None
