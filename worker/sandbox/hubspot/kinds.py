"""The three kinds of CRM record the sandbox keeps, and the names and ids a path may call them by."""

from __future__ import annotations

from dataclasses import dataclass

from worker.sandbox.hubspot.errors import Refusal


@dataclass(frozen=True)
class Kind:
    """A kind of record; `modified` names its last-modified property, `shown` what it shows when nothing is asked."""

    plural: str
    singular: str
    type_id: str
    modified: str
    shown: tuple[str, ...]
    searched: tuple[str, ...]  # the properties a search's free text looks into
    group: str
    first_id: int


CONTACTS = Kind(
    "contacts", "contact", "0-1", "lastmodifieddate",
    ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    ("firstname", "lastname", "email", "phone", "company"), "contactinformation", 171_591_000_198,
)  # fmt: skip
COMPANIES = Kind(
    "companies", "company", "0-2", "hs_lastmodifieddate",
    ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    ("name", "domain", "phone", "website"), "companyinformation", 29_013_756_946,
)  # fmt: skip
DEALS = Kind(
    "deals", "deal", "0-3", "hs_lastmodifieddate",
    ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline"),
    ("dealname", "description", "pipeline", "dealstage"), "dealinformation", 34_526_985_519,
)  # fmt: skip

KINDS = (CONTACTS, COMPANIES, DEALS)
_NAMED = {name: kind for kind in KINDS for name in (kind.plural, kind.singular, kind.type_id)}


def kind_named(text: str) -> Kind:
    """Return the kind a path speaks of; 400 for any other, in the words of a captured body."""
    kind = _NAMED.get(text.lower())
    if kind is None:
        # This body carries no category: captured 2026-02, amp-labs/connectors.
        raise Refusal(400, f"Unable to infer object type from: {text}")
    return kind
