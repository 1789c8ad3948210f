"""What a property is, and the ones a new portal has: those a CRM integration meets, not HubSpot's several hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, Kind

STANDARD_AT = "2020-06-30T15:57:37.277Z"  # when HubSpot made its own properties in the portal that was captured


@dataclass(frozen=True)
class Option:
    """One choice of an enumeration."""

    value: str
    label: str
    order: int = 0
    hidden: bool = False
    description: str = ""

    def wire(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {"label": self.label, "value": self.value, "description": self.description,
                "displayOrder": self.order, "hidden": self.hidden}  # fmt: skip


@dataclass(frozen=True)
class Property:
    """A property's definition; `external` ones take their options from elsewhere (pipelines, owners)."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    order: int = -1
    unique: bool = False
    read_only: bool = False
    calculated: bool = False
    external: bool = False
    standard: bool = False
    hidden: bool = False
    form_field: bool = False
    archived: bool = False
    created_at: str = STANDARD_AT
    updated_at: str = STANDARD_AT

    def wire(self) -> dict[str, Any]:
        """Return it as the API shows it (captured 2024-09 and 2026-02)."""
        fixed = {"archivable": True, "readOnlyDefinition": self.standard, "readOnlyValue": self.read_only}
        if self.standard and self.type == "enumeration":
            fixed["readOnlyOptions"] = False
        shown: dict[str, Any] = {
            "updatedAt": self.updated_at, "createdAt": self.created_at, "name": self.name, "label": self.label,
            "type": self.type, "fieldType": self.field_type, "description": self.description, "groupName": self.group,
            "options": [o.wire() for o in self.options], "displayOrder": self.order, "calculated": self.calculated,
            "externalOptions": self.external, "archived": self.archived, "hasUniqueValue": self.unique,
            "hidden": self.hidden, "modificationMetadata": fixed, "formField": self.form_field,
            "dataSensitivity": "non_sensitive", "showCurrencySymbol": self.name in ("amount", "annualrevenue"),
        }  # fmt: skip
        if self.name == "hubspot_owner_id":
            shown["referencedObjectType"] = "OWNER"
        own = {"hubspotDefined": True} if self.standard else {"createdUserId": "76070032", "updatedUserId": "76070032"}
        return shown | own


# name | label | type | field type | what is special: ro = set by HubSpot, calc = computed, ext = options from
# elsewhere, a:b:c = the options
_SHARED = """
hs_object_id|Record ID|number|number|ro
createdate|Create date|datetime|date|ro
hs_merged_object_ids|Merged record IDs|string|text|ro
hs_object_source|Record source|string|text|ro
hs_object_source_id|Record source ID|string|text|ro
hs_object_source_label|Record source label|string|text|ro
hs_unique_creation_key|Unique creation key|string|text|ro
hubspot_owner_id|Owner|enumeration|select|ext
"""
_LIFECYCLE = "subscriber:lead:marketingqualifiedlead:salesqualifiedlead:opportunity:customer:evangelist:other"
_OF = {
    CONTACTS: f"""
email|Email|string|text|
firstname|First name|string|text|
lastname|Last name|string|text|
phone|Phone number|string|phonenumber|
mobilephone|Mobile phone number|string|phonenumber|
company|Company name|string|text|
website|Website URL|string|text|
jobtitle|Job title|string|text|
address|Street address|string|text|
city|City|string|text|
state|State/Region|string|text|
zip|Postal code|string|text|
country|Country/Region|string|text|
message|Message|string|textarea|
lifecyclestage|Lifecycle stage|enumeration|radio|{_LIFECYCLE}
hs_lead_status|Lead status|enumeration|radio|NEW:OPEN:IN_PROGRESS:OPEN_DEAL:UNQUALIFIED:CONNECTED:BAD_TIMING
lastmodifieddate|Last modified date|datetime|date|ro
hs_additional_emails|Additional email addresses|string|text|ro
hs_email_domain|Email domain|string|text|calc
hs_full_name_or_email|Full name or email|string|text|calc
hs_pipeline|Pipeline|string|text|ro
""",
    COMPANIES: f"""
name|Company name|string|text|
domain|Company domain name|string|text|
website|Website URL|string|text|
phone|Phone number|string|phonenumber|
address|Street address|string|text|
city|City|string|text|
state|State/Region|string|text|
zip|Postal code|string|text|
country|Country/Region|string|text|
description|Description|string|textarea|
numberofemployees|Number of employees|number|number|
annualrevenue|Annual revenue|number|number|
lifecyclestage|Lifecycle stage|enumeration|radio|{_LIFECYCLE}
hs_lastmodifieddate|Last modified date|datetime|date|ro
hs_additional_domains|Additional domains|string|text|ro
""",
    DEALS: """
dealname|Deal name|string|text|
amount|Amount|number|number|
closedate|Close date|datetime|date|
pipeline|Pipeline|enumeration|select|ext
dealstage|Deal stage|enumeration|radio|ext
dealtype|Deal type|enumeration|radio|newbusiness:existingbusiness
deal_currency_code|Currency|enumeration|select|ext
description|Deal description|string|textarea|
hs_priority|Priority|enumeration|select|low:medium:high
closed_lost_reason|Closed lost reason|string|textarea|
closed_won_reason|Closed won reason|string|textarea|
hs_next_step|Next step|string|text|
hs_lastmodifieddate|Last modified date|datetime|date|ro
hs_is_closed|Is deal closed?|bool|booleancheckbox|calc
hs_is_closed_won|Is closed won|bool|booleancheckbox|calc
hs_is_closed_lost|Is closed lost|bool|booleancheckbox|calc
hs_deal_stage_probability|Deal probability|number|number|calc
hs_mrr|Monthly recurring revenue|number|number|calc
hs_arr|Annual recurring revenue|number|number|calc
hs_tcv|Total contract value|number|number|calc
hs_acv|Annual contract value|number|number|calc
""",
}

GROUPS = {
    CONTACTS: (("contactinformation", "Contact information"), ("contactlcs", "Contact activity")),
    COMPANIES: (("companyinformation", "Company information"), ("companyactivity", "Company activity")),
    DEALS: (("dealinformation", "Deal information"), ("deal_activity", "Deal activity")),
}


def standard(kind: Kind) -> dict[str, Property]:
    """Return the properties that every portal has."""
    made = {}
    for order, line in enumerate((_OF[kind] + _SHARED).split("\n")):
        if line:
            made[line.split("|")[0]] = _property(kind, order, line)
    return made


def _property(kind: Kind, order: int, line: str) -> Property:
    name, label, type_, field_type, special = line.split("|")
    values = special.split(":") if special and special not in ("ro", "calc", "ext") else []
    if type_ == "bool":
        values = ["true", "false"]
    options = tuple(Option(v, v.replace("_", " ").title(), i) for i, v in enumerate(values))
    return Property(
        name, label, type_, field_type, kind.group, options=options, order=order, read_only=special in ("ro", "calc"),
        calculated=special == "calc", external=special == "ext", standard=True,
    )  # fmt: skip
