"""Lead rows → keys, problems, duplicates, pushes and acknowledgements, from rows and the CRM's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.planning.rows_of_leads import NOW, PARTNERS, RULES, ago, lead_row
from worker.domain.cells import Cell
from worker.domain.keys import lead_key
from worker.domain.leads import CrmCompany, CrmDeal, LeadRow
from worker.domain.plan import Plan, RowEdit
from worker.domain.policy import IntakeRules, Ladder
from worker.planning.intake import (
    COPY,
    COPY_OF_SENT,
    CUSTOMER,
    NO_KEY,
    WORKED_ON,
    Intake,
    plan_intake,
    restored,
    survey,
)

LADDER = Ladder("Qualified", frozenset({"Lost", "Withdrawn"}), frozenset({"Qualified", "Won", "Lost", "Withdrawn"}))


def say(kind: str, **facts: object) -> tuple[str, str, str]:
    """Stand in for the templates: a message says its facts."""
    return kind, ", ".join(f"{name} {value}" for name, value in facts.items()), ""


def surveyed(*leads: LeadRow, rules: IntakeRules = RULES, skip: Sequence[str] = ()) -> Intake:
    """Survey rows in which nobody is an insider."""
    return survey(restored(leads, {}), PARTNERS, (), rules=rules, skip=skip)


def planned(*leads: LeadRow, crm: Sequence[CrmCompany] = (), rules: IntakeRules = RULES, **more: Any) -> Plan:
    """Plan rows against what the CRM knows."""
    companies = {company.domain: company for company in crm}
    problems = more.pop("problems", {})
    found = surveyed(*leads, rules=rules, **more)
    return plan_intake(found, companies, rules=rules, now=NOW, ladder=LADDER, problems=problems, words=say)


def edit(plan: Plan, row: str = "rec1") -> RowEdit:
    """Return the one edit of a row."""
    (found,) = (e for e in plan.edits if e.row == row)
    return found


def said(plan: Plan, row: str = "rec1") -> tuple[Cell, Cell]:
    """Return status and problem as a row comes to show them."""
    cells = edit(plan, row).after
    return cells.get("Status"), cells.get("Problem")


def settled(row: str = "rec9", **cells: Any) -> LeadRow:
    """Return a row whose deal is in the CRM."""
    known = {"Lead": lead_key(row), "Deal_ID": "900", "Status": "Qualified"}
    return lead_row(row, made=cells.pop("made", ago(days=10)), **{**known, **cells})


def company(*deals: tuple[str, str | None], customer: bool = False) -> CrmCompany:
    """Return Acme as the CRM knows it, with deals as (state, lead key)."""
    found = tuple(CrmDeal(str(n), lead, state) for n, (state, lead) in enumerate(deals, 1))  # type: ignore[arg-type]
    return CrmCompany("77", "acme.com", customer, found)


# ---- a good row -----------------------------------------------------------------------------------------------------


def test_a_new_row_gets_its_key_and_goes_to_the_crm() -> None:
    """The key is written before anything else; ids and status come back last; the partner is told."""
    plan = planned(lead_row(Estimated_value="12000", Currency="GBP"))

    key = lead_key("rec1")
    first = edit(plan)
    assert ({"Lead": key, "Status": "New"}, True, "north-star") == (first.after, first.first, first.about)
    assert (key, "a new lead gets its key", "intake") == (first.key, first.reason, plan.flow)
    (push,) = plan.pushes
    assert (key, "rec1", False, "north-star") == (push.draft.key, push.row, push.adopt, push.about)
    assert {"Status": "Qualified", "Problem": None, "Synced": NOW} == push.after
    assert {"Status", "Problem", "Synced", "Deal ID", "Client ID", "Contact ID"} == push.before.keys()
    assert "Acme is a new lead, worth about 12000.00 GBP" == push.reason
    (tell,) = plan.tells
    assert (f"north-star/lead/{key}", key, "money@north-star.test") == (
        tell.notice.key, tell.needs, tell.notice.recipient.email,
    )  # fmt: skip
    assert f"partner North Star, company Acme, lead {key}" == tell.notice.text
    assert ("lead", "lead", "") == (tell.notice.kind, tell.notice.subject, tell.notice.html)
    assert (("Company", "Acme"), ("Lead", key)) == tell.notice.rows
    assert "the partner is told that the lead arrived" == tell.reason


def test_a_row_that_has_its_key_is_looked_for_in_the_crm() -> None:
    """An earlier run may have made its deal: it is adopted, not made again."""
    plan = planned(lead_row(Lead="L-ABCDEFGH", Status="New"))

    assert () == plan.edits
    assert [("L-ABCDEFGH", True)] == [(push.draft.key, push.adopt) for push in plan.pushes]


def test_a_company_that_the_crm_knows_is_not_made_again() -> None:
    """Its id goes with the draft."""
    (push,) = planned(lead_row(), crm=[company(("lost", None))]).pushes

    assert ("77", "Acme is a new lead") == (push.draft.known.company, push.reason)
    (push,) = planned(lead_row(Estimated_value="5")).pushes
    assert (None, "Acme is a new lead, worth about 5.00") == (push.draft.known.company, push.reason)


def test_a_row_that_lost_its_deal_id_keeps_its_stage() -> None:
    """A hand cleared the cell: what its deal shows is for the stages to say, and nobody is told of a step back."""
    (cleared,) = planned(lead_row(Lead="L-ABCDEFGH", Status="Won")).pushes
    (stranger,) = planned(lead_row(Status="Won")).pushes

    assert ("Won", "Qualified") == (cleared.after["Status"], stranger.after["Status"])


def test_a_row_in_the_crm_is_left_alone() -> None:
    """So is an empty one."""
    empty = lead_row(Partner=None, Company=None, Email=None)

    assert 0 == len(planned(settled(), empty))


def test_a_row_that_is_still_being_typed_is_left() -> None:
    """It gets neither a key nor a problem."""
    assert 0 == len(planned(lead_row(Email=None), skip=["rec1"]))
    assert 0 == len(planned(lead_row(Lead="L-ABCDEFGH"), skip=["rec1"]))
    assert 0 == len(planned(lead_row(Direction="Sent"), skip=["rec1"]))


# ---- refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_told_in_the_row() -> None:
    """The key is minted all the same; every fault stands in one text."""
    plan = planned(lead_row(Email="jo", Country="Atlantis"))

    assert ("Needs attention", True) == (said(plan)[0], edit(plan).first)
    assert str(said(plan)[1]).startswith("Email is not an e-mail address")
    assert str(said(plan)[1]).endswith('or its code, as "France" or "FR".')
    assert lead_key("rec1") == edit(plan).after["Lead"] == edit(plan).key
    assert (said(plan)[1], "north-star") == (edit(plan).reason, edit(plan).about)
    assert ((), ()) == (plan.pushes, plan.tells)


def test_a_refusal_of_a_partner_nobody_knows() -> None:
    """Its edit is about nobody."""
    found = edit(planned(lead_row(Partner="Nobody")))

    assert ("", "Needs attention") == (found.about, found.after["Status"])


def test_a_row_whose_cells_were_all_cleared() -> None:
    """It has a key, so it is no empty row: what is missing is told."""
    row = lead_row(Lead=lead_key("rec1"), Partner=None, Company=None, Email=None)

    assert str(said(planned(row))[1]).startswith("Partner is missing: fill it in. Company is missing")


def test_a_refusal_that_stands_already_is_not_written_again() -> None:
    """A second run over the same row changes nothing."""
    row = lead_row(Email=None, Lead=lead_key("rec1"), Status="Needs attention", Problem="Email is missing: fill it in.")

    assert 0 == len(planned(row))


def test_a_refusal_that_is_mended_clears_itself() -> None:
    """The lead goes to the CRM, and its row comes back without the problem."""
    row = lead_row(Lead=lead_key("rec1"), Status="Needs attention", Problem="Email is missing: fill it in.")

    (push,) = planned(row).pushes
    assert ("Qualified", None) == (push.after["Status"], push.after["Problem"])
    assert "Email is missing: fill it in." == push.before["Problem"]


def test_an_edit_of_ours_by_hand_is_put_right() -> None:
    """Status and Problem of a row that waits say again what is the matter."""
    row = lead_row(Email=None, Lead=lead_key("rec1"), Status="Won", Problem=None)

    assert ("Needs attention", "Email is missing: fill it in.") == said(planned(row))


def test_what_is_no_key_is_told() -> None:
    """Somebody wrote into Lead: it is not overwritten, and nothing is pushed under it."""
    plan = planned(lead_row(Lead="Acme"))

    assert ("Needs attention", f"{NO_KEY}.") == said(plan)
    assert () == plan.pushes


# ---- hold -----------------------------------------------------------------------------------------------------------


def test_a_held_row_waits() -> None:
    """It is on hold, whatever else is wrong with it, and nothing goes anywhere."""
    plan = planned(lead_row(Hold=True), lead_row("rec2", Hold=True, Email=None))

    assert [("On hold", None)] * 2 == [said(plan), said(plan, "rec2")]
    assert "Hold is ticked" == edit(plan).reason
    assert ((), ()) == (plan.pushes, plan.tells)


def test_a_row_that_is_held_no_more_goes_on() -> None:
    """Its status comes back with its push."""
    plan = planned(lead_row(Lead=lead_key("rec1"), Status="On hold"))

    assert ["Qualified"] == [push.after["Status"] for push in plan.pushes]
    assert () == plan.edits


def test_a_held_row_keeps_its_place() -> None:
    """Holding the first lead of a company does not let the second through."""
    plan = planned(
        lead_row(Hold=True, Submitted=ago(days=2)), lead_row("rec2", Partner="Blue Door", Submitted=ago(days=1))
    )

    assert (("On hold", None), ("Duplicate", WORKED_ON)) == (said(plan), said(plan, "rec2"))


def test_a_held_row_with_faults_has_no_place() -> None:
    """It would not have gone through either."""
    plan = planned(
        lead_row(Hold=True, Country="Atlantis", Submitted=ago(days=2)), lead_row("rec2", Submitted=ago(days=1))
    )

    assert ["rec2"] == [push.row for push in plan.pushes]


def test_the_crm_is_asked_about_good_rows_only() -> None:
    """Not about rows with faults, held ones, and those that no domain identifies."""
    found = surveyed(
        lead_row(), lead_row("rec2", Email="jo@two.com", Hold=True), lead_row("rec3", Email="jo@3.com", Country="?"),
        lead_row("rec4", Email="jo@gmail.com"), settled(Email="jo@five.com"),
    )  # fmt: skip

    assert {"acme.com"} == found.domains()


# ---- the same company -----------------------------------------------------------------------------------------------


def test_the_same_company_from_another_partner() -> None:
    """The text names nobody and says nothing of who was first."""
    plan = planned(settled(Partner="Blue Door", Email="al@acme.com"), lead_row())

    assert ("Duplicate", WORKED_ON) == said(plan)
    assert "Blue" not in WORKED_ON
    assert "first" not in WORKED_ON


@pytest.mark.parametrize("written", ["North Star", "north-star", "NORTH  star", "rec north-star"])
def test_the_same_company_from_the_same_partner(written: str) -> None:
    """The partner is told when, by whatever name it goes."""
    plan = planned(settled(Partner=written, Submitted=datetime(2026, 2, 3, tzinfo=NOW.tzinfo)), lead_row())

    key = lead_key("rec9")
    assert (
        "Duplicate",
        f"You sent us this company already, on 3 February 2026 ({key}): there is nothing to do; correct Website or "
        "Email if it is another company",
    ) == said(plan)


def test_a_partner_who_is_gone_still_has_its_claim() -> None:
    """A lead whose partner nobody knows any more holds its company against others."""
    assert ("Duplicate", WORKED_ON) == said(planned(settled(Partner="Forgotten"), lead_row()))


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        ({"Website": "www.acme.com", "Email": "x@gmail.com"}, {"Email": "jo@mail.acme.com"}, True),
        ({"Email": "jo@gmail.com"}, {"Email": "JO@gmail.com"}, True),
        ({"Email": "al@gmail.com"}, {"Email": "jo@gmail.com"}, False),
        ({"Email": "al@gmail.com", "Website": "linkedin.com/a"}, {"Email": "jo@gmail.com", "Website": "linkedin.com/b"},
         False),
        ({"Email": "jo@acme.co.uk"}, {"Email": "jo@acme.com"}, False),
        ({"Email": "jo@one.co.uk"}, {"Email": "jo@two.co.uk"}, False),
        ({"Email": "nonsense"}, {"Email": "jo@acme.com"}, False),
    ],
)  # fmt: skip
def test_what_makes_a_company_the_same(theirs: dict[str, str], ours: dict[str, str], same: bool) -> None:
    """Its registrable domain, or its address; never a host or a suffix that many companies share."""
    plan = planned(settled(Partner="Blue Door", **theirs), lead_row(**ours))

    assert same == (not plan.pushes)


@pytest.mark.parametrize(("days", "through"), [(0, False), (179, False), (180, False), (181, True)])
def test_a_claim_holds_for_its_window(days: int, through: bool) -> None:
    """It counts from the day on which the other lead was submitted."""
    plan = planned(settled(Partner="Blue Door", Submitted=ago(days=days)), lead_row(Submitted=NOW))

    assert through == bool(plan.pushes)


@pytest.mark.parametrize(("status", "frees", "through"), [
    ("Lost", True, True), ("Withdrawn", True, True), ("Lost", False, False), ("Qualified", True, False),
    ("On hold", True, False),
])  # fmt: skip
def test_a_lost_lead_frees_its_company(status: str, frees: bool, through: bool) -> None:
    """Any status of a lost stage does, whatever it is called, unless the rules say otherwise."""
    rules = replace(RULES, lost_frees_claim=frees)

    plan = planned(settled(Partner="Blue Door", Status=status), lead_row(), rules=rules)

    assert through == bool(plan.pushes)


def test_a_lead_that_the_crm_has_lost_frees_its_company_at_once() -> None:
    """The row may still show the status of before, or be on hold."""
    other = settled(Partner="Blue Door", Status="On hold")

    assert planned(other, lead_row(), crm=[company(("lost", other.key))]).pushes


def test_the_order_of_submission_decides() -> None:
    """Of two new rows the one submitted first goes through, in whichever order they are read."""
    early = lead_row("rec2", Partner="Blue Door", Submitted=ago(days=2))
    late = lead_row("rec1", Submitted=ago(days=1))

    for plan in (planned(early, late), planned(late, early)):
        assert ["rec2"] == [push.row for push in plan.pushes]
        assert ("Duplicate", WORKED_ON) == said(plan, "rec1")


def test_of_rows_submitted_together_the_older_goes_first() -> None:
    """Without a time of submission the row's making counts; where all are equal, the row's id."""
    assert ["rec2"] == [p.row for p in planned(lead_row(), lead_row("rec2", made=ago(hours=1))).pushes]
    assert ["rec1"] == [p.row for p in planned(lead_row("rec2"), lead_row("rec1")).pushes]
    together = {"Submitted": ago(days=3)}
    older = lead_row("rec2", made=ago(hours=1), **together)
    assert ["rec2"] == [p.row for p in planned(lead_row("rec1", **together), older).pushes]
    unknown = lead_row("rec3", made=None, **together)
    assert ["rec3"] == [p.row for p in planned(lead_row("rec1", **together), older, unknown).pushes]
    assert ["rec1"] == [p.row for p in planned(lead_row("rec2", made=None), lead_row("rec1", made=None)).pushes]


def test_twice_in_one_run_from_one_partner() -> None:
    """The second is told the key that the first is about to get."""
    plan = planned(lead_row(), lead_row("rec2"))

    assert f"({lead_key('rec1')})" in str(said(plan, "rec2")[1])


def test_a_row_that_is_refused_claims_nothing() -> None:
    """The next partner's lead of the same company goes through."""
    plan = planned(lead_row(Country="Atlantis", Submitted=ago(days=2)), lead_row("rec2", Submitted=ago(days=1)))

    assert ["rec2"] == [push.row for push in plan.pushes]


