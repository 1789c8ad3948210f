"""Contacts, the organisation and its currencies over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.server import Reply
from worker.sandbox.xero.bodies import elements, outcome, refuse_all, sole, text, wrong
from worker.sandbox.xero.dates import day_ms, instant_ms
from worker.sandbox.xero.errors import NO_ID, RuleBroken, not_found
from worker.sandbox.xero.exchange import BASE_PARAMETERS, Exchange, Listing, csv, flag, listing
from worker.sandbox.xero.filters import Field, ordered, where
from worker.sandbox.xero.records import Contact
from worker.sandbox.xero.render import SINGLE

_FIELDS = {
    "ContactID": Field(lambda c: c.id, "guid"),
    "ContactNumber": Field(lambda c: c.number),
    "ContactStatus": Field(lambda c: c.status),
    "Name": Field(lambda c: c.name),
    "EmailAddress": Field(lambda c: c.email),
    "AccountNumber": Field(lambda c: c.account_number),
}
_ORDERS = {
    "UpdatedDateUTC": lambda c: c.updated, "Name": lambda c: c.name, "EmailAddress": lambda c: c.email,
    "ContactID": lambda c: c.id,
}  # fmt: skip
_ATTRIBUTES = {
    "ContactNumber": "number", "AccountNumber": "account_number", "Name": "name", "FirstName": "first_name",
    "LastName": "last_name", "EmailAddress": "email", "ContactStatus": "status",
}  # fmt: skip


def _narrow(_: Exchange, query: Mapping[str, str], rows: list[Any]) -> list[Any]:
    ids = csv(query, "IDs", guids=True)
    if ids is not None:
        return [c for c in rows if c.id in ids]
    if not flag(query, "includeArchived"):
        rows = [c for c in rows if c.status != "ARCHIVED"]
    term = query.get("searchTerm", "").lower()
    return [c for c in rows if term in _searched(c)] if term else rows


def _searched(c: Contact) -> str:
    return "\n".join((c.name, c.first_name, c.last_name, c.number or "", c.email)).lower()


CONTACTS = Listing(
    "Contacts", BASE_PARAMETERS | {"IDs", "includeArchived", "summaryOnly", "searchTerm"}, _FIELDS, _ORDERS, _narrow
)


def get_many(x: Exchange) -> Reply:
    """GET /Contacts; archived ones only on wish, or by their ids."""
    return listing(x, x.books.contacts, CONTACTS)


def get_one(x: Exchange, key: str) -> Reply:
    """GET /Contacts/{ContactID}; the ContactNumber will do too."""
    x.query(frozenset())
    contact = x.books.contacts.get(key) or x.books.find_contact_number(key)
    if contact is None:
        raise not_found()
    return x.reply("Contacts", [x.render.written(contact, SINGLE)])


def create(x: Exchange) -> Reply:
    """PUT /Contacts: creates only."""
    return _write(x, create=True)


def update(x: Exchange) -> Reply:
    """POST /Contacts: changes what ContactID or ContactNumber names, creates the rest; a name finds nobody."""
    return _write(x, create=False)


def update_one(x: Exchange, key: str) -> Reply:
    """POST /Contacts/{ContactID}."""
    if x.books.contacts.get(key) is None:
        raise not_found()
    return _write(x, create=False, only=key)


def _write(x: Exchange, *, create: bool, only: str | None = None) -> Reply:
    summarise = flag(x.query(frozenset({"summarizeErrors"})), "summarizeErrors", True)
    given = elements(x, "Contacts", "Contact")
    if only is not None:
        given = [{**sole(given), "ContactID": only}]
    checked = [(element, *_check(x, element, create)) for element in given]
    numbers = [changes.get("number") for _, _, changes, _ in checked]
    for index, (_, _, changes, messages) in enumerate(checked):
        if changes.get("number") in numbers[:index] and changes.get("number"):
            messages.append(f"The ContactNumber {changes['number']} stands twice in the request")
    if summarise:
        refuse_all([wrong({"ContactID": NO_ID, **element}, found) for element, _, _, found in checked if found])
    results = []
    for element, contact, changes, messages in checked:
        if messages:
            results.append(wrong({"ContactID": NO_ID, **element}, messages))
            continue
        if contact is None:
            contact = x.books.add_contact(changes["name"], {k: v for k, v in changes.items() if k != "name"})
        else:
            x.books.change_contact(contact, changes)
        results.append(x.render.record(contact, SINGLE))
    return outcome(x, "Contacts", results, summarise)


def _check(x: Exchange, element: Mapping[str, Any], create: bool) -> tuple[Contact | None, dict[str, Any], list[str]]:
    changes = {name: value for key, name in _ATTRIBUTES.items() if (value := text(element, key)) is not None}
    key, messages = text(element, "ContactID"), []
    contact = x.books.contacts.get(key or "") or (
        x.books.find_contact_number(changes.get("number", "")) if not create else None
    )
    if key and (create or contact is None):
        messages.append(
            "The contact could not be found" if not create else "A ContactID cannot be given to a new contact"
        )
    if contact is None and not changes.get("name"):
        messages.append("The contact name must be specified.")
    if changes.get("status", "ACTIVE") not in ("ACTIVE", "ARCHIVED"):
        messages.append(f"The ContactStatus '{changes['status']}' is not valid")
    try:
        x.books.check_contact_number(changes.get("number"), contact)
    except RuleBroken as broken:
        messages.extend(broken.messages)
    return contact, changes, messages


def organisation(x: Exchange) -> Reply:
    """GET /Organisation: the keys of the answer recorded in 2020."""
    x.query(frozenset())
    books = x.books
    row: dict[str, Any] = {
        "Name": "Demo Company (UK)", "LegalName": "Demo Company (UK)", "PaysTax": True, "Version": "UK",
        "OrganisationType": "COMPANY", "BaseCurrency": books.base_currency, "CountryCode": "GB", "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE", "TaxNumber": "GB 123456789", "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "SalesTaxBasis": "ACCRUALS", "SalesTaxPeriod": "QUARTERLY", "DefaultSalesTax": "Remember previous",
        "DefaultPurchasesTax": "Remember previous",
    }  # fmt: skip
    if books.lock_date is not None:
        row["PeriodLockDate"] = day_ms(books.lock_date)
    row |= {
        "CreatedDateUTC": instant_ms(books.born, ""), "OrganisationEntityType": "COMPANY",
        "Timezone": "GMTSTANDARDTIME",
        "ShortCode": "!qd001", "OrganisationID": books.organisation, "Edition": "BUSINESS", "Class": "DEMO",
        "Addresses": [{"AddressType": "POBOX", "AddressLine1": "23 Main Street", "City": "London", "Region": "",
                       "PostalCode": "N1 1AA", "Country": "", "AttentionTo": ""}],
        "Phones": [], "ExternalLinks": [], "PaymentTerms": {},
    }  # fmt: skip
    return x.reply("Organisations", [row])


def currencies(x: Exchange) -> Reply:
    """GET /Currencies."""
    query = x.query(frozenset({"where", "order"}))
    codes: list[Any] = [{"Code": code, "Description": code} for code in x.books.currencies]
    if "where" in query:
        test = where(query["where"], {"Code": Field(lambda row: row["Code"])})
        codes = [row for row in codes if test(row)]
    return x.reply(
        "Currencies", ordered(codes, query["order"], {"Code": lambda row: row["Code"]}) if "order" in query else codes
    )
