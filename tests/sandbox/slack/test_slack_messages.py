"""Posting, looking up and reading back through the unmodified SDK."""

from __future__ import annotations

from datetime import timedelta

import pytest

CHANNEL = "C0123ABCD9"
METADATA = {"event_type": "quarterday_notice", "event_payload": {"key": "statement/2026-Q1/alice/GBP/1"}}


def test_a_post_is_json_and_comes_back_with_its_channel_ts_and_message(client, server):
    """chat.postMessage takes the JSON that the SDK sends and answers with channel, ts and the message."""
    blocks = [{"type": "divider"}]
    reply = client.chat_postMessage(channel=CHANNEL, text="Hello", blocks=blocks, unfurl_links=False)

    assert "application/json;charset=utf-8" == server.log[-1].headers["content-type"]
    assert (True, CHANNEL, "1773302400.000100") == (reply["ok"], reply["channel"], reply["ts"])
    assert ("message", "Hello", "divider") == (
        reply["message"]["type"], reply["message"]["text"], reply["message"]["blocks"][0]["type"],
    )  # fmt: skip
    assert {"bot_id", "app_id", "team"} <= reply["message"].keys()


def test_the_same_post_may_come_as_a_form(client, slack):
    """A form body does the same as JSON, with blocks and metadata as JSON text."""
    client.api_call(
        "chat.postMessage",
        params={"channel": CHANNEL, "text": "Hello", "blocks": '[{"type":"divider"}]', "unfurl_links": False},
    )

    assert [("Hello", "divider")] == [(m["text"], m["blocks"][0]["type"]) for m in slack.messages(CHANNEL)]


def test_the_other_methods_get_forms(client, server, slack):
    """The SDK sends forms to look-up, open, history and info, and the sandbox reads them."""
    user = slack.add_user("ada@agency.test")
    client.users_lookupByEmail(email="Ada@Agency.test")
    client.conversations_open(users=[user])
    client.conversations_history(channel=CHANNEL)
    client.conversations_info(channel=CHANNEL)

    assert {"application/x-www-form-urlencoded"} == {call.headers["content-type"] for call in server.log}
    assert {200} == {call.status for call in server.log}


def test_ts_rises_with_every_message_of_a_channel_though_the_clock_stands(client):
    """Two messages of one second have different, rising ts; the next second's is later still."""
    first, second = (client.chat_postMessage(channel=CHANNEL, text=text)["ts"] for text in ("a", "b"))

    assert ["1773302400.000100", "1773302400.000200"] == [first, second]


def test_messages_are_kept_by_channel(client, slack):
    """A channel shows only what was posted to it."""
    slack.add_channel("C0OTHER000", "bobs-agency")
    client.chat_postMessage(channel=CHANNEL, text="for Alice")
    client.chat_postMessage(channel="C0OTHER000", text="for Bob")

    assert ["for Alice"] == [m["text"] for m in client.conversations_history(channel=CHANNEL)["messages"]]
    assert ["for Bob"] == [m["text"] for m in slack.messages("C0OTHER000")]


def test_history_shows_metadata_only_to_who_asks(client):
    """Metadata is in history with include_all_metadata and nowhere without."""
    client.chat_postMessage(channel=CHANNEL, text="Hello", metadata=METADATA)
    plain = client.conversations_history(channel=CHANNEL)["messages"]
    asked = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]

    assert ["metadata" in message for message in plain] == [False]
    assert [METADATA] == [message["metadata"] for message in asked]


def test_metadata_can_be_made_to_need_its_own_scope(client, slack):
    """With the switch on, a token without metadata.message:read sees no metadata though it asks."""
    client.chat_postMessage(channel=CHANNEL, text="Hello", metadata=METADATA)
    slack.metadata_needs_scope = True
    without = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    slack.scopes += ("metadata.message:read",)
    with_scope = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]

    assert (False, True) == ("metadata" in without[0], "metadata" in with_scope[0])


def test_history_can_lag(client, slack, clock):
    """A message stays out of history for as long as the lag says."""
    slack.history_lag = timedelta(seconds=5)
    client.chat_postMessage(channel=CHANNEL, text="Hello")
    before = len(client.conversations_history(channel=CHANNEL)["messages"])
    clock.advance(timedelta(seconds=5))

    assert (0, 1) == (before, len(client.conversations_history(channel=CHANNEL)["messages"]))


