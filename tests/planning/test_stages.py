"""Deals as last read → what their lead rows show, and whom to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.planning.rows_of_leads import NOW, PARTNERS, ago, lead_row
from worker.domain.cells import Cell
from worker.domain.facts import Deal
from worker.domain.keys import lead_key
from worker.domain.leads import LeadRow
from worker.domain.plan import Plan, RowEdit
from worker.domain.policy import StageRules
from worker.planning.stages import Pipeline, plan_stages, survivor

PIPELINE = Pipeline(
    {"new": "Appointment", "talk": "In talks", "won": "Closed won", "lost": "Closed lost"},
    StageRules(
        {"new": "Qualified", "talk": "Qualified", "won": "Won", "lost": "Lost"}, frozenset({"Qualified", "Won"})
    ),
)
KEY = lead_key("rec1")


def say(kind: str, **facts: object) -> tuple[str, str, str]:
    """Stand in for the templates: a message says its facts."""
    return kind, ", ".join(f"{name} {value}" for name, value in facts.items()), ""


def deal(id_: str = "1", **facts: Any) -> Deal:
    """Return an open deal of a yearly 12,000 pounds."""
    known: dict[str, Any] = {
        "company": "77", "state": "open", "won_at": None, "left_won_at": None, "value": Decimal(12000),
        "interval": "annual", "currency": "GBP", "term_months": None, "lead": KEY, "stage": "new",
        "pipeline": "default",
    }  # fmt: skip
    return Deal(id_, **{**known, **facts})


def row(id_: str = "rec1", **cells: Any) -> LeadRow:
    """Return a row that shows what `deal()` says."""
    known = {
        "Lead": lead_key(id_), "Deal_ID": "1", "Client_ID": "77", "Status": "Qualified", "Deal_stage": "Appointment",
        "Deal_value": Decimal(12000), "Deal_currency": "GBP", "Interval": "annual", "Synced": ago(days=1),
    }  # fmt: skip
    return lead_row(id_, **{**known, **cells})


def outcome(
    leads: Sequence[LeadRow], *deals: Deal, problems: Mapping[str, str] | None = None,
    seen: Mapping[str, str] | None = None, pipeline: Pipeline = PIPELINE,
) -> tuple[Plan, Mapping[str, str]]:  # fmt: skip
    """Plan rows against deals, and return the marks of rows that are up to date."""
    return plan_stages(
        leads, {d.id: d for d in deals}, pipeline=pipeline, problems=problems or {}, partners=PARTNERS, seen=seen or {},
        zone=ZoneInfo("Europe/London"), now=NOW, words=say,
    )  # fmt: skip


def planned(lead: LeadRow, *deals: Deal, **more: Any) -> Plan:
    """Plan one row."""
    return outcome([lead], *deals, **more)[0]


def after(plan: Plan) -> dict[str, Cell]:
    """Return what the one edit writes, without the time of writing."""
    (edit,) = plan.edits
    return {column: value for column, value in edit.after.items() if column != "Synced"}


# ---- what a row shows -----------------------------------------------------------------------------------------------


def test_a_row_that_shows_what_its_deal_says_is_left_alone() -> None:
    """A second run writes nothing."""
    assert 0 == len(planned(row(), deal()))


def test_a_new_deal_fills_its_row() -> None:
    """Stage, worth and the client come into the row with the time of writing; no news, since the status is the same."""
    new = row(Deal_stage=None, Deal_value=None, Deal_currency=None, Interval=None, Client_ID=None)

    plan = planned(new, deal())

    (edit,) = plan.edits
    assert {
        "Client ID": "77", "Deal stage": "Appointment", "Deal value": Decimal(12000), "Deal currency": "GBP",
        "Interval": "annual", "Synced": NOW,
    } == edit.after  # fmt: skip
    assert {**dict.fromkeys(edit.after), "Synced": ago(days=1)} == edit.before
    assert ("Leads", "rec1", KEY, "north-star") == (edit.table, edit.row, edit.key, edit.about)
    assert "deal 1 stands in Appointment" == edit.reason
    assert ("stages", ()) == (plan.flow, plan.tells)


def test_a_won_deal() -> None:
    """Status, stage and the day of the first win, in the programme's zone, are written; the partner is told."""
    won = deal(stage="won", state="won", won_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))

    plan = planned(row(), won)

    assert {"Status": "Won", "Deal stage": "Closed won", "Won on": date(2026, 7, 1)} == after(plan)
    (tell,) = plan.tells
    assert (KEY, "won", "money@north-star.test") == (
        tell.needs, tell.notice.kind, tell.notice.recipient.email,
    )  # fmt: skip
    assert f"partner North Star, company Acme, lead {KEY}, status Won, before Qualified" == tell.notice.text
    assert ("status", "") == (tell.notice.subject, tell.notice.html)
    assert (("Company", "Acme"), ("Status", "Won"), ("Lead", KEY)) == tell.notice.rows
    assert "the partner is told of the new status" == tell.reason
    assert f"north-star/status/{KEY}/Won/{ago(days=1).isoformat()}" == tell.notice.key


