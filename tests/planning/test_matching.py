"""Which deal an invoice serves; what is only a suggestion."""

from __future__ import annotations

import pytest

from worker.domain.facts import Deal, Invoice, Lead
from worker.domain.plans import CommissionPlan
from worker.planning.matching import Names, needs_contact, note_serves, suggest

from .programme import Story, at, day, deal, facts, invoice, lead, note, plan, story


def served(told: Story, on: str = "2025-03-01") -> list[str]:
    """Return the deals with a month that is paid for."""
    return sorted({line.deal or "" for line in told.on(on).lines if line.status == "Confirmed"})


def two(*, company: str = "501", second: str = "501", plans: tuple[CommissionPlan, ...] = ()) -> list[Deal]:
    return [deal(company=company), deal("9002", company=second)]


def by_contact(number: str = "INV-1", on: str = "2025-01-12", contact: str | None = "501") -> Invoice:
    return invoice(number, paid=f"{on} 12000", on=on, reference="", contact_number=contact)


@pytest.mark.parametrize(
    ("reference", "deals"),
    [
        ("9001", ["9001"]), ("PO 5513 / l-1", ["9001"]), ("deal:9002;", ["9002"]), ("L-1 and 9001", ["9001"]),
        ("L-11", []), ("9001-2", []), ("9001_2", []), ("x9001", []), ("9001 and 9002", []), ("L-1, L-2", []),
        ("", []), ("é9001", []),
    ],
)  # fmt: skip
def test_a_reference_names_a_deal_by_a_whole_token(reference: str, deals: list[str]) -> None:
    """The deal's id or the lead's key, in any case, as a whole run of letters, digits, - and _."""
    told = story(*two(), invoices=[invoice(paid="2025-01-12 12000", reference=reference)])

    assert deals == served(told)


def test_a_reference_names_a_deal_that_nobody_brought() -> None:
    """Deal 9002 has no lead: an invoice that names it serves it, and so not 9001 whose contact it has."""
    named = invoice(paid="2025-01-12 12000", reference="9002", contact_number="501")

    assert [] == served(story(*two(second="777"), leads=[lead()], invoices=[named]))


def test_an_invoice_that_names_two_deals_is_not_matched_by_its_contact() -> None:
    """A rule that fits two ends the search, though 9001 is its contact's only deal."""
    named = invoice(paid="2025-01-12 12000", reference="9001 9002", contact_number="501")

    assert [] == served(story(*two(second="777"), invoices=[named]))


def test_an_invoice_that_does_not_count_stands_in_nobodys_way() -> None:
    """A draft comes first; the next one serves the deal."""
    assert ["9001"] == served(story(invoices=[invoice("INV-0", status="DRAFT"), by_contact()]))


def test_a_lead_names_a_deal_that_can_not_be_read() -> None:
    """L-9 is tied to 9009, of which nothing is known: both name it."""
    names = Names.of({}, [lead("9009")], {})

    assert [{"9009"}] * 2 == [set(names.in_reference(text)) for text in ("9009", "for l-9")]


def test_what_names_two_deals_names_both() -> None:
    """Ids that differ in their letters' size alone, and a key that two rows carry."""
    ids = {"abc": "abc", "ABC": "ABC"}
    keyed = [lead("9001", key="L-7"), lead("9002", key="L-7")]

    assert ids.keys() == Names.of({id_: deal(id_) for id_ in ids}, [], ids).in_reference("Abc")
    assert {"9001", "9002"} == Names.of({}, keyed, {}).in_reference("l-7")


def test_the_lead_row_names_an_invoice() -> None:
    """Staff wrote inv-1 on the second lead; had they written it on both, it would be nobody's."""
    deals, paid = two(), invoice(paid="2025-01-12 12000", reference="")
    one = [lead(), lead("9002", invoices=("inv-1 ",))]
    both = [lead(invoices=("INV-1",)), lead("9002", invoices=("INV-1",))]

    assert ["9002"] == served(story(*deals, leads=one, invoices=[paid]))
    assert [] == served(story(*deals, leads=both, invoices=[paid]))


