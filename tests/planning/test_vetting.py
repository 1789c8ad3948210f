"""Can this row go into the CRM? Every fault in words that name the field and the remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.planning.rows_of_leads import NOW, PARTNERS, RULES, lead_row, partner_row
from worker.domain.partners import by_any_name
from worker.domain.policy import IntakeRules
from worker.planning.vetting import Vetted, draft, identity, is_blank, own_domains, vet

INSIDERS = {("jo@gmail.com", "north-star"), ("jo@gmail.com", "blue-door"), ("al@gmail.com", "blue-door")}


def vetted(**cells: Any) -> Vetted:
    """Vet a row that is good but for these cells."""
    return vet(lead_row(**cells), PARTNERS, INSIDERS, RULES)


# ---- what is required -----------------------------------------------------------------------------------------------


def test_a_good_row_has_no_fault() -> None:
    """Partner, company and address are enough; the address tells the domain."""
    found = vetted()

    assert () == found.faults
    assert ("acme.com", "acme.com") == (found.domain, found.identity)
    assert PARTNERS["north star"] == found.partner


@pytest.mark.parametrize("column", ["Partner", "Company", "Email"])
@pytest.mark.parametrize("empty", [None, "", "  \n", "\u200b", "\x00\x01", "\u00a0"])
def test_a_required_cell_that_is_empty(column: str, empty: str | None) -> None:
    """Blanks, control and invisible characters fill nothing in."""
    assert f"{column} is missing: fill it in" in vetted(**{column: empty}).faults


def test_what_is_required_is_a_rule() -> None:
    """Staff may require more columns; every fault is told at once."""
    rules = IntakeRules(required=("Partner", "Company", "Email", "Phone", "Country"))

    faults = vet(lead_row(Company=None), PARTNERS, (), rules).faults

    assert (
        "Company is missing: fill it in",
        "Phone is missing: fill it in",
        "Country is missing: fill it in",
    ) == faults


@pytest.mark.parametrize(
    ("cells", "blank"),
    [
        ({}, False),
        ({"Partner": None, "Company": None, "Email": None}, True),
        ({"Partner": " ", "Company": "\u200b", "Email": "\n"}, True),
        ({"Partner": None, "Company": None, "Email": None, "Estimated_value": Decimal(0)}, True),
        ({"Partner": None, "Company": None, "Email": None, "Estimated_value": Decimal(1)}, False),
        ({"Partner": None, "Company": None, "Email": None, "Direction": "Received", "Submitted": NOW}, True),
        ({"Partner": None, "Company": (), "Email": False}, True),
        ({"Partner": None, "Company": None, "Email": None, "Status": "New"}, True),
    ],
)
def test_an_empty_row(cells: dict[str, Any], blank: bool) -> None:
    """A row in which nobody has written a word about a lead is empty."""
    assert blank == is_blank(lead_row(**cells))


# ---- the partner ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["North Star", "north star", "NORTH  STAR ", "north-star", "North-Star", "rec north-star", "Ｎorth Star"]
)
def test_a_partner_by_name_key_or_row(written: str) -> None:
    """Whatever a form writes into Partner is understood: name, key or linked row, in any letters and blanks."""
    found = vetted(Partner=written)

    assert () == found.faults
    assert PARTNERS["north star"] == found.partner


def test_a_partner_whose_letters_are_composed_otherwise() -> None:
    """A name typed on another system, its accents apart, is the same name."""
    names = by_any_name([partner_row("Société Générale", Key="sg")])

    assert () == vet(lead_row(Partner="Socie\u0301te\u0301 Ge\u0301ne\u0301rale"), names, (), RULES).faults


def test_a_partner_nobody_knows() -> None:
    """The name is quoted in short, without what can't be read."""
    name = "Nobody\x00 " + "x" * 100_000

    faults = vetted(Partner=name).faults

    shown = "Nobody " + "x" * 53
    assert (f"Partner “{shown}” is not in the Partners table: pick one that is there, or add it",) == faults


@pytest.mark.parametrize("written", ["Idle Hands", "gone-west"])
def test_a_partner_who_is_not_enrolled(written: str) -> None:
    """Paused and former partners send no leads; which of both is not said."""
    (fault,) = vetted(Partner=written).faults

    assert (
        "Partner is not enrolled at present: pick an enrolled partner, or set the partner's Status to Enrolled" == fault
    )


def test_a_status_typed_in_small_letters() -> None:
    """Where Status is a text column, `enrolled` is Enrolled."""
    names = by_any_name([partner_row(Status="enrolled ")])

    assert () == vet(lead_row(), names, (), RULES).faults