def test_worth_that_changes_in_the_crm() -> None:
    """What is empty there becomes empty here."""
    plan = planned(row(), deal(value=None, interval=None, currency="EUR"))

    assert {"Deal value": None, "Interval": None, "Deal currency": "EUR"} == after(plan)
    assert "deal 1 changed in the CRM" == plan.edits[0].reason


def test_a_term_stands_with_the_interval() -> None:
    """Where the deal states one."""
    assert {"Interval": "annual, 18 months"} == after(planned(row(), deal(term_months=18)))


def test_a_number_kept_as_text_is_that_number() -> None:
    """Where a base holds figures in text columns, nothing is written again and again."""
    assert 0 == len(planned(row(Deal_value="12,000"), deal()))


def test_a_deal_without_a_known_company_keeps_the_client() -> None:
    """Nobody asks for the company of an open deal: the id that the push wrote stays."""
    assert 0 == len(planned(row(), deal(company=None)))


def test_a_problem_of_the_money_rules_is_told_and_goes() -> None:
    """It stands in the row for as long as they say it."""
    assert {"Problem": "Interval is missing"} == after(planned(row(), deal(), problems={KEY: "Interval is missing"}))
    assert {"Problem": None} == after(planned(row(Problem="Interval is missing"), deal()))


def test_a_row_whose_deal_was_not_read_is_left_alone() -> None:
    """Nothing is known of it."""
    assert 0 == len(planned(row(Status="anything"), deal("2", lead=None)))
    plan, _ = outcome([row(), row("rec2", Deal_ID="2", Deal_value=None)], deal("2", lead=lead_key("rec2")))
    assert [("rec2", Decimal(12000))] == [(edit.row, edit.after["Deal value"]) for edit in plan.edits]


# ---- hold -----------------------------------------------------------------------------------------------------------


def test_a_held_lead_is_on_hold_and_comes_back() -> None:
    """Its deal's facts are followed meanwhile; the partner is told where it stands once it is held no more."""
    held = planned(row(Hold=True), deal(stage="won", state="won"))
    assert {"Status": "On hold", "Deal stage": "Closed won"} == after(held)
    assert () == held.tells

    free = planned(row(Status="On hold", Deal_stage="Closed won"), deal(stage="won", state="won"))
    assert {"Status": "Won"} == after(free)
    assert "deal 1 stands in Closed won" == free.edits[0].reason
    assert "status Won, before On hold" in free.tells[0].notice.text
    again = planned(row(Status="On hold"), deal())
    assert ("status", "Qualified") == (again.tells[0].notice.kind, again.edits[0].after["Status"])


# ---- deals that moved away ------------------------------------------------------------------------------------------


def test_a_merged_deal_is_followed() -> None:
    """The row keeps its deal id and shows what the survivor says, through several merges."""
    deals = [deal(merged_into="2"), deal("2", merged_into="3"), deal("3", value=Decimal(5))]

    assert {"Deal value": Decimal(5)} == after(planned(row(), *deals))


def test_a_merge_into_the_unknown_and_a_circle_end() -> None:
    """The deal last known counts; nothing goes round for ever."""
    lost = deal(merged_into="2")
    assert lost == survivor(lost, {"1": lost})
    circle = {"1": deal(merged_into="2"), "2": deal("2", merged_into="1")}
    assert survivor(circle["1"], circle).id in circle


def test_two_leads_on_one_deal_are_told() -> None:
    """The one submitted later is told that only one can earn, without a word of whose the other is."""
    first, second = row(Submitted=ago(days=9)), row("rec2", Deal_ID="2", Submitted=ago(days=3), Partner="Blue Door")

    plan, _ = outcome([second, first], deal(merged_into="3"), deal("2", merged_into="3"), deal("3"))

    text = "Its deal is tied to another lead row too, and only one of them can earn: clear the Deal ID of one of them"
    assert [("rec2", text)] == [(edit.row, edit.after["Problem"]) for edit in plan.edits]


def test_two_leads_on_two_deals_are_none_of_each_others_business() -> None:
    """Each earns on its own."""
    plan, _ = outcome([row(), row("rec2", Deal_ID="2")], deal(), deal("2", lead=lead_key("rec2")))

    assert 0 == len(plan)


