"""Batches: who is refused, who lands, in which order the answer comes (items 5 to 8)."""

from __future__ import annotations

import json

import pytest

ROOT = "/crm/v3/objects"


def deal(lead, **more):
    return {"properties": {"dealname": lead, "partner_lead_id": lead, **more}}


def traced(*entries):
    return {"inputs": [{"objectWriteTraceId": f"t{i}", **entry} for i, entry in enumerate(entries)]}


def upsert(lead, **more):
    return {"id": lead, "idProperty": "partner_lead_id", "properties": more}


@pytest.mark.parametrize("op", ["create", "read", "update", "upsert", "archive"])
def test_more_than_100_inputs_are_refused(call, op):
    """A batch of 101 is 400 whatever it asks."""
    shapes = {
        "create": {"properties": {}},
        "update": {"id": "1", "properties": {}},
        "upsert": upsert("L"),
        "read": {"id": "1"},
        "archive": {"id": "1"},
    }

    assert 400 == call("POST", f"{ROOT}/deals/batch/{op}", {"inputs": [shapes[op]] * 101}).status


def test_untraced_create_is_all_or_nothing(call, account):
    """Without trace ids one bad row refuses the others, and every bad value is told."""
    inputs = [deal("L-1"), deal("L-2", colour="red"), deal("L-3", size="big")]

    answer = call("POST", f"{ROOT}/deals/batch/create", {"inputs": inputs})

    assert 400 == answer.status
    assert ["colour", "size"] == [row["name"] for row in json.loads(answer.body["message"].partition(": ")[2])]
    assert [] == account.deals()


def test_traced_create_lands_the_good_ones(call, account):
    """With a unique trace id on every input the good rows land, and the bad one is told with its trace id."""
    account.add_deal({"dealname": "Old", "partner_lead_id": "L-2"})

    answer = call("POST", f"{ROOT}/deals/batch/create", traced(deal("L-1"), deal("L-2"), deal("L-3", dealstage="x")))

    assert 207 == answer.status
    assert ["t0"] == [row["objectWriteTraceId"] for row in answer.body["results"]]
    codes = {e["context"]["objectWriteTraceId"][0]: e["errors"][0]["code"] for e in answer.body["errors"]}
    assert {"t1": "CONFLICTING_UNIQUE_VALUE", "t2": "INVALID_OPTION"} == codes
    assert 2 == answer.body["numErrors"]
    assert {"Old", "L-1"} == {d["properties"]["dealname"] for d in account.deals()}


@pytest.mark.parametrize("traces", [["a", "a"], ["a", None], ["a", ""]])
def test_trace_ids_count_only_when_all_are_there_and_differ(call, account, traces):
    """A trace id that is missing, empty or twice the same makes the batch all or nothing again."""
    inputs = [deal("L-1"), deal("L-2", colour="red")]
    for entry, trace in zip(inputs, traces, strict=True):
        if trace is not None:
            entry["objectWriteTraceId"] = trace

    assert 400 == call("POST", f"{ROOT}/deals/batch/create", {"inputs": inputs}).status
    assert [] == account.deals()


def test_contact_conflict_names_the_record_in_the_way(call, account):
    """Untraced it is 409 with the id in words (or without, as the switch says); traced it is context.existingId."""
    old = account.add_contact({"email": "jane@acme.com"})
    row = {"properties": {"email": "JANE@acme.com"}}

    single = call("POST", f"{ROOT}/contacts", row)
    batch = call("POST", f"{ROOT}/contacts/batch/create", {"inputs": [row]})
    item = call("POST", f"{ROOT}/contacts/batch/create", traced(row)).body["errors"][0]
    account.conflict_names_id = False
    mute = call("POST", f"{ROOT}/contacts", row)

    assert [409, 409] == [single.status, batch.status]
    assert f"Contact already exists. Existing ID: {old}" == single.body["message"] == item["message"]
    assert {"objectWriteTraceId": ["t0"], "existingId": [old]} == item["context"]
    assert "CONFLICT" == item["category"] == mute.body["category"]
    assert "Contact already exists" == mute.body["message"]


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("create", [deal("L-7"), deal("l-7")]),
        ("read", [{"id": "1"}, {"id": "1"}]),
        ("update", [{"id": "1", "properties": {}}, {"id": "1", "properties": {}}]),
        ("upsert", [upsert("L-7"), upsert("L-7", amount="1")]),
        ("upsert", [upsert("L-7"), upsert("l-7")]),
    ],
)
def test_one_record_twice_refuses_the_batch(call, account, op, inputs):
    """The same id, or two inputs with one unique value, refuse the batch whole, trace ids or not."""
    for entry in inputs:
        body = {"inputs": inputs} if op == "read" else traced(*inputs)
        answer = call("POST", f"{ROOT}/deals/batch/{op}", body)
        assert 400 == answer.status, entry
        assert answer.body["message"].startswith("Duplicate IDs found in batch input: [")
        assert 1 == len(answer.body["context"]["ids"])

    assert [] == account.deals()