# ---- self-referral --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"Website": "shop.north-star.test"},
        {"Email": "anybody@north-star.test"},
        {"Email": "anybody@mail.north-star.test", "Website": "acme.com"},
        {"Email": "Jo@Gmail.com"},
        {"Email": "jo@gmail.com", "Website": "acme.com"},
    ],
)
def test_a_partner_who_refers_itself(cells: dict[str, str]) -> None:
    """A partner's domain, that of its address, and its people's addresses are no leads."""
    assert ("This lead is the partner's own company: name another company, or correct Website and Email",) == vetted(
        **cells
    ).faults


@pytest.mark.parametrize("email", ["al@gmail.com", "someone@gmail.com", "jo@blue-door.test"])
def test_other_people_are_no_self_referral(email: str) -> None:
    """Other partners' people and strangers at the same free-mail host may be leads."""
    assert () == vetted(Email=email).faults


@pytest.mark.parametrize(
    ("domain", "email", "own"),
    [
        ("north-star.test", "", {"north-star.test"}),
        ("https://www.north-star.co.uk/about", "", {"north-star.co.uk"}),
        ("north-star.test, @star.test; n.test", "", {"north-star.test", "star.test", "n.test"}),
        ("", "money@mail.north-star.test", {"north-star.test"}),
        ("", "Jo <jo@star.test>, al@gmail.com", {"star.test"}),
        ("gmail.com", "jo@gmail.com", set()),
        ("n/a", "", set()),
        ("", "", set()),
    ],
)
def test_the_domains_of_a_partner(domain: str, email: str, own: set[str]) -> None:
    """They are read however they are written; free-mail hosts are nobody's own."""
    assert own == own_domains(partner_row(Company_domain=domain, Email=email), RULES.free_mail)


# ---- what identifies the company ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("website", "email", "domain", "known_by"),
    [
        ("https://www.acme.co.uk", "jo@other.com", "acme.co.uk", "acme.co.uk"),
        (None, "jo@mail.acme.com", "acme.com", "acme.com"),
        ("linkedin.com/company/acme", "Jo@yahoo.co.uk", None, "jo@yahoo.co.uk"),
        (None, "di\u200b@gmail.com", None, "di@gmail.com"),
        ("münchen.de", "di@gmail.com", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
    ],
)
def test_identity(website: str | None, email: str, domain: str | None, known_by: str) -> None:
    """Domain or address: the same for a row that waits and for one that is in the CRM."""
    found = vetted(Website=website, Email=email)

    assert () == found.faults
    assert (domain, known_by) == (found.domain, found.identity)
    assert known_by == identity(found.lead, RULES)


@pytest.mark.parametrize(
    ("website", "email", "known_by"),
    [
        ("n/a", "jo@acme.com", "acme.com"),
        ("acme.com", "nonsense", "acme.com"),
        ("n/a", "nonsense", ""),
        (None, None, ""),
    ],
)
def test_identity_of_a_row_that_was_spoilt_later(website: str | None, email: str | None, known_by: str) -> None:
    """Cells that can't be read say nothing; they never raise."""
    assert known_by == identity(lead_row(Website=website, Email=email), RULES)


def test_a_row_without_address_and_website_is_nobodys() -> None:
    """Nothing identifies its company."""
    found = vetted(Email=None)

    assert (None, "", ("Email is missing: fill it in",)) == (found.domain, found.identity, found.faults)


# ---- cells that can't be read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"Email": "jo"}, "Email is not an e-mail address"),
        ({"Website": "n/a"}, "Website is not a web address"),
        ({"Phone": "call me"}, "Phone is not a telephone number"),
        ({"Country": "Atlantis"}, "Country is not a country"),
        ({"Currency": "£"}, "Currency is not the code of a currency"),
        ({"Company": "🚀🚀"}, "Company has neither a letter nor a digit"),
        ({"Direction": "Outgoing"}, "Direction is neither Received nor Sent"),
        ({"Submitted": "yesterday"}, "Submitted is not a date and time"),
        ({"Estimated_value": "a lot"}, "Estimated value is not a number"),
        ({"Estimated_value": True}, "Estimated value is not a number"),
        ({"Estimated_value": "12.000,50"}, "Estimated value is not a number"),
        ({"Estimated_value": "1,5"}, "Estimated value is not a number"),
        ({"Estimated_value": "1.234"}, "Estimated value is not a number"),
        ({"Estimated_value": "١٢"}, "Estimated value is not a number"),
        ({"Estimated_value": Decimal(-1)}, "Estimated value is not a sum that a client could pay"),
        ({"Estimated_value": "9" * 100_000}, "Estimated value is not a sum that a client could pay"),
        ({"Estimated_value": Decimal("NaN")}, "Estimated value is not a sum that a client could pay"),
        ({"Company": ("rec1", "rec2")}, "Company holds something that is not text: write text"),
        ({"Partner": ("recUnknown",)}, "Partner holds something that is not text: write text"),
        ({"Email": True}, "Email holds something that is not text: write text"),
        ({"Notes": date(2026, 1, 1)}, "Notes holds something that is not text: write text"),
        ({"Company": "x" * 256}, "Company is too long (256 characters; 255 is the most): shorten it"),
        ({"Notes": "x" * 100_000}, "Notes is too long (100,000 characters; 2,000 is the most): shorten it"),
    ],
)
def test_a_cell_that_cannot_be_read(cells: dict[str, Any], says: str) -> None:
    """One fault, which begins with the field and ends with what to do."""
    (fault,) = vetted(**cells).faults

    assert fault.startswith(says)
    assert ": " in fault


