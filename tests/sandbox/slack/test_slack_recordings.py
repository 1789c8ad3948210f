"""The sandbox of Slack held against recorded traffic and against the official description of 2021.

Neither is part of the checkout: where they are absent the tests skip and say so.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from worker.sandbox.clock import Clock
from worker.sandbox.server import Request
from worker.sandbox.slack import Slack
from worker.sandbox.slack.arguments import METHODS

SHARED = Path(__file__).parents[4] / "shared"
RECORDINGS = SHARED / "recordings" / "slack.jsonl"
SPEC = SHARED / "specs" / "slack" / "slack_web_openapi_v2.json"
START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
CHANNEL = "C0123ABCD9"

NOT_MODELLED = {
    "conversations.info": "a group direct message, in the shape of 2015: no notice goes to one",
    "conversations.list": "a notice goes to the channel id in the tracker, so channels are never listed",
    "conversations.setTopic": "the worker changes nothing about a channel",
    "users.list": "users are looked up by e-mail",
    "users.info": "users are looked up by e-mail",
    "files.getUploadURLExternal": "notices have no files",
    "files.completeUploadExternal": "notices have no files",
    "SCRUBBED": "the upload of a file",
    "rtm.connect": "the worker does not listen on a socket",
    "views.open": "notices have no dialogs",
}
# What the Web API has gained since its description was frozen in September 2021 (providers/notify.md, 2026-03).
NEWER = {"app_id", "user_id", "metadata"}


def recorded():
    """Return the recorded exchanges; skip where the folder is absent."""
    if not RECORDINGS.exists():
        pytest.skip(f"no {RECORDINGS.name}: the recordings are not beside this checkout")
    return [json.loads(line) for line in RECORDINGS.read_text().splitlines()]


def described():
    """Return the official description; skip where it is absent."""
    if not SPEC.exists():
        pytest.skip(f"no {SPEC.name}: the descriptions are not beside this checkout")
    return json.loads(SPEC.read_text())


def workspace(*scopes):
    """Return a sandbox with one channel, one user, no limits."""
    slack = Slack(Clock(START), scopes=scopes) if scopes else Slack(Clock(START))
    slack.limits = False
    slack.add_channel(CHANNEL, "alices-agency")
    slack.add_user("ada@agency.test")
    slack.add_user("bob@agency.test", deleted=True)
    return slack


def call(slack, method, arguments=(), token="xoxb-SANDBOX"):
    """Send one form straight to the service."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    body = urlencode(list(arguments.items() if isinstance(arguments, dict) else arguments)).encode()
    reply = slack.answer(Request("POST", f"/api/{method}", (), headers, body, START))
    return reply, json.loads(reply.body)


