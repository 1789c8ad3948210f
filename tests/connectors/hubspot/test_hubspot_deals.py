"""Following deals: what a look costs, what a history says, what becomes of deals that can't be read any more."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.connectors.hubspot.hubspot_stand import START, crm_at, lead
from tests.connectors.standins import Shelves
from worker.ports import Unavailable
from worker.sandbox.hubspot.kinds import kind_named

MINUTE = timedelta(minutes=1)
SEARCH = "/crm/v3/objects/deals/search"
READ = "/crm/v3/objects/deals/batch/read"
COMPANIES = "/crm/v4/associations/deals/companies/batch/read"


def add_deals(portal, number, **properties):
    return [portal.add_deal({"dealname": f"Deal {n}", **properties}) for n in range(number)]


def calls(server):
    """Return the calls since the last time, by path, and forget them."""
    seen = dict(Counter(call.path for call in server.log))
    server.log.clear()
    return seen


@pytest.fixture
def settled(crm, clock):
    """Look at the deals once the search has caught up."""

    def look(tracked=(), **terms):
        clock.advance(MINUTE)
        return crm.deals(tracked, **terms)

    return look


# What a look costs


def test_nothing_changed_among_five_thousand_deals_is_one_search(crm, portal, server, settled):
    """Though all of them were made in the same moment and lie within the window of the search."""
    add_deals(portal, 5000)
    first = settled()
    calls(server)

    assert first == settled(first)
    assert {SEARCH: 1} == calls(server)
    assert first == settled(first)
    assert {SEARCH: 1} == calls(server)


def test_an_account_that_sorts_by_names_only_is_read_all_the_same(portal, server, settled):
    """Where a sort can't say which way, whole windows are read, and the newest instant is still found."""
    portal.sorts_as_objects = False
    first, *_ = add_deals(portal, 450)
    assert 450 == len(settled())
    server.log.clear()
    portal.move_deal(first, "closedwon")

    assert "closedwon" == settled()[first].stage
    assert 400 in [call.status for call in server.log]


def test_the_first_look_reads_all_with_their_history(portal, server, settled):
    """450 deals are three pages and nine reads; the stages are asked once, the company currency not without need."""
    add_deals(portal, 450)

    assert 450 == len(settled())
    assert {SEARCH: 3, READ: 9, "/crm/v3/pipelines/deals": 1} == calls(server)


def test_a_lost_memory_changes_no_fact(portal, server, clock, settled):
    """Wins, ends and companies come out the same from a fresh memory as from one that saw it all happen."""
    company = portal.add_company({"name": "Acme"})
    ids = [portal.add_deal({"dealname": str(n), "amount": "100"}, company=company) for n in range(6)]
    settled()
    for n, stages in enumerate(
        (["closedwon"], ["closedwon", "closedlost"], ["closedwon", "contractsent"], ["closedlost"])
    ):
        for stage in stages:
            portal.move_deal(ids[n], stage)
            settled()
    kept = settled(ids)

    assert kept == crm_at(server.url, clock, memory=Shelves()).deals(ids)


def test_another_property_for_the_interval_is_read_afresh(portal, server, clock, memory, settled):
    """What is remembered belongs to the account and the property names that it was read with."""
    portal.add_property("deals", "paid_per")
    id_ = portal.add_deal({"dealname": "A", "billing_interval": "monthly", "paid_per": "annual"})
    assert "monthly" == settled()[id_].interval

    other = crm_at(server.url, clock, memory=memory, interval_property="paid_per")

    assert "annual" == other.deals(())[id_].interval


def test_more_than_ten_thousand_deals_are_read_by_their_ids(portal, server, settled, crm):
    """A search goes no further than 10,000 hits, so a larger window is read in the order of ids, each deal once."""
    add_deals(portal, 10_250)

    assert 10_250 == len(settled())
    assert 1 + 52 == calls(server)[SEARCH]
    assert 10_250 == len(settled())
    assert {SEARCH: 1} == calls(server)


def test_one_deal_changed_among_many_costs_a_page_more(portal, server, settled):
    """A new amount is found on the first page; the next page, without news, ends the look."""
    ids = add_deals(portal, 1000)
    settled()
    portal.edit("deals", ids[500], {"amount": "99.50"})
    calls(server)

    assert Decimal("99.50") == settled()[ids[500]].value
    assert 2 >= calls(server)[SEARCH]


