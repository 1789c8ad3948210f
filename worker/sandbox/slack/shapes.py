"""The nouns of the sandbox's workspace (channel, message, user, bot) and how the Web API writes them in JSON.

The shapes are those of recorded replies (recordings/slack.jsonl, 2021 and 2025) and of providers/notify.md (2026-03).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Sharing = Literal["no", "yes", "ended"]


@dataclass
class Message:
    """One message; `stamp` is its ts in microseconds, `metadata` is shown only to who asks for it."""

    stamp: int
    posted: datetime
    body: dict[str, Any]
    metadata: dict[str, Any] | None = None

    @property
    def ts(self) -> str:
        """Return Slack's name of the message: seconds, a dot, six digits."""
        return f"{self.stamp // 1_000_000}.{self.stamp % 1_000_000:06d}"

    def json(self, with_metadata: bool = False) -> dict[str, Any]:
        """Return the message as history shows it."""
        shown = {**self.body, "ts": self.ts}
        return {**shown, "metadata": self.metadata} if with_metadata and self.metadata is not None else shown


@dataclass
class Channel:
    """A channel or a direct message (`user` is set)."""

    id: str
    name: str
    created: datetime
    private: bool = False
    member: bool = True
    archived: bool = False
    shared: Sharing = "no"
    user: str | None = None
    messages: list[Message] = field(default_factory=list)

    def next_stamp(self, now: datetime) -> int:
        """Return a stamp later than every one before it, also when the clock stands."""
        last = self.messages[-1].stamp if self.messages else 0
        return max(int(now.timestamp()) * 1_000_000 + 100, last + 100)


@dataclass(frozen=True)
class User:
    """A member of the workspace; the other organisation of a shared channel is not among them."""

    id: str
    email: str
    name: str
    deleted: bool
    joined: datetime


@dataclass(frozen=True)
class Bot:
    """Whom the token belongs to, and the workspace."""

    team: str
    user: str
    bot: str
    app: str
    born: datetime
    workspace: str = "Sandbox"
    domain: str = "sandbox"
    name: str = "quarterday"

    def message(self, text: str) -> dict[str, Any]:
        """Return the part of a message that is the same in all of the bot's."""
        profile = {
            "id": self.bot, "app_id": self.app, "user_id": self.user, "name": self.name,
            "icons": {f"image_{size}": f"https://a.slack-edge.com/sandbox/bot_{size}.png" for size in (36, 48, 72)},
            "deleted": False, "updated": int(self.born.timestamp()), "team_id": self.team,
        }  # fmt: skip
        return {
            "user": self.user, "type": "message", "bot_id": self.bot, "app_id": self.app, "text": text,
            "team": self.team, "bot_profile": profile,
        }  # fmt: skip

    def who(self) -> dict[str, Any]:
        """Return the answer of auth.test."""
        return {
            "url": f"https://{self.domain}.slack.com/", "team": self.workspace, "user": self.name,
            "team_id": self.team, "user_id": self.user, "bot_id": self.bot, "is_enterprise_install": False,
        }  # fmt: skip


def channel_json(channel: Channel, bot: Bot, *, members: bool = False, locale: bool = False) -> dict[str, Any]:
    """Return a channel as conversations.info shows it."""
    made = int(channel.created.timestamp())
    more: dict[str, Any] = {"num_members": 2} if members else {}
    more |= {"locale": "en-GB"} if locale else {}
    if channel.user is not None:
        return {
            "id": channel.id, "created": made, "is_archived": channel.archived, "is_im": True, "is_org_shared": False,
            "user": channel.user, "is_open": True, **more,
        }  # fmt: skip
    shared = channel.shared == "yes"
    blank = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel.id, "name": channel.name, "is_channel": not channel.private, "is_group": channel.private,
        "is_im": False, "is_mpim": False, "is_private": channel.private, "created": made,
        "is_archived": channel.archived, "is_general": False, "unlinked": made if channel.shared == "ended" else 0,
        "name_normalized": channel.name, "is_shared": shared, "is_org_shared": False, "is_pending_ext_shared": False,
        "pending_shared": [], "parent_conversation": None, "creator": bot.user, "is_ext_shared": shared,
        "shared_team_ids": [bot.team], "pending_connected_team_ids": [], "is_member": channel.member,
        **({"last_read": "0000000000.000000"} if channel.member else {}), "topic": blank, "purpose": blank,
        "previous_names": [], **more,
    }  # fmt: skip


def user_json(user: User, team: str) -> dict[str, Any]:
    """Return a user as users.lookupByEmail shows it; one who is gone has fewer fields (recorded, 2021-12)."""
    first, _, last = user.name.partition(" ")
    handle = user.email.partition("@")[0]
    images = {f"image_{size}": f"https://a.slack-edge.com/sandbox/{size}.png" for size in (24, 32, 48, 72, 192, 512)}
    profile: dict[str, Any] = {
        "title": "", "phone": "", "skype": "", "real_name": user.name, "real_name_normalized": user.name,
        "display_name": handle, "display_name_normalized": handle, "fields": None, "status_text": "",
        "status_emoji": "", "status_emoji_display_info": [], "status_expiration": 0, "avatar_hash": "g0000000000",
        "email": user.email, "first_name": first, "last_name": last, **images, "status_text_canonical": "",
        "team": team,
    }  # fmt: skip
    head = {"id": user.id, "team_id": team, "name": handle, "deleted": user.deleted}
    tail = {"is_bot": False, "is_app_user": False, "updated": int(user.joined.timestamp())}
    if user.deleted:
        return {**head, "profile": profile, **tail}
    return {
        **head, "color": "9f69e7", "real_name": user.name, "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time", "tz_offset": 0, "profile": profile, "is_admin": False, "is_owner": False,
        "is_primary_owner": False, "is_restricted": False, "is_ultra_restricted": False, **tail,
        "is_email_confirmed": True, "who_can_share_contact_card": "EVERYONE",
    }  # fmt: skip