# ---- what the CRM knows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        (company(), None),
        (company(("lost", None)), None),
        (company(("open", None)), WORKED_ON),
        (company(("open", "L-OTHEROTH")), WORKED_ON),
        (company(("won", None)), CUSTOMER),
        (company(customer=True), CUSTOMER),
        (company(("lost", None), ("won", None), ("open", None)), WORKED_ON),
    ],
)
def test_customers_and_open_deals(known: CrmCompany, problem: str | None) -> None:
    """A company that buys already, or is being talked to, is no lead; the text names nobody."""
    plan = planned(lead_row(), crm=[known])

    assert (problem is None) == bool(plan.pushes)
    assert problem == (said(plan)[1] if problem else None)


def test_the_rules_may_let_customers_and_open_deals_through() -> None:
    """Each for itself."""
    lenient = replace(RULES, refuse_customers=False, refuse_open_deals=False)

    assert planned(lead_row(), crm=[company(("open", None), ("won", None), customer=True)], rules=lenient).pushes
    strict = replace(RULES, refuse_open_deals=False)
    assert ("Duplicate", CUSTOMER) == said(
        planned(lead_row(), crm=[company(("open", None), ("won", None))], rules=strict)
    )


def test_our_own_deal_is_no_reason_to_refuse() -> None:
    """A run that died before its write-back left it there: the lead was accepted, whatever came later."""
    key = lead_key("rec1")
    known = company(("won", key), ("open", None), customer=True)
    rival = settled(Partner="Blue Door")

    plan = planned(lead_row(Lead=key), rival, crm=[known])

    assert [(key, True)] == [(push.draft.key, push.adopt) for push in plan.pushes]