def test_the_reference_goes_before_the_lead_row() -> None:
    """The reference names 9001, staff wrote it on 9002: 9001. Names two: none, whatever staff wrote."""
    leads = [lead(), lead("9002", invoices=("INV-1",))]

    assert ["9001"] == served(story(*two(), leads=leads, invoices=[invoice(paid="2025-01-12 12000")]))
    named = invoice(paid="2025-01-12 12000", reference="9001 9002")
    assert [] == served(story(*two(), leads=leads, invoices=[named]))


@pytest.mark.parametrize(
    ("deals", "deals_served"),
    [
        ([deal()], ["9001"]),
        ([deal(), deal("9002", company="777")], ["9001"]),
        (two(), []),
        ([deal(), deal("9002", won_at="2025-01-13")], ["9001"]),
        ([deal(), deal("9002", won_at="2025-01-12")], []),
        ([deal(), deal("9002", won_at="2025-01-01", state="lost", left_won_at="2025-01-12")], ["9001"]),
        ([deal(), deal("9002", won_at="2025-01-01", state="lost", left_won_at="2025-01-13")], []),
        ([deal(), deal("9002", won_at="2025-01-01", state="open", left_won_at=None)], []),
        ([deal(), deal("9002", won_at="2023-12-01")], ["9001"]),
        ([deal(), deal("9002", won_at=None, state="open")], ["9001"]),
        ([deal(), deal("9002", merged_into="9001")], ["9001"]),
        ([deal(won_at="2025-01-13")], []),
        ([deal(company=None)], []),
    ],
)
def test_the_contact_names_the_only_open_deal_of_its_company(deals: list[Deal], deals_served: list[str]) -> None:
    """Open on 12 January: won by then, not left by then, within the twelve months of its plan."""
    assert deals_served == served(story(*deals, invoices=[by_contact()]))


@pytest.mark.parametrize(
    ("second", "free"),
    [({"term_months": 1}, True), ({"term_months": 2}, False), ({}, False), ({"company": "777"}, True)],
)
def test_a_deal_that_nobody_brought_is_open_too(second: dict[str, object], free: bool) -> None:
    """9002 of December has no lead: without a plan it is open within its term, if it has one."""
    other = deal("9002", **{"won_at": "2024-12-10", **second})

    assert (["9001"] if free else []) == served(story(deal(), other, leads=[lead()], invoices=[by_contact()]))


@pytest.mark.parametrize(
    ("terms", "on", "fits"),
    [
        ({"months": 3}, "2025-03-31", True),
        ({"months": 3}, "2025-04-01", False),
        ({"months": 3, "prorate": "days"}, "2025-04-01", True),
        ({"months": 3, "prorate": "days"}, "2025-05-01", False),
        ({"months": 0}, "2025-09-01", True),
        ({"start": "next", "months": 3}, "2025-01-31", False),
        ({"start": "next", "months": 3}, "2025-04-30", True),
        ({"start": "first-invoice", "months": 3}, "2025-09-01", True),
        ({"fee": "250", "currency": "GBP", "months": 3, "prorate": "days"}, "2025-03-31", True),
        ({"fee": "250", "currency": "GBP", "months": 3, "prorate": "days"}, "2025-04-01", False),
    ],
)
def test_the_plan_says_how_long_a_deal_is_open(terms: dict[str, object], on: str, fits: bool) -> None:
    """Won on 10 January: an invoice by the contact serves the deal in the months that the plan gives."""
    told = story(plans=[plan(**terms)], invoices=[by_contact(on=on)])

    assert (["9001"] if fits else []) == served(told, on="2025-12-01")


