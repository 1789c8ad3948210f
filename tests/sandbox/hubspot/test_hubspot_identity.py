"""Who is who: unique values, merged and archived records, companies that HubSpot makes itself (items 9 to 11)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

ROOT = "/crm/v3/objects"


def read(call, kind, *ids, archived=False, **more):
    query = "?archived=true" if archived else ""
    return call("POST", f"{ROOT}/{kind}/batch/read{query}", {"inputs": [{"id": i} for i in ids], **more})


def ids(answer):
    return {row["id"] for row in answer.body["results"]}


def missing(answer):
    return [i for error in answer.body.get("errors", []) for i in error["context"]["ids"]]


def test_a_unique_value_is_taken_once(call, account):
    """Create, update and upsert that would give a second deal the same key are refused, whatever its case."""
    first = account.add_deal({"dealname": "One", "partner_lead_id": "L-1"})
    second = account.add_deal({"dealname": "Two", "partner_lead_id": "L-2"})
    taken = {"properties": {"partner_lead_id": "l-1"}}

    answers = [
        call("POST", f"{ROOT}/deals", taken),
        call("PATCH", f"{ROOT}/deals/{second}", taken),
        call("POST", f"{ROOT}/deals/batch/update", {"inputs": [{"id": second, **taken}]}),
    ]

    assert [400] * 3 == [a.status for a in answers]
    assert {"CONFLICTING_UNIQUE_VALUE"} == {a.body["errors"][0]["code"] for a in answers}
    assert first in answers[0].body["message"]
    assert 200 == call("PATCH", f"{ROOT}/deals/{first}", taken).status


def test_a_key_is_free_again_once_it_is_changed(call, account):
    """A deal that gives its key up lets another have it."""
    first = account.add_deal({"partner_lead_id": "L-1"})
    call("PATCH", f"{ROOT}/deals/{first}", {"properties": {"partner_lead_id": "L-2"}})

    assert 201 == call("POST", f"{ROOT}/deals", {"properties": {"partner_lead_id": "L-1"}}).status


def test_contact_addresses_are_unique_without_regard_to_case(call, account):
    """A second contact of one address is 409, and so is a change to an address that is taken."""
    account.add_contact({"email": "jane@acme.com"})
    other = account.add_contact({"email": "joan@acme.com"})

    assert 409 == call("POST", f"{ROOT}/contacts", {"properties": {"email": "Jane@Acme.com"}}).status
    assert 409 == call("PATCH", f"{ROOT}/contacts/{other}", {"properties": {"email": "jane@acme.com"}}).status


def test_company_domains_are_not_unique(call, account):
    """Two companies of one domain are made without a word."""
    for _ in range(2):
        assert 201 == call("POST", f"{ROOT}/companies", {"properties": {"domain": "acme.com"}}).status

    assert ["acme.com"] * 2 == [c["properties"]["domain"] for c in account.companies()]


@pytest.mark.parametrize(("blocked", "status"), [(False, 201), (True, 400)])
def test_an_archived_record_holds_its_key_or_not(call, account, blocked, status):
    """Whether the key of an archived deal is free again is unknown of the real one, so it is a switch."""
    account.archived_value_blocked = blocked
    account.archive("deals", account.add_deal({"partner_lead_id": "L-1"}))

    assert status == call("POST", f"{ROOT}/deals", {"properties": {"partner_lead_id": "L-1"}}).status


@pytest.mark.parametrize(("blocked", "status"), [(False, 200), (True, 409)])
def test_an_upsert_meets_the_same_switch(call, account, blocked, status):
    """An upsert by the address of an archived contact makes a new one, or is refused when values stay held."""
    account.archived_value_blocked = blocked
    account.archive("contacts", account.add_contact({"email": "jane@acme.com"}))
    row = {"id": "jane@acme.com", "idProperty": "email", "properties": {}}

    answer = call("POST", f"{ROOT}/contacts/batch/upsert", {"inputs": [row]})

    assert status == answer.status
    assert blocked or answer.body["results"][0]["new"] is True


def test_archived_records_are_seen_on_request_only(call, account):
    """An archived deal is missing from reads and lists, and there with archived=true, where living ones are not."""
    living, gone = account.add_deal({"dealname": "A"}), account.add_deal({"dealname": "B", "partner_lead_id": "L-1"})
    account.archive("deals", gone)

    assert 404 == call("GET", f"{ROOT}/deals/{gone}").status
    assert ({living}, [gone]) == (ids(found := read(call, "deals", living, gone)), missing(found))
    assert ({gone}, [living]) == (ids(found := read(call, "deals", living, gone, archived=True)), missing(found))
    assert {living} == ids(call("GET", f"{ROOT}/deals"))
    assert {gone} == ids(call("GET", f"{ROOT}/deals?archived=true"))
    shown = call("GET", f"{ROOT}/deals/{gone}?archived=true").body
    assert (True, "2026-11-02T09:00:00.250Z") == (shown["archived"], shown["archivedAt"])
    assert {gone} == ids(read(call, "deals", "L-1", archived=True, idProperty="partner_lead_id"))


def test_archived_records_can_be_restored_for_90_days(call, account, clock):
    """A restored deal is read again by id and by key; after 90 days nothing is left to restore."""
    deal = account.add_deal({"partner_lead_id": "L-1"})
    account.archive("deals", deal)
    account.restore("deals", deal)
    assert deal == call("GET", f"{ROOT}/deals/L-1?idProperty=partner_lead_id").body["id"]

    account.archive("deals", deal)
    clock.advance(timedelta(days=91))

    assert 404 == call("GET", f"{ROOT}/deals/{deal}?archived=true").status
    with pytest.raises(ValueError, match="no deals"):
        account.restore("deals", deal)


def test_a_record_is_not_restored_over_another(account):
    """A person can't restore a deal whose key another has taken meanwhile."""
    deal = account.add_deal({"partner_lead_id": "L-1"})
    account.archive("deals", deal)
    account.add_deal({"partner_lead_id": "L-1"})

    with pytest.raises(ValueError, match="is held by deal"):
        account.restore("deals", deal)