# ---- copies ---------------------------------------------------------------------------------------------------------


def test_a_row_copied_with_its_key() -> None:
    """The newer row is told so and never pushed; the original goes on as if nothing had happened."""
    key = lead_key("rec1")
    plan = planned(lead_row(Lead=key, made=ago(days=1)), lead_row("rec2", Lead=key))

    assert ("Duplicate", COPY) == said(plan, "rec2")
    assert ["rec1"] == [push.row for push in plan.pushes]
    assert ("rec2", "a copied row") == (edit(plan, "rec2").key, edit(plan, "rec2").reason)


def test_the_owner_of_a_key_is_the_row_it_was_minted_from() -> None:
    """Also where the tracker says the same time of making for all, or a wrong one."""
    key = lead_key("rec2")
    for made in (NOW, ago(days=9)):
        plan = planned(lead_row("rec1", Lead=key, made=made), lead_row("rec2", Lead=key))

        assert ("Duplicate", COPY) == said(plan, "rec1")
        assert ["rec2"] == [push.row for push in plan.pushes]


def test_a_row_copied_with_key_and_deal() -> None:
    """The original keeps both, and its claim; the copy stands for nothing."""
    original = settled(made=ago(days=3))
    plan = planned(original, settled("rec2", Lead=original.key))

    assert ("Duplicate", COPY) == said(plan, "rec2")
    assert 1 == len(plan)


