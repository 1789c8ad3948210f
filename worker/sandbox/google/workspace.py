"""What Google remembers here: spreadsheets, service accounts, bearers, channels, and the switches that tests turn."""

from __future__ import annotations

import hashlib
import string
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults
from worker.sandbox.google import defaults
from worker.sandbox.google.channels import Channel, Channels
from worker.sandbox.google.grid import Sheet, Undo
from worker.sandbox.google.identity import Account, Token
from worker.sandbox.google.spreadsheet import Spreadsheet
from worker.sandbox.google.writing import Writer

_ALPHABET = string.ascii_letters + string.digits + "-_"
PERSON = "staff@sandbox.test"  # whose file it is, and whose hands act on it
ACCOUNT = "quarterday@sandbox-318273.iam.gserviceaccount.com"


class Workspace:
    """One Google account's world: files in Drive, seen by people and by service accounts.

    Switches: `limits` (quotas), `people_lag` (how late Drive shows people's edits), `sort_moves_metadata` (what a sort
    does to metadata of rows is unknown), `identity_now` (the token endpoint's time).
    """

    name = "google"

    def __init__(self, clock: Clock, *, seed: int, spreadsheet: str, time_zone: str, locale: str) -> None:
        self.clock = clock
        self.faults = Faults()
        self.lock = threading.RLock()
        self.limits = True
        self.people_lag = timedelta(minutes=3)
        self.sort_moves_metadata = False
        # google-auth signs with the machine's own time and knows no other, so this endpoint reads the same clock.
        self.identity_now: Callable[[], float] = time.time
        self.person = PERSON
        self.spreadsheets: dict[str, Spreadsheet] = {}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.channels = Channels(clock, self.lock)
        self.undo_stack: list[Undo] = []
        self._seed = seed
        self._minted: Counter[str] = Counter()
        self.file = self.make_file("Sandbox programme", file_id=spreadsheet, time_zone=time_zone, locale=locale)
        self.file.shares = {PERSON: "owner", ACCOUNT: "writer"}

    def mint(self, kind: str, length: int) -> str:
        """Return the next id of its kind: a scrambled counter."""
        self._minted[kind] += 1
        seed = f"{self._seed}/{kind}/{self._minted[kind]}".encode()
        number = int.from_bytes(hashlib.shake_256(seed).digest(length), "big")
        letters = []
        for _ in range(length):
            number, digit = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[digit])
        return "".join(letters)

    def mint_number(self) -> int:
        """Return the next numeric id, of a tab, a protection, metadata: 31 bits, never 0."""
        self._minted["number"] += 1
        seed = f"{self._seed}/number/{self._minted['number']}".encode()
        return int.from_bytes(hashlib.blake2b(seed, digest_size=4).digest(), "big") % (2**31 - 1) + 1

    def make_file(
        self, title: str, *, file_id: str | None = None, time_zone: str = "Etc/GMT", locale: str = "en_US",
        owner: str = PERSON,
    ) -> Spreadsheet:  # fmt: skip
        """Make a spreadsheet with one tab."""
        now = self.clock.now()
        file = Spreadsheet(
            file_id or "1" + self.mint("file", 43), defaults.properties(title, locale, time_zone), now,
            {owner: "owner"}, [Sheet(0, "Sheet1")],
        )  # fmt: skip
        file.changed(now)
        self.spreadsheets[file.id] = file
        return file

    def writer(self, file: Spreadsheet, who: str, *, typed: bool = False) -> Writer:
        """Begin a write in someone's name."""
        today = self.clock.now().astimezone(ZoneInfo(file.properties["timeZone"])).date()
        return Writer(file, who, [], today, typed)

    def committed(self, file: Spreadsheet, lag: timedelta = timedelta()) -> None:
        """Count a change of a file and wake the channels that watch it."""
        file.changed(self.clock.now(), lag)
        self.channels.wake(file.id)

    def watch(self, channel: Channel) -> None:
        """Open a channel."""
        self.channels.open(channel)
