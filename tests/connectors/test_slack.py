"""The Slack connector against the sandbox: construction, every row of the error table, rendering, finding."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.standins import Once, Shelves
from worker.connectors.slack import SlackNotifier
from worker.domain.notices import Notice, Recipient
from worker.ports import Limit, Refused, ServiceError, Unauthorised, Unavailable, Unsure
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.slack import Slack

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
CHANNEL = "C0123ABCD9"
ALICE = Recipient("alice", email="ada@agency.test", slack_channel=CHANNEL)
KEY = "alice/statement/2026-Q1/GBP/1"


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def slack(clock):
    service = Slack(clock)
    service.limits = False
    service.add_channel(CHANNEL, "alices-agency")
    return service


@pytest.fixture
def server(slack, clock):
    with Server(slack, clock) as running:
        yield running


@pytest.fixture
def caller():
    return Once()


@pytest.fixture
def notifier(server, slack, clock, caller):
    return connect(server.url, slack.token, clock, caller)


def connect(url, token, clock, caller, timeout=5.0):
    return SlackNotifier(
        token=token, endpoint=f"{url}/api/", caller=caller, clock=clock, memory=Shelves(), timeout=timeout
    )


def notice(**changes):
    base = {
        "key": KEY, "kind": "statement", "recipient": ALICE, "subject": "Your statement",
        "text": "Hello Alice,\n\nplease send us an invoice.", "rows": (("Amount", "120.00 GBP"),),
    }  # fmt: skip
    return Notice(**(base | changes))


def send(notifier, to=CHANNEL, **changes):
    return notifier.send(notifier.render(notice(**changes), to), to)


def raised(kind, call):
    with pytest.raises(ServiceError) as caught:
        call()
    assert kind is type(caught.value) or (kind is Unauthorised and isinstance(caught.value, Unauthorised))
    assert "slack" == caught.value.service
    return caught.value


# ---- sending --------------------------------------------------------------------------------------------------------


def test_a_notice_is_posted_once_and_the_receipt_holds_channel_and_ts(notifier, slack, server, caller):
    """One post, one call; the receipt names key, channel and ts; the caller is told the limit and never to repeat."""
    receipt = send(notifier)

    (message,) = slack.messages(CHANNEL)
    assert (KEY, "slack", f"{CHANNEL}/{message['ts']}", START) == (
        receipt.key, receipt.channel, receipt.provider_id, receipt.at,
    )  # fmt: skip
    assert 1 == len(server.log)
    assert [((Limit(f"slack.post.{CHANNEL}", 1, 1.1),), False)] == caller.asked
    assert {"event_type": "quarterday_notice", "event_payload": {"key": KEY}} == message["metadata"]


def test_every_attempt_sends_the_same_arguments(notifier, server):
    """The frozen bytes decide what is posted: two sends of them are alike to the byte."""
    rendered = notifier.render(notice(), CHANNEL)
    notifier.send(rendered, CHANNEL)
    notifier.send(rendered, CHANNEL)

    first, second = (call.body for call in server.log)
    assert first == second
    assert json.loads(rendered) | {"channel": CHANNEL} == json.loads(first)


def test_importing_the_connector_does_not_import_the_sdk():
    """The SDK costs a fifth of a second: only the first call loads it."""
    code = "import sys, worker.ports, worker.connectors.slack; sys.exit('slack_sdk' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_an_address_is_the_slack_channel_and_nothing_else(notifier):
    """Who has no Slack channel can't be reached here, though there is an e-mail address."""
    assert CHANNEL == notifier.address(Recipient("alice", slack_channel=f" {CHANNEL} "))
    assert notifier.address(Recipient("alice", email="ada@agency.test", slack_channel="  ")) is None
    assert notifier.address(Recipient("alice", email="ada@agency.test")) is None


def test_an_email_as_channel_is_a_direct_message_looked_up_once(notifier, slack, server):
    """The person is looked up and the direct message opened the first time only."""
    slack.add_user("ada@agency.test")
    send(notifier, "ada@agency.test")
    send(notifier, "ada@agency.test")

    methods = [call.path.removeprefix("/api/") for call in server.log]
    assert ["users.lookupByEmail", "conversations.open", "chat.postMessage", "chat.postMessage"] == methods


def test_a_direct_message_that_is_refused_is_looked_up_afresh(notifier, slack, server):
    """After a refusal what was remembered of the person is forgotten."""
    slack.add_user("ada@agency.test")
    channel = send(notifier, "ada@agency.test").provider_id.partition("/")[0]
    slack.archive(channel)
    raised(Refused, lambda: send(notifier, "ada@agency.test"))
    raised(Refused, lambda: send(notifier, "ada@agency.test"))

    assert 2 == len(server.calls("POST", "/api/users.lookupByEmail"))