def test_two_leads_on_one_deal_of_which_the_money_rules_speak() -> None:
    """Their words go before ours."""
    both = [row(Submitted=ago(days=9)), row("rec2", Deal_ID="2")]

    plan, _ = outcome(
        both, deal(merged_into="3"), deal("2", merged_into="3"), deal("3"), problems={lead_key("rec2"): "theirs"}
    )

    assert ["theirs"] == [edit.after["Problem"] for edit in plan.edits]


def test_a_deal_in_doubt_changes_nothing_but_the_problem() -> None:
    """Status and worth stay as they were last known; once it can be read again, the words go."""
    gone = deal(stage="lost", value=None, doubt="archived in HubSpot")
    text = (
        "Its deal can't be read any more (archived in HubSpot): restore it in the CRM; "
        "nothing is taken away meanwhile"
    )  # fmt: skip

    plan = planned(row(), gone)

    assert {"Problem": text} == after(plan)
    assert text == plan.edits[0].reason
    assert 0 == len(planned(row(Problem=text), gone))
    assert {"Problem": None} == after(planned(row(Problem=text), deal()))


def test_a_deal_in_doubt_may_be_held() -> None:
    """Hold says more than doubt."""
    assert "On hold" == after(planned(row(Hold=True), deal(doubt="archived")))["Status"]


def test_a_deal_in_another_pipeline() -> None:
    """Its stage has no status: the one shown stays, the facts are followed, and staff are told what to do."""
    plan = planned(row(), deal(stage="s9", pipeline="p2", value=Decimal(1)))

    text = "Its deal stands in stage “s9” of pipeline “p2”, which has no status: move it back, or add the stage to "
    assert {"Deal stage": "s9", "Deal value": Decimal(1), "Problem": f"{text}rules/stages.toml"} == after(plan)
    assert () == plan.tells


# ---- what hands changed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("Status", "Won"), ("Status", None), ("Deal stage", "Closed won"), ("Deal value", Decimal(1)),
     ("Deal currency", None), ("Interval", "monthly"), ("Won on", date(2026, 1, 1)), ("Client ID", "78"),
     ("Lead", "mine"), ("Deal ID", "999")],
)  # fmt: skip
def test_a_cell_that_nothing_was_kept_of(column: str, value: Cell) -> None:
    """It says again what the deal says, and no partner hears of it; who changed it can't be known."""
    _, marks = outcome([row()], deal())
    touched = row(**{column.replace(" ", "_"): value})
    deals = [deal(), deal("999", lead="L-STRANGER")]

    plan, unmarked = outcome([touched], *deals, seen=marks)

    assert {column: row().row.cells.get(column)} == after(plan)
    assert () == plan.tells
    assert {} == unmarked


def test_a_deal_that_changed_moves_its_row() -> None:
    """What the CRM says now differs from what the row was marked for; also when Hold is ticked."""
    _, marks = outcome([row()], deal())

    moved, _ = outcome([row()], deal(stage="won", state="won"), seen=marks)
    held, _ = outcome([row(Hold=True)], deal(), seen=marks)

    assert ({"Status": "Won", "Deal stage": "Closed won"}, 1) == (after(moved), len(moved.tells))
    assert {"Status": "On hold"} == after(held)


def test_marks_are_of_rows_that_are_up_to_date() -> None:
    """Problems aside, which are not facts; a row that is written is marked by the run after."""
    _, marks = outcome([row(Problem="old"), row("rec2", Deal_ID="2", Status="Won")], deal(), deal("2", lead=None))

    assert {"rec1"} == marks.keys()
    _, others = outcome([row(Deal_value=Decimal(9))], deal(value=Decimal(9)))
    assert ("new", "new") == tuple(mark["rec1"].partition(" ")[0] for mark in (marks, others))
    assert marks["rec1"] != others["rec1"]


def test_a_stage_may_have_blanks_in_its_id() -> None:
    """Some have; a status that the rules renamed is no news there either."""
    rules = replace(PIPELINE.rules, statuses={"first talk": "Qualified"})
    renamed = replace(rules, statuses={"first talk": "Won"})
    stands, now = row(Deal_stage="first talk"), deal(stage="first talk")
    _, marks = outcome([stands], now, pipeline=replace(PIPELINE, rules=rules))

    plan = planned(stands, now, pipeline=replace(PIPELINE, rules=renamed), seen=marks)

    assert ({"Status": "Won"}, ()) == (after(plan), plan.tells)


