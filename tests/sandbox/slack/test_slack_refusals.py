"""What the sandbox of Slack refuses, how fast it may be called, and how it fails to order."""

from __future__ import annotations

import http.client
import json
import urllib.request
from datetime import timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

CHANNEL = "C0123ABCD9"


def raw(server, method, body=b"", content_type="", token="xoxb-SANDBOX"):
    """Post bytes as they are and return status, headers and the JSON."""
    headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPConnection(*server.url.removeprefix("http://").split(":"), timeout=5)
    try:
        connection.request("POST", f"/api/{method}", body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), json.loads(response.read())
    finally:
        connection.close()


def test_json_without_a_charset_is_taken_with_a_warning(server, slack):
    """JSON that names no charset is stored, and the reply carries `missing_charset`."""
    body = json.dumps({"channel": CHANNEL, "text": "Hello"}).encode()
    _, _, reply = raw(server, "chat.postMessage", body, "application/json")

    assert (True, "missing_charset", ["missing_charset"]) == (
        reply["ok"], reply["warning"], reply["response_metadata"]["warnings"],
    )  # fmt: skip
    assert 1 == len(slack.messages(CHANNEL))


def test_a_warning_is_no_failure_for_the_sdk(client, server):
    """The SDK returns normally on `ok: true` with a warning."""
    server.service.faults.order(
        "status", options={"status": 200, "body": {"ok": True, "ts": "1.000001", "warning": "missing_charset"}}
    )

    assert "missing_charset" == client.chat_postMessage(channel=CHANNEL, text="Hello")["warning"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b'{"channel": ', "application/json; charset=utf-8", "invalid_json"),
        (b"[1]", "application/json; charset=utf-8", "json_not_object"),
        (b"{}", "application/json; charset=latin-1", "invalid_charset"),
        (b"channel", "application/x-www-form-urlencoded", "invalid_form_data"),
        (b"channel[x]=1", "application/x-www-form-urlencoded", "invalid_array_arg"),
        (b"ch%20annel=1", "application/x-www-form-urlencoded", "invalid_arg_name"),
        (b"<xml/>", "text/xml", "invalid_post_type"),
        (b"channel=1", "", "missing_post_type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_name(server, body, content_type, code):
    """Each way of sending a bad body has Slack's own word, in a 200."""
    status, _, reply = raw(server, "chat.postMessage", body, content_type)

    assert (200, {"ok": False, "error": code}) == (status, {k: reply[k] for k in ("ok", "error")})


def test_arguments_are_held_to_the_method(server):
    """An argument that is missing, unknown or of a wrong type is named with a JSON pointer."""
    body = json.dumps({"text": 7, "colour": "red"}).encode()
    _, _, reply = raw(server, "chat.postMessage", body, "application/json; charset=utf-8")

    assert "invalid_arguments" == reply["error"]
    assert [
        "[ERROR] must be a valid str [json-pointer:/text]",
        "[ERROR] unsupported field: colour [json-pointer:/colour]",
        "[ERROR] missing required field: channel [json-pointer:/channel]",
    ] == reply["response_metadata"]["messages"]


def test_an_unknown_method_and_an_unknown_path_are_refused(server, refusal, client):
    """A method that is not there is `unknown_method`; a path outside /api/ is a 404 in HTML."""
    assert "unknown_method" == refusal(lambda: client.api_call("chat.shout"))["error"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}/chat.postMessage", timeout=5)
    with caught.value as page:
        assert (404, "text/html") == (page.code, page.headers.get_content_type())


def test_tokens(server, slack, client, refusal):
    """No token, a wrong one, a revoked one and a deactivated account have their own words."""
    assert "not_authed" == raw(server, "auth.test", token="")[2]["error"]
    assert "invalid_auth" == raw(server, "auth.test", token="xoxb-other")[2]["error"]
    for word in ("token_revoked", "account_inactive"):
        slack.dead = word
        assert word == refusal(client.auth_test)["error"]


def test_auth_test_names_bot_and_team_and_the_scopes_in_a_header(client, slack):
    """auth.test says who the token is; what it may do stands in x-oauth-scopes."""
    reply = client.auth_test()

    assert (slack.bot.team, slack.bot.user, slack.bot.bot) == (reply["team_id"], reply["user_id"], reply["bot_id"])
    assert ",".join(slack.scopes) == reply.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (lambda c: c.chat_postMessage(channel=CHANNEL, text="x"), "chat:write"),
        (lambda c: c.users_lookupByEmail(email="a@b.test"), "users:read.email"),
        (lambda c: c.conversations_open(users=["U1"]), "im:write"),
        (lambda c: c.conversations_history(channel=CHANNEL), "channels:history"),
        (lambda c: c.conversations_history(channel="C0PRIVATE0"), "groups:history"),
        (lambda c: c.conversations_info(channel=CHANNEL), "channels:read"),
    ],
)
def test_each_method_needs_its_scope(slack, client, refusal, call, scope):
    """Without its scope a method is refused with what is needed and what is there."""
    slack.add_channel("C0PRIVATE0", "secret", private=True)
    slack.scopes = ("identify",)
    reply = refusal(lambda: call(client))

    assert ("missing_scope", scope, "identify") == (reply["error"], reply["needed"], reply["provided"])