@pytest.mark.parametrize(("won_at", "fits"), [("2025-01-01", False), ("2025-01-02", True)])
def test_days_leave_a_rest_from_the_second_of_a_month_on(won_at: str, fits: bool) -> None:
    """Three months by days: an invoice of the fourth serves the deal where a day of the first was left over."""
    told = story(
        deal(won_at=won_at), plans=[plan(months=3, prorate="days")], invoices=[by_contact(on="2025-04-01")]
    )  # fmt: skip

    assert (["9001"] if fits else []) == served(told, on="2025-12-01")


@pytest.mark.parametrize(("on", "fits"), [("2025-02-28", True), ("2025-03-01", False)])
def test_a_term_ends_what_an_invoice_can_serve(on: str, fits: bool) -> None:
    """Two months of a term, twelve of the plan."""
    assert (["9001"] if fits else []) == served(story(deal(term_months=2), invoices=[by_contact(on=on)]), "2025-12-01")


def test_an_invoice_of_today_is_there() -> None:
    """Dated, and paid, on the day of the run."""
    told = story(invoices=[by_contact(on="2025-03-01")])

    assert ["9001"] == served(told, on="2025-03-01")


def test_a_void_invoice_begins_no_months_in_which_others_match() -> None:
    """INV-1 of January is void: the three months begin with INV-2 of May."""
    void = invoice("INV-1", status="VOIDED")
    told = story(plans=[plan(months=3, start="first-invoice")], invoices=[void, by_contact("INV-2", on="2025-05-20")])

    assert ["9001"] == served(told, on="2025-12-01")


def test_a_single_invoice_begins_the_months_in_which_others_match() -> None:
    """Three months from the only invoice that names the deal, of 5 March: one of June by its contact serves none."""
    named = invoice("INV-1", paid="2025-03-05 1000", on="2025-03-05")
    told = story(plans=[plan(start="first-invoice", months=3)], invoices=[named, by_contact("INV-2", on="2025-06-05")])

    assert ["Confirmed", "Waiting", "Waiting"] == told.on("2025-07-01").statuses()


def test_the_first_invoice_begins_the_months_in_which_others_match() -> None:
    """Three months from the first invoice of 5 March: one of May serves the deal, one of June does not."""
    told = story(plans=[plan(start="first-invoice", months=3)], invoices=[
        invoice("INV-3", paid="2025-06-05 1000", on="2025-06-05", reference="", contact_number="501"),
        invoice("INV-2", paid="2025-05-05 1000", on="2025-05-05", reference="", contact_number="501"),
        invoice("INV-4", on="2025-04-05"),
        invoice("INV-1", paid="2025-03-05 1000", on="2025-03-05"),
    ])  # fmt: skip

    assert ["Confirmed", "Confirmed", "Waiting"] == told.on("2025-07-01").statuses()
    assert "INV-3" in told.outcome.suggestions["L-1"]


def test_the_months_of_a_deal_by_itself_count_not_those_of_the_client() -> None:
    """Twelve months a client leave the renewal without lines, yet it is open for its own invoices, and makes two."""
    told = story(deal(), deal("9002", won_at="2025-12-10"), plans=[plan(count_months_per="client")])

    assert [] == served(told.on("2026-01-15", invoices=[by_contact(on="2025-12-12")]), on="2026-01-15")


def test_what_has_no_number_and_what_is_not_ours_matches_nothing() -> None:
    """An invoice without contact number; a bill of a supplier."""
    assert [] == served(story(invoices=[by_contact(contact=None)]))
    assert [] == served(story(invoices=[invoice(type="ACCPAY", paid="2025-01-12 12000")]))


def test_a_merged_deals_names_are_its_survivors() -> None:
    """9001 is merged into 9002: a reference to either serves the one deal, also a reference to both."""
    told = story(
        deal(merged_into="9002"), deal("9002"), leads=[lead()],
        invoices=[invoice(paid="2025-01-12 12000", reference="9001 / 9002")],
    )  # fmt: skip

    assert ["9001"] == served(told)