def test_a_copy_whose_key_was_cleared_but_not_its_deal() -> None:
    """It is still a copy, also where it is as old as the original."""
    plan = planned(settled("rec9", made=NOW), settled("rec2", Lead=None, made=NOW))

    assert ("Duplicate", COPY) == said(plan, "rec2")
    assert 1 == len(plan)


def test_a_copy_that_was_told_already_is_left_alone() -> None:
    """A second run changes nothing."""
    original = settled()

    assert 0 == len(planned(original, settled("rec2", Lead=original.key, Status="Duplicate", Problem=COPY)))


def test_a_copy_whose_original_is_deleted_takes_its_place() -> None:
    """With the key alone its deal is looked for; with the deal too it is in the CRM already."""
    (push,) = planned(lead_row("rec2", Lead=lead_key("rec9"), Status="Duplicate", Problem=COPY)).pushes

    assert (lead_key("rec9"), True, None) == (push.draft.key, push.adopt, push.after["Problem"])
    assert 0 == len(planned(settled("rec2", Lead=lead_key("rec9"))))


def test_a_copy_whose_cells_are_cleared_is_a_lead_of_its_own() -> None:
    """It gets a key of its own, and is vetted like any new row."""
    other = lead_row("rec2", Email="jo@other.com", Status="Duplicate", Problem=COPY)

    plan = planned(settled(), other)

    assert {"Lead": lead_key("rec2"), "Status": "New"} == edit(plan, "rec2").after
    assert ["rec2"] == [push.row for push in plan.pushes]


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_a_key_that_was_cleared_is_put_back() -> None:
    """The row is in the CRM: it has the same key again before anything is planned with it."""
    plan = planned(settled(Lead=None))

    found = edit(plan, "rec9")
    assert ({"Lead": lead_key("rec9")}, True, "north-star") == (found.after, found.first, found.about)
    assert (lead_key("rec9"), "the key was cleared and is put back") == (found.key, found.reason)
    assert 1 == len(plan)
    assert [lead_key("rec9"), ""] == [lead.key for lead in restored([settled(Lead=None), lead_row()], {})]
    first = settled("rec2", Lead=lead_key("rec9"))
    assert lead_key("rec9", {first.key}) == restored([first, settled(Lead=None)], {})[1].key