def test_channels_that_take_no_post(slack, client, refusal):
    """Unknown, private and foreign, archived, unshared, and not joined without chat:write.public: each has its word."""
    slack.add_channel("C0PRIVATE0", "secret", private=True, member=False)
    slack.add_channel("C0ARCHIVED", "old", archived=True)
    slack.add_channel("C0SHARED00", "with-agency", shared=True)
    slack.add_channel("C0PUBLIC00", "town-square", member=False)

    def post(channel):
        return client.chat_postMessage(channel=channel, text="x")

    assert "channel_not_found" == refusal(lambda: post("C0NOWHERE0"))["error"]
    assert "channel_not_found" == refusal(lambda: post("C0PRIVATE0"))["error"]
    assert "is_archived" == refusal(lambda: post("C0ARCHIVED"))["error"]
    assert post("C0SHARED00")["ok"]
    slack.unshare("C0SHARED00")
    assert "channel_unshared" == refusal(lambda: post("C0SHARED00"))["error"]
    assert post("C0PUBLIC00")["ok"]
    slack.scopes = ("chat:write", "channels:history")
    assert "not_in_channel" == refusal(lambda: post("C0PUBLIC00"))["error"]
    assert "not_in_channel" == refusal(lambda: client.conversations_history(channel="C0PUBLIC00"))["error"]
    slack.archive(CHANNEL)
    assert "is_archived" == refusal(lambda: post(CHANNEL))["error"]


def test_a_message_needs_text_and_not_too_much_of_it(client, refusal):
    """No text and no blocks is `no_text`; above 40,000 characters is `msg_too_long`."""
    assert "no_text" == refusal(lambda: client.api_call("chat.postMessage", json={"channel": CHANNEL}))["error"]
    assert "msg_too_long" == refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x" * 40_001))["error"]
    assert client.chat_postMessage(channel=CHANNEL, text="x" * 40_000)["ok"]


def test_fifty_blocks_and_no_more(client, slack, refusal):
    """The SDK lets 51 blocks through; Slack refuses them with `errors` and messages, and takes 50."""
    reply = refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x", blocks=[{"type": "divider"}] * 51))

    assert ("invalid_blocks", ["no more than 50 items allowed [json-pointer:/blocks]"]) == (
        reply["error"], reply["errors"],
    )  # fmt: skip
    assert ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"] == reply["response_metadata"]["messages"]
    assert client.chat_postMessage(channel=CHANNEL, text="x", blocks=[{"type": "divider"}] * 50)["ok"]
    assert 1 == len(slack.messages(CHANNEL))


def test_thirteen_thousand_two_hundred_characters_over_all_blocks(client, refusal):
    """The blocks as compact JSON may hold 13,200 characters; one more is `msg_blocks_too_long`."""

    def blocks(size):
        """Return five sections whose compact JSON has this many characters."""
        overhead = len(json.dumps([section("")] * 5, separators=(",", ":")))
        lengths = [(size - overhead) // 5] * 4
        return [section("é" * n) for n in [*lengths, size - overhead - sum(lengths)]]

    def section(text):
        return {"type": "section", "text": {"type": "mrkdwn", "text": text}}

    assert client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks(13_200))["ok"]
    reply = refusal(lambda: client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks(13_201)))
    assert "msg_blocks_too_long" == reply["error"]


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({}, "missing required field: type [json-pointer:/blocks/0/type]"),
        ({"type": "hologram"}, "unsupported type: hologram [json-pointer:/blocks/0/type]"),
        ({"type": "divider", "text": "x"}, "invalid additional property: text [json-pointer:/blocks/0/text]"),
        ({"type": "section"}, "must define either `fields` or `text` [json-pointer:/blocks/0]"),
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
            "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
        ),
        (
            {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        ({"type": "context", "elements": 7}, "missing required field: elements [json-pointer:/blocks/0/elements]"),
        (
            {"type": "context", "elements": [{"type": "mrkdwn", "text": ""}]},
            "must be more than 0 characters [json-pointer:/blocks/0/elements/0/text]",
        ),
        (
            {"type": "markdown", "text": "x" * 12_001},
            "must be less than 12001 characters [json-pointer:/blocks/0/text]",
        ),
    ],
)
def test_a_block_out_of_bounds_is_named_with_its_place(server, block, complaint):
    """Each limit of a block is refused as `invalid_blocks`, with the reason and a JSON pointer."""
    body = json.dumps({"channel": CHANNEL, "text": "x", "blocks": [block]}).encode()
    _, _, reply = raw(server, "chat.postMessage", body, "application/json; charset=utf-8")

    assert ("invalid_blocks", [complaint]) == (reply["error"], reply["errors"])


