"""Accounts that say less than the sandbox does: no trace ids, no echoed values, no flags, no words of merges."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.hubspot.hubspot_stand import crm_at, lead, set_up
from tests.connectors.standins import Once, Shelves
from worker.connectors.hubspot.shelves import OwnShelves
from worker.domain.leads import LeadRefs
from worker.ports import Refused, Unavailable
from worker.sandbox.hubspot import HubSpot

FLAGS = ("hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost")


class Terse(HubSpot):
    """Leaves out of its answers what `hush` names."""

    hush: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()  # ids that the search does not show yet

    def answer(self, request):
        reply = super().answer(request)
        if reply.status >= 400 or not reply.body:
            return reply
        body = json.loads(reply.body)
        if request.path.endswith("/search"):
            shown = [row for row in body["results"] if row["id"] not in self.unseen]
            body |= {"total": body["total"] - len(body["results"]) + len(shown), "results": shown}
        for row in body.get("results", []):
            self._quieten(row, request.path)
        if "merged" in self.hush and request.path.endswith("/batch/read"):
            asked = {entry["id"] for entry in json.loads(request.body)["inputs"]}
            if "idProperty" not in json.loads(request.body):
                body["results"] = [row for row in body["results"] if row["id"] in asked]
        return replace(reply, body=json.dumps(body).encode())

    def _quieten(self, row, path):
        if "trace" in self.hush:
            row.pop("objectWriteTraceId", None)
        if "echo" in self.hush and path.endswith("/batch/create") and "properties" in row:
            row["properties"] = {}
        for name in FLAGS if "flags" in self.hush else ():
            row.get("properties", {}).pop(name, None)
        if "merged" in self.hush:
            row.get("properties", {}).pop("hs_merged_object_ids", None)


@pytest.fixture
def terse(clock):
    with set_up(Terse(clock), clock) as ready:
        yield ready


@pytest.mark.parametrize("hush", [{"trace"}, {"echo"}, {"trace", "echo"}], ids=["trace", "echo", "both"])
def test_results_are_told_apart_by_whatever_they_say(terse, hush):
    """By trace id, else by the echoed key, else by reading back; each lead gets its own ids."""
    portal, _, crm = terse
    portal.hush = frozenset(hush)

    outcomes = crm.put([lead(n) for n in range(120)])

    keys = {deal["id"]: deal["properties"]["partner_lead_id"] for deal in portal.deals()}
    assert [lead(n).key for n in range(120)] == [keys[refs.deal] for refs in outcomes]
    assert (120, 120) == (len(portal.companies()), len(portal.contacts()))


def test_without_flags_the_stage_tells(terse, clock):
    """Won, lost and open by the metadata of the stage, in looks and in look-ups alike."""
    portal, server, crm = terse
    portal.hush = frozenset({"flags"})
    company = portal.add_company({"name": "Acme", "domain": "acme.example"})
    stages = {"closedwon": "won", "closedlost": "lost", "contractsent": "open"}
    ids = {portal.add_deal({"dealname": s, "dealstage": s}, company=company): state for s, state in stages.items()}
    clock.advance(timedelta(minutes=1))

    deals = crm.deals(())
    assert ids == {id_: deal.state for id_, deal in deals.items()}
    assert [True, False, False] == [deals[id_].won_at is not None for id_ in ids]
    assert list(stages.values()) == [d.state for d in crm.companies(["acme.example"])["acme.example"].deals]
    assert 1 == Counter(call.path for call in server.log)["/crm/v3/pipelines/deals"]


@pytest.mark.parametrize("asked", [True, False])
def test_without_flags_a_new_deal_is_remembered_if_its_stage_is_known(terse, asked):
    """Where stages were asked before, no read is needed after a push; else the deal is read, never guessed."""
    portal, server, crm = terse
    portal.hush = frozenset({"flags"})
    if asked:
        crm.stages()
    [refs] = crm.put([lead(1)])
    server.log.clear()

    assert "open" == crm.deals([refs.deal])[refs.deal].state
    assert asked is (["/crm/v3/objects/deals/search"] == [call.path for call in server.log])


def test_a_merge_that_only_a_single_read_tells_is_followed(terse, clock):
    """No list of merged ids, no survivor in a batch: the answer of a GET bears another id."""
    portal, _, crm = terse
    portal.hush = frozenset({"merged"})
    one, two = (portal.add_deal({"dealname": n}) for n in "ab")
    clock.advance(timedelta(minutes=1))
    crm.deals([one, two])
    survivor = portal.merge("deals", one, two)
    clock.advance(timedelta(minutes=1))

    deals = crm.deals([one, two])
    assert (survivor, survivor, None) == (deals[one].merged_into, deals[two].merged_into, deals[survivor].doubt)


def test_a_change_that_the_search_shows_late_is_not_missed(terse, clock):
    """A deal changed first and shown last lies behind the newest instant seen, within the overlap of two minutes."""
    portal, _, crm = terse
    first, second, third = (portal.add_deal({"dealname": n}) for n in "abc")
    for _ in range(2):
        clock.advance(timedelta(minutes=5))
        portal.edit("deals", third, {"amount": "3"})
        clock.advance(timedelta(minutes=1))
        crm.deals(())
    portal.edit("deals", first, {"amount": "1"})
    clock.advance(timedelta(seconds=100))
    portal.edit("deals", second, {"amount": "2"})
    clock.advance(timedelta(seconds=40))
    portal.unseen = frozenset({first})
    assert (None, 2) == tuple(crm.deals(())[id_].value for id_ in (first, second))
    portal.unseen = frozenset()

    assert (1, 2) == tuple(crm.deals(())[id_].value for id_ in (first, second))


# What is known is gone, what is asked is refused


def test_a_known_company_that_is_gone_is_for_a_person(crm, portal):
    """It is never made anew; the row is told in HubSpot's words."""
    company = portal.add_company({"name": "Acme"})
    portal.archive("companies", company)

    [outcome] = crm.put([lead(1, known=LeadRefs(company=company))])

    assert isinstance(outcome, Refused)
    assert [] == portal.companies() + portal.deals()


