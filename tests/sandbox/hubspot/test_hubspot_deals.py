"""What a deal does by itself: flags, close date, history, last-modified (item 14); the admin's rules of section 4."""

from __future__ import annotations

from datetime import timedelta

import pytest

ROOT = "/crm/v3/objects/deals"
FLAGS = ("hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost")


def props(account, deal):
    return next(d for d in account.deals() if d["id"] == deal)["properties"]


def flags(account, deal):
    return tuple(props(account, deal)[f] for f in FLAGS)


def test_the_flags_follow_the_stage(call, account):
    """Open, won and lost show in three text flags, whoever moves the deal."""
    deal = account.add_deal({"dealname": "One"})
    seen = [flags(account, deal)]
    for stage in ("closedwon", "closedlost", "contractsent"):
        call("PATCH", f"{ROOT}/{deal}", {"properties": {"dealstage": stage}})
        seen.append(flags(account, deal))

    opened = ("false", "false", "false")
    assert [opened, ("true", "true", "false"), ("true", "false", "true"), opened] == seen


def test_closedate_is_set_on_entering_won_or_lost(account, clock):
    """Entering won sets the close date, over an expected one; leaving keeps it; lost sets it again."""
    deal = account.add_deal({"closedate": "2027-01-01"})
    seen = []
    for stage in ("contractsent", "closedwon", "contractsent", "closedlost"):
        clock.advance(timedelta(days=1))
        account.move_deal(deal, stage)
        seen.append(props(account, deal)["closedate"][:10])

    assert ["2027-01-01", "2026-11-04", "2026-11-04", "2026-11-06"] == seen


def test_closedate_stays_between_two_won_stages(account, clock):
    """A second won stage does not move the close date."""
    second = account.add_stage("default", "Won and signed", "1.0")
    deal = account.add_deal({})
    account.move_deal(deal, "closedwon")
    first = props(account, deal)["closedate"]
    clock.advance(timedelta(days=3))

    account.move_deal(deal, second)

    assert (first, second, "true") == (
        props(account, deal)["closedate"],
        props(account, deal)["dealstage"],
        props(account, deal)["hs_is_closed_won"],
    )


def test_a_closedate_sent_along_wins(call, account):
    """The close date of the same write is kept."""
    deal = account.add_deal({})

    call("PATCH", f"{ROOT}/{deal}", {"properties": {"dealstage": "closedwon", "closedate": "2026-10-01"}})

    assert "2026-10-01T00:00:00.000Z" == props(account, deal)["closedate"]


def test_a_deal_made_won_is_closed_at_once(call, account):
    """A deal created in a won stage has flags and close date."""
    deal = call("POST", ROOT, {"properties": {"dealstage": "closedwon"}}).body["id"]

    assert ("true", "2026-11-02T09:00:00.250Z") == (
        props(account, deal)["hs_is_closed_won"],
        props(account, deal)["closedate"],
    )


def test_history_tells_the_first_won_time(call, account, clock):
    """propertiesWithHistory lists every stage with its instant and source, newest first."""
    deal = call("POST", ROOT, {"properties": {"dealstage": "appointmentscheduled"}}).body["id"]
    for stage in ("closedwon", "closedlost", "closedwon"):
        clock.advance(timedelta(days=1))
        account.move_deal(deal, stage)

    history = call("GET", f"{ROOT}/{deal}?propertiesWithHistory=dealstage").body["propertiesWithHistory"]["dealstage"]

    assert [
        ("closedwon", "2026-11-05", "CRM_UI"),
        ("closedlost", "2026-11-04", "CRM_UI"),
        ("closedwon", "2026-11-03", "CRM_UI"),
        ("appointmentscheduled", "2026-11-02", "INTEGRATION"),
    ] == [(w["value"], w["timestamp"][:10], w["sourceType"]) for w in history]


def test_clearing_stands_in_the_history(account):
    """A cleared value is an entry with the empty text."""
    deal = account.add_deal({"amount": "5"})
    account.edit("deals", deal, {"amount": ""})

    assert ["", "5"] == [w["value"] for w in account.history("deals", deal, "amount")]


def test_every_write_bumps_the_last_modified_instant(call, account, clock):
    """Our own write bumps it even when nothing differs, and so does tying the deal to a company."""
    company = account.add_company({"name": "Acme"})
    deal = account.add_deal({"amount": "5"})
    seen = []
    for act in (
        lambda: call("PATCH", f"{ROOT}/{deal}", {"properties": {"amount": "5"}}),
        lambda: call(
            "POST",
            "/crm/v4/associations/deals/companies/batch/associate/default",
            {"inputs": [{"from": {"id": deal}, "to": {"id": company}}]},
        ),
    ):
        clock.advance(timedelta(minutes=1))
        act()
        seen.append(call("GET", f"{ROOT}/{deal}").body["properties"]["hs_lastmodifieddate"])

    assert ["2026-11-02T09:01:00.250Z", "2026-11-02T09:02:00.250Z"] == seen


