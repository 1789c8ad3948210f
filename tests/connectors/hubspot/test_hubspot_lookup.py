"""Looking for what is there already: companies by domain, deals by our key."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.connectors.hubspot.hubspot_stand import lead
from worker.domain.leads import CrmDeal, LeadRefs

MINUTE = timedelta(minutes=1)


def paths(server):
    return Counter(call.path.rsplit("/crm/", 1)[-1] for call in server.log)


@pytest.fixture
def indexed(clock):
    """Let the search catch up."""
    return lambda: clock.advance(MINUTE)


def test_a_company_is_found_by_its_domain_in_any_case(crm, portal, indexed):
    """Neither our capitals nor HubSpot's matter, nor blanks around the domain."""
    id_ = portal.add_company({"name": "Acme", "domain": "Acme.example"})
    indexed()

    found = crm.companies([" ACME.example ", "other.example", ""])

    assert {"acme.example"} == set(found)
    assert (id_, False, ()) == (found["acme.example"].id, found["acme.example"].customer, found["acme.example"].deals)


def test_a_company_comes_with_its_deals(crm, portal, indexed, server):
    """Each deal in short: whose lead it is, and whether it is open, won or lost."""
    company = portal.add_company({"name": "Acme", "domain": "acme.example"})
    open_ = portal.add_deal({"dealname": "a", "partner_lead_id": "L-1"}, company=company)
    won = portal.add_deal({"dealname": "b", "dealstage": "closedwon"}, company=company)
    lost = portal.add_deal({"dealname": "c", "dealstage": "closedlost"}, company=company)
    indexed()

    found = crm.companies(["acme.example"])["acme.example"]

    assert (CrmDeal(open_, "L-1", "open"), CrmDeal(won, None, "won"), CrmDeal(lost, None, "lost")) == found.deals
    assert found.customer
    assert 3 == len(server.log)


@pytest.mark.parametrize(("stage", "customer"), [("customer", True), ("lead", False)])
def test_a_company_is_a_customer_when_its_lifecycle_says_so(crm, portal, indexed, stage, customer):
    """Also without any deal."""
    portal.add_company({"name": "Acme", "domain": "acme.example", "lifecyclestage": stage})
    indexed()

    assert customer is crm.companies(["acme.example"])["acme.example"].customer


def test_of_twins_the_oldest_counts_with_the_deals_of_both(crm, portal, indexed):
    """HubSpot does not keep domains unique."""
    old, new = (portal.add_company({"name": n, "domain": "acme.example"}) for n in "ab")
    first = portal.add_deal({"dealname": "a"}, company=new)
    second = portal.add_deal({"dealname": "b"}, company=old)
    indexed()

    found = crm.companies(["acme.example"])["acme.example"]

    assert (old, [first, second]) == (found.id, [deal.id for deal in found.deals])


def test_more_than_a_page_of_companies_is_read_to_its_end(crm, portal, indexed, server):
    """450 companies of one domain are three pages of one search."""
    for n in range(450):
        portal.add_company({"name": str(n), "domain": "acme.example"})
    indexed()

    assert {"acme.example"} == set(crm.companies(["acme.example"]))
    assert 3 == paths(server)["v3/objects/companies/search"]


def test_letters_that_json_writes_long_are_counted_as_written(crm, server):
    """A domain of other letters takes six characters each, and no body is longer than 3,000."""
    assert {} == crm.companies([f"{'ü' * 30}{n}.example" for n in range(200)])

    assert 3000 >= max(len(call.body) for call in server.log)
    assert {200} == {call.status for call in server.log}


def test_nothing_asked_costs_nothing(crm, server):
    """No domains, no keys: no call."""
    assert ({}, {}) == (crm.companies([]), crm.find([]))
    assert [] == server.log


def test_leads_are_found_by_their_keys_at_once(crm, server):
    """Not by search, which would not know them yet: two batches of deals, and their ties."""
    made = crm.put([lead(n) for n in range(150)])
    server.log.clear()

    found = crm.find([lead(n).key for n in range(160)])

    assert {lead(n).key: refs for n, refs in enumerate(made)} == found
    assert 4 == len(server.log)


def test_a_found_deal_tells_its_primary_company(crm, portal):
    """Of several companies the primary one; of several contacts the oldest."""
    other, main = portal.add_company({"name": "a"}), portal.add_company({"name": "b"})
    first, second = (portal.add_contact({"email": f"{n}@acme.example"}) for n in "ab")
    id_ = portal.add_deal({"dealname": "d", "partner_lead_id": "L-1"}, company=main, contact=second)
    kinds = {kind.plural: kind for kind in portal.records}
    portal.links.connect(kinds["deals"], int(id_), kinds["companies"], int(other), [341])
    portal.links.connect(kinds["deals"], int(id_), kinds["contacts"], int(first), [3])

    assert {"L-1": LeadRefs(id_, main, first)} == crm.find(["L-1"])


@pytest.mark.parametrize("fault", ["omit", "nothing"])
def test_what_a_read_leaves_out_is_asked_for_once_more(crm, portal, fault):
    """A row missing from the answer without a word is not taken for absent."""
    [one] = crm.put([lead(1)])
    portal.faults.order(fault, path="/crm/v3/objects/deals/batch/read")

    assert {lead(1).key: one} == crm.find([lead(1).key])
