"""A service that is down, slow, out of quota, talking HTML or hanging up: its flow says so and the others run.

Once it is well again everything is done, and nothing twice. Every fault is ordered at the sandbox; the worker's own
waits take no real time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Desk, Said, on_both
from worker.sandbox.faults import Faults
from worker.sandbox.server import Request

ALL = 10**6  # so many times that no run outlives it
NEEDS = {
    "airtable": {"intake", "stages", "commissions", "cash", "statements", "settle"},
    "google": {"intake", "stages", "commissions", "cash", "statements", "settle"},
    "hubspot": {"intake", "stages", "commissions", "cash"},
    "xero": {"commissions", "cash", "settle"},
}  # which flows can't do their work without a service


def tracker_for(service: str) -> str:
    """Return the tracker of a programme that uses a service."""
    return "google-sheets" if service == "google" else "airtable"


def each(*names: str) -> pytest.MarkDecorator:
    """Run a test for services, each in a programme that uses it."""
    return pytest.mark.parametrize(
        ("tracker", "service"), [(tracker_for(name), name) for name in names], ids=names, indirect=["tracker"]
    )


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A programme with a won deal, a paid invoice, and work for every flow: a new lead, a changed deal, new money."""
    world = desk.world
    world.slack.add_channel("C0NORTHSTAR", "north-star")
    desk.partner("North Star", **{"Slack channel": "C0NORTHSTAR"})
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    desk.win(desk.row(row)["Deal ID"], "12000", "annual")
    desk.later(minutes=5)
    desk.run()
    desk.lead("North Star", "Birch")
    world.hubspot.edit("deals", desk.row(row)["Deal ID"], {"amount": "24000"})
    contact = world.xero.add_contact("Acme")
    world.xero.pay(world.xero.invoice(contact, 24000, reference=desk.row(row)["Deal ID"]))
    desk.later(minutes=10)
    return desk


def faults(desk: Desk, service: str) -> Faults:
    """Return where faults of a service are ordered."""
    return desk.world.servers[service].service.faults


def states(said: Said) -> dict[str, str]:
    """Return the state of every flow of a run."""
    return {flow: found["state"] for flow, found in said.json["flows"].items()}


def words(said: Said, flow: str) -> str:
    """Return what a run says of a flow."""
    found = said.json["flows"][flow]
    return " ".join([*found["errors"], *found["problems"]])


def assert_whole(desk: Desk) -> None:
    """Assert that everything that there was to do is done, once."""
    world = desk.world
    leads = {row["Company"]: row for row in desk.rows("Leads")}
    lines = desk.rows("Commissions")
    posts = [post["metadata"]["event_payload"]["key"] for post in world.slack.messages("C0NORTHSTAR")]
    subjects = [letter.raw.split(b"\r\nMessage-ID: ")[1].split(b"\r\n")[0] for letter in world.mail.received]

    assert {"Acme": "Won", "Birch": "Qualified"} == {company: row["Status"] for company, row in leads.items()}
    assert 2 == len(world.hubspot.deals()) == len(world.hubspot.companies()) == len(world.hubspot.contacts())
    assert 24000 == leads["Acme"]["Deal value"]
    assert {200} == {line["Amount"] for line in lines}
    assert 12 == len(lines) == len({line["Line"] for line in lines})
    assert 3 == len(posts) == len(set(posts))
    assert 3 == len(subjects) == len(set(subjects))


def hubspot_body(category: str) -> dict[str, str]:
    """Return an error body of HubSpot."""
    return {"status": "error", "message": "…", "correlationId": "0-0-0-0-0", "category": category}


TROUBLES: dict[str, Callable[[Faults], None]] = {
    "html": lambda f: f.order("html", times=ALL),
    "500": lambda f: f.order("status", times=ALL, options={"status": 500, "body": "oops"}),
    "503": lambda f: f.order("status", times=ALL, options={"status": 503, "body": ""}),
    "429": lambda f: f.order(
        "status", times=ALL, options={"status": 429, "body": "", "headers": {"Retry-After": "30"}}
    ),
    "hung up on": lambda f: f.order("drop-before", times=ALL),
    "half a body": lambda f: f.order("half-body", times=ALL),
}


