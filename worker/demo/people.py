"""The people of the story and what they can do: partners, sales, staff, accounts, clients. Verbs only, no plot.

Most verbs return the deed to be done, so that a scene can be written down before it is played.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from worker.demo.office import Cells, Worth
from worker.demo.seed import LEADS
from worker.demo.year import Year

LOST, PITCH, WON = "closedlost", "presentationscheduled", "closedwon"

Deed = Callable[[], object]


class People:
    """Everybody who acts on the stand-ins by hand."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.office = year.office
        self.crm = year.office.world.hubspot
        self.books = year.office.world.xero
        self.grid = year.office.tables

    # ---- partners and staff, in the tracker -------------------------------------------------------------------------

    def leads(self, month: int, day: int) -> Deed:
        """Send that day's leads through the form."""
        rows = [sent.row() for sent in LEADS if (sent.on.month, sent.on.day) == (month, day)]
        return lambda: self.office.form(rows)

    def lead_cells(self, company: str, cells: Cells) -> Deed:
        """Type into a lead row."""
        return lambda: self.grid.edit("Leads", self.office.find("Leads", Company=company), cells)

    def partner_cells(self, partner: str, cells: Cells) -> Deed:
        """Type into a partner row."""
        return lambda: self.grid.edit("Partners", self.office.find("Partners", Partner=partner), cells)

    def line_cells(self, client: str, month: str, cells: Cells) -> Deed:
        """Type into the commission row of a client's month."""
        return lambda: self.grid.edit(
            "Commissions", self.office.find("Commissions", Client=client, Month=month, Kind="commission"), cells
        )

    # ---- sales, in the CRM ------------------------------------------------------------------------------------------

    def moved(self, stage: str, *companies: str) -> Deed:
        """Drag deals to a stage."""

        def deed() -> None:
            for company in companies:
                self.office.drag(company, stage)

        return deed

    def won(
        self, company: str, value: str, interval: str, *, currency: str = "GBP", term: int | None = None,
        bill: str = "", every: int = 12, times: int = 1,
    ) -> Deed:  # fmt: skip
        """Win a deal; with `bill`, invoice the client so much now, and again every so many months."""

        def deed() -> None:
            self.office.worth(company, Worth(value, interval, currency, term))
            self.office.drag(company, WON)
            if bill:
                self.year.billed(company, bill, every=every, times=times, currency=currency)

        return deed

    def merged(self, company: str) -> Deed:
        """Merge a company's deal with one that sales entered by hand."""

        def deed() -> None:
            cells = {"dealname": f"{company} (entered by hand)", "dealstage": WON, "amount": "9000"}
            self.crm.merge("deals", self.office.deal(company), self.crm.add_deal(cells))

        return deed

    # ---- clients and accounts, in the ledger ------------------------------------------------------------------------

    def pays_part(self, company: str, gross: str) -> Deed:
        """Pay a part of the latest invoice, VAT included; the rest stays open."""
        return lambda: self.books.pay(self.year.unpaid(company), gross, date=self.office.today)

    def pays_all(self, company: str) -> Deed:
        """Pay everything that is open."""

        def deed() -> None:
            for invoice in self.books.invoices():
                if invoice["Type"] == "ACCREC" and invoice["Contact"]["Name"] == company and invoice["AmountDue"] > 0:
                    self.books.pay(invoice["InvoiceID"], date=self.office.today)

        return deed

    def credited(self, company: str, net: str) -> Deed:
        """Credit a part of the latest invoice and pay the rest of it."""

        def deed() -> None:
            invoice = self.year.unpaid(company)
            self.books.credit(invoice, net, date=self.office.today)
            self.books.pay(invoice, date=self.office.today)

        return deed

    def refunded(self, company: str, net: str) -> Deed:
        """Credit a part of an invoice that is paid already, and pay it back."""

        def deed() -> None:
            invoice, today = self.year.last[company], self.office.today
            note = self.books.credit(invoice, net, date=today, reference=self.office.deal(company))
            self.books.refund_credit(note, date=today)

        return deed

    def ledger_down(self) -> None:
        """Switch the ledger off."""
        self.books.faults.order("status", times=1000, options={"status": 503, "body": "Service Unavailable"})

    # ---- partners' bills --------------------------------------------------------------------------------------------

    def statements(self, status: str = "Issued") -> list[Cells]:
        """Return the statements that stand so."""
        return [row for row in self.office.rows("Statements") if row["Status"] == status]

    def bills(self, *, short: str = "") -> Deed:
        """Let every partner bill its issued statement; the partner named bills 10.00 less."""

        def deed() -> None:
            for row in self.statements():
                amount = Decimal(str(row["Amount to invoice"]))
                self.office.bill(row["Statement"], str(amount - 10 if row["Partner"] == short else amount))

        return deed

    def bills_again(self, partner: str) -> Deed:
        """Let a partner send its bill a second time."""

        def deed() -> None:
            row = next(row for row in self.statements("Billed") if row["Partner"] == partner)
            self.office.bill(row["Statement"], str(row["Amount to invoice"]), number=f"{row['Statement']} (copy)")

        return deed

    def void_wrong_bills(self) -> None:
        """Void what the worker told staff to void: bills sent twice, and bills that are short."""
        wrong = [row for row in self.office.rows("Statements") if row.get("Problem")]
        for bill in self.books.invoices():
            for row in wrong:
                twice = bill["InvoiceNumber"] == f"{row['Statement']} (copy)"
                short = bill["InvoiceNumber"] == row["Bill"] and "less than" in row["Problem"]
                if (twice or short) and bill["Status"] == "AUTHORISED":
                    self.books.void(bill["InvoiceID"])

    def pay_bills(self, *, half: str = "") -> None:
        """Pay the bills that stand on statements; of the partner named only a half."""
        standing = {
            row["Bill"]: row for row in self.office.rows("Statements") if row["Status"] in ("Billed", "Part paid")
        }
        for bill in self.books.invoices():
            row = standing.get(bill["InvoiceNumber"])
            if row is not None and bill["Type"] == "ACCPAY" and bill["AmountDue"] > 0:
                part = bill["AmountDue"] / 2 if row["Partner"] == half else None
                self.books.pay(bill["InvoiceID"], part, date=self.office.today)