def test_an_invoice_of_another_currency_leaves_the_lines_waiting_and_says_so() -> None:
    """INV-1 is in EUR, the deal in GBP."""
    line = story(invoices=[invoice(paid="2025-01-12 12000", currency="EUR")]).on("2025-02-01").lines[0]

    assert "Waiting" == line.status
    assert line.why.endswith("no invoice yet; INV-1 is in EUR, the deal in GBP")


# ---- credit notes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "allocated", "deal_served"),
    [
        ("9002", "INV-1 2025-06-01 1", "9002"),
        ("9001 9002", "INV-1 2025-06-01 1", None),
        ("", "INV-1 2025-06-01 1", "9001"),
        ("", "INV-1 2025-06-01 1, INV-2 2025-06-01 1", "9001"),
        ("", "INV-1 2025-06-01 1, INV-3 2025-06-01 1", None),
        ("", "INV-1 2025-06-01 1, INV-9 2025-06-01 1", None),
        ("", "INV-1 2025-06-01 1, INV-3 2025-06-03 1", "9001"),
        ("", "INV-1 2025-06-02 1", "9001"),
        ("", "", None),
    ],
)
def test_a_credit_note_belongs_where_its_reference_or_all_its_invoices_do(
    reference: str, allocated: str, deal_served: str | None
) -> None:
    """INV-1 and INV-2 serve 9001, INV-3 serves 9002, INV-9 nobody; it is 2 June."""
    known = facts(two())
    names = Names.of(known.deals, known.leads, {"9001": "9001", "9002": "9002"})
    serves = {"id-INV-1": "9001", "id-INV-2": "9001", "id-INV-3": "9002"}

    assert deal_served == note_serves(note(reference=reference, allocated=allocated), names, serves, day("2025-06-02"))


def test_a_refund_on_a_credit_note_reaches_the_deal() -> None:
    """12,000 paid, 11,000 paid back on a note that names the lead: one month is left, and January's cover with it."""
    told = story(
        invoices=[invoice(paid="2025-01-12 12000")],
        notes=[note(reference="for L-1", on="2025-02-10", sub_total="11000", refunds="2025-02-10 11000")],
    )  # fmt: skip

    assert ["Confirmed", "Waiting"] == told.on("2025-03-01").statuses()[:2]


def test_a_refund_on_a_note_that_belongs_to_nobody_takes_nothing() -> None:
    """The note names two deals."""
    told = story(
        *two(), invoices=[invoice(paid="2025-01-12 12000")],
        notes=[note(reference="9001 9002", on="2025-02-10", sub_total="11000", refunds="2025-02-10 11000")],
    )  # fmt: skip

    assert ["9001"] == served(told)
    assert ["Confirmed", "Confirmed"] == told.statuses()[:2]


# ---- suggestions ----------------------------------------------------------------------------------------------------


def words(told: Story, key: str = "L-1") -> str:
    return told.on("2025-03-01").outcome.suggestions.get(key, "")


def test_suggestions_say_why_and_what_to_do() -> None:
    """An invoice with the client's name and the deal's amount that nothing ties to the deal."""
    loose = invoice("INV-7", reference="thanks", contact_name="north ltd ", paid="2025-01-12 12000")
    told = story(leads=[lead(company_name="North Ltd")], invoices=[loose])

    assert (
        "May be for this deal: INV-7 of 2025-01-12, 12,000.00 GBP net (the same name, the same amount). "
        "If so, write the number into Invoices."
    ) == words(told)
    assert "Waiting" == told.lines[0].status


@pytest.mark.parametrize(
    "given",
    [
        invoice("INV-7", reference="", status="VOIDED"),
        invoice("INV-7", reference="", on="2025-03-02"),
        invoice("INV-7", reference="", sub_total="1"),
        invoice("INV-7", reference="", currency="EUR"),
    ],
)
def test_what_cannot_be_of_use_is_not_suggested(given: Invoice) -> None:
    """A void one, one of tomorrow, one that has nothing in common."""
    assert "" == words(story(invoices=[given]))