def test_a_first_fill_that_breaks_off_goes_on_where_it_was(portal, server, settled, crm):
    """What was read before the service went away is remembered."""
    add_deals(portal, 1200)
    portal.faults.order("status", path=READ, skip=21, times=99, options={"status": 503, "body": "busy"})
    with pytest.raises(Unavailable):
        settled()
    portal.faults.clear()
    calls(server)

    assert 1200 == len(settled())
    assert 4 == calls(server)[READ]


def test_a_look_while_another_run_looks(portal, server, clock, memory, settled):
    """Nothing that another run remembers while we begin to look is missed by ours."""
    ids = add_deals(portal, 2)
    settled()
    for id_ in ids:
        portal.edit("deals", id_, {"amount": "99.50"})
        clock.advance(10 * MINUTE)
    crm = crm_at(server.url, clock, memory=Interrupted(memory, settled))

    assert {Decimal("99.50")} == {deal.value for deal in crm.deals(()).values()}


class Interrupted:
    """A memory after whose first answer about the deals something else happens."""

    def __init__(self, memory, act):
        self._memory = memory
        self._acts = [act]

    def __getattr__(self, name):
        return getattr(self._memory, name)

    def load(self, shelf):
        return self._then(shelf, self._memory.load(shelf))

    def cursor(self, shelf):
        return self._then(shelf, self._memory.cursor(shelf))

    def _then(self, shelf, answer):
        while self._acts and shelf.startswith("hubspot/deals"):
            self._acts.pop()()
        return answer


# Winning


def test_the_first_win_is_kept_and_so_is_the_last_leaving(portal, settled, clock):
    """Won, lost, won again, lost again: won at the first instant, left at the last, whatever `closedate` says."""
    [id_] = add_deals(portal, 1)
    times = {}
    for turn, stage in enumerate(("closedwon", "closedlost", "closedwon", "closedlost")):
        clock.advance(timedelta(days=1))
        portal.move_deal(id_, stage)
        portal.edit("deals", id_, {"closedate": "2020-01-01T00:00:00Z"})
        times[turn] = clock.now()
        deal = settled()[id_]
        assert times[0] == deal.won_at
        assert (None if turn % 2 == 0 else times[turn]) == deal.left_won_at
        assert ("won", "lost")[turn % 2] == deal.state


def test_a_win_and_an_end_between_two_looks_are_both_seen(portal, settled, clock):
    """Nobody looked while the deal was won; its history tells."""
    [id_] = add_deals(portal, 1)
    settled()
    won = clock.advance(timedelta(days=1))
    portal.move_deal(id_, "closedwon")
    left = clock.advance(timedelta(days=1))
    portal.move_deal(id_, "closedlost")

    deal = settled()[id_]
    assert ("lost", won, left) == (deal.state, deal.won_at, deal.left_won_at)


def test_moving_between_two_won_stages_is_no_new_win(portal, settled, clock):
    """A pipeline may have several won stages, with opaque ids."""
    pipeline = portal.add_pipeline("Renewals", [("Open", "0.2"), ("Signed", "1.0"), ("Live", "1.0"), ("Gone", "0.0")])
    _, signed, live, gone = [s.id for s in portal.pipelines[pipeline].stages]
    id_ = portal.add_deal({"dealname": "R", "pipeline": pipeline})
    won = clock.advance(timedelta(days=3))
    portal.move_deal(id_, signed)
    clock.advance(timedelta(days=3))
    portal.move_deal(id_, live)

    deal = settled()[id_]
    assert ("won", won, None, live, pipeline) == (deal.state, deal.won_at, deal.left_won_at, deal.stage, deal.pipeline)
    portal.move_deal(id_, gone)
    assert "lost" == settled()[id_].state


def test_a_won_deal_has_its_primary_company(portal, settled, server):
    """Of several companies the primary one is the client; it is asked once for a thousand deals."""
    other, client = portal.add_company({"name": "Other"}), portal.add_company({"name": "Client"})
    ids = [portal.add_deal({"dealname": str(n)}, company=client) for n in range(3)]
    for id_ in ids:
        portal.links.connect(kind_named("deals"), int(id_), kind_named("companies"), int(other), [341])
        portal.move_deal(id_, "closedwon")

    assert {client} == {deal.company for deal in settled().values()}
    assert 1 == calls(server)[COMPANIES]


# Money