def test_a_merge_makes_a_new_record_that_both_ids_lead_to(call, account):
    """GET and single PATCH follow both old ids; the answer bears the new id and names the old ones."""
    keep, other = (account.add_deal({"dealname": n, "partner_lead_id": n}) for n in ("L-1", "L-2"))

    merged = call("POST", f"{ROOT}/deals/merge", {"primaryObjectId": keep, "objectIdToMerge": other})
    new = merged.body["id"]

    assert 200 == merged.status
    assert new not in (keep, other)
    assert [new, new, new] == [call("GET", f"{ROOT}/deals/{i}").body["id"] for i in (keep, other, new)]
    assert new == call("PATCH", f"{ROOT}/deals/{other}", {"properties": {"amount": "9"}}).body["id"]
    shown = call("GET", f"{ROOT}/deals/{keep}?properties=hs_merged_object_ids,amount,dealname").body["properties"]
    assert (f"{keep};{other}", "9", "L-1") == (shown["hs_merged_object_ids"], shown["amount"], shown["dealname"])
    assert [new] == [d["id"] for d in account.deals()]


def test_batch_update_does_not_follow_a_merged_id(call, account):
    """A merged-away id in a batch update is passed over: no result, no error, nothing changed."""
    keep, other, third = (account.add_deal({"dealname": n}) for n in ("A", "B", "C"))
    account.merge("deals", keep, other)
    inputs = [{"id": i, "properties": {"dealname": "changed"}} for i in (keep, third)]

    answer = call("POST", f"{ROOT}/deals/batch/update", {"inputs": inputs})

    assert 200 == answer.status
    assert {third} == ids(answer)
    assert "errors" not in answer.body
    assert {"A", "changed"} == {d["properties"]["dealname"] for d in account.deals()}


def test_batch_read_answers_merged_ids_by_the_new_record_once(call, account):
    """Both old ids read in one batch give one row, of a third id, and no error."""
    keep, other = (account.add_deal({"dealname": n}) for n in ("A", "B"))
    new = account.merge("deals", keep, other)

    answer = read(call, "deals", keep, other)

    assert ([new], []) == ([row["id"] for row in answer.body["results"]], missing(answer))


def test_merging_twice_keeps_every_old_id(call, account):
    """Ids merged in two steps all lead to the last record."""
    a, b, c = (account.add_deal({"dealname": n}) for n in "ABC")
    last = account.merge("deals", c, account.merge("deals", a, b))

    assert {last} == {call("GET", f"{ROOT}/deals/{i}").body["id"] for i in (a, b, c)}
    assert {a, b, c} <= set(account.deals()[0]["properties"]["hs_merged_object_ids"].split(";"))


def test_the_key_of_the_merged_deal_is_free(call, account):
    """The kept deal's key stands; the other's is nobody's, so a read by it finds nothing."""
    keep, other = (account.add_deal({"partner_lead_id": n}) for n in ("L-1", "L-2"))
    new = account.merge("deals", keep, other)

    answer = read(call, "deals", "L-1", "L-2", idProperty="partner_lead_id")

    assert ({new}, ["L-2"]) == (ids(answer), missing(answer))


def test_merged_contacts_and_companies_keep_second_addresses(call, account):
    """The other's e-mail finds the merged contact still; the other's domain stands in hs_additional_domains."""
    jane, joan = (account.add_contact({"email": f"{n}@acme.com"}) for n in ("jane", "joan"))
    acme, also = (account.add_company({"domain": d}) for d in ("acme.com", "acme.de"))
    contact, company = account.merge("contacts", jane, joan), account.merge("companies", acme, also)

    assert contact == call("GET", f"{ROOT}/contacts/joan@acme.com?idProperty=email").body["id"]
    assert 409 == call("POST", f"{ROOT}/contacts", {"properties": {"email": "joan@acme.com"}}).status
    assert "joan@acme.com" == account.contacts()[0]["properties"]["hs_additional_emails"]
    shown = call("GET", f"{ROOT}/companies/{company}?properties=hs_additional_domains").body["properties"]
    assert "acme.de" == shown["hs_additional_domains"]