def test_people_who_can_not_be_reached(notifier, slack, server):
    """Nobody of this address, and one who left, are refusals about the Slack channel; nothing is posted."""
    slack.add_user("bob@agency.test", deleted=True)
    for email, code in (("eve@agency.test", "users_not_found"), ("bob@agency.test", "user_disabled")):
        error = raised(Refused, lambda: send(notifier, email))  # noqa: B023
        assert (code, "Slack channel") == (error.code, error.field)
    assert [] == server.calls("POST", "/api/chat.postMessage")


def test_a_channels_name_is_refused_without_a_call(notifier, server):
    """Names change and differ by workspace: the tracker must hold the id."""
    error = raised(Refused, lambda: send(notifier, "#alices-agency"))

    assert ("bad_channel", "Slack channel", []) == (error.code, error.field, server.log)


# ---- the table of errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("channel_not_found", "Slack channel"), ("not_in_channel", "Slack channel"), ("is_archived", "Slack channel"),
        ("channel_unshared", "Slack channel"), ("msg_too_long", None), ("no_text", None), ("msg_blocks_too_long", None),
        ("invalid_blocks", None), ("invalid_arguments", None),
    ],
)  # fmt: skip
def test_a_permanent_refusal_names_slacks_code(notifier, slack, code, field):
    """`ok: false` with a code that stays is Refused, with the code, the column that mends it, and what Slack adds."""
    body = {"ok": False, "error": code, "response_metadata": {"messages": ["[ERROR] look here"]}}
    slack.faults.order("status", options={"status": 200, "body": body})
    error = raised(Refused, lambda: send(notifier))

    assert (code, field) == (error.code, error.field)
    assert ("look here" in error.text) is (field is None)


def test_channels_refused_by_the_sandbox_itself(notifier, slack):
    """Unknown, archived, unshared and not joined channels are refused by the workspace as the table says."""
    slack.add_channel("C0SHARED00", "with-agency", shared=True)
    slack.unshare("C0SHARED00")
    slack.add_channel("C0PUBLIC00", "square", member=False)
    slack.archive(CHANNEL)
    slack.scopes = ("chat:write",)
    codes = {to: raised(Refused, lambda: send(notifier, to)).code  # noqa: B023
             for to in ("C0NOWHERE0", CHANNEL, "C0SHARED00", "C0PUBLIC00")}  # fmt: skip

    assert ["channel_not_found", "is_archived", "channel_unshared", "not_in_channel"] == list(codes.values())


@pytest.mark.parametrize("code", ["invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired"])
def test_a_dead_token_is_unauthorised(notifier, slack, code):
    """Each word for a token that is not accepted pauses the service."""
    slack.faults.order("status", options={"status": 200, "body": {"ok": False, "error": code}})

    raised(Unauthorised, lambda: send(notifier))


def test_a_missing_scope_is_unauthorised_and_named(notifier, slack):
    """A token without chat:write pauses the service and says which scope it lacks."""
    slack.scopes = ("users:read",)

    assert "chat:write" in raised(Unauthorised, lambda: send(notifier)).text


def test_429_is_unavailable_for_as_long_as_slack_says_and_no_attempt(notifier, slack):
    """Too fast: nothing was stored, the wait is Retry-After, and it is a limit."""
    slack.limits = True
    send(notifier)
    error = raised(Unavailable, lambda: send(notifier))

    assert (timedelta(seconds=1), True, 1) == (error.retry_after, error.limited, len(slack.messages(CHANNEL)))


def test_429_without_a_wait_is_unavailable_all_the_same(notifier, slack):
    """A 429 that names no wait leaves the wait to the pace."""
    slack.faults.order("status", options={"status": 429, "body": "slow down"})
    error = raised(Unavailable, lambda: send(notifier))

    assert (None, True) == (error.retry_after, error.limited)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("html", {"status": 503}),
        ("html", {"status": 500}),
        ("html", {"status": 200}),
        ("empty", {}),
        ("half-body", {}),
        ("status", {"status": 200, "body": {"ok": False, "error": "fatal_error"}}),
        ("status", {"status": 200, "body": {"ok": False, "error": "internal_error"}}),
    ],
)
def test_an_answer_that_proves_nothing_is_unsure(notifier, slack, kind, options):
    """5xx, HTML with status 200, nothing, half an answer, Slack's own fatal error: the post may be there."""
    slack.faults.order(kind, options=options)

    raised(Unsure, lambda: send(notifier))


