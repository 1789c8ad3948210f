"""The CRM's deals and the ledger's documents as the served pages show them: plain values, read only."""

from __future__ import annotations

from typing import Any

from worker.demo.office import Office
from worker.domain.money import shown
from worker.sandbox.hubspot.kinds import DEALS

_STAGE_WORDS = {
    "appointmentscheduled": "Appointment", "qualifiedtobuy": "Qualified", "presentationscheduled": "Presentation",
    "decisionmakerboughtin": "Decision", "contractsent": "Contract", "closedwon": "Won", "closedlost": "Lost",
}  # fmt: skip


def stages(office: Office) -> list[tuple[str, str, str]]:
    """Return the stages of the pipeline: id, label, a short word."""
    pipeline = office.world.hubspot.pipelines["default"]
    return [(s.id, s.label, _STAGE_WORDS.get(s.id, s.label)) for s in pipeline.stages if not s.archived]


def deals(office: Office) -> list[dict[str, Any]]:
    """Return every deal, archived ones too, the latest first."""
    leads = {row.get("Deal ID"): row for row in office.rows("Leads")}
    found = []
    for record in list(office.world.hubspot.records[DEALS].values())[::-1]:
        held = record.face.properties
        lead = leads.get(str(record.id), {})
        found.append({
            "id": str(record.id), "name": held.get("dealname", ""), "stage": held.get("dealstage", ""),
            "archived": record.face.archived_at is not None, "amount": held.get("amount", ""),
            "interval": held.get("billing_interval", ""), "term": held.get("term_months", ""),
            "currency": held.get("deal_currency_code", ""), "lead": lead.get("Lead", ""),
            "partner": lead.get("Partner", ""), "status": lead.get("Status", ""),
        })  # fmt: skip
    return found


# ---- the ledger -----------------------------------------------------------------------------------------------------


def documents(office: Office, kind: str) -> list[dict[str, Any]]:
    """Return clients' invoices (ACCREC) or partners' bills (ACCPAY), the latest first."""
    found = [
        {
            "id": d["InvoiceID"], "number": d["InvoiceNumber"], "contact": d["Contact"]["Name"],
            "date": d["DateString"][:10], "due": (d.get("DueDateString") or "")[:10], "currency": d["CurrencyCode"],
            "net": shown(d["SubTotal"], d["CurrencyCode"]), "total": shown(d["Total"], d["CurrencyCode"]),
            "paid": shown(d["AmountPaid"], d["CurrencyCode"]),
            "credited": shown(d["AmountCredited"], d["CurrencyCode"]),
            "open": shown(d["AmountDue"], d["CurrencyCode"]), "status": d["Status"], "reference": d["Reference"],
            "payable": d["Status"] == "AUTHORISED" and d["AmountDue"] > 0,
            "voidable": d["Status"] == "AUTHORISED" and not d["AmountPaid"] and not d["AmountCredited"],
            "half": f"{d['AmountDue'] / 2:.2f}", "whole_net": f"{d['SubTotal']:f}",
        }
        for d in office.world.xero.invoices()
        if d["Type"] == kind
    ]  # fmt: skip
    return sorted(found, key=lambda d: (d["date"], d["number"]), reverse=True)


def billable(office: Office, *statuses: str) -> list[dict[str, Any]]:
    """Return the statements that stand so, for bills to be made from."""
    return [
        {"key": row["Statement"], "partner": row["Partner"], "amount": str(row["Amount to invoice"]),
         "currency": row["Currency"]}
        for row in office.rows("Statements")
        if row["Status"] in statuses
    ]  # fmt: skip