def test_history_pages_back_from_the_present_newest_first(client):
    """Without `oldest` the first page holds the newest messages, and the cursor leads back."""
    for text in "abcde":
        client.chat_postMessage(channel=CHANNEL, text=text)
    first = client.conversations_history(channel=CHANNEL, limit=2)
    second = client.conversations_history(channel=CHANNEL, limit=2, cursor=first["response_metadata"]["next_cursor"])
    third = client.conversations_history(channel=CHANNEL, limit=2, cursor=second["response_metadata"]["next_cursor"])

    assert [["e", "d"], ["c", "b"], ["a"]] == [[m["text"] for m in page["messages"]] for page in (first, second, third)]
    assert [True, True, False] == [page["has_more"] for page in (first, second, third)]
    assert third.get("response_metadata") is None


def test_history_with_oldest_alone_pages_forward_and_leaves_out_the_edge(client, clock):
    """With `oldest` alone the pages run from there to the present; the message at `oldest` itself is not shown."""
    edge = client.chat_postMessage(channel=CHANNEL, text="edge")["ts"]
    for text in "abc":
        clock.advance(timedelta(seconds=1))
        client.chat_postMessage(channel=CHANNEL, text=text)
    pages = [[m["text"] for m in page["messages"]]
             for page in client.conversations_history(channel=CHANNEL, oldest=edge, limit=2)]  # fmt: skip

    assert [["b", "a"], ["c"]] == pages
    with_edge = client.conversations_history(channel=CHANNEL, oldest=edge, latest=edge, inclusive=True)
    assert ["edge"] == [m["text"] for m in with_edge["messages"]]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "soon"}, "invalid_ts_latest"),
        ({"limit": 1000}, "invalid_limit"),
        ({"cursor": "nonsense!"}, "invalid_cursor"),
    ],
)
def test_history_refuses_what_it_cannot_read(client, refusal, arguments, code):
    """A bad timestamp, limit or cursor is refused by name."""
    assert code == refusal(lambda: client.conversations_history(channel=CHANNEL, **arguments))["error"]


def test_a_user_is_found_by_email_whatever_its_capitals_and_a_deactivated_one_says_so(client, slack, refusal):
    """Look-up gives the user; one who left has `deleted`; an unknown address is `users_not_found`."""
    user = slack.add_user("ada@agency.test")
    slack.add_user("bob@agency.test", deleted=True)

    assert (user, False) == tuple(
        client.users_lookupByEmail(email="ADA@agency.test")["user"][k] for k in ("id", "deleted")
    )
    assert client.users_lookupByEmail(email="bob@agency.test")["user"]["deleted"] is True
    assert "users_not_found" == refusal(lambda: client.users_lookupByEmail(email="eve@agency.test"))["error"]


def test_a_direct_message_is_opened_once(client, slack, refusal):
    """The second opening says `already_open` and gives the same channel, which takes posts."""
    user = slack.add_user("ada@agency.test")
    first, second = client.conversations_open(users=[user]), client.conversations_open(users=[user])

    assert "no_op" not in first.data
    assert (True, True, first["channel"]) == (second["no_op"], second["already_open"], second["channel"])
    client.chat_postMessage(channel=first["channel"]["id"], text="Hello")
    assert ["Hello"] == [m["text"] for m in slack.messages(first["channel"]["id"])]
    assert "user_not_found" == refusal(lambda: client.conversations_open(users=["U0NOBODY"]))["error"]


def test_pings_tell_which_messages_rang_for_everybody(client, slack):
    """Markup in text and mrkdwn rings, the escaped name and plain_text do not."""
    loud = client.chat_postMessage(channel=CHANNEL, text="New lead: <!channel>")["ts"]
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "<!here> hello"}}
    also = client.chat_postMessage(channel=CHANNEL, text="hello", blocks=[block])["ts"]
    client.chat_postMessage(channel=CHANNEL, text="New lead: &lt;!channel&gt;")
    quiet = {"type": "section", "text": {"type": "plain_text", "text": "<!channel> hello"}}
    client.chat_postMessage(channel=CHANNEL, text="hello", blocks=[quiet])

    assert [loud, also] == slack.pings(CHANNEL)


def test_the_same_calls_give_the_same_bytes(clock):
    """Two sandboxes of one seed give out the same ids; another seed gives others."""
    from worker.sandbox.slack import Slack

    def ids(seed: int) -> tuple[str, ...]:
        slack = Slack(clock, seed=seed)
        return (slack.bot.team, slack.bot.bot, slack.add_user("ada@agency.test"))

    assert ids(1) == ids(1)
    assert set(ids(1)).isdisjoint(ids(2))