def test_an_amount_that_fits_many_deals_says_nothing() -> None:
    """Three deals of 12,000.00 are told of an invoice of 12,000.00, four are not."""
    deals = [deal(f"900{n}", company=str(n)) for n in range(1, 5)]
    loose = [invoice("INV-7", reference="")]

    assert "INV-7" in words(story(*deals[:3], invoices=loose))
    assert "" == words(story(*deals, invoices=loose))


def test_a_reference_to_two_deals_is_suggested_to_both() -> None:
    """INV-7 names 9001 and 9002."""
    told = story(*two(), invoices=[invoice("INV-7", reference="9001, 9002", sub_total="5")])

    assert "it names more than one deal" in words(told)
    assert "it names more than one deal" in words(told, "L-2")


def test_many_suggestions_are_cut_short() -> None:
    """Seven loose invoices of the client: five are named, two are counted."""
    loose = [invoice(f"INV-{n}", reference="", sub_total="1", contact_number="501") for n in range(1, 8)]
    told = story(*two(), invoices=loose)

    assert "INV-5 of" in words(told)
    assert words(told).endswith("; and 2 more. If so, write the number into Invoices.")


def test_five_suggestions_are_told_in_full() -> None:
    """None is left to be counted."""
    loose = [invoice(f"INV-{n}", reference="", sub_total="1", contact_number="501") for n in range(1, 6)]
    told = [f"INV-{n} of 2025-01-12, 1.00 GBP net (the same client)" for n in range(1, 6)]

    assert f"May be for this deal: {'; '.join(told)}. If so, write the number into Invoices." == words(
        story(*two(), invoices=loose)
    )


def test_a_deal_without_a_lead_is_told_nothing() -> None:
    """INV-7 names 9001 and 9002, which nobody brought; yen have no cents in a suggestion either."""
    loose = invoice("INV-7", reference="9001, 9002", sub_total="5", currency="JPY")
    told = story(*two(), leads=[lead()], invoices=[loose])

    assert words(told).startswith("May be for this deal: INV-7 of 2025-01-12, 5 JPY net (it names more than one deal).")


def test_leads_of_merged_and_of_unread_deals_are_told_too() -> None:
    """9008 is part of 9010 now, 9009 can't be read: an invoice that names both deals is suggested to both leads."""
    leads = [(lead(id_), deal(id_)) for id_ in ("9008", "9009")]
    survivor = {"9008": "9010"}
    names = Names.of({"9008": leads[0][1]}, [one for one, _ in leads], survivor)
    loose = invoice("INV-7", reference="9008 9009", sub_total="5")

    assert {"L-8", "L-9"} == suggest([loose], names, leads, survivor).keys()


# ---- contact numbers ------------------------------------------------------------------------------------------------


def test_contacts_are_asked_for_only_where_nothing_else_ties_an_invoice() -> None:
    """Of five invoices one needs its contact: not those that name a deal, are written on a lead, known, or a draft."""
    known = facts(
        leads=[lead(invoices=("INV-3",))],
        invoices=[
            invoice("INV-1"), invoice("INV-2", reference=""), invoice("INV-3", reference=""),
            invoice("INV-4", reference="", contact_number="9"), invoice("INV-5", reference="", status="DRAFT"),
        ],
    )  # fmt: skip

    assert ["INV-2"] == [found.number for found in needs_contact(known)]


def test_a_lead_that_is_not_in_the_crm_yet_names_nothing() -> None:
    """A lead without deal, though staff wrote an invoice on it."""
    waiting = Lead("L-9", at("2024-12-01"), True, "", (), ("INV-1",))
    told = story(leads=[lead(), waiting], invoices=[invoice(paid="2025-01-12 12000", reference="L-9")])

    assert [] == served(told)