def shape(value):
    """Return keys and JSON types, all the way down; a list is the set of its items' shapes."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(item), sort_keys=True) for item in value})
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def test_recorded_exchanges_get_the_same_status_and_shape(record_property):
    """Every recorded exchange of a modelled method is answered alike; the others are counted, with the reason."""
    alike, unmodelled = [], {}
    for exchange in recorded():
        method = exchange["request"]["url"].rsplit("/", 1)[-1]
        if method in NOT_MODELLED:
            unmodelled[method] = unmodelled.get(method, 0) + 1
            continue
        body, headers = exchange["response"]["body"], exchange["response"]["headers"]
        token = "" if body.get("error") == "not_authed" else "xoxb-SANDBOX"
        reply, mine = call(workspace(), method, (exchange["request"]["body"] or {}).get("_form", []), token)

        assert exchange["response"]["status"] == reply.status
        assert shape(body) == shape(mine)
        assert headers["content-type"] == reply.headers["Content-Type"]
        for header in ("x-oauth-scopes", "x-accepted-oauth-scopes", "x-slack-req-id"):
            assert (header in headers) == (header in reply.headers)
        alike.append(method)
    total = len(alike) + sum(unmodelled.values())
    lines = [f"slack.jsonl: {len(alike)} of {total} recorded exchanges answered with the same shape"]
    lines += [f"  {n:2} {method}: not modelled: {NOT_MODELLED[method]}" for method, n in sorted(unmodelled.items())]
    record_property("recordings", "\n".join(lines))

    assert ["auth.test"] * 3 == alike


def test_a_recorded_channel_has_the_keys_and_types_of_ours():
    """The channel that conversations.setTopic gave back has the shape that conversations.info gives here."""
    ours = call(workspace(), "conversations.info", {"channel": CHANNEL})[1]["channel"]
    recorded_channels = [
        exchange["response"]["body"]["channel"]
        for exchange in recorded() if exchange["request"]["url"].endswith("conversations.setTopic")
    ]  # fmt: skip

    assert 3 == len(recorded_channels)
    for theirs in recorded_channels:
        assert shape(theirs) == shape({**ours, "shared_team_ids": [*theirs["shared_team_ids"]]})


def test_recorded_people_have_the_keys_and_types_of_ours():
    """A person of the recorded users.list has, field by field, what look-up gives here, whether active or gone."""
    people = [
        person
        for exchange in recorded() if exchange["request"]["url"].endswith("users.list")
        for person in exchange["response"]["body"]["members"]
        if not person["is_bot"] and "email" in person["profile"] and "is_invited_user" not in person
    ]  # fmt: skip
    ours = {
        gone: call(workspace(), "users.lookupByEmail", {"email": email})[1]["user"]
        for gone, email in ((False, "ada@agency.test"), (True, "bob@agency.test"))
    }
    optional = {"image_original", "is_custom_image", "image_1024", "pronouns", "last_name"}

    assert people
    for person in people:
        theirs, mine = shape(person), shape(ours[person["deleted"]])
        assert mine.keys() == theirs.keys()
        assert optional | mine["profile"].keys() >= theirs["profile"].keys()
        both = mine["profile"].keys() & theirs["profile"].keys()
        assert {k: theirs["profile"][k] for k in both} == {k: mine["profile"][k] for k in both}


def test_a_recorded_refusal_of_arguments_has_the_shape_of_ours():
    """The recorded `invalid_arguments` of another method has our keys, types and wording."""
    theirs = next(e for e in recorded() if e["request"]["url"].endswith("views.open"))["response"]["body"]
    ours = call(workspace(), "chat.postMessage", {"text": "x"})[1]

    assert shape(theirs) == shape(ours)
    assert "[ERROR] missing required field: type [json-pointer:/view]" in theirs["response_metadata"]["messages"]
    assert ["[ERROR] missing required field: channel [json-pointer:/channel]"] == ours["response_metadata"]["messages"]


def test_a_recorded_array_argument_is_refused_alike():
    """A name with brackets is `invalid_array_arg`, as recorded."""
    theirs = next(e for e in recorded() if "request[timeout]" in json.dumps(e["request"]["body"]))["response"]["body"]

    assert theirs == call(workspace(), "chat.postMessage", [("request[timeout]", "180")])[1]


def replies():
    """Return one good reply of every method, by method."""
    slack = workspace()
    user = call(slack, "users.lookupByEmail", {"email": "ada@agency.test"})[1]["user"]["id"]
    metadata = json.dumps({"event_type": "quarterday_notice", "event_payload": {"key": "k"}})
    post = {"channel": CHANNEL, "text": "Hello", "blocks": '[{"type":"divider"}]', "metadata": metadata}
    asked = {
        "auth.test": {}, "chat.postMessage": post, "users.lookupByEmail": {"email": "ada@agency.test"},
        "conversations.open": {"users": user}, "conversations.info": {"channel": CHANNEL},
        "conversations.history": {"channel": CHANNEL, "include_all_metadata": "1"},
    }  # fmt: skip
    return {method: call(slack, method, arguments)[1] for method, arguments in asked.items()}


def test_every_reply_fits_the_official_description():
    """Good replies validate against the description of 2021, save for fields that are newer than it."""
    spec = described()
    registry = Registry().with_resource("urn:spec", DRAFT4.create_resource(spec))
    for method, reply in replies().items():
        verb = next(iter(spec["paths"][f"/{method}"]))
        pointer = f"urn:spec#/paths/~1{method}/{verb}/responses/200/schema"
        for error in Draft4Validator({"$ref": pointer}, registry=registry).iter_errors(reply):
            extra = set(error.instance) - set(error.schema.get("properties", {}))
            assert ("additionalProperties", set()) == (error.validator, extra - NEWER), (method, error.message)


def test_every_argument_of_a_method_is_one_that_slack_describes():
    """The sandbox takes no argument that the description (or, newer than it, the SDK) does not know."""
    spec = described()
    newer = {"chat.postMessage": {"metadata"}, "conversations.history": {"include_all_metadata"}}
    for method, rules in METHODS.items():
        operation = next(iter(spec["paths"][f"/{method}"].values()))
        known = {parameter["name"] for parameter in operation["parameters"]} | newer.get(method, set())
        assert set() == rules.takes.keys() - known, method


def test_error_words_are_those_of_the_description():
    """The permanent refusals of a post are in the description's own list, save the two that are newer."""
    spec = described()
    words = spec["paths"]["/chat.postMessage"]["post"]["responses"]["default"]["schema"]["properties"]["error"]["enum"]
    slack = workspace()
    slack.add_channel("C0ARCHIVED", "old", archived=True)
    slack.add_channel("C0PUBLIC00", "square", member=False)
    slack.scopes = ("chat:write",)
    said = {
        call(slack, "chat.postMessage", {"channel": "C0NOWHERE0", "text": "x"})[1]["error"],
        call(slack, "chat.postMessage", {"channel": "C0ARCHIVED", "text": "x"})[1]["error"],
        call(slack, "chat.postMessage", {"channel": "C0PUBLIC00", "text": "x"})[1]["error"],
        call(slack, "chat.postMessage", {"channel": CHANNEL})[1]["error"],
        call(slack, "chat.postMessage", {"channel": CHANNEL, "text": "x" * 40_001})[1]["error"],
        call(slack, "chat.postMessage", {"channel": CHANNEL, "text": "x"}, token="")[1]["error"],
        call(slack, "chat.postMessage", {"channel": CHANNEL, "text": "x"}, token="xoxb-no")[1]["error"],
    }

    assert 7 == len(said)
    assert set() == said - set(words)