def test_a_deal_says_what_it_is_worth_per_what(portal, settled, crm):
    """Amount, currency, interval and term come as facts; the lead's key and the names with them."""
    id_ = portal.add_deal(
        {
            "dealname": "Acme", "amount": "1200.50", "deal_currency_code": "EUR", "billing_interval": "annual",
            "term_months": "24", "partner_lead_id": "L-1",
        }
    )  # fmt: skip

    deal = settled()[id_]
    assert (Decimal("1200.50"), "EUR", "annual", 24) == (deal.value, deal.currency, deal.interval, deal.term_months)
    assert ("L-1", "Acme", "appointmentscheduled") == (deal.lead, deal.name, deal.stage)


def test_what_is_missing_is_none_and_never_zero(portal, settled):
    """No amount, interval or term is none of them; zero is a value."""
    bare, zero = portal.add_deal({"dealname": "bare"}), portal.add_deal({"dealname": "zero", "amount": "0"})

    deals = settled()
    assert (None, None, None) == (deals[bare].value, deals[bare].interval, deals[bare].term_months)
    assert Decimal(0) == deals[zero].value


def test_an_amount_without_a_currency_is_in_the_companys(portal, settled, server):
    """The account is asked once, and only because a deal has an amount and no currency of its own."""
    ids = [portal.add_deal({"dealname": str(n), "amount": "5"}) for n in range(3)]
    for id_ in ids:
        portal.edit("deals", id_, {"deal_currency_code": ""})

    assert {"GBP"} == {deal.currency for deal in settled().values()}
    assert 1 == calls(server)["/account-info/v3/details"]
    settled()
    assert {SEARCH: 1} == calls(server)


# What can't be read any more


def test_an_archived_deal_is_in_doubt_and_keeps_its_facts(portal, settled, clock, server):
    """Archived is not lost: the last known facts stand, with the reason beside them."""
    [id_] = add_deals(portal, 1, amount="10")
    portal.move_deal(id_, "closedwon")
    before = settled([id_])[id_]
    portal.archive("deals", id_)

    after = settled([id_])[id_]
    assert "archived in HubSpot" == after.doubt
    assert (before.value, before.won_at, "won") == (after.value, after.won_at, after.state)
    calls(server)
    assert after == settled([id_])[id_]
    assert {SEARCH: 1} == calls(server)


def test_a_restored_deal_is_in_doubt_no_more(portal, settled):
    """Taken out of the bin it is read as ever."""
    [id_] = add_deals(portal, 1)
    settled([id_])
    portal.archive("deals", id_)
    assert settled([id_])[id_].doubt
    portal.restore("deals", id_)

    assert settled([id_])[id_].doubt is None


def test_a_restored_deal_without_any_change_is_found_by_the_sweep(portal, crm):
    """Whatever a restore does to the instant of the last change, reading by id proves that the deal is there."""
    [id_] = add_deals(portal, 1)
    crm.deals([id_])
    portal.archive("deals", id_)
    assert crm.deals([id_], whole=True)[id_].doubt
    portal.restore("deals", id_)

    assert crm.deals([id_], whole=True)[id_].doubt is None


def test_a_deal_archived_long_after_its_last_change_is_found_by_the_sweep(portal, settled, clock):
    """A search never shows what was archived; reading all tracked ids does."""
    old, new = add_deals(portal, 2)
    settled([old, new])
    clock.advance(timedelta(days=30))
    portal.edit("deals", new, {"amount": "1"})
    settled([old, new])
    portal.archive("deals", old)

    assert settled([old, new])[old].doubt is None
    assert "archived in HubSpot" == settled([old, new], whole=True)[old].doubt


def test_a_deal_nobody_knows_is_in_doubt_at_once(portal, settled):
    """An id that was never there, or is no id, does not stop the others."""
    [id_] = add_deals(portal, 1)

    deals = settled([id_, "999", "rubbish"])

    assert deals[id_].doubt is None
    assert "can't be read any more in HubSpot" == deals["999"].doubt
    assert '"rubbish" is no id of a HubSpot deal' == deals["rubbish"].doubt


def test_a_merged_deal_leads_to_its_survivor(portal, settled):
    """A merge makes a new deal; both old ids lead to it, and the survivor keeps the first win."""
    one, two = add_deals(portal, 2, amount="10")
    portal.move_deal(one, "closedwon")
    won = settled([one, two])[one].won_at
    survivor = portal.merge("deals", one, two)

    deals = settled([one, two])
    assert (survivor, survivor, None) == (deals[one].merged_into, deals[two].merged_into, deals[survivor].merged_into)
    assert (None, None) == (deals[one].doubt, deals[two].doubt)
    assert won == deals[survivor].won_at