TROUBLED = [
    *(("airtable", trouble) for trouble in ("html", "429", "hung up on", "half a body")),
    *(("google", trouble) for trouble in ("html", "429", "hung up on", "half a body")),
    *(("hubspot", trouble) for trouble in ("html", "500", "half a body")),
    *(("xero", trouble) for trouble in ("html", "503", "429", "hung up on")),
]


@pytest.mark.parametrize(
    ("tracker", "service", "trouble"), [(tracker_for(one), one, trouble) for one, trouble in TROUBLED],
    ids=[f"{one}-{trouble}" for one, trouble in TROUBLED], indirect=["tracker"],
)  # fmt: skip
def test_a_service_in_trouble(busy: Desk, service: str, trouble: str) -> None:
    """The flows that need the service say so by name and the run ends with 1; the others run; later all is done."""
    TROUBLES[trouble](faults(busy, service))

    said = busy.command("run", "--json")

    found = states(said)
    assert 1 == said.code
    troubled = {flow for flow, state in found.items() if state not in ("in sync", "needs attention")}
    assert NEEDS[service] == troubled
    for flow in troubled:
        assert service in words(said, flow).lower()
    health = busy.command("status", "--json").json["flows"]
    assert [] == [flow for flow in troubled if service not in health[flow]["words"].lower()]

    faults(busy, service).clear()
    busy.later(hours=2)
    again = busy.command("run", "--json")
    assert {"in sync"} == set(states(again).values())
    assert 0 == again.code
    assert_whole(busy)


@each(*NEEDS)
def test_a_service_that_is_down(busy: Desk, service: str) -> None:
    """A service that refuses connections holds up its own flows only, and they go on when it is back."""
    url = busy.world.servers[service].url
    config = busy.config.read_text(encoding="utf-8")
    busy.config.write_text(config.replace(url, "http://127.0.0.1:9"), encoding="utf-8")

    said = busy.command("run", "--json")

    assert 1 == said.code
    assert NEEDS[service] == {flow for flow, state in states(said).items() if state != "in sync"}
    for flow in NEEDS[service]:
        assert service in words(said, flow).lower()

    busy.config.write_text(config, encoding="utf-8")
    busy.later(hours=2)
    assert {"in sync"} == set(states(busy.command("run", "--json")).values())
    assert_whole(busy)


@pytest.mark.parametrize("skip", range(3))
@each("airtable", "google", "hubspot")
def test_an_answer_that_never_came(busy: Desk, service: str, skip: int) -> None:
    """A write that was carried out and whose answer was lost is found again, not made twice."""
    sheet = f"/v4/spreadsheets/{busy.world.google.file.id}"
    places = {"google": [("POST", f"{sheet}/values:batchUpdate"), ("POST", f"{sheet}:batchUpdate")]}
    for method, path in places.get(service, [("POST", "/"), ("PATCH", "/")]):
        faults(busy, service).order("drop-after", method=method, path=path, skip=skip)

    busy.command("run", "--json")
    faults(busy, service).clear()
    for _ in range(2):
        busy.later(hours=2)
        again = busy.command("run", "--json")

    assert {"in sync"} == set(states(again).values())
    assert_whole(busy)