def test_the_currency_is_the_accounts_unless_told(call, clock, account):
    """With several currencies a deal has the account's; with one the code is unset."""
    code = "deal_currency_code"
    assert "GBP" == call("POST", ROOT, {"properties": {"amount": "1"}}).body["properties"][code]
    account.currencies = ("GBP",)
    assert code not in call("POST", ROOT, {"properties": {"amount": "1"}}).body["properties"]


def test_stages_belong_to_their_pipeline(call, account):
    """A stage of another pipeline is no option; moving a deal between pipelines takes both."""
    other = account.add_pipeline("Partners", [("New", "0.1"), ("Signed", "1.0"), ("No", "0.0")])
    stages = {s["label"]: s["id"] for s in call("GET", f"/crm/v3/pipelines/deals/{other}/stages").body["results"]}
    deal = account.add_deal({})

    def patch(**properties):
        return call("PATCH", f"{ROOT}/{deal}", {"properties": properties}).status

    assert 400 == patch(dealstage=stages["Signed"])
    assert 400 == patch(pipeline=other)
    assert 200 == patch(pipeline=other, dealstage=stages["Signed"])
    assert "true" == props(account, deal)["hs_is_closed_won"]
    assert 400 == patch(dealstage="closedwon")
    account.move_deal(deal, "closedlost")
    assert ("default", "true") == (props(account, deal)["pipeline"], props(account, deal)["hs_is_closed_lost"])


def test_a_stage_may_change_its_meaning(account, call):
    """When a person makes a stage won, the flags of the deals in it follow; a rename changes its label alone."""
    deal = account.add_deal({"dealstage": "contractsent"})

    account.edit_stage("default", "contractsent", label="Signed", probability="1.0")

    assert ("true", "true", "false") == flags(account, deal)
    stages = {s["id"]: s for s in call("GET", "/crm/v3/pipelines/deals").body["results"][0]["stages"]}
    assert ("Signed", {"isClosed": "true", "probability": "1.0"}) == (
        stages["contractsent"]["label"],
        stages["contractsent"]["metadata"],
    )


def test_a_stage_with_deals_in_it_stays(account, call):
    """An empty stage can be removed and is no option then; one with deals can't."""
    account.add_deal({"dealstage": "contractsent"})
    with pytest.raises(ValueError, match="deals stand in contractsent"):
        account.remove_stage("default", "contractsent")

    account.remove_stage("default", "qualifiedtobuy")

    assert 400 == call("POST", ROOT, {"properties": {"dealstage": "qualifiedtobuy"}}).status


def test_recurring_revenue_is_empty_without_line_items(call, account):
    """hs_mrr is null and read-only for the API; a person's line items fill it."""
    deal = account.add_deal({"amount": "1200"})
    path = f"{ROOT}/{deal}?properties=hs_mrr"
    assert call("GET", path).body["properties"]["hs_mrr"] is None
    assert 400 == call("PATCH", f"{ROOT}/{deal}", {"properties": {"hs_mrr": "1"}}).status

    account.edit("deals", deal, {"hs_mrr": "100"})

    assert "100" == call("GET", path).body["properties"]["hs_mrr"]


def test_the_admins_rules_bind_the_new_form_only(call, account):
    """A close date required for closedwon, and a field of the create form, are enforced under 2026-09, not under v3."""
    account.require("deals", "closed_won_reason", when=("dealstage", "closedwon"))
    account.require("deals", "description")
    deal = account.add_deal({})
    dated = "/crm/objects/2026-09/deals"
    won = {"properties": {"dealstage": "closedwon"}}

    refused = call("PATCH", f"{dated}/{deal}", won)
    created = call("POST", dated, {"properties": {"dealname": "One"}})

    assert (400, "VALIDATION_ERROR") == (refused.status, refused.body["category"])
    assert ["closed_won_reason"] == refused.body["errors"][0]["context"]["propertyName"]
    assert ["description"] == [e["context"]["propertyName"][0] for e in created.body["errors"]]
    assert 200 == call("PATCH", f"{ROOT}/{deal}", won).status
    assert 201 == call("POST", dated, {"properties": {"description": "x"}}).status
