"""Putting leads into HubSpot, against the sandbox: what it costs, and that nothing is ever made twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.connectors.hubspot.hubspot_stand import TOKEN, Untraced, crm_at, lead, set_up
from tests.connectors.standins import Once
from worker.domain.leads import LeadRefs
from worker.ports import Refused, Unauthorised, Unavailable, Unsure

KINDS = ("companies", "contacts", "deals")


def create_path(kind):
    return f"/crm/v3/objects/{kind}/batch/create"


def counts(portal):
    return len(portal.companies()), len(portal.contacts()), len(portal.deals())


def paths(server):
    return Counter(call.path for call in server.log)


@pytest.fixture
def untraced(clock):
    with set_up(Untraced(clock), clock) as ready:
        yield ready


# What it costs


def test_a_thousand_leads_of_new_companies_are_thirty_calls(crm, server, portal):
    """Ten batches each of companies, contacts and deals; the contacts are tied to their companies as they are made."""
    outcomes = crm.put([lead(n) for n in range(1000)])

    assert 30 == len(server.log)
    assert (1000, 1000, 1000) == counts(portal)
    assert 1000 == len({refs.deal for refs in outcomes})


def test_a_look_up_first_makes_it_thirty_nine_calls_within_all_limits(crm, server, portal):
    """A thousand domains of twenty characters are nine searches, none over 3,000 characters, and no 429."""
    portal.limits = True
    drafts = [lead(n, domain=f"d{n:04d}-entrprise.test") for n in range(1000)]
    assert {20} == {len(d.domain) for d in drafts}

    assert {} == crm.companies([d.domain for d in drafts])
    crm.put(drafts)

    searches = server.calls(path="/crm/v3/objects/companies/search")
    assert 9 == len(searches)
    assert 3000 >= max(len(call.body) for call in searches)
    assert 39 == len(server.log)
    assert {200, 201} == {call.status for call in server.log}


def test_deals_made_just_now_need_not_be_read(crm, server):
    """The first look after a push knows the new deals, though no search shows them yet."""
    made = crm.put([lead(1), lead(2)])
    server.log.clear()

    deals = crm.deals([refs.deal for refs in made])

    assert ["/crm/v3/objects/deals/search"] == [call.path for call in server.log]
    assert ("open", "L-00000001", made[0].company) == (
        deals[made[0].deal].state, deals[made[0].deal].lead, deals[made[0].deal].company,
    )  # fmt: skip


# What is made


def test_a_lead_becomes_a_company_a_contact_and_a_deal(crm, portal):
    """Every value of the draft arrives in its property, and the three are tied, the company as the primary one."""
    draft = lead(7, value="1234.50", currency="EUR", phone="+441632960001", country="GB", notes="met at the fair")
    [refs] = crm.put([draft])

    [company], [contact], [deal] = portal.companies(), portal.contacts(), portal.deals()
    assert LeadRefs(deal["id"], company["id"], contact["id"]) == refs
    wanted = {"name": "Company 7", "domain": draft.domain, "partner_company_key": draft.domain, "country": "GB"}
    assert wanted == {k: company["properties"][k] for k in wanted}
    wanted = {"email": draft.email, "firstname": "Jane", "lastname": "Doe 7", "phone": "+441632960001"}
    assert wanted == {k: contact["properties"][k] for k in wanted}
    wanted = {
        "dealname": "Company 7 – ref", "pipeline": "default", "dealstage": "appointmentscheduled", "amount": "1234.50",
        "deal_currency_code": "EUR", "partner_lead_id": "L-00000007", "source_partner": "alice",
        "description": "met at the fair",
    }  # fmt: skip
    assert wanted == {k: deal["properties"][k] for k in wanted}
    assert [company["id"]] == portal.linked("deals", deal["id"], "companies")
    assert [contact["id"]] == portal.linked("deals", deal["id"], "contacts")
    assert [company["id"]] == portal.linked("contacts", contact["id"], "companies")


def test_hubspot_makes_no_company_of_its_own_beside_ours(crm, portal, clock):
    """A contact tied at birth gives HubSpot no reason to make a company from the e-mail's domain."""
    portal.auto_company = True
    crm.put([lead(1)])
    clock.advance(timedelta(hours=1))

    assert 1 == len(portal.companies())