def test_airtable_out_of_calls(busy: Desk) -> None:
    """A base whose month of calls is used up stops its flows with the reason; nothing is asked again and again."""
    body = {"errors": [{"error": "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "message": "API billing limit exceeded"}]}
    faults(busy, "airtable").order("status", times=ALL, options={"status": 429, "body": body})
    before = len(busy.world.servers["airtable"].log)

    said = busy.command("run", "--json")

    assert 1 == said.code
    assert NEEDS["airtable"] == {flow for flow, state in states(said).items() if state != "in sync"}
    assert len(busy.world.servers["airtable"].log) - before <= 12


def test_xero_out_of_its_day(busy: Desk) -> None:
    """Xero's daily limit is waited for by the next runs, not by this one; the flows without Xero run."""
    headers = {"Retry-After": "40000", "X-Rate-Limit-Problem": "day"}
    faults(busy, "xero").order("status", times=ALL, path="/api.xro/", options={"status": 429, "headers": headers})

    said = busy.command("run", "--json")

    assert 1 == said.code
    assert NEEDS["xero"] == {flow for flow, state in states(said).items() if state != "in sync"}
    assert len(busy.world.servers["xero"].calls("GET", "/api.xro/")) < 20
    faults(busy, "xero").clear()
    busy.later(hours=12)
    assert {"in sync"} == set(states(busy.command("run", "--json")).values())
    assert_whole(busy)


def test_a_slow_answer(busy: Desk) -> None:
    """An answer that takes its time is waited for."""
    for service in ("airtable", "hubspot", "xero"):
        faults(busy, service).order("slow", options={"seconds": 0.3})

    assert {"in sync"} == set(states(busy.command("run", "--json")).values())
    assert_whole(busy)


def test_slack_down(busy: Desk) -> None:
    """While Slack is down leads go into the CRM and mails go out; the posts follow when it is back, once."""
    faults(busy, "slack").order("status", times=ALL, options={"status": 503, "body": ""})
    said = busy.command("run", "--json")

    assert 1 == said.code
    assert 2 == len(busy.world.hubspot.deals())
    assert 3 == len(busy.world.mail.received)
    assert "slack" in words(said, "intake").lower()

    faults(busy, "slack").clear()
    busy.later(hours=1)
    again = busy.command("run", "--json")
    assert 0 == again.code
    assert_whole(busy)


def test_a_post_whose_answer_was_lost(busy: Desk) -> None:
    """A post that Slack took without saying so is looked for and found, not sent again."""
    faults(busy, "slack").order("drop-after", path="/api/chat.postMessage")
    busy.command("run", "--json")
    busy.later(hours=1)
    busy.command("run", "--json")

    assert_whole(busy)


def test_the_relay_down(busy: Desk) -> None:
    """While the relay is down everything else goes on; the mail follows when it is back, once."""
    mail = busy.world.mail
    mail.answer("MAIL", 451, times=ALL)
    said = busy.command("run", "--json")

    assert 1 == said.code
    assert 2 == len(busy.world.hubspot.deals())
    assert 2 == len(mail.received)
    assert "mail" in words(said, "intake").lower()

    mail.clear()
    busy.later(hours=1)
    assert 0 == busy.command("run", "--json").code
    assert_whole(busy)


def test_a_mail_whose_answer_was_lost(busy: Desk) -> None:
    """A mail that the relay took without saying so is held for a person, who may leave it; it is never sent twice."""
    busy.world.mail.hang_up_after_dot()
    said = busy.command("run", "--json")

    assert "held" in words(said, "intake")
    (held,) = busy.command("status", "--json").json["held"]
    assert "email" == held["channel"]
    for _ in range(2):
        busy.later(hours=1)
        busy.command("run", "--json")
    assert_whole(busy)

    assert f"{held['key']} is not sent any more" in busy.command("retry", held["key"], "--skip").out
    assert [] == busy.command("status", "--json").json["held"]
    busy.command("run", "--json")
    assert_whole(busy)


def test_a_mail_that_a_person_sends_again(busy: Desk) -> None:
    """What is held goes out again when a person says so, the same mail by its Message-ID."""
    busy.world.mail.hang_up_after_dot()
    busy.command("run", "--json")
    (held,) = busy.command("status", "--json").json["held"]

    assert "will be sent by the next run" in busy.command("retry", held["key"]).out
    busy.command("run", "--json")

    first, second = (letter.raw for letter in busy.world.mail.received[-2:])
    assert first == second
    assert [] == busy.command("status", "--json").json["held"]


def test_retrying_what_is_not_there(busy: Desk) -> None:
    """A key of which nothing is known is said to be so; what went is not sent again."""
    assert 1 == busy.command("retry", "no/such/thing").code
    assert 1 == busy.command("retry", "no/such/thing", "--skip").code
    (notice,) = {post["metadata"]["event_payload"]["key"] for post in busy.world.slack.messages("C0NORTHSTAR")[:1]}
    assert f"{notice} is not held" in busy.command("retry", notice).out


@pytest.mark.parametrize(
    ("service", "variable"),
    [("airtable", "AIRTABLE_TOKEN"), ("hubspot", "HUBSPOT_TOKEN"), ("xero", "XERO_CLIENT_SECRET")],
)
def test_a_dead_token(busy: Desk, monkeypatch: pytest.MonkeyPatch, service: str, variable: str) -> None:
    """A dead token fails the flows that need it with the remedy, alarms staff once a flow, and is never printed."""
    staff = busy.world.slack.add_channel("C0STAFF", "staff")
    config = busy.config.read_text(encoding="utf-8")
    busy.config.write_text(config.replace("[notify.slack]", f'[notify.slack]\nstaff_channel = "{staff}"'), "utf-8")
    good = os.environ[variable]
    monkeypatch.setenv(variable, "dead-and-gone-0123456789")

    said = [busy.command("run", "--json") for _ in range(3)]

    for one in said:
        assert 1 == one.code
        assert NEEDS[service] == {flow for flow, state in states(one).items() if state == "failed"}
        assert service in words(one, min(NEEDS[service])).lower()
        assert "dead-and-gone" not in one.output
    alarms = [message["text"] for message in busy.world.slack.messages(staff)]
    assert len(NEEDS[service]) == len(alarms)
    assert [] == [text for text in alarms if service not in text.lower() or "dead-and-gone" in text]

    monkeypatch.setenv(variable, good)
    busy.later(hours=2)
    assert {"in sync"} == set(states(busy.command("run", "--json")).values())
    assert len(NEEDS[service]) == len(busy.world.slack.messages(staff))
    assert_whole(busy)


@pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)
def test_a_spreadsheet_that_is_not_shared_any_more(busy: Desk) -> None:
    """Every flow fails with the address to share it with; once it is shared again everything is done."""
    (account,) = (who for who, role in busy.world.google.file.shares.items() if role == "writer")
    busy.world.google.unshare(account)
    said = busy.command("run", "--json")

    assert 1 == said.code
    assert NEEDS["google"] == {flow for flow, state in states(said).items() if state == "failed"}
    assert f"share the spreadsheet with {account}" in words(said, "intake")
    assert f"share the spreadsheet with {account}" in busy.command("doctor").out

    busy.world.google.share(account)
    busy.later(hours=2)
    assert {"in sync"} == set(states(busy.command("run", "--json")).values())
    assert_whole(busy)


def test_one_row_that_airtable_refuses(busy: Desk) -> None:
    """A row that can't be written is a problem of its own; its neighbours of the same batch are written."""
    rows = [busy.lead("North Star", f"Client {n}") for n in range(12)]
    strange: dict[str, Any] = {"Company": "\x00\x07 =1+1 🎉" * 3, "Notes": "x" * 90_000}
    busy.hands.edit("Leads", rows[5], strange)

    said = busy.command("run", "intake", "--json")

    statuses = [busy.row(row)["Status"] for row in rows]
    assert ["Qualified"] * 11 == statuses[:5] + statuses[6:]
    assert "Needs attention" == statuses[5]
    assert "Notes is too long" in busy.row(rows[5])["Problem"]
    assert said.json["flows"]["intake"]["state"] in ("in sync", "needs attention")


@pytest.mark.parametrize("then", ["drop-before", "status"])
@pytest.mark.parametrize("written", [True, False])
@on_both
def test_a_tracker_that_goes_away_as_it_is_written(desk: Desk, then: str, written: bool) -> None:
    """A partner is told once, whether or not the row was written when no answer came and nobody could look."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run()
    desk.win(str(desk.row(row)["Deal ID"]))
    desk.later(minutes=1)
    before = len(desk.world.mail.received)
    trouble = desk.tracker_server.service.faults
    ordered: list[Request] = []

    def go_away(request: Request) -> None:
        if not ordered and request.method != "GET" and b"Won" in request.body:
            ordered.append(request)
            if written:
                trouble.order("drop-after")
            trouble.order(then, times=ALL, options={"status": 503, "body": ""})

    desk.tracker_server.before.append(go_away)
    states = {flow: outcome.state for flow, outcome in desk.run("stages").items()}
    status = desk.row(row)["Status"]
    trouble.clear()
    desk.later(hours=1)
    desk.run("stages")
    desk.later(hours=1)
    desk.run("stages")

    assert ordered
    assert ({"stages": "waiting"}, "Won" if written else "Qualified") == (states, status)
    assert "Won" == desk.row(row)["Status"]
    assert before + 1 == len(desk.world.mail.received)
