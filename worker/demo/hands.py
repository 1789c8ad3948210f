"""What the buttons of the served pages do: a person's hand on the tracker, the CRM, the ledger. Each says what it did.

What a stand-in refuses is a ValueError in its words; a row that is not there is a LookupError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from worker.demo.office import VAT, Office
from worker.domain.tables import TABLES
from worker.sandbox.hubspot.kinds import DEALS
from worker.sandbox.hubspot.pipelines import SALES

Form = Mapping[str, str]
_LEAD = ("Partner", "Company", "Website", "First name", "Last name", "Email", "Phone", "Country", "Notes")


def submit_lead(office: Office, form: Form) -> str:
    """Send a lead through the partners' form."""
    cells = {column: form[column].strip() for column in _LEAD if form.get(column, "").strip()}
    if not cells:
        raise ValueError("an empty form is not sent: fill in at least one field")
    office.form([cells])
    return f"{cells.get('Partner', 'somebody')} sent {cells.get('Company', 'a lead without a name')} through the form"


def edit_cell(office: Office, form: Form) -> str:
    """Type into one cell of the tracker; empty clears it."""
    table, row, column = form["table"], form["row"], form["column"]
    kind = next(c.kind for c in TABLES[table].columns if c.name == column)
    text = form.get("value", "").strip()
    value: object = text or None
    if kind == "checkbox":
        value = text == "yes"
    elif kind == "number" and text:
        value = float(_amount(text))  # what the tracker's own grid makes of a typed number
    office.tables.edit(table, row, {column: value})
    return f"{column} in {table} is “{text}” now" if text else f"{column} in {table} was cleared"


def copy_row(office: Office, form: Form) -> str:
    """Copy a row in the grid, keys and all."""
    office.tables.duplicate(form["table"], form["row"])
    return f"a row of {form['table']} was copied in the grid"


def delete_row(office: Office, form: Form) -> str:
    """Delete a row in the grid."""
    office.tables.delete(form["table"], form["row"])
    return f"a row of {form['table']} was deleted in the grid"


# ---- the CRM --------------------------------------------------------------------------------------------------------


def move_deal(office: Office, form: Form) -> str:
    """Drag a deal to a stage, and save what was typed beside it."""
    _price(office, form)
    office.world.hubspot.move_deal(form["deal"], form["stage"])
    label = next((s.label for s in SALES.stages if s.id == form["stage"]), form["stage"])
    return f"{_deal_name(office, form['deal'])} was dragged to {label}"


def price_deal(office: Office, form: Form) -> str:
    """Fill in what a deal is worth."""
    _price(office, form)
    worth = " ".join(form.get(name, "").strip() for name in ("amount", "currency", "interval")).strip()
    return f"{_deal_name(office, form['deal'])} is worth {worth or 'nothing that is known'}"


def _price(office: Office, form: Form) -> None:
    names = {
        "amount": "amount",
        "interval": "billing_interval",
        "currency": "deal_currency_code",
        "term": "term_months",
    }
    cells = {name: form[field].strip() for field, name in names.items() if field in form}
    if cells.get("amount"):
        cells["amount"] = str(_amount(cells["amount"]))
    office.world.hubspot.edit("deals", form["deal"], cells)


def _deal_name(office: Office, deal: str) -> str:
    found = office.world.hubspot.records[DEALS][int(deal)]
    return found.face.properties.get("dealname", f"deal {deal}")


def archive_deal(office: Office, form: Form) -> str:
    """Archive a deal."""
    office.world.hubspot.archive("deals", form["deal"])
    return f"{_deal_name(office, form['deal'])} was archived"


def restore_deal(office: Office, form: Form) -> str:
    """Restore an archived deal."""
    office.world.hubspot.restore("deals", form["deal"])
    return f"{_deal_name(office, form['deal'])} was restored"


# ---- the ledger -----------------------------------------------------------------------------------------------------


def invoice_deal(office: Office, form: Form) -> str:
    """Invoice the client of a lead's deal: what the deal is worth, unless another net amount is given."""
    lead = next((row for row in office.rows("Leads") if row.get("Deal ID") == form["deal"]), None)
    if lead is None:
        raise LookupError("no lead has this deal")
    currency = lead.get("Deal currency") or "GBP"
    held = office.world.hubspot.records[DEALS][int(form["deal"])].face.properties
    net = _amount(form.get("net", "").strip() or held.get("amount", ""))
    contact = office.contact(lead["Company"], lead.get("Client ID"))
    office.world.xero.invoice(
        contact, net, tax_rate=VAT if currency == "GBP" else 0, date=office.today, currency=currency,
        reference=form["deal"],
    )  # fmt: skip
    return f"{lead['Company']} were invoiced for {net} {currency} net"


def pay(office: Office, form: Form) -> str:
    """Pay an invoice or bill, in part where an amount is given."""
    part = _amount(form["amount"]) if form.get("amount", "").strip() else None
    office.world.xero.pay(form["invoice"], part, date=office.today)
    return f"{form.get('number', 'a document')} was paid{f' by {part}' if part else ''}"


def credit(office: Office, form: Form) -> str:
    """Credit an invoice with a net amount."""
    net = _amount(form["amount"])
    office.world.xero.credit(form["invoice"], net, date=office.today)
    return f"{form.get('number', 'an invoice')} was credited with {net} net"


def refund(office: Office, form: Form) -> str:
    """Credit a net amount of a paid invoice and pay it back."""
    net = _amount(form["amount"])
    reference = next((i["Reference"] for i in office.world.xero.invoices() if i["InvoiceID"] == form["invoice"]), "")
    note = office.world.xero.credit(form["invoice"], net, date=office.today, reference=reference)
    office.world.xero.refund_credit(note, date=office.today)
    return f"{net} net of {form.get('number', 'an invoice')} were paid back"


def void(office: Office, form: Form) -> str:
    """Void an invoice or bill on which there is no money."""
    office.world.xero.void(form["invoice"])
    return f"{form.get('number', 'a document')} was voided"


def bill_statement(office: Office, form: Form) -> str:
    """Enter a partner's bill for a statement."""
    net = _amount(form["net"])
    number = form.get("number", "").strip() or form["statement"]
    office.bill(form["statement"], str(net), number=number)
    return f"the partner's bill {number} over {net} net came in"


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"“{text}” is not an amount: write it as 1200 or 1200.50") from None


HANDS: Mapping[str, Callable[[Office, Form], str]] = {
    "submit-lead": submit_lead, "edit-cell": edit_cell, "copy-row": copy_row, "delete-row": delete_row,
    "move-deal": move_deal, "price-deal": price_deal, "archive-deal": archive_deal, "restore-deal": restore_deal,
    "invoice-deal": invoice_deal, "pay": pay, "credit": credit, "refund": refund, "void": void,
    "bill-statement": bill_statement,
}  # fmt: skip
