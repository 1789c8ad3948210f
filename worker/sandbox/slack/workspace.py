"""What stands in the workspace, and the hands of the people in it: make a channel, archive it, say something, look."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from worker.sandbox.clock import Clock
from worker.sandbox.slack.blocks import mrkdwn
from worker.sandbox.slack.shapes import Bot, Channel, Message, Sharing, User

PING = re.compile(r"<!(channel|here|everyone)[|>]")


class Workspace:
    """Channels, users and one bot; ids count up from 1 and carry the seed."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.history_lag = timedelta()  # how long a message stays out of history; nobody knows whether Slack has one
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {}
        self.clock = clock
        self.seed = seed
        self._counts: dict[str, int] = {}
        self.bot = Bot(self.new_id("T"), self.new_id("U"), self.new_id("B"), self.new_id("A"), clock.now())

    def add_channel(
        self,
        id: str,
        name: str,
        member: bool = True,
        archived: bool = False,
        shared: bool = False,
        private: bool = False,
    ) -> str:
        """Make a channel and return its id; `member`: the bot is in it, `shared`: another organisation is."""
        sharing: Sharing = "yes" if shared else "no"
        self.channels[id] = Channel(id, name, self.clock.now(), private, member, archived, sharing)
        return id

    def add_user(self, email: str, deleted: bool = False, name: str = "Ada Partner") -> str:
        """Add a member of the workspace (deactivated if `deleted`) and return the id."""
        user = User(self.new_id("U"), email, name, deleted, self.clock.now())
        self.users[user.id] = user
        return user.id

    def say(self, channel: str, text: str) -> str:
        """Post as a person and return the ts."""
        body = {"user": self.new_id("U"), "type": "message", "text": text, "team": self.bot.team}
        return self.keep(self.channels[channel], body).ts

    def archive(self, channel: str) -> None:
        """Archive the channel."""
        self.channels[channel].archived = True

    def unshare(self, channel: str) -> None:
        """End the sharing with the other organisation."""
        self.channels[channel].shared = "ended"

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """Return the channel's messages, oldest first, with their metadata."""
        return [message.json(with_metadata=True) for message in self.channels[channel].messages]

    def pings(self, channel: str) -> list[str]:
        """Return the ts of the messages that rang for everybody in the channel."""
        found = []
        for message in self.channels[channel].messages:
            texts = [message.body["text"], *mrkdwn(message.body.get("blocks", []))]
            found += [message.ts] * any(PING.search(text) for text in texts)
        return found

    def keep(self, channel: Channel, body: dict[str, Any], metadata: dict[str, Any] | None = None) -> Message:
        """Store a message under a ts of its own."""
        now = self.clock.now()
        channel.messages.append(Message(channel.next_stamp(now), now, body, metadata))
        return channel.messages[-1]

    def count(self, what: str) -> int:
        """Return 1 for the first of its kind, then 2, …"""
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def new_id(self, letter: str) -> str:
        """Return an id shaped like Slack's: the letter of its kind, then capitals and digits."""
        return f"{letter}0{self.seed:02X}{self.count(letter):07X}"