def test_leads_of_one_domain_share_a_company_and_of_one_address_a_contact(crm, portal):
    """Two leads of one company and person make one company, one contact and two deals."""
    first, second = lead(1), lead(2, domain=lead(1).domain.upper(), email=lead(1).email.upper())
    one, two = crm.put([first, second])

    assert (1, 1, 2) == counts(portal)
    assert (one.company, one.contact) == (two.company, two.contact)
    assert one.deal != two.deal


def test_one_person_at_two_companies_is_tied_to_both(crm, portal):
    """The contact keeps the first company as the primary one and gets the second beside it."""
    one, two = crm.put([lead(1), lead(2, email=lead(1).email)])

    assert one.contact == two.contact
    assert [one.company, two.company] == portal.linked("contacts", one.contact, "companies")


def test_a_lead_without_a_domain_gets_a_company_under_its_own_key(crm, portal):
    """Free-mail domains identify no company, so each such lead has its own."""
    crm.put([lead(1, domain=None, email="a@gmail.com"), lead(2, domain=None, email="b@gmail.com")])

    keys = [(c["properties"]["partner_company_key"], c["properties"].get("domain")) for c in portal.companies()]
    assert [("L-00000001", None), ("L-00000002", None)] == sorted(keys)


def test_known_ids_are_never_made_anew(crm, portal, server):
    """A known company is used by all leads of its domain; a known deal costs no call at all."""
    company = portal.add_company({"name": "Old", "domain": lead(1).domain})
    known, same = lead(1, known=LeadRefs(company=company)), lead(2, domain=lead(1).domain)
    one, two = crm.put([known, same])
    assert (company, company) == (one.company, two.company)
    assert 1 == len(portal.companies())

    server.log.clear()
    refs = LeadRefs("1", "2", "3")
    assert [refs] == crm.put([lead(3, known=refs)])
    assert [] == server.log


def test_an_existing_contact_is_adopted_and_left_as_people_wrote_it(crm, portal):
    """The e-mail's owner keeps their name and their primary company and is tied to the lead's company as well."""
    other = portal.add_company({"name": "Other"})
    contact = portal.add_contact({"email": lead(1).email, "firstname": "Janet"}, company=other)
    [refs] = crm.put([lead(1)])

    assert contact == refs.contact
    assert "Janet" == portal.contacts()[0]["properties"]["firstname"]
    assert sorted([other, refs.company]) == portal.linked("contacts", contact, "companies")


@pytest.mark.parametrize("named", [True, False])
def test_a_contact_is_adopted_whether_the_conflict_names_it_or_not(crm, portal, named):
    """Where the conflict tells no id, the contact is read by its address."""
    portal.conflict_names_id = named
    contact = portal.add_contact({"email": lead(1).email})

    [refs] = crm.put([lead(1)])

    assert (contact, 1) == (refs.contact, len(portal.contacts()))


# Never twice


def test_the_same_leads_put_again_are_found_again(crm, portal):
    """A second push of the same keys makes nothing and returns the same ids."""
    drafts = [lead(n) for n in range(150)]
    first = crm.put(drafts)

    assert first == crm.put(drafts)
    assert (150, 150, 150) == counts(portal)


FAULTS = [
    ("drop-before", {}), ("drop-after", {}), ("half-body", {}), ("html", {}), ("html", {"status": 200}),
    ("empty", {}), ("status", {"status": 503, "body": "busy"}), ("nothing", {}), ("nothing", {"written": True}),
    ("omit", {"index": 1}), ("omit", {"index": 1, "written": True}),
    ("status", {"status": 201, "body": {"status": "PROCESSING", "results": []}}), ("locked", {}), ("rate-limited", {}),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "options"), FAULTS, ids=[f"{k}-{o}" for k, o in FAULTS])
