"""Associations: primary and not, labels, bad ids, limits."""

from __future__ import annotations

import pytest

ROOT = "/crm/v4/associations"


@pytest.fixture
def cast(account):
    """A company, a second one, a contact and a deal, none of them tied."""
    return {
        "acme": account.add_company({"name": "Acme"}),
        "beta": account.add_company({"name": "Beta"}),
        "jane": account.add_contact({"email": "jane@acme.com"}),
        "deal": account.add_deal({"dealname": "One"}),
    }


@pytest.fixture
def tie(call):
    """Return a tier: tie("deals/companies", from, to, type ids…) → the answer."""

    def run(pair, from_id, to_id, *types, category="HUBSPOT_DEFINED", op="create"):
        specs = [{"associationCategory": category, "associationTypeId": t} for t in types]
        entry = {"from": {"id": from_id}, "to": {"id": to_id}, "types": specs}
        return call("POST", f"{ROOT}/{pair}/batch/{op}", {"inputs": [entry]})

    return run


@pytest.fixture
def types(call):
    """Return a reader: types("deals/companies", id) → {to id: [(type id, label)]}."""

    def run(pair, from_id):
        body = call("POST", f"{ROOT}/{pair}/batch/read", {"inputs": [{"id": from_id}]}).body
        rows = [to for result in body["results"] for to in result["to"]]
        return {str(to["toObjectId"]): [(t["typeId"], t["label"]) for t in to["associationTypes"]] for to in rows}

    return run


@pytest.mark.parametrize(
    ("pair", "from_", "to", "sent", "there", "back"),
    [
        ("contacts/companies", "jane", "acme", 279, [(279, None)], [(280, None)]),
        ("contacts/companies", "jane", "acme", 1, [(1, "Primary"), (279, None)], [(2, "Primary"), (280, None)]),
        ("companies/contacts", "acme", "jane", 2, [(2, "Primary"), (280, None)], [(1, "Primary"), (279, None)]),
        ("deals/companies", "deal", "acme", 341, [(341, None)], [(342, None)]),
        ("deals/companies", "deal", "acme", 5, [(5, "Primary"), (341, None)], [(6, "Primary"), (342, None)]),
        ("companies/deals", "acme", "deal", 6, [(6, "Primary"), (342, None)], [(5, "Primary"), (341, None)]),
        ("deals/contacts", "deal", "jane", 3, [(3, None)], [(4, None)]),
        ("contacts/deals", "jane", "deal", 4, [(4, None)], [(3, None)]),
    ],
)
def test_each_type_shows_from_both_sides(tie, types, cast, pair, from_, to, sent, there, back):
    """A primary link shows both of its types, 341 and 279 are not primary, and the other side has the inverse ids."""
    answer = tie(pair, cast[from_], cast[to], sent)

    assert 201 == answer.status
    assert {cast[to]: there} == types(pair, cast[from_])
    assert {cast[from_]: back} == types("/".join(reversed(pair.split("/"))), cast[to])


def test_a_created_link_is_told_with_numbers(tie, cast):
    """The answer names type ids of objects and the ids of records as numbers (captured)."""
    answer = tie("deals/companies", cast["deal"], cast["acme"], 5)

    assert [
        {
            "fromObjectTypeId": "0-3",
            "fromObjectId": int(cast["deal"]),
            "toObjectTypeId": "0-2",
            "toObjectId": int(cast["acme"]),
            "labels": [],
        }
    ] == answer.body["results"]


def test_there_is_one_primary_company(tie, types, cast):
    """A second primary takes the mark from the first; both stay tied."""
    tie("deals/companies", cast["deal"], cast["acme"], 5)
    tie("deals/companies", cast["deal"], cast["beta"], 5)

    assert {cast["acme"]: [(341, None)], cast["beta"]: [(5, "Primary"), (341, None)]} == types(
        "deals/companies", cast["deal"]
    )


def test_the_primary_mark_moves_from_the_companys_side_too(tie, types, cast):
    """A company that becomes a deal's primary by type 6 unseats the other."""
    tie("deals/companies", cast["deal"], cast["acme"], 5)
    tie("companies/deals", cast["beta"], cast["deal"], 6)

    assert [(341, None)] == types("deals/companies", cast["deal"])[cast["acme"]]


def test_tying_again_is_no_fault(tie, types, cast):
    """The same link made twice stays one, and a primary one stays primary."""
    tie("deals/companies", cast["deal"], cast["acme"], 5)

    assert 201 == tie("deals/companies", cast["deal"], cast["acme"], 341).status
    assert {cast["acme"]: [(5, "Primary"), (341, None)]} == types("deals/companies", cast["deal"])


def test_own_labels_are_replaced_not_added(account, call, tie, types, cast):
    """A label sent alone takes the place of the other; sent together both stand."""
    first, second = (account.add_label("deals", "companies", n) for n in ("Referrer", "Payer"))
    mine = {"category": "USER_DEFINED"}
    tie("deals/companies", cast["deal"], cast["acme"], first, **mine)
    answer = tie("deals/companies", cast["deal"], cast["acme"], second, **mine)

    assert ["Payer"] == answer.body["results"][0]["labels"]
    assert [(341, None), (second, "Payer")] == types("deals/companies", cast["deal"])[cast["acme"]]
    tie("deals/companies", cast["deal"], cast["acme"], first, second, **mine)
    assert [(341, None), (first, "Referrer"), (second, "Payer")] == types("deals/companies", cast["deal"])[cast["acme"]]
    labels = call("GET", f"{ROOT}/deals/companies/labels").body["results"]
    assert [(341, None), (5, "Primary"), (first, "Referrer"), (second, "Payer")] == [
        (row["typeId"], row["label"]) for row in labels
    ]