def test_a_copy_without_key_has_that_of_the_deleted_row_whose_deal_it_shows() -> None:
    """Of two only one; and none where a row still carries that key."""
    deleted = {"900": "L-GONE2345"}
    copy, second = settled("rec2", Lead=None), settled("rec3", Lead=None)
    there = settled("rec4", Lead="L-GONE2345")

    assert ["L-GONE2345", lead_key("rec3")] == [lead.key for lead in restored([copy, second], deleted)]
    assert ["L-GONE2345", lead_key("rec2")] == [lead.key for lead in restored([there, copy], deleted)]
    assert [lead_key("rec2")] == [lead.key for lead in restored([copy], {"901": "L-GONE2345"})]


def test_a_key_that_another_row_carries_is_not_given_twice() -> None:
    """Two rows never come to have one key."""
    squatter = lead_row("rec2", Lead=lead_key("rec1"), Email="jo@other.com")

    plan = planned(lead_row(), squatter)

    keys = {push.row: push.draft.key for push in plan.pushes}
    assert lead_key("rec1") == keys["rec2"]
    assert lead_key("rec1", {keys["rec2"]}) == keys["rec1"]


def test_two_rows_of_which_one_key_would_be_minted() -> None:
    """It happens to two in a million rows: the second gets another one."""
    first, second = "rec1728644", "rec1875130"
    assert lead_key(first) == lead_key(second)

    plan = planned(lead_row(first), lead_row(second, Email="jo@other.com"))

    key = lead_key(first)
    assert {first: key, second: lead_key(second, {key})} == {push.row: push.draft.key for push in plan.pushes}