def test_without_marks_cells_are_put_right_in_silence() -> None:
    """The state was lost: who changed the cell can't be known, and new words for an old stage are no news."""
    plan = planned(row(Status="Won"), deal())

    assert ({"Status": "Qualified"}, ()) == (after(plan), plan.tells)


def test_a_deal_id_is_put_right_only_by_its_own_deal() -> None:
    """A deal that carries the row's key, lives, and is not the one of the row after merges."""
    stranger = deal("2", lead="L-STRANGER")
    there = row(Deal_ID="2")

    assert {"Deal ID": "1"} == after(planned(there, deal(), stranger))
    assert {"Deal ID": "1"} == after(planned(row(Deal_ID="x"), deal(), deal("x", lead=None, doubt="no id")))
    assert {"Deal ID": "1"} == after(planned(there, deal(), deal("2", lead=None)))
    assert 0 == len(planned(row(), deal(), deal("5")))
    for other in (deal(lead=None), deal(merged_into="3"), deal(doubt="archived")):
        assert 0 == len(planned(there, other, stranger, deal("3", lead="L-STRANGER")))


def test_a_key_is_put_right_only_if_it_was_minted_of_the_row() -> None:
    """A base that was moved has other row ids: its keys stay."""
    assert {"Lead": KEY} == after(planned(row(Lead="L-ABCDEFGH"), deal()))
    assert 0 == len(planned(row(Lead="L-ABCDEFGH"), deal(lead="L-ZZZZZZZZ")))
    assert 0 == len(planned(row(Lead="L-ABCDEFGH"), deal(lead=None)))


# ---- telling partners -----------------------------------------------------------------------------------------------


def test_a_status_that_nobody_is_told_of() -> None:
    """The rules say which ones partners hear of."""
    plan = planned(row(), deal(stage="lost", state="lost"))

    assert ("Lost", ()) == (after(plan)["Status"], plan.tells)


def test_another_stage_of_the_same_status_is_no_news() -> None:
    """The row shows it, the partner hears nothing."""
    plan = planned(row(), deal(stage="talk"))

    assert ({"Deal stage": "In talks"}, ()) == (after(plan), plan.tells)


def test_a_status_that_the_rules_renamed_is_no_news() -> None:
    """Staff call a stage otherwise: rows follow, and nobody gets a hundred messages."""
    renamed = replace(PIPELINE.rules, statuses={**PIPELINE.rules.statuses, "new": "Won"})

    plan = planned(row(), deal(), pipeline=replace(PIPELINE, rules=renamed))

    assert ({"Status": "Won"}, ()) == (after(plan), plan.tells)
    _, marks = outcome([row()], deal())
    assert () == planned(row(), deal(), pipeline=replace(PIPELINE, rules=renamed), seen=marks).tells


def test_a_status_that_comes_after_its_stage_is_news() -> None:
    """The row took the stage but not the status, for want of an option: when it does, the partner is told."""
    _, marks = outcome([row()], deal())

    plan = planned(row(Deal_stage="Closed won"), deal(stage="won", state="won"), seen=marks)

    assert ({"Status": "Won"}, 1) == (after(plan), len(plan.tells))


def test_a_partner_nobody_knows_is_told_nothing() -> None:
    """Nor one who has no key yet; the row is brought up to date all the same."""
    plan = planned(row(Partner="Nobody"), deal(stage="won", state="won"))

    (edit,) = plan.edits
    assert ("Won", "", ()) == (edit.after["Status"], edit.about, plan.tells)


def test_a_message_is_told_apart_by_the_last_writing() -> None:
    """A run that dies and comes back plans the same message; a later change plans another."""
    won = deal(stage="won", state="won")

    keys = [planned(row(Synced=synced), won).tells[0].notice.key for synced in (None, ago(days=2), ago(days=2), NOW)]

    assert 3 == len(set(keys))
    assert keys[1] == keys[2]
    assert keys[0].endswith("/first")


def test_what_a_partner_reads_is_plain_text() -> None:
    """Control characters and lines of a company's name never reach a subject; the first status has no before."""
    plan = planned(row(Company="Ac\nme\x07 ", Status="New"), deal(stage="won", state="won"))

    assert f"partner North Star, company Ac me, lead {KEY}, status Won, before " == plan.tells[0].notice.text


def test_edits_name_cells_of_ours_only() -> None:
    """Nothing of a partner's or of staff's is ever written."""
    edit: RowEdit = planned(row(Status=None, Deal_stage=None, Hold=True), deal(doubt="gone")).edits[0]

    assert {"Status", "Problem", "Synced"} == edit.after.keys()