@pytest.mark.parametrize("told", [True, False])
def test_a_merge_is_followed_before_the_search_shows_it(portal, clock, server, crm, told):
    """Without any memory and within the index's lag the old id is read alone: the answer bears another id."""
    one, two = add_deals(portal, 2)
    survivor = portal.merge("deals", one, two)
    if not told:
        portal.faults.order("nothing", path=READ, times=2)

    deals = crm.deals([one])

    assert survivor == deals[one].merged_into
    assert survivor in deals


def test_a_merge_twice_over_leads_on(portal, settled):
    """A survivor that is merged again passes its old ids on."""
    one, two, three = add_deals(portal, 3)
    first = portal.merge("deals", one, two)
    settled([one, two, three])
    second = portal.merge("deals", first, three)

    deals = settled([one, two, three])
    assert {second} == {deals[id_].merged_into for id_ in (one, two, three)}


def test_a_survivor_that_vanishes_is_in_doubt_too(portal, settled, clock):
    """What a tracked deal leads to is looked at by the sweep, though no row names it."""
    one, two = add_deals(portal, 2)
    settled([one])
    survivor = portal.merge("deals", one, two)
    assert survivor == settled([one])[one].merged_into
    clock.advance(timedelta(days=2))
    portal.archive("deals", survivor)

    deals = settled([one], whole=True)
    assert (survivor, "archived in HubSpot") == (deals[one].merged_into, deals[survivor].doubt)


# The search's own oddities


def test_a_deal_made_a_moment_ago_is_read_by_its_id(portal, crm, server):
    """Within the lag of the search a tracked deal is read, and is not taken for gone once the search shows it."""
    [id_] = add_deals(portal, 1)

    assert id_ in crm.deals([id_])
    assert {SEARCH: 1, READ: 1} == {k: v for k, v in calls(server).items() if "pipelines" not in k}


def test_a_stale_search_takes_nothing_back(portal, settled, server):
    """A search that shows older faces changes no fact that is known to be newer."""
    [id_] = add_deals(portal, 1, amount="1")
    settled([id_])
    portal.edit("deals", id_, {"amount": "2"})
    assert Decimal(2) == settled([id_])[id_].value
    portal.faults.order("stale-search", path=SEARCH, options={"seconds": 90})

    assert Decimal(2) == settled([id_])[id_].value


def test_a_search_that_forgets_a_deal_takes_nothing_back(portal, settled, server):
    """A search that goes back to before a deal was made leads to a look by id, not to a doubt."""
    [id_] = add_deals(portal, 1, amount="1")
    before = settled([id_])
    portal.faults.order("stale-search", path=SEARCH, options={"seconds": 3600})

    assert before == settled([id_])


def test_a_search_that_hides_what_it_counts_makes_nothing_vanish(portal, settled, server):
    """`total` above zero with no results proves nothing: no deal is doubted, none forgotten."""
    ids = add_deals(portal, 3)
    before = settled(ids)
    portal.faults.order("status", path=SEARCH, options={"status": 200, "body": {"total": 3, "results": []}})

    assert before == settled(ids)


def test_an_untracked_deal_that_was_archived_is_forgotten(portal, settled, memory):
    """A stranger's deal that is gone is dropped, after a look by id."""
    keep, gone = add_deals(portal, 2)
    settled()
    portal.archive("deals", gone)

    assert {keep} == set(settled())
    [shelf] = [items for name, items in memory.items.items() if name.startswith("hubspot/deals")]
    assert {keep} == set(shelf)


def test_a_sweep_reads_everything_again(portal, settled, server):
    """All pages of the search, all tracked ids, the companies of won deals: and the same facts."""
    ids = add_deals(portal, 250)
    portal.move_deal(ids[0], "closedwon")
    before = settled(ids)
    calls(server)

    assert before == settled(ids, whole=True)
    assert {SEARCH: 2, READ: 3, COMPANIES: 1} == calls(server)


def test_pushed_deals_are_taken_up_by_the_search_without_further_reads(crm, settled, server):
    """Once the search shows them they are known: no history is asked for deals that we made ourselves."""
    refs = crm.put([lead(n) for n in range(20)])
    calls(server)

    assert 20 == len(settled([r.deal for r in refs]))
    assert {SEARCH: 1} == calls(server)
    assert START + MINUTE > crm.deals(())[refs[0].deal].updated_at