def test_labels_are_taken_away(account, tie, types, cast):
    """labels/archive takes one label; taking the unlabelled type leaves nothing of the link."""
    label = account.add_label("deals", "companies", "Payer")
    pair = ("deals/companies", cast["deal"], cast["acme"])
    tie(*pair, label, category="USER_DEFINED")

    assert 204 == tie(*pair, label, category="USER_DEFINED", op="labels/archive").status
    assert {cast["acme"]: [(341, None)]} == types("deals/companies", cast["deal"])
    tie(*pair, label, category="USER_DEFINED")
    assert 204 == tie(*pair, 341, op="labels/archive").status
    assert {} == types("deals/companies", cast["deal"])


def test_links_are_cut_from_both_sides(call, account, tie, cast):
    """batch/archive unties, and is silent about what is not tied."""
    tie("deals/companies", cast["deal"], cast["acme"], 5)
    entry = {"from": {"id": cast["deal"]}, "to": [{"id": cast["acme"]}, {"id": cast["beta"]}]}

    assert 204 == call("POST", f"{ROOT}/deals/companies/batch/archive", {"inputs": [entry]}).status
    assert [] == account.linked("companies", cast["acme"], "deals")


def test_the_default_is_told_from_both_sides(call, cast):
    """associate/default ties unlabelled and answers a row for each direction."""
    entry = {"from": {"id": cast["deal"]}, "to": {"id": cast["acme"]}}

    answer = call("POST", f"{ROOT}/deals/companies/batch/associate/default", {"inputs": [entry]})

    assert {(cast["deal"], cast["acme"], 341), (cast["acme"], cast["deal"], 342)} == {
        (row["from"]["id"], row["to"]["id"], row["associationSpec"]["associationTypeId"])
        for row in answer.body["results"]
    }


@pytest.mark.parametrize("op", ["create", "associate/default"])
def test_bad_ids_are_told_without_a_trace(call, account, cast, op):
    """Unknown, archived and malformed ids, and a record with itself, are error items; the good link lands."""
    account.archive("companies", cast["beta"])
    ends = [(cast["deal"], i) for i in (cast["acme"], cast["beta"], "999", "unknown_id")]
    spec = {"types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}]} if op == "create" else {}
    inputs = [{"from": {"id": a}, "to": {"id": b}, **spec} for a, b in ends]

    answer = call("POST", f"{ROOT}/deals/companies/batch/{op}", {"inputs": inputs})

    assert 207 == answer.status
    assert [[cast["beta"]], ["999"], ["unknown_id"]] == [e["context"]["id"] for e in answer.body["errors"]]
    assert {"crm.associations.INVALID_IDENTIFIER"} == {e["subCategory"] for e in answer.body["errors"]}
    assert [cast["acme"]] == account.linked("deals", cast["deal"], "companies")


def test_nothing_is_tied_to_itself(tie, cast):
    """A contact can't be tied to itself."""
    answer = tie("contacts/contacts", cast["jane"], cast["jane"], 449)

    assert (207, []) == (answer.status, answer.body["results"])
    assert (
        f"Object {cast['jane']} cannot be associated to itself ({cast['jane']})" == answer.body["errors"][0]["message"]
    )


def test_nothing_tied_is_an_error_item(call, tie, cast):
    """A read lists what is tied, and says of the others that nothing is (captured)."""
    tie("contacts/companies", cast["jane"], cast["acme"], 1)

    answer = call("POST", f"{ROOT}/contacts/companies/batch/read", {"inputs": [{"id": cast["jane"]}, {"id": "77"}]})

    assert 207 == answer.status
    assert [cast["jane"]] == [row["from"]["id"] for row in answer.body["results"]]
    assert "No company is associated with contact 77." == answer.body["errors"][0]["message"]
    assert "crm.associations.NO_ASSOCIATIONS_FOUND" == answer.body["errors"][0]["subCategory"]


def test_the_limits_are_2000_links_and_1000_reads(call, cast):
    """2,001 links and 1,001 reads are 400; 2,000 and 1,000 are not."""
    link = {"from": {"id": cast["deal"]}, "to": {"id": cast["acme"]}}
    default, read = f"{ROOT}/deals/companies/batch/associate/default", f"{ROOT}/deals/companies/batch/read"

    assert [200, 400] == [call("POST", default, {"inputs": [link] * n}).status for n in (2000, 2001)]
    assert [200, 400] == [call("POST", read, {"inputs": [{"id": cast["deal"]}] * n}).status for n in (1000, 1001)]


@pytest.mark.parametrize(
    ("pair", "type_", "category"),
    [
        ("deals/companies", 3, "HUBSPOT_DEFINED"),
        ("deals/companies", 342, "HUBSPOT_DEFINED"),
        ("deals/companies", 5, "USER_DEFINED"),
        ("deals/companies", 5, ""),
        ("deals/companies", 9999, "HUBSPOT_DEFINED"),
    ],
)
def test_a_type_must_fit_its_pair(tie, cast, pair, type_, category):
    """A type of another pair or direction, of another category, or of no category at all, is 400."""
    assert 400 == tie(pair, cast["deal"], cast["acme"], type_, category=category).status