def test_two_inputs_that_resolve_to_one_record_refuse_the_batch(call, account):
    """An update that names a record by id and again by its key is refused whole."""
    known = account.add_deal({"partner_lead_id": "L-1"})
    inputs = [{"id": known, "properties": {}}, {"id": "L-1", "idProperty": "partner_lead_id", "properties": {}}]

    answer = call("POST", f"{ROOT}/deals/batch/update", {"inputs": inputs})

    assert (400, [known]) == (answer.status, answer.body["context"]["ids"])


def test_two_keys_of_one_contact_refuse_an_upsert(call, account):
    """An upsert that means one contact by its address and again by its own key is refused whole."""
    jane = account.add_contact({"email": "jane@acme.com", "ext_contact_key": "k-1"})
    inputs = [
        {"id": "jane@acme.com", "idProperty": "email", "properties": {}},
        {"id": "k-1", "idProperty": "ext_contact_key", "properties": {}},
    ]

    answer = call("POST", f"{ROOT}/contacts/batch/upsert", {"inputs": inputs})

    assert (400, [jane]) == (answer.status, answer.body["context"]["ids"])


def test_results_come_in_another_order(call, account):
    """Results are permuted, and come in the order asked once the switch is off."""
    body = traced(*(deal(f"L-{i}") for i in range(12)))
    order = [entry["objectWriteTraceId"] for entry in body["inputs"]]

    permuted = call("POST", f"{ROOT}/deals/batch/create", body).body["results"]
    account.permute = False
    again = call("POST", f"{ROOT}/deals/batch/read", {"inputs": [{"id": r["id"]} for r in permuted]}).body["results"]

    assert order != [row["objectWriteTraceId"] for row in permuted]
    assert set(order) == {row["objectWriteTraceId"] for row in permuted}
    assert [r["id"] for r in permuted] == [r["id"] for r in again]


@pytest.mark.parametrize(("written", "left"), [(False, 2), (True, 3)])
def test_an_input_is_left_out_on_order(call, account, written, left):
    """One input is missing from the results and from the errors, done or not, as ordered."""
    account.faults.order("omit", path=ROOT, options={"index": 1, "written": written})

    answer = call("POST", f"{ROOT}/deals/batch/create", traced(deal("L-0"), deal("L-1"), deal("L-2")))

    assert 201 == answer.status
    assert {"t0", "t2"} == {row["objectWriteTraceId"] for row in answer.body["results"]}
    assert "errors" not in answer.body
    assert left == len(account.deals())


@pytest.mark.parametrize(("written", "left"), [(False, 0), (True, 2)])
def test_complete_with_nothing_in_it_on_order(call, account, written, left):
    """A 201 says COMPLETE and holds neither results nor errors."""
    account.faults.order("nothing", options={"written": written})

    answer = call("POST", f"{ROOT}/deals/batch/create", traced(deal("L-0"), deal("L-1")))

    assert (201, "COMPLETE", []) == (answer.status, answer.body["status"], answer.body["results"])
    assert left == len(account.deals())