def test_a_merge_moves_associations_and_keeps_history(call, account, clock):
    """What hung on either hangs on the new record; the kept deal's stages and their times survive."""
    company = account.add_company({"name": "Acme"})
    keep, other = account.add_deal({}), account.add_deal({"amount": "7"}, company=company)
    clock.advance(timedelta(days=1))
    account.move_deal(keep, "closedwon")
    clock.advance(timedelta(days=1))

    new = account.merge("deals", keep, other)

    assert [company] == account.linked("deals", new, "companies")
    assert "7" == account.deals()[0]["properties"]["amount"]
    assert [("closedwon", "2026-11-03"), ("appointmentscheduled", "2026-11-02")] == [
        (w["value"], w["timestamp"][:10]) for w in account.history("deals", new, "dealstage")
    ]


def test_a_merged_deal_has_one_primary_company(call, account):
    """Where both deals had a primary company, the merged one is tied to both and one of them is primary."""
    ends = [account.add_company({"name": n}) for n in ("Acme", "Beta")]
    new = account.merge("deals", *(account.add_deal({}, company=c) for c in ends))

    rows = call("POST", "/crm/v4/associations/deals/companies/batch/read", {"inputs": [{"id": new}]}).body["results"]

    tied = {str(to["toObjectId"]): [t["typeId"] for t in to["associationTypes"]] for to in rows[0]["to"]}
    assert {ends[0]: [5, 341], ends[1]: [341]} == tied


def test_addresses_are_kept_in_lower_case(call):
    """A contact's e-mail comes back in lower case."""
    made = call("POST", f"{ROOT}/contacts", {"properties": {"email": "Jane@ACME.com"}}).body

    assert "jane@acme.com" == made["properties"]["email"]


@pytest.mark.parametrize("pair", [("1", "2"), ("same", "same")])
def test_a_merge_wants_two_records(call, account, pair):
    """Unknown ids, and a record with itself, are 400."""
    deal = account.add_deal({})
    first, second = (deal if p == "same" else p for p in pair)

    assert 400 == call("POST", f"{ROOT}/deals/merge", {"primaryObjectId": first, "objectIdToMerge": second}).status


def test_hubspot_makes_companies_of_its_own(call, account, clock):
    """With the setting on, a contact gets a company of its domain a while later; one of a freemail domain does not."""
    account.auto_company = True
    tied = account.add_company({"name": "Mine", "domain": "mine.com"})
    account.add_contact({"email": "a@elsewhere.com"}, company=tied)
    jane, _ = (account.add_contact({"email": e}) for e in ("jane@acme.com", "joe@gmail.com"))
    assert ["mine.com"] == [c["properties"]["domain"] for c in account.companies()]

    clock.advance(account.auto_company_delay)

    assert ["mine.com", "acme.com"] == [c["properties"]["domain"] for c in account.companies()]
    made = account.companies()[1]["id"]
    read_back = call("POST", "/crm/v4/associations/contacts/companies/batch/read", {"inputs": [{"id": jane}]}).body
    assert [(int(made), [1, 279])] == [
        (to["toObjectId"], [t["typeId"] for t in to["associationTypes"]]) for to in read_back["results"][0]["to"]
    ]


def test_hubspots_company_is_one_for_a_domain(account, clock):
    """A second contact of the domain is tied to the company that is there; with the setting off nothing is made."""
    account.add_contact({"email": "x@off.com"})
    account.auto_company = True
    account.add_contact({"email": "jane@acme.com"})
    clock.advance(account.auto_company_delay)
    second = account.add_contact({"email": "joan@acme.com"})
    clock.advance(account.auto_company_delay)

    assert ["acme.com"] == [c["properties"]["domain"] for c in account.companies()]
    assert [account.companies()[0]["id"]] == account.linked("contacts", second, "companies")


def test_the_two_errors_of_a_taken_value_are_told_apart(call, account):
    """A taken key is a validation error with JSON inside the message; a taken address is a conflict."""
    account.add_contact({"email": "jane@acme.com", "ext_contact_key": "k"})

    key = call("POST", f"{ROOT}/contacts", {"properties": {"ext_contact_key": "K"}}).body
    address = call("POST", f"{ROOT}/contacts", {"properties": {"email": "jane@acme.com"}}).body

    assert ("VALIDATION_ERROR", "CONFLICT") == (key["category"], address["category"])
    assert "ext_contact_key" == json.loads(key["message"].partition(": ")[2])[0]["name"]
