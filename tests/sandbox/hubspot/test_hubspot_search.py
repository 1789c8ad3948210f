"""Search: its lag, its limits, its operators (items 5 and 12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

ROOT = "/crm/v3/objects"


@pytest.fixture
def fresh(account):
    """The account with an index that has no lag."""
    account.search_lag = timedelta()
    return account


@pytest.fixture
def find(call):
    """Return a searcher: find(filter, …) → the dealnames found, in order; each filter is (name, operator, operands)."""

    def run(*filters, kind="deals", show="dealname", **more):
        group = [{"propertyName": name, "operator": operator, **operands} for name, operator, operands in filters]
        groups = {"filterGroups": [{"filters": group}]} if group else {}
        answer = call("POST", f"{ROOT}/{kind}/search", {**groups, "properties": [show], "limit": 200, **more})
        assert 200 == answer.status, answer.body
        return [row["properties"][show] for row in answer.body["results"]]

    return run


def ms(clock, seconds=0):
    return str(int((clock.now() + timedelta(seconds=seconds)).timestamp() * 1000))


def test_a_create_is_found_after_the_lag(account, clock, find):
    """A new deal is missed for 30 seconds and found then."""
    account.add_deal({"dealname": "One"})
    assert [] == find()

    clock.advance(timedelta(seconds=29))
    assert [] == find()

    clock.advance(timedelta(seconds=1))
    assert ["One"] == find()


def test_an_update_shows_late_too(account, clock, find):
    """Until the lag is over a search finds and shows a deal as it was before."""
    deal = account.add_deal({"dealname": "Old"})
    clock.advance(timedelta(minutes=1))
    find()
    account.edit("deals", deal, {"dealname": "New"})

    by_new = [("dealname", "EQ", {"value": "New"})]
    assert (["Old"], []) == (find(), find(*by_new))

    clock.advance(timedelta(seconds=30))
    assert (["New"], ["New"]) == (find(), find(*by_new))


def test_after_an_archive_total_is_more_than_results(account, clock, call):
    """An archived deal is counted but not shown, until the lag is over."""
    deal = account.add_deal({"dealname": "One"})
    clock.advance(timedelta(minutes=1))
    account.archive("deals", deal)

    early = call("POST", f"{ROOT}/deals/search", {}).body
    clock.advance(timedelta(seconds=30))
    late = call("POST", f"{ROOT}/deals/search", {}).body

    assert ((1, []), (0, [])) == ((early["total"], early["results"]), (late["total"], late["results"]))


def test_a_merge_reaches_search_late(account, clock, find):
    """The merged deals vanish and the new one appears once the lag is over."""
    a, b = (account.add_deal({"dealname": n}) for n in "AB")
    clock.advance(timedelta(minutes=1))
    new = account.merge("deals", a, b)
    assert [] == find(show="hs_object_id")

    clock.advance(timedelta(seconds=30))

    assert [new] == find(show="hs_object_id")


def test_the_lag_is_settable(account, find):
    """Without a lag a deal is found at once."""
    account.search_lag = timedelta()
    account.add_deal({"dealname": "One"})

    assert ["One"] == find()


def test_a_stale_search_on_order(fresh, clock, find):
    """An ordered stale search goes back behind what an earlier one showed; the next is fresh again."""
    deal = fresh.add_deal({"dealname": "Old"})
    find()
    clock.advance(timedelta(minutes=5))
    fresh.edit("deals", deal, {"dealname": "New"})
    fresh.add_deal({"dealname": "Newer"})
    assert ["New", "Newer"] == find()

    fresh.faults.order("stale-search", options={"seconds": 60})

    assert ["Old"] == find()
    assert ["New", "Newer"] == find()


def test_changed_since_by_the_servers_instants(fresh, clock, find):
    """GTE on hs_lastmodifieddate takes milliseconds or ISO, and finds equal instants too."""
    fresh.add_deal({"dealname": "Old"})
    clock.advance(timedelta(minutes=5))
    mark = ms(clock)
    second = fresh.add_deal({"dealname": "Second"})
    fresh.add_deal({"dealname": "Third"})
    clock.advance(timedelta(minutes=5))
    fresh.edit("deals", second, {"amount": "5"})
    since = [("hs_lastmodifieddate", "GTE", {"value": mark})]
    iso = datetime.fromtimestamp(int(mark) / 1000, UTC).isoformat()

    assert ["Third", "Second"] == find(*since, sorts=["hs_lastmodifieddate"])
    assert ["Second", "Third"] == find(("hs_lastmodifieddate", "GTE", {"value": iso}))
    assert ["Second"] == find(("hs_lastmodifieddate", "GT", {"value": mark}))
    assert ["Old"] == find(("hs_lastmodifieddate", "LT", {"value": mark}))
    assert ["Third"] == find(("hs_lastmodifieddate", "EQ", {"value": mark}))
    assert ["Old", "Third"] == find(("hs_lastmodifieddate", "BETWEEN", {"value": "0", "highValue": mark}))


def test_contacts_go_by_another_property(fresh, call, find):
    """Contacts have lastmodifieddate; hs_lastmodifieddate is unknown there."""
    fresh.add_contact({"email": "jane@acme.com"})

    assert ["jane@acme.com"] == find(("lastmodifieddate", "GTE", {"value": "0"}), kind="contacts", show="email")
    filters = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}]
    assert 400 == call("POST", f"{ROOT}/contacts/search", {"filterGroups": [{"filters": filters}]}).status


@pytest.mark.parametrize(
    ("name", "operator", "operands", "expected"),
    [
        ("dealname", "EQ", {"value": "aLPHA one"}, ["Alpha one"]),
        ("dealname", "NEQ", {"value": "alpha one"}, ["Beta", "gamma"]),
        ("dealname", "IN", {"values": ["beta", "gamma"]}, ["Beta", "gamma"]),
        ("dealname", "IN", {"values": ["Beta", "gamma"]}, ["gamma"]),
        ("dealname", "IN", {"values": ["beta "]}, []),
        ("dealname", "NOT_IN", {"values": ["beta"]}, ["Alpha one", "gamma"]),
        ("dealname", "CONTAINS_TOKEN", {"value": "one"}, ["Alpha one"]),
        ("dealname", "CONTAINS_TOKEN", {"value": "bet*"}, ["Beta"]),
        ("dealname", "CONTAINS_TOKEN", {"value": "alp"}, []),
        ("dealname", "NOT_CONTAINS_TOKEN", {"value": "one"}, ["Beta", "gamma"]),
        ("amount", "EQ", {"value": "100.0"}, ["Alpha one"]),
        ("amount", "GT", {"value": "100"}, ["Beta"]),
        ("amount", "LTE", {"value": "1000"}, ["Alpha one", "Beta"]),
        ("amount", "BETWEEN", {"value": "200", "highValue": "1000"}, ["Beta"]),
        ("amount", "IN", {"values": ["100.00"]}, ["Alpha one"]),
        ("amount", "HAS_PROPERTY", {}, ["Alpha one", "Beta"]),
        ("amount", "NOT_HAS_PROPERTY", {}, ["gamma"]),
        ("dealstage", "EQ", {"value": "closedwon"}, ["Beta"]),
        ("dealstage", "EQ", {"value": "ClosedWon"}, []),
        ("dealstage", "IN", {"values": ["closedwon", "closedlost"]}, ["Beta"]),
        ("hs_is_closed_won", "EQ", {"value": "true"}, ["Beta"]),
        ("createdate", "GTE", {"value": "2026-11-02"}, ["Alpha one", "Beta", "gamma"]),
    ],
)
def test_operators(fresh, find, name, operator, operands, expected):
    """EQ does not regard case, IN wants lower case, enumerations are case-sensitive, numbers compare as numbers."""
    fresh.add_deal({"dealname": "Alpha one", "amount": "100"})
    fresh.add_deal({"dealname": "Beta", "amount": "1000", "dealstage": "closedwon"})
    fresh.add_deal({"dealname": "gamma"})

    assert expected == find((name, operator, operands))


def test_value_filters_follow_changes(fresh, find):
    """A filter by value sees what a record is now, after searches that saw it otherwise."""
    deal = fresh.add_deal({"dealname": "One"})
    by = {n: [("dealname", "EQ", {"value": n})] for n in ("one", "two")}
    assert (["One"], []) == (find(*by["one"]), find(*by["two"]))

    fresh.edit("deals", deal, {"dealname": "Two"})

    assert ([], ["Two"]) == (find(*by["one"]), find(*by["two"]))
    deals = next(index for kind, index in fresh.indexes.items() if kind.plural == "deals")
    assert (set(), {int(deal)}) == (deals.holding("dealname", ["One"]), deals.holding("dealname", ["TWO"]))


def test_filters_of_a_group_are_all_groups_any(fresh, call):
    """Filters of one group must all hold, of several groups one is enough, and a record is found once."""
    for name, amount in (("A", "1"), ("B", "2"), ("C", "3")):
        fresh.add_deal({"dealname": name, "amount": amount})
    more_than_one = {"propertyName": "amount", "operator": "GT", "value": "1"}
    groups = [
        {"filters": [more_than_one, {"propertyName": "dealname", "operator": "EQ", "value": "b"}]},
        {"filters": [{"propertyName": "dealname", "operator": "IN", "values": ["a", "b"]}]},
    ]

    answer = call("POST", f"{ROOT}/deals/search", {"filterGroups": groups}).body

    assert (2, ["A", "B"]) == (answer["total"], [r["properties"]["dealname"] for r in answer["results"]])


def test_associations_are_searched_by_a_pseudo_property(fresh, find):
    """associations.company finds the deals of a company."""
    company = fresh.add_company({"name": "Acme"})
    fresh.add_deal({"dealname": "Tied"}, company=company)
    fresh.add_deal({"dealname": "Free"})

    assert ["Tied"] == find(("associations.company", "EQ", {"value": company}))
    assert ["Free"] == find(("associations.company", "NOT_HAS_PROPERTY", {}))


def test_free_text(fresh, find):
    """`query` looks for its words in the searchable properties."""
    fresh.add_company({"name": "Acme Ltd", "domain": "acme.com"})
    fresh.add_company({"name": "Other"})

    assert ["Acme Ltd"] == find(kind="companies", show="name", query="ltd ACME")


def test_order_and_pages(fresh, call):
    """Without sorts the oldest come first; `after` is an offset, text or number; paging is there if more follows."""
    for amount in ("30", "9", "100"):
        fresh.add_deal({"dealname": amount, "amount": amount})

    def page(**body):
        answer = call("POST", f"{ROOT}/deals/search", {"properties": ["amount"], **body}).body
        after = answer.get("paging", {}).get("next", {}).get("after")
        return [r["properties"]["amount"] for r in answer["results"]], after

    assert (["30", "9"], "2") == page(limit=2)
    assert (["100"], None) == page(limit=2, after="2")
    assert (["100"], None) == page(limit="2", after=2)
    assert (["9", "30", "100"], None) == page(sorts=["amount"])
    assert (["100", "30", "9"], None) == page(sorts=[{"propertyName": "amount", "direction": "DESCENDING"}])
    assert (["100", "9", "30"], None) == page(sorts=[{"propertyName": "hs_object_id", "direction": "DESCENDING"}])


def test_beyond_10_000_one_pages_by_id(fresh, find):
    """hs_object_id GT last finds the rest, in order."""
    made = [fresh.add_deal({"dealname": str(i)}) for i in range(4)]

    assert made[2:] == find(("hs_object_id", "GT", {"value": made[1]}), show="hs_object_id", sorts=["hs_object_id"])


def test_search_wants_none_of_its_keys(fresh, call):
    """An empty body is answered: ten of all, with the default properties (recorded)."""
    for i in range(12):
        fresh.add_deal({"dealname": str(i)})

    answer = call("POST", f"{ROOT}/deals/search", {}).body

    assert (12, 10) == (answer["total"], len(answer["results"]))
    assert "dealstage" in answer["results"][0]["properties"]


def _filters(n, per=6):
    one = {"propertyName": "amount", "operator": "HAS_PROPERTY"}
    return [{"filters": [one] * min(per, n - i)} for i in range(0, n, per)]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"limit": 200}),
        (400, {"limit": 201}),
        (400, {"limit": 0}),
        (200, {"limit": 200, "after": "9800"}),
        (400, {"limit": 200, "after": "9801"}),
        (400, {"limit": 1, "after": "10000"}),
        (400, {"after": "x"}),
        (200, {"filterGroups": _filters(18)}),
        (400, {"filterGroups": _filters(19, 5)}),
        (400, {"filterGroups": _filters(7, 7)}),
        (200, {"filterGroups": _filters(5, 1)}),
        (400, {"filterGroups": _filters(6, 1)}),
        (200, {"query": "x" * 2900}),
        (400, {"query": "x" * 3000}),
        (400, {"sorts": ["amount", "dealname"]}),
        (400, {"sorts": ["colour"]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "colour", "operator": "HAS_PROPERTY"}]}]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "LIKE", "value": "1"}]}]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "EQ"}]}]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "EQ", "values": ["1"]}]}]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "IN", "values": []}]}]}),
        (400, {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "GT", "value": "much"}]}]}),
    ],
)
def test_limits(call, status, body):
    """Pages of 200, 10,000 results, 5/6/18 filters, 3,000 characters of body; operands must fit their operator."""
    assert status == call("POST", f"{ROOT}/deals/search", body).status


def test_what_changed_is_found_by_time(fresh, clock, find):
    """Of many deals only those changed since the instant are looked at."""
    for i in range(300):
        fresh.add_deal({"dealname": str(i)})
    clock.advance(timedelta(minutes=5))
    find()
    mark = ms(clock)
    fresh.edit("deals", fresh.deals()[7]["id"], {"amount": "1"})
    index = next(index for kind, index in fresh.indexes.items() if kind.plural == "deals")
    index.catch_up(fresh.now(), 0)

    assert 1 == len(index.changed(int(mark), 1 << 60))
    assert 299 == len(index.changed(0, int(mark) - 1))
    assert ["7"] == find(("hs_lastmodifieddate", "GTE", {"value": mark}))