@pytest.mark.parametrize("times", [1, 2])
def test_whatever_is_lost_at_a_create_nothing_is_made_twice(crm, portal, kind, fault, options, times):
    """Answers lost before or after the work, unreadable, empty or with a row left out: three leads are three leads."""
    portal.faults.order(fault, method="POST", path=create_path(kind), options=options, times=times)

    outcomes = crm.put([lead(n) for n in range(3)])

    assert (3, 3, 3) == counts(portal)
    assert ["L-00000000", "L-00000001", "L-00000002"] == [
        next(d["properties"]["partner_lead_id"] for d in portal.deals() if d["id"] == refs.deal) for refs in outcomes
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_stays_lost_is_unsure_and_the_next_push_finds_it(crm, portal, kind):
    """Three answers lost in a row leave the row in doubt; nothing is doubled when it is put again."""
    portal.faults.order("drop-after", method="POST", path=create_path(kind), times=1)
    portal.faults.order("drop-before", method="POST", path="/crm/v3/objects/" + kind + "/batch/read", times=9)

    [outcome] = crm.put([lead(1)])
    assert isinstance(outcome, Unsure)

    portal.faults.clear()
    [refs] = crm.put([lead(1)])
    assert (1, 1, 1) == counts(portal)
    assert portal.deals()[0]["id"] == refs.deal


def test_three_lost_creates_in_a_row_are_unsure(crm, portal):
    """A create that never arrives is sent three times at most, each after a look whether it is there."""
    portal.faults.order("drop-before", method="POST", path=create_path("deals"), times=3)

    [outcome] = crm.put([lead(1)])

    assert isinstance(outcome, Unsure)
    assert [] == portal.deals()


def test_a_row_left_out_again_and_again_is_put_off(crm, portal):
    """HubSpot leaving a row out three times without a word is told as unavailable: nothing happened."""
    portal.faults.order("omit", method="POST", path=create_path("deals"), options={"index": 0}, times=3)

    [outcome] = crm.put([lead(1)])

    assert isinstance(outcome, Unavailable)


def test_a_key_held_by_an_archived_deal_is_for_a_person(crm, portal):
    """Where archived records go on holding their key, the row is told that its deal was archived."""
    portal.archived_value_blocked = True
    [refs] = crm.put([lead(1)])
    portal.archive("deals", refs.deal)

    [outcome] = crm.put([lead(1)])

    assert isinstance(outcome, Refused)
    assert "its deal was archived in HubSpot: restore it there" == outcome.text
    assert [] == portal.deals()


# Bad rows


def test_a_bad_row_is_refused_in_words_and_stops_no_other(crm, portal):
    """An unknown currency is told for its row alone; the words name the property and the cell to correct."""
    outcomes = crm.put([lead(0), lead(1, value="5", currency="XXX"), lead(2)])

    assert [LeadRefs, Refused, LeadRefs] == [type(o) for o in outcomes]
    assert ("INVALID_OPTION", "deal_currency_code") == (outcomes[1].code, outcomes[1].field)
    assert outcomes[1].text.startswith('HubSpot does not take the value of "deal_currency_code"')
    assert outcomes[1].text.endswith(": correct Currency in the row")
    assert 2 == len(portal.deals())


def test_a_bad_address_is_told_without_repeating_it(crm):
    """What HubSpot says of an e-mail address is not repeated: errors are logged."""
    [outcome] = crm.put([lead(1, email="jane at nowhere")])

    assert isinstance(outcome, Refused)
    assert ("INVALID_EMAIL", "email") == (outcome.code, outcome.field)
    assert "jane" not in str(outcome)


def test_without_trace_ids_a_refused_batch_is_split_until_the_bad_rows_are_alone(untraced):
    """An account that refuses whole batches still gets all good rows, and the bad ones are told apart."""
    portal, _, crm = untraced
    drafts = [lead(n, currency="XXX" if n in (3, 77) else None, value="5") for n in range(100)]

    outcomes = crm.put(drafts)

    assert [3, 77] == [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Refused)]
    assert 98 == len(portal.deals())


@pytest.mark.parametrize("there", [[0], [1, 2, 3], list(range(10))])
def test_without_trace_ids_what_is_there_already_is_adopted(untraced, there):
    """A batch refused whole over taken keys and addresses ends with every lead there once."""
    portal, _, crm = untraced
    before = crm.put([lead(n) for n in there])

    outcomes = crm.put([lead(n) for n in range(10)])

    assert (10, 10, 10) == counts(portal)
    assert before == [outcomes[n] for n in there]


