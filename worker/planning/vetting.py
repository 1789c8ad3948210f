"""Can this row go into the CRM? By the row itself and its partner; other leads and the CRM come in later."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
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
    currency_code,
    email_address,
    phone_number,
    registrable_domain,
    website_domain,
)

_TEXTS = (
    "Partner", "Company", "Website", "First name", "Last name", "Email", "Phone", "Country", "Notes", "Currency",
)  # fmt: skip
_PEOPLE_FILL = (*_TEXTS, "Estimated value")
_SUM = re.compile(r"(\d+|\d{1,3}([, ]\d{3})+)(\.\d{1,2})?", re.ASCII)
_LARGEST_SUM = Decimal(10) ** 12


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
    # A nought, which equals False, is what number columns hold by default: nobody filled it in.
    return bool(clean(cell)) if isinstance(cell, str) else cell not in (None, False, ())


def vet(
    lead: LeadRow, partners: Mapping[str, PartnerRow], insiders: Collection[tuple[str, str]], rules: IntakeRules
) -> Vetted:
    """Look at one row.

    `partners` by any name; `insiders` are the addresses of partners' own people, each with the partner's key.
    """
    partner = partners.get(lead.partner.casefold())
    missing = [column for column in rules.required if not _filled(lead.row.cells.get(column))]
    faults = [f"{column} is missing: fill it in" for column in missing]
    faults += _odd_cells(lead)
    if lead.partner:
        faults += _partner_faults(lead, partner)
    long = _too_long(lead, rules.longest or {})
    values = {} if long else _readable(lead, rules, faults)
    faults += long
    website, email = values.get("Website", ""), values.get("Email", "")
    domain = company_domain(website, email, rules.free_mail)
    if partner is not None and _self_referral(partner, domain, email, insiders, rules.free_mail):
        faults.append("This lead is the partner's own company: name another company, or correct Website and Email")
    return Vetted(lead, partner, domain or email.lower(), domain, values, tuple(faults))


def identity(lead: LeadRow, rules: IntakeRules) -> str:
    """Return what identifies the company of a row, whoever sent it: a domain, else an address, else nothing."""
    domain = _read_or_nothing(website_domain, lead.row.text("Website"))
    if domain and domain not in rules.free_mail:
        return domain
    email = _read_or_nothing(email_address, lead.row.text("Email"))
    return company_domain("", email, rules.free_mail) or email.lower()


def _read_or_nothing(reader: Callable[[str], str], text: str) -> str:
    with contextlib.suppress(Unreadable):
        return reader(text)
    return ""


def _odd_cells(lead: LeadRow) -> Iterator[str]:
    """Name the cells that hold something of another kind than their column's."""
    for column in _TEXTS:
        if _filled(lead.row.cells.get(column)) and not lead.row.text(column):
            yield f"{column} holds something that is not text: write text"
    if lead.row.text("Direction").lower() not in ("", "received", "sent"):
        yield "Direction is neither Received nor Sent: choose one, or leave it empty"
    submitted = lead.row.cells.get("Submitted")
    if _filled(submitted) and not isinstance(submitted, datetime):
        yield 'Submitted is not a date and time: write it as "2026-03-31 09:30", or leave it empty'


def _too_long(lead: LeadRow, longest: Mapping[str, int]) -> list[str]:
    return [
        f"{column} is too long ({len(lead.row.text(column)):,} characters; {most:,} is the most): shorten it"
        for column, most in longest.items()
        if len(lead.row.text(column)) > most
    ]


def _partner_faults(lead: LeadRow, partner: PartnerRow | None) -> Iterator[str]:
    """Judge by how the partner stood when the lead was sent, as far as that is known: the last day is a good day."""
    if partner is None:
        yield f"Partner “{clean(lead.partner)[:60]}” is not in the Partners table: pick one that is there, or add it"
    elif partner.status != "Enrolled" and (partner.leaving is None or lead.submitted >= partner.leaving.until):
        yield "Partner is not enrolled at present: pick an enrolled partner, or set the partner's Status to Enrolled"


def _readable(lead: LeadRow, rules: IntakeRules, faults: list[str]) -> dict[str, str]:
    """Return the cells that can be read, in their normal form; add a fault for each that can't."""
    values = {column: clean(lead.row.text(column)) for column in ("Company", "First name", "Last name")}
    values["Notes"] = _lines(lead.row.text("Notes"))
    if values["Company"] and not any(c.isalnum() for c in values["Company"]):
        faults.append("Company has neither a letter nor a digit: write the company's name")

    def read(column: str, reader: Callable[[str], str]) -> None:
        if not _filled(lead.row.text(column)):
            return
        try:
            values[column] = reader(lead.row.text(column))
        except Unreadable as error:
            faults.append(str(error))

    read("Website", lambda text: clean(text) if website_domain(text) else "")
    read("Email", email_address)
    read("Country", country_code)
    read("Phone", lambda text: phone_number(text, values.get("Country", rules.default_country)))
    read("Currency", currency_code)
    value = lead.row.cells.get("Estimated value")
    if _filled(value):
        try:
            values["Estimated value"] = _estimate(value)
        except Unreadable as error:
            faults.append(str(error))
    return values


def _lines(text: str) -> str:
    return "\n".join(line for line in (clean(part) for part in text.splitlines()) if line)


def _estimate(cell: Cell) -> str:
    """Return an estimate as a plain number; what could be read in two ways (1,5) is not read."""
    if isinstance(cell, str) and _SUM.fullmatch(clean(cell)):
        cell = Decimal(clean(cell).replace(",", "").replace(" ", ""))
    if not isinstance(cell, Decimal):
        raise Unreadable('Estimated value is not a number: write it as "12000" or "12000.50"')
    if not (cell.is_finite() and 0 <= cell <= _LARGEST_SUM):
        raise Unreadable("Estimated value is not a sum that a client could pay: correct it, or leave it empty")
    return format(cell.quantize(Decimal("0.01")), "f")


def _self_referral(
    partner: PartnerRow, domain: str | None, email: str, insiders: Collection[tuple[str, str]], shared: Collection[str]
) -> bool:
    ours = own_domains(partner, shared)
    sender = registrable_domain(email.rpartition("@")[2])
    return domain in ours or sender in ours or (email.lower(), partner.key) in insiders


def own_domains(partner: PartnerRow, shared: Collection[str]) -> set[str]:
    """Return the domains that are a partner's own: of `Company domain` and of its address, hosts of many left out."""
    written = [_read_or_nothing(website_domain, word) for word in partner.domains()]
    mail = [registrable_domain(host) for host in re.findall(r"@([^\s,;<>@]+)", partner.email)]
    return {domain for domain in (*written, *mail) if domain and domain not in shared}


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