def test_metadata_is_an_event_type_and_a_payload(client, refusal):
    """Metadata without its two fields, or with others, is refused."""

    def post(metadata):
        return client.api_call("chat.postMessage", json={"channel": CHANNEL, "text": "x", "metadata": metadata})

    assert "invalid_metadata_schema" == refusal(lambda: post({"event_type": "x"}))["error"]
    more = {"event_type": "x", "event_payload": {}, "colour": "red"}
    assert "invalid_metadata_format" == refusal(lambda: post(more))["error"]


def test_one_message_a_second_in_a_channel(client, slack, clock):
    """The second message of one second in a channel is 429 with Retry-After, not stored; other channels are free."""
    slack.limits = True
    slack.add_channel("C0OTHER000", "bobs-agency")
    client.chat_postMessage(channel=CHANNEL, text="a")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text="b")

    assert (429, "ratelimited", "1") == (
        caught.value.response.status_code, caught.value.response["error"], caught.value.response.headers["Retry-After"],
    )  # fmt: skip
    client.chat_postMessage(channel="C0OTHER000", text="a")
    clock.advance(timedelta(seconds=1))
    client.chat_postMessage(channel=CHANNEL, text="b")
    assert ["a", "b"] == [m["text"] for m in slack.messages(CHANNEL)]


def test_reading_methods_have_the_third_tier(client, slack, clock):
    """The fifty-first history of a minute is 429 and says when the minute is over."""
    slack.limits = True
    for _ in range(50):
        client.conversations_history(channel=CHANNEL)
    with pytest.raises(SlackApiError) as caught:
        client.conversations_history(channel=CHANNEL)

    wait = int(caught.value.response.headers["Retry-After"])
    assert 0 < wait <= 60
    clock.advance(timedelta(seconds=wait))
    assert client.conversations_history(channel=CHANNEL)["ok"]


def test_a_connection_dropped_after_storing_leaves_the_message(client, slack):
    """A drop after storing raises no SlackApiError, and the message is there."""
    slack.faults.order("drop-after", path="/api/chat.postMessage")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        client.chat_postMessage(channel=CHANNEL, text="Hello")

    assert ["Hello"] == [m["text"] for m in slack.messages(CHANNEL)]


def test_the_sdks_own_retry_would_post_twice(server, slack):
    """With the SDK's default handlers one call and one drop leave two messages: why they are switched off."""
    slack.faults.order("drop-after", path="/api/chat.postMessage")
    careless = WebClient(token=slack.token, base_url=f"{server.url}/api/", timeout=5)
    careless.retry_handlers[0].interval_calculator = FixedValueRetryIntervalCalculator(fixed_internal=0.01)
    careless.chat_postMessage(channel=CHANNEL, text="Hello")

    assert ["Hello", "Hello"] == [m["text"] for m in slack.messages(CHANNEL)]


def test_503_in_html(client, slack):
    """A 503 page raises SlackApiError with that status, and nothing was stored."""
    slack.faults.order("html", options={"status": 503})
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text="Hello")

    assert (503, []) == (caught.value.response.status_code, slack.messages(CHANNEL))


def test_slow(server, slack):
    """A slow answer past the timeout raises TimeoutError, and the message is there."""
    slack.faults.order("slow", options={"seconds": 1.5})
    hasty = WebClient(token=slack.token, base_url=f"{server.url}/api/", retry_handlers=[], timeout=0.5)
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=CHANNEL, text="Hello")

    assert ["Hello"] == [m["text"] for m in slack.messages(CHANNEL)]