def test_an_inline_association_to_a_bad_id_has_no_trace_id(call, account):
    """The error names the id that is not there, not the input it belongs to; the deal is not made."""
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}]
    row = {**deal("L-1"), "associations": [{"to": {"id": "12345"}, "types": types}]}

    answer = call("POST", f"{ROOT}/deals/batch/create", traced(row, deal("L-2")))

    assert 207 == answer.status
    error = answer.body["errors"][0]
    assert "crm.associations.INVALID_IDENTIFIER" == error["subCategory"]
    assert {"id": ["12345"]} == error["context"]
    assert ["L-2"] == [d["properties"]["dealname"] for d in account.deals()]


def test_a_batch_create_ties_inline(call, account):
    """A deal is tied to its company as primary and to its contact in the call that makes it."""
    company, contact = account.add_company({"name": "Acme"}), account.add_contact({"email": "jane@acme.com"})
    row = deal("L-1")
    row["associations"] = [
        {"to": {"id": id_}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_}]}
        for id_, type_ in ((company, 5), (contact, 3))
    ]

    made = call("POST", f"{ROOT}/deals/batch/create", traced(row)).body["results"][0]["id"]

    assert [company] == account.linked("deals", made, "companies")
    assert [contact] == account.linked("deals", made, "contacts")
    assert [made] == account.linked("companies", company, "deals")


def test_update_tells_of_ids_that_are_not_there(call, account):
    """A known id is updated, an unknown one is an error item with its id, and the answer is 207."""
    known = account.add_deal({"dealname": "One"})
    inputs = [{"id": known, "properties": {"amount": "7"}}, {"id": "999", "properties": {"amount": "8"}}]

    answer = call("POST", f"{ROOT}/deals/batch/update", {"inputs": inputs})

    assert 207 == answer.status
    assert [(known, "7")] == [(r["id"], r["properties"]["amount"]) for r in answer.body["results"]]
    assert {"ids": ["999"]} == answer.body["errors"][0]["context"]
    assert answer.body["errors"][0]["message"].startswith("Could not get some DEAL objects")


def test_update_refuses_a_bad_value_whole(call, account):
    """One bad value in an update leaves every record as it was, trace ids or not."""
    ids = [account.add_deal({"dealname": "One", "amount": "1"}) for _ in range(2)]
    rows = [{"id": ids[0], "properties": {"amount": "2"}}, {"id": ids[1], "properties": {"amount": " 2"}}]

    assert 400 == call("POST", f"{ROOT}/deals/batch/update", traced(*rows)).status
    assert ["1", "1"] == [d["properties"]["amount"] for d in account.deals()]


def test_update_goes_by_id_or_by_an_own_unique_property(call, account):
    """A custom unique property works as idProperty; e-mail, hs_object_id and non-unique ones are refused."""
    made = account.add_deal({"partner_lead_id": "L-1"})
    account.add_contact({"email": "jane@acme.com"})

    def status(kind, id_, name):
        inputs = [{"id": id_, "idProperty": name, "properties": {}}]
        return call("POST", f"{ROOT}/{kind}/batch/update", {"inputs": inputs})

    assert [made] == [r["id"] for r in status("deals", "L-1", "partner_lead_id").body["results"]]
    assert 400 == status("deals", made, "hs_object_id").status
    assert 400 == status("deals", "x", "dealname").status
    refused = status("contacts", "jane@acme.com", "email")
    assert (400, "Unable to perform update by non-unique 0-1 property") == (refused.status, refused.body["message"])


def test_an_address_in_the_place_of_an_id_changes_nothing(call, account):
    """An e-mail as a bare id answers 200 without an error, and the contact stays as it was."""
    account.add_contact({"email": "jane@acme.com", "firstname": "Jane"})
    inputs = [{"id": "jane@acme.com", "properties": {"firstname": "Joan"}}]

    answer = call("POST", f"{ROOT}/contacts/batch/update", {"inputs": inputs})

    assert 200 == answer.status
    assert "errors" not in answer.body
    assert "Jane" == account.contacts()[0]["properties"]["firstname"]