def test_a_dropped_connection_is_unsure_and_nothing_is_sent_again(notifier, slack, server):
    """After a drop the message is there once and one request was made: the SDK's own retry is off."""
    slack.faults.order("drop-after")
    raised(Unsure, lambda: send(notifier))

    assert (1, 1) == (len(server.log), len(slack.messages(CHANNEL)))


def test_a_drop_before_slack_read_it_is_unsure_as_well(notifier, slack):
    """From here the two drops look alike."""
    slack.faults.order("drop-before")

    raised(Unsure, lambda: send(notifier))


def test_silence_past_the_timeout_is_unsure(server, slack, clock, caller):
    """A slow answer that comes too late leaves the post in doubt."""
    slack.faults.order("slow", options={"seconds": 1.0})
    hasty = connect(server.url, slack.token, clock, caller, timeout=0.5)

    raised(Unsure, lambda: send(hasty))


def test_nobody_listening_is_unavailable(slack, clock, caller):
    """A refused connection and an unknown host prove that nothing was sent."""
    with Server(slack, clock) as closed:
        url = closed.url
    raised(Unavailable, lambda: send(connect(url, "xoxb-x", clock, caller)))
    raised(Unavailable, lambda: send(connect("http://nowhere.invalid", "xoxb-x", clock, caller)))


def test_a_proxys_404_is_refused_with_its_status(notifier, slack):
    """A 4xx that is not Slack's own is Refused by number."""
    slack.faults.order("html", options={"status": 404})

    assert "404" == raised(Refused, lambda: send(notifier)).code


def test_a_warning_is_a_success(notifier, slack):
    """`ok: true` with `missing_charset` is sent."""
    body = {"ok": True, "channel": CHANNEL, "ts": "1.000001", "message": {}, "warning": "missing_charset"}
    slack.faults.order("status", options={"status": 200, "body": body})

    assert f"{CHANNEL}/1.000001" == send(notifier).provider_id


def test_a_look_up_that_fails_proves_that_nothing_was_posted(notifier, slack):
    """Before the post any lost answer is Unavailable, whatever it would be for the post."""
    slack.add_user("ada@agency.test")
    for kind in ("drop-after", "html"):
        slack.faults.order(kind, path="/api/users.lookupByEmail")
        raised(Unavailable, lambda: send(notifier, "ada@agency.test"))

    assert [CHANNEL] == list(slack.channels)


def test_errors_hold_no_token(notifier, slack):
    """Whatever fails, the token is in no error."""
    for order in ({"kind": "html"}, {"kind": "drop-after"}, {"kind": "empty"}):
        slack.faults.order(**order)
        error = raised(Unsure, lambda: send(notifier))
        assert slack.token not in f"{error!r} {error.__cause__!r} {error.__context__}"


# ---- finding --------------------------------------------------------------------------------------------------------


def test_a_post_in_doubt_is_found_by_its_key(notifier, slack, clock):
    """After a drop the post is found among others and people's messages, and the receipt is that of the post."""
    slack.faults.order("drop-after")
    raised(Unsure, lambda: send(notifier))
    slack.say(CHANNEL, "thanks!")
    send(notifier, key="alice/lead/L-1")

    found = notifier.find(KEY, CHANNEL, clock.now())
    assert (KEY, "slack", f"{CHANNEL}/{slack.messages(CHANNEL)[0]['ts']}") == (
        found.key, found.channel, found.provider_id,
    )  # fmt: skip


def test_what_was_not_posted_is_not_found(notifier, slack, clock):
    """A post that Slack never got, among others of ours and other people's, is not there."""
    send(notifier, key="alice/lead/L-1")
    slack.say(CHANNEL, KEY)

    assert notifier.find(KEY, CHANNEL, clock.now()) is None


def test_it_looks_from_a_minute_before_and_not_further(notifier, clock):
    """A post of 59 s before the journal's row is found, one of 61 s before is not."""
    send(notifier)

    assert notifier.find(KEY, CHANNEL, START + timedelta(seconds=59)) is not None
    assert notifier.find(KEY, CHANNEL, START + timedelta(seconds=61)) is None


def test_it_pages_to_the_end(notifier, slack, server, clock):
    """The key is found behind more messages than a page holds."""
    for number in range(450):
        slack.say(CHANNEL, f"chatter {number}")
    send(notifier)
    server.log.clear()

    assert notifier.find(KEY, CHANNEL, clock.now()) is not None
    assert 3 == len(server.calls("POST", "/api/conversations.history"))


def test_without_the_history_scope_it_refuses_and_does_not_pause_the_service(notifier, slack, clock):
    """Not being allowed to look is Refused, so that the row is held and posting goes on."""
    slack.scopes = ("chat:write",)

    assert "missing_scope" == raised(Refused, lambda: notifier.find(KEY, CHANNEL, clock.now())).code


