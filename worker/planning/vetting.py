"""Can this row go into the CRM? By the row itself and its partner; other leads and the CRM come in later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from worker.domain.cells import Cell
from worker.domain.leads import LeadDraft, LeadRow
from worker.domain.partners import PartnerRow
from worker.domain.policy import IntakeRules
from worker.planning.contact_details import (
    Unreadable,
    clean,
    company_domain,
    country_code,
    email_address,
    phone_number,
    registrable_domain,
    website_domain,
)

_PEOPLE_FILL = (
    "Partner", "Company", "Website", "First name", "Last name", "Email", "Phone", "Country", "Notes",
    "Estimated value", "Currency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vetted:
    """A lead row, its partner where known, what identifies its company, and every fault in words."""

    lead: LeadRow
    partner: PartnerRow | None
    identity: str  # a registrable domain, or the e-mail address where there is no domain; empty where neither is known
    domain: str | None
    values: Mapping[str, str]  # the cells in their normal form
    faults: tuple[str, ...]


def is_blank(lead: LeadRow) -> bool:
    """Tell whether nobody has filled in anything: such a row is left alone."""
    return not any(_filled(lead.row.cells.get(column)) for column in _PEOPLE_FILL)


def _filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell not in (None, False, ())


def vet(lead: LeadRow, partners: Mapping[str, PartnerRow], insiders: Mapping[str, str], rules: IntakeRules) -> Vetted:
    """Look at one row.

    `partners` by any name; `insiders` are the addresses of partners' own people, each with the partner's key.
    """
    partner = partners.get(lead.partner.casefold()) if lead.partner else None
    faults = [
        f"{column} is missing: fill it in" for column in rules.required if not _filled(lead.row.cells.get(column))
    ]
    faults += _odd_cells(lead)
    faults += _too_long(lead, rules.longest or {})
    if lead.partner:
        faults += _partner_faults(lead.partner, partner)
    values: dict[str, str] = {}
    if not faults or not any("too long" in fault for fault in faults):
        values = _readable(lead, rules, faults)
    website, email = values.get("Website", ""), values.get("Email", "")
    domain = company_domain(website, email, rules.free_mail)
    known_by = domain or email.lower()
    if partner is not None and not faults and _self_referral(partner, domain, email, insiders, rules.free_mail):
        faults.append("This lead is the partner's own company: name another company, or correct Website and Email")
    return Vetted(lead, partner, known_by, domain, values, tuple(faults))


def identity(lead: LeadRow, rules: IntakeRules) -> str:
    """Return what identifies the company of a row, whoever sent it: a domain, else an address, else nothing."""
    website, email = lead.row.text("Website"), lead.row.text("Email")
    with contextlib.suppress(Unreadable):
        website = website if website and website_domain(website) else ""
        return company_domain(website, email, rules.free_mail) or email.lower()
    return company_domain("", email, rules.free_mail) or email.lower()


def _odd_cells(lead: LeadRow) -> list[str]:
    """Name the text columns that hold something other than text."""
    texts = [c for c in _PEOPLE_FILL if c not in ("Estimated value",)]
    wrong = [c for c in texts if _filled(lead.row.cells.get(c)) and not lead.row.text(c)]
    return [f"{column} holds something that is not text: write text" for column in wrong]


def _too_long(lead: LeadRow, longest: Mapping[str, int]) -> list[str]:
    return [
        f"{column} is too long ({len(lead.row.text(column)):,} characters; {most:,} is the most): shorten it"
        for column, most in longest.items()
        if len(lead.row.text(column)) > most
    ]


def _partner_faults(written: str, partner: PartnerRow | None) -> list[str]:
    if partner is None:
        shown = clean(written)[:60]
        return [f"Partner “{shown}” is not in the Partners table: pick a partner that is there, or add it"]
    if partner.status != "Enrolled":
        return ["Partner is not enrolled at present: pick an enrolled partner, or set the partner's Status to Enrolled"]
    return []


def _readable(lead: LeadRow, rules: IntakeRules, faults: list[str]) -> dict[str, str]:
    """Return the cells that can be read, in their normal form; add a fault for each that can't."""
    values = {column: clean(lead.row.text(column)) for column in ("Company", "First name", "Last name")}
    values["Notes"] = _lines(lead.row.text("Notes"))
    if values["Company"] and not any(c.isalnum() for c in values["Company"]):
        faults.append("Company has neither a letter nor a digit: write the company's name")

    def read(column: str, reader: Callable[[str], str]) -> None:
        written = lead.row.text(column)
        if not written:
            return
        try:
            values[column] = reader(written)
        except Unreadable as error:
            faults.append(str(error))

    read("Website", lambda text: clean(text) if website_domain(text) else "")
    read("Email", email_address)
    read("Country", country_code)
    read("Phone", lambda text: phone_number(text, values.get("Country", rules.default_country)))
    _money(lead, values, faults)
    return values


def _lines(text: str) -> str:
    return "\n".join(line for line in (clean(part) for part in text.splitlines()) if line)


def _money(lead: LeadRow, values: dict[str, str], faults: list[str]) -> None:
    """Read the estimate and its currency."""
    cell = lead.row.cells.get("Estimated value")
    amount = cell if isinstance(cell, Decimal) else _number(lead.row.text("Estimated value"))
    if amount is None and _filled(cell):
        faults.append('Estimated value is not a number: write it as "12000" or "12000.50"')
    elif amount is not None and (amount < 0 or amount > Decimal(10) ** 12):
        faults.append("Estimated value is not a sum that a client could pay: correct it, or leave it empty")
    elif amount is not None:
        values["Estimated value"] = format(amount.quantize(Decimal("0.01")), "f")
    currency = lead.row.text("Currency").upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        faults.append('Currency is not a code of three letters: write it as "GBP"')
    elif currency:
        values["Currency"] = currency


def _number(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace(" ", "")
    return Decimal(plain) if plain.replace(".", "", 1).isascii() and plain.replace(".", "", 1).isdigit() else None


def _self_referral(
    partner: PartnerRow, domain: str | None, email: str, insiders: Mapping[str, str], shared: Collection[str]
) -> bool:
    own = {registrable_domain(partner.domain), registrable_domain(partner.email.rpartition("@")[2])}
    ours = {d for d in own if d and d not in shared}
    sender = registrable_domain(email.rpartition("@")[2]) if "@" in email else None
    return (
        (domain is not None and domain in ours)
        or (sender is not None and sender in ours)
        or (bool(email) and email.lower() in insiders)
    )


def draft(vetted: Vetted, key: str) -> LeadDraft:
    """Return what goes into the CRM for a row without faults."""
    values, partner = vetted.values, vetted.partner
    assert partner is not None
    return LeadDraft(
        key=key,
        title=f"{values['Company']} – {partner.name}"[:250],
        partner=partner.key,
        company=values["Company"],
        domain=vetted.domain,
        first_name=values["First name"],
        last_name=values["Last name"],
        email=values["Email"],
        phone=values.get("Phone"),
        country=values.get("Country"),
        website=values.get("Website"),
        notes=values["Notes"],
        value=values.get("Estimated value"),
        currency=values.get("Currency"),
    )