def test_a_tie_that_can_not_be_made_now_puts_the_lead_off(server, clock, portal, crm):
    """The service is away between contact and tie: the deal waits for the next run, which ties and makes it."""
    contact = portal.add_contact({"email": lead(1).email})
    portal.faults.order("status", path="/crm/v4/associations", options={"status": 503, "body": "busy"})

    [outcome] = crm_at(server.url, clock, caller=Once()).put([lead(1)])
    assert isinstance(outcome, Unavailable)
    assert [] == portal.deals()

    [refs] = crm.put([lead(1)])
    assert [refs.company] == portal.linked("contacts", contact, "companies")


def test_a_contact_that_is_tied_already_is_not_tied_again(crm, portal, server):
    """Labels that people gave the link would be replaced by what is sent."""
    company = portal.add_company({"name": "Acme"})
    portal.add_contact({"email": lead(1).email}, company=company)
    crm.put([lead(1, known=LeadRefs(company=company))])

    paths = [call.path for call in server.log if "/associations/" in call.path]
    assert ["/crm/v4/associations/contacts/companies/batch/read"] == paths


def test_a_lead_without_an_address_has_no_contact(crm, portal):
    """The deal is tied to its company alone."""
    [refs] = crm.put([lead(1, email="")])

    assert refs.contact is None
    assert [refs.company] == portal.linked("deals", refs.deal, "companies")


def test_an_account_that_will_not_tell_its_currency_leaves_it_missing(crm, portal, clock, server):
    """It is asked once a day, and a missing currency is none."""
    id_ = portal.add_deal({"dealname": "A", "amount": "5"})
    portal.edit("deals", id_, {"deal_currency_code": ""})
    portal.faults.order("status", path="/account-info", options={"status": 404, "body": {"message": "no"}}, times=9)
    clock.advance(timedelta(minutes=1))

    assert crm.deals(())[id_].currency is None
    assert crm.deals(())[id_].currency is None
    assert 1 == len(server.calls(path="/account-info"))


def test_a_read_that_fails_after_a_lost_create_leaves_it_unsure(server, clock, portal, crm):
    """The rest of the run is not sent, and is told apart from what may have been done."""
    portal.faults.order("drop-after", path="/crm/v3/objects/deals/batch/create")
    portal.faults.order("rate-limited", path="/crm/v3/objects/deals/batch/read")

    outcomes = crm_at(server.url, clock, caller=Once()).put([lead(n) for n in range(150)])

    assert {"Unsure": 100, "Unavailable": 50} == Counter(type(o).__name__ for o in outcomes)


def test_memory_of_one_account_can_be_cleared(clock):
    """The shelves bear a mark of their own and forget as any memory does."""
    one, memory = Shelves(), Shelves()
    own = OwnShelves(memory, ["token"])
    own.save("a", {"1": "x"}, cursor="7")
    assert ({"1": "x"}, "7", {}) == (own.load("a"), own.cursor("a"), one.load("a"))
    own.clear("a")

    assert ({}, None) == (own.load("a"), own.cursor("a"))
    assert "token" not in str(memory.items)