# The account


def test_a_missing_property_stops_before_anything_is_sent(server, clock, portal):
    """Without our property on companies nothing is made, and the error says which property and what makes it."""
    with pytest.raises(Refused) as caught:
        crm_at(server.url, clock).put([lead(1), lead(2)])

    assert "partner_company_key" == caught.value.field
    assert 'the property "partner_company_key" is not there: run quarterday setup --apply' == caught.value.text
    assert (0, 0, 0) == counts(portal)


def test_a_property_missing_on_deals_is_told_for_every_row_after_one_try(crm, portal, server):
    """Companies and contacts were made by then, so each row is put off with the words; no further batch is tried."""
    portal.delete_property("deals", "partner_lead_id")

    outcomes = crm.put([lead(n) for n in range(250)])

    assert {Unavailable} == {type(outcome) for outcome in outcomes}
    assert {'the property "partner_lead_id" is not there: run quarterday setup --apply'} == {o.text for o in outcomes}
    assert 1 == paths(server)[create_path("deals")]


def test_a_nicety_that_the_account_lacks_is_left_out(crm, portal):
    """A missing country, phone or description property keeps no lead back."""
    for kind, name in (("companies", "country"), ("contacts", "phone"), ("deals", "description")):
        portal.delete_property(kind, name)

    [refs] = crm.put([lead(1, country="GB", phone="+44", notes="n")])

    assert portal.deals()[0]["id"] == refs.deal


def test_a_dead_token_raises_before_anything_is_sent(server, clock):
    """A token that is not accepted is one alarm, not one per row, and is not in the text."""
    crm = crm_at(server.url, clock, token="pat-DEAD-0123")

    with pytest.raises(Unauthorised) as caught:
        crm.put([lead(1)])

    assert "0123" not in str(caught.value)


@pytest.mark.parametrize("form", ["missing", "errors", "granular"])
def test_a_missing_scope_is_named_wherever_hubspot_lists_it(crm, portal, form):
    """The list of missing scopes stands in one of three places."""
    portal.forbidden_form = form
    portal.scopes.discard("crm.objects.companies.write")

    with pytest.raises(Unauthorised) as caught:
        crm.put([lead(1)])

    assert "crm.objects.companies.write" in caught.value.text


def test_a_service_that_fails_halfway_gives_each_row_its_outcome(server, clock, portal, crm):
    """Once something was sent nothing is raised: the deals that could not be made are put off, row by row."""
    impatient = crm_at(server.url, clock, caller=Once())
    portal.faults.order("rate-limited", method="POST", path=create_path("deals"), skip=1)

    outcomes = impatient.put([lead(n) for n in range(250)])

    assert {LeadRefs: 100, Unavailable: 150} == Counter(type(o) for o in outcomes)
    assert 2 == paths(server)[create_path("deals")]


def test_creates_are_never_declared_repeatable(server, clock, crm):
    """The caller may repeat reads and ties after a lost answer, never a create."""
    caller = Once()
    crm_at(server.url, clock, caller=caller).put([lead(1)])

    assert [(["hubspot.burst"], False)] * 3 == [([n.name for n in told], again) for told, again in caller.asked]


def test_a_cap_on_associations_keeps_no_deal_back(crm, portal):
    """A tie between an adopted contact and the company that HubSpot refuses is no reason to lose the deal."""
    portal.add_contact({"email": lead(1).email})
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": "limit of associations exceeded"}
    portal.faults.order("status", path="/crm/v4/associations/contacts/companies", options={"status": 400, "body": body})

    [refs] = crm.put([lead(1)])

    assert portal.deals()[0]["id"] == refs.deal


def test_the_token_is_sent_as_a_bearer_and_nowhere_else(crm, server):
    """No body and no path holds the token."""
    crm.put([lead(1)])

    assert [] == [c for c in server.log if TOKEN.encode() in c.body or TOKEN in c.path]
