"""Drive's watch channels: they only say "look again", once for some minutes, and die silently when their time is up."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from worker.sandbox.clock import Clock

DEFAULT_LIFE, LONGEST_LIFE = timedelta(hours=1), timedelta(days=1)
COALESCED = timedelta(minutes=3)
_TIMEOUT = 5.0


@dataclass
class Channel:
    """A channel: where it posts, what it was told, until when it lives, when its next ping is due."""

    id: str
    resource_id: str
    file_id: str
    address: str
    until: datetime
    token: str | None = None
    sent: int = 0
    due: datetime | None = None

    def message(self) -> dict[str, str]:
        """Return it as the answer of a watch."""
        found = {
            "kind": "api#channel", "id": self.id, "resourceId": self.resource_id,
            "resourceUri": f"https://www.googleapis.com/drive/v3/files/{self.file_id}?alt=json",
            "expiration": str(int(self.until.timestamp() * 1000)),
        }  # fmt: skip
        return found if self.token is None else {**found, "token": self.token}


class Channels:
    """Every channel that was opened, and the postman."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._open: dict[tuple[str, str], Channel] = {}

    def open(self, channel: Channel) -> None:
        """Open a channel; its first ping says `sync`."""
        channel.due = self._clock.now()
        self._open[channel.id, channel.resource_id] = channel

    def knows(self, channel_id: str) -> bool:
        """Tell whether a channel of this id is open."""
        return any(one == channel_id for one, _ in self._open)

    def stop(self, channel_id: str, resource_id: str) -> bool:
        """Close a channel; False when there is none."""
        return self._open.pop((channel_id, resource_id), None) is not None

    def wake(self, file_id: str) -> None:
        """Let the channels of a file ping some minutes from now, once for all that happens until then."""
        for channel in self._open.values():
            if channel.file_id == file_id and channel.due is None:
                channel.due = self._clock.now() + COALESCED

    def deliver(self) -> int:
        """Post every ping that is due now; returns how many were posted. A channel past its time posts nothing."""
        posted = 0
        while True:
            with self._lock:
                now = self._clock.now()
                channel = next((one for one in self._open.values() if one.due is not None and one.due <= now), None)
                if channel is None:
                    return posted
                channel.due = None
                channel.sent += 1
                alive = channel.until > now
                if not alive:
                    del self._open[channel.id, channel.resource_id]
            if alive:
                _post(channel)
                posted += 1


def _post(channel: Channel) -> None:
    """Post a ping: no body, no signature; the token that was set is all that proves where it comes from."""
    first = channel.sent == 1
    headers = {
        "X-Goog-Channel-ID": channel.id, "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-State": "sync" if first else "update", "X-Goog-Message-Number": str(channel.sent),
        "X-Goog-Resource-URI": channel.message()["resourceUri"], "Content-Length": "0",
        "X-Goog-Channel-Expiration": channel.until.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }  # fmt: skip
    if channel.token is not None:
        headers["X-Goog-Channel-Token"] = channel.token
    if not first:
        headers["X-Goog-Changed"] = "content"
    parts = urlsplit(channel.address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        try:
            connection.request("POST", parts.path or "/", b"", headers)
            connection.getresponse().read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return  # a lost ping is lost: nothing tells of it