def test_metadata_that_can_not_be_read_is_never_taken_for_not_there(notifier, slack, clock):
    """Where Slack hides metadata, our own bare post in the window makes the search refuse to answer."""
    slack.metadata_needs_scope = True
    assert notifier.find(KEY, CHANNEL, clock.now()) is None
    slack.say(CHANNEL, "hello")
    assert notifier.find(KEY, CHANNEL, clock.now()) is None
    send(notifier)

    assert "blind" == raised(Refused, lambda: notifier.find(KEY, CHANNEL, clock.now())).code


def test_a_search_that_fails_is_unavailable_and_may_be_repeated(notifier, slack, clock, caller):
    """Reading changes nothing: a lost answer is Unavailable, and the caller may send it again."""
    slack.faults.order("html", options={"status": 503})
    raised(Unavailable, lambda: notifier.find(KEY, CHANNEL, clock.now()))

    assert [((Limit("slack.conversations.history", 45, 60.0),), True)] == caller.asked


# ---- rendering ------------------------------------------------------------------------------------------------------


def blocks(notifier, **changes):
    return json.loads(notifier.render(notice(**changes), CHANNEL))["blocks"]


def test_a_notice_has_header_text_and_rows_and_text_beside_them(notifier):
    """The header is the subject, then the text, then the rows as fields; `text` is there for screen readers."""
    rendered = json.loads(notifier.render(notice(), CHANNEL))

    assert ["header", "section", "section"] == [block["type"] for block in rendered["blocks"]]
    assert "Your statement" == rendered["blocks"][0]["text"]["text"]
    assert ["Amount: 120.00 GBP"] == [field["text"] for field in rendered["blocks"][2]["fields"]]
    assert rendered["text"].startswith("Your statement\nHello Alice,")
    assert rendered["unfurl_links"] is False


def test_a_company_called_channel_rings_for_nobody(notifier, slack):
    """Markup in a partner's words is escaped everywhere, `&` first."""
    evil = "<!channel> A&B <https://evil.test|here> *bold*"
    send(notifier, subject=evil, text=evil, rows=((evil, evil),))

    assert [] == slack.pings(CHANNEL)
    (message,) = slack.messages(CHANNEL)
    assert "&lt;!channel&gt; A&amp;B" in message["text"]
    assert "<" not in json.dumps([message["text"], message["blocks"]])


def test_at_most_twenty_rows_and_the_rest_is_counted(notifier):
    """Rows beyond twenty are counted in a line; empty ones are left out."""
    rows = (*((f"Line {n}", "1.00") for n in range(25)), ("Empty", " "))
    shown = blocks(notifier, rows=rows)

    assert [10, 10] == [len(block["fields"]) for block in shown if "fields" in block]
    assert "and 5 more, not shown here" == shown[-1]["elements"][0]["text"]


@pytest.mark.parametrize("filler", ["x", "é", "&", "<", '"', "\n", "\\", "🎉", "\ud800", "\x00", "\u2028"])
def test_rubbish_of_any_length_is_posted_within_slacks_limits(notifier, slack, filler):
    """100,000 characters in every part are cut so that Slack takes them, no entity cut in two."""
    huge = filler * 100_000
    send(notifier, subject=huge, text=f"a {huge}", rows=tuple((f"row {huge}", huge) for _ in range(30)))

    (message,) = slack.messages(CHANNEL)
    assert "\x00" not in message["text"]
    assert message["text"].count("&") == message["text"].count(";")


def test_a_notice_of_nothing_but_spaces_is_still_a_message(notifier, slack):
    """An empty subject or text makes no empty block."""
    send(notifier, subject=" ", text="Paid.", rows=())

    assert ["section"] == [block["type"] for block in slack.messages(CHANNEL)[0]["blocks"]]


# ---- the doctor -----------------------------------------------------------------------------------------------------


def test_the_doctor_names_the_bot_and_every_scope_that_is_missing(notifier, slack):
    """All is well with the scopes; without one, the line says which and why."""
    assert [True, True] == [check.ok for check in notifier.check()]
    assert "quarterday in Sandbox" == notifier.check()[0].found
    slack.scopes = ("chat:write", "channels:history")
    token, scopes = notifier.check()

    assert (True, False) == (token.ok, scopes.ok)
    assert "groups:history" in scopes.remedy
    assert "channels:history" not in scopes.remedy


def test_the_doctor_says_that_a_token_is_dead(notifier, slack):
    """A revoked token is one line with the remedy."""
    slack.dead = "token_revoked"
    (check,) = notifier.check()

    assert (False, True) == (check.ok, "token_revoked" in check.found)
    notifier.close()