def test_every_fault_is_told_at_once() -> None:
    """Whoever mends a row sees all that is wrong with it."""
    faults = vetted(Partner="Nobody", Email="jo", Phone="12", Country="Atlantis", Company="x" * 300).faults

    assert ["Partner", "Company"] == [fault.split()[0] for fault in faults]
    faults = vetted(Partner="Nobody", Email="jo", Phone="12", Country="Atlantis").faults
    assert ["Partner", "Email", "Country", "Phone"] == [fault.split()[0] for fault in faults]


def test_a_self_referral_is_told_with_the_rest() -> None:
    """Another fault does not hide it."""
    faults = vetted(Email="jo@north-star.test", Country="Atlantis").faults

    assert ["Country", "This"] == [fault.split()[0] for fault in faults]


@pytest.mark.parametrize(
    "cells",
    [
        {"Company": "x" * 255},
        {"Submitted": NOW},
        {"Estimated_value": "1000000000000"},
        {"Direction": "RECEIVED"},
        {"Direction": "sent"},
    ],
)
def test_cells_that_can_just_be_read(cells: dict[str, Any]) -> None:
    """The longest text, the largest sum, a time and any spelling of a direction are no faults."""
    assert () == vetted(**cells).faults


def test_without_limits_nothing_is_too_long() -> None:
    """Rules that name no longest text take any."""
    assert () == vet(lead_row(Company="x" * 100_000), PARTNERS, (), IntakeRules()).faults


# ---- what goes into the CRM -----------------------------------------------------------------------------------------


def test_the_draft_holds_every_cell_in_its_normal_form() -> None:
    """Numbers, codes and blanks are put right; notes keep their lines; formulas stay text."""
    found = vetted(
        Company=" Acme\x00 & Söhne ", Website="HTTPS://www.acme.com/ueber", First_name="Jo\n", Last_name=" Döe",
        Email="Jo@ACME.com", Phone="01 23 45 67 89", Country="France", Notes="=1+1\r\n\r\n two \x07",
        Estimated_value="12,000.5", Currency="eur",
    )  # fmt: skip

    assert () == found.faults
    made = draft(found, "L-ABCDEFGH")
    assert ("L-ABCDEFGH", "Acme & Söhne – North Star", "north-star") == (made.key, made.title, made.partner)
    assert ("Acme & Söhne", "acme.com", "HTTPS://www.acme.com/ueber") == (made.company, made.domain, made.website)
    assert ("Jo", "Döe", "Jo@acme.com", "+33123456789") == (made.first_name, made.last_name, made.email, made.phone)
    assert ("FR", "=1+1\ntwo", "12000.50", "EUR") == (made.country, made.notes, made.value, made.currency)


@pytest.mark.parametrize(
    ("written", "value"),
    [("12000", "12000.00"), ("12 000", "12000.00"), ("1,234,567.89", "1234567.89"), (Decimal("0.1"), "0.10"),
     (Decimal("12.345"), "12.34"), ("0", "0.00")],
)  # fmt: skip
def test_estimates(written: str | Decimal, value: str) -> None:
    """A number as text is that number; thousands may be set apart."""
    assert value == vetted(Estimated_value=written).values["Estimated value"]


def test_a_title_is_cut() -> None:
    """HubSpot takes no longer one; the company's name goes there in full besides."""
    made = draft(vetted(Company="x" * 255), "L-ABCDEFGH")

    assert ("x" * 250, 255) == (made.title, len(made.company))


def test_a_draft_of_little() -> None:
    """What nobody wrote is not sent; without a country a number is one of the rules' country."""
    made = draft(vetted(Phone="020 7946 0958"), "L-ABCDEFGH")

    assert (None, None, None, None, "") == (made.website, made.country, made.value, made.currency, made.notes)
    assert "+442079460958" == made.phone
