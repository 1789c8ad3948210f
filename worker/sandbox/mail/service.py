"""The relay as others use it: its orders, its letters, and its life."""

from __future__ import annotations

from worker.sandbox.mail.orders import Orders
from worker.sandbox.mail.relay import Relay


class Mail(Orders):
    """A relay that runs from `start` to `close`, or in a with block, and delivers nothing."""

    _relay: Relay | None = None

    def start(self) -> Mail:
        """Listen; `port` is known from here on."""
        self._relay = Relay(self)
        self._relay.open()
        return self

    def close(self) -> None:
        """Stop listening, cut every connection and wait for the thread."""
        if self._relay is not None:
            self._relay.close()
            self._relay = None

    @property
    def ca_file(self) -> str:
        """Return the file of the authority that signed the test certificate, while the relay runs with TLS."""
        if self._relay is None or self._relay.authority is None:
            raise ValueError("there is a certificate only while the relay runs with starttls or tls")
        return str(self._relay.authority)

    def __enter__(self) -> Mail:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()