def test_upsert_creates_or_matches_and_says_which(call, account):
    """The flag `new` tells a created record from a matched one; the key need not be among the properties."""
    old = account.add_deal({"dealname": "Old", "partner_lead_id": "L-1"})

    answer = call("POST", f"{ROOT}/deals/batch/upsert", traced(upsert("L-1", amount="5"), upsert("L-2", amount="6")))

    assert 200 == answer.status
    rows = {row["objectWriteTraceId"]: row for row in answer.body["results"]}
    assert (old, False) == (rows["t0"]["id"], rows["t0"]["new"])
    assert rows["t1"]["new"] is True
    assert {"L-1": "5", "L-2": "6"} == {
        d["properties"]["partner_lead_id"]: d["properties"]["amount"] for d in account.deals()
    }


def test_upsert_by_a_property_that_is_not_unique_is_refused(call):
    """Neither a plain property, nor the domain of a company, nor hs_object_id serves."""
    for kind, name in (("deals", "dealname"), ("companies", "domain"), ("deals", "hs_object_id")):
        inputs = [{"id": "x", "idProperty": name, "properties": {}}]
        assert 400 == call("POST", f"{ROOT}/{kind}/batch/upsert", {"inputs": inputs}).status


def test_upsert_takes_no_associations(call):
    """Inline associations of an upsert are an unknown field."""
    inputs = [{**upsert("L-1"), "associations": []}]

    assert 400 == call("POST", f"{ROOT}/deals/batch/upsert", {"inputs": inputs}).status


def test_upsert_by_an_own_key_tells_row_by_row(call, account):
    """By a custom key and traced, the good row lands beside the bad one."""
    answer = call("POST", f"{ROOT}/deals/batch/upsert", traced(upsert("L-1"), upsert("L-2", amount="x")))

    assert 207 == answer.status
    assert ["t1"] == answer.body["errors"][0]["context"]["objectWriteTraceId"]
    assert ["L-1"] == [d["properties"]["partner_lead_id"] for d in account.deals()]


def test_upsert_by_address_is_all_or_nothing(call, account):
    """By e-mail one bad row refuses all, trace ids or not."""
    rows = [{"id": f"{n}@acme.com", "idProperty": "email", "properties": {}} for n in ("a", "b")]
    rows[1]["properties"]["lifecyclestage"] = "nosuch"

    assert 400 == call("POST", f"{ROOT}/contacts/batch/upsert", traced(*rows)).status
    assert [] == account.contacts()


def test_upsert_by_address_does_not_regard_case(call, account):
    """A contact is matched by its e-mail in any case."""
    old = account.add_contact({"email": "jane@acme.com"})
    row = {"id": "Jane@ACME.com", "idProperty": "email", "properties": {"email": "Jane@ACME.com", "firstname": "Jane"}}

    answer = call("POST", f"{ROOT}/contacts/batch/upsert", {"inputs": [row]})

    assert [(old, False)] == [(r["id"], r["new"]) for r in answer.body["results"]]


def test_read_by_key_answers_what_is_there(call, account):
    """batch/read by a unique property finds the known and names the unknown; history comes when asked."""
    known = account.add_deal({"partner_lead_id": "L-1"})
    body = {
        "idProperty": "partner_lead_id",
        "properties": ["partner_lead_id", "dealstage"],
        "propertiesWithHistory": ["dealstage"],
        "inputs": [{"id": "L-1"}, {"id": "L-9"}],
    }

    answer = call("POST", f"{ROOT}/deals/batch/read", body)

    assert 207 == answer.status
    row = answer.body["results"][0]
    assert (known, "L-1") == (row["id"], row["properties"]["partner_lead_id"])
    assert ["appointmentscheduled"] == [w["value"] for w in row["propertiesWithHistory"]["dealstage"]]
    assert {"ids": ["L-9"]} == answer.body["errors"][0]["context"]


def test_archiving_what_is_not_there_is_no_error(call, account):
    """batch/archive answers 204 for known and unknown ids alike."""
    known = account.add_deal({"dealname": "One"})

    assert 204 == call("POST", f"{ROOT}/deals/batch/archive", {"inputs": [{"id": known}, {"id": "9"}]}).status
    assert [] == account.deals()