# ---- leads that we send ---------------------------------------------------------------------------------------------


def test_a_lead_sent_to_a_partner_gets_a_key_only() -> None:
    """It is never vetted, pushed or told of, and claims nothing."""
    plan = planned(lead_row(Direction="Sent", Email="nonsense"), lead_row("rec2"))

    assert ({"Lead": lead_key("rec1")}, True) == (edit(plan).after, edit(plan).first)
    assert (lead_key("rec1"), "a lead sent to a partner", "north-star") == (
        edit(plan).key, edit(plan).reason, edit(plan).about,
    )  # fmt: skip
    assert ["rec2"] == [push.row for push in plan.pushes]
    assert 0 == len(planned(lead_row(Direction="sent ", Lead=lead_key("rec1"), Status="Won")))
    assert ["rec1"] == [push.row for push in planned(lead_row(), settled(Direction="Sent")).pushes]


def test_a_problem_goes_when_the_row_turns_out_to_be_sent() -> None:
    """What was said of it as a received lead is taken back."""
    row = lead_row(Direction="Sent", Lead=lead_key("rec1"), Status="Needs attention", Problem="Email is missing.")

    assert {"Status": None, "Problem": None} == edit(planned(row)).after


@pytest.mark.parametrize("status", ["Won", "Lost", "Qualified", "Duplicate", "On hold", "In review", "whatever"])
def test_the_status_of_a_lead_that_we_sent_is_the_partners(status: str) -> None:
    """Whatever its partner or staff write there stands, also beside a problem that comes or goes."""
    row = lead_row(Direction="Sent", Lead=lead_key("rec1"), Status=status, Won_on=NOW.date())
    told = replace(row, row=replace(row.row, cells={**row.row.cells, "Problem": "Won on is missing."}))

    assert 0 == len(planned(row))
    wrong = edit(planned(row, problems={"rec1": "Won on is missing."}))
    assert ({"Problem": "Won on is missing."}, "Won on is missing.") == (wrong.after, wrong.reason)
    assert 0 == len(planned(told, problems={"rec1": "Won on is missing."}))
    assert {"Problem": None} == edit(planned(told)).after


def test_a_copy_of_a_lead_that_we_sent_is_told_so() -> None:
    """Its status stays as it is: it is the partner's, in the copy too."""
    copied = {"Direction": "Sent", "Lead": lead_key("rec1"), "Status": "Won"}
    plan = planned(lead_row(**copied), lead_row("rec2", **copied))

    assert [("rec2", {"Problem": COPY_OF_SENT})] == [(found.row, dict(found.after)) for found in plan.edits]


def test_a_lead_that_we_sent_is_left_alone_while_somebody_types() -> None:
    """A row that is still being filled in is told nothing."""
    row = lead_row(Direction="Sent", Lead=lead_key("rec1"), Status="Won")

    assert 0 == len(planned(row, skip=["rec1"], problems={"rec1": "Won on is missing."}))
