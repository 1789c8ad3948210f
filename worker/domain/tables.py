"""The tables and columns that stand in the tracker, and who may write each: P partner or form, S staff, W worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "long text", "email", "phone", "url", "number", "money", "date", "datetime", "checkbox", "select"
]

LEAD_STATUSES = ("New", "Needs attention", "Duplicate", "In review", "On hold")  # rules/stages.toml adds the others
PARTNER_STATUSES = ("Enrolled", "Paused", "Left")
LINE_KINDS = ("commission", "clawback", "reinstatement", "correction")
LINE_STATUSES = (
    "Expected", "Waiting", "Confirmed", "On statement", "Invoiced", "Paid", "On hold", "Cancelled",
)  # fmt: skip
STATEMENT_STATUSES = ("Draft", "Issued", "Billed", "Part paid", "Paid", "Carried")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its default name, what it holds, its owners, and the options of a select."""

    name: str
    kind: Kind
    owner: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column is the primary one."""

    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """Return the name of the primary column."""
        return self.columns[0].name

    def column(self, name: str) -> Column:
        """Return a column by its default name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def owned_by_worker(self) -> frozenset[str]:
        """Return the names of the columns that the worker may write."""
        return frozenset(c.name for c in self.columns if c.owner == "W")


def _columns(owner: str, *specs: tuple[str, Kind] | tuple[str, Kind, tuple[str, ...]]) -> Iterator[Column]:
    for spec in specs:
        yield Column(spec[0], spec[1], owner, spec[2] if len(spec) == 3 else ())


PARTNERS = Table("Partners", (
    *_columns("S", ("Partner", "text")),
    *_columns("W", ("Key", "text")),
    *_columns("S", ("Status", "select", PARTNER_STATUSES), ("Plan", "text"), ("Email", "email"),
              ("Slack channel", "text"), ("Company domain", "text"), ("Currency", "text"), ("Xero contact", "text"),
              ("Cadence", "select", ("monthly", "quarterly", "half-yearly"))),
    *_columns("W", ("Leads", "number"), ("Won", "number"), ("Earned", "number"), ("Paid", "number"),
              ("Balance", "number"), ("Problem", "long text")),
))  # fmt: skip

MEMBERS = Table("Members", tuple(_columns(
    "S", ("Email", "email"), ("Partner", "text"), ("Name", "text"), ("Role", "select", ("Owner", "Member")),
)))  # fmt: skip

LEADS = Table("Leads", (
    *_columns("W", ("Lead", "text")),
    *_columns("P", ("Partner", "text"), ("Direction", "select", ("Received", "Sent")), ("Company", "text"),
              ("Website", "text"), ("First name", "text"), ("Last name", "text"), ("Email", "text"), ("Phone", "text"),
              ("Country", "text"), ("Notes", "long text"), ("Estimated value", "number"), ("Currency", "text"),
              ("Submitted", "datetime")),
    *_columns("S", ("Hold", "checkbox"), ("Invoices", "text")),
    *_columns("W", ("Status", "select", LEAD_STATUSES), ("Problem", "long text"), ("Deal ID", "text"),
              ("Client ID", "text"), ("Contact ID", "text"), ("Deal stage", "text"), ("Deal value", "number"),
              ("Deal currency", "text"), ("Interval", "text"), ("Won on", "date"), ("Suggestion", "long text"),
              ("Synced", "datetime")),
))  # fmt: skip

# What the CRM says of a lead that we received, its partner or staff say of one that we sent: in those rows the worker
# neither writes these columns nor puts them right.
TOLD_BY_PARTNER = frozenset({"Status", "Deal stage", "Deal value", "Deal currency", "Interval", "Won on"})

SPLITS = Table("Splits", tuple(_columns("S", ("Lead", "text"), ("Partner", "text"), ("Share", "number"))))

COMMISSIONS = Table("Commissions", (
    *_columns("W", ("Line", "text"), ("Partner", "text"), ("Lead", "text"), ("Deal ID", "text"), ("Client", "text"),
              ("Month", "text"), ("Kind", "select", LINE_KINDS), ("Base", "text"), ("Rate", "text"), ("Share", "text"),
              ("Amount", "number"), ("Currency", "text"), ("Status", "select", LINE_STATUSES), ("Why", "long text"),
              ("Invoice", "text"), ("Statement", "text"), ("Answers", "text"), ("Paid on", "date")),
    *_columns("S", ("Hold", "checkbox"), ("Adjustment", "number"), ("Note", "long text")),
))  # fmt: skip

STATEMENTS = Table("Statements", (
    *_columns("W", ("Statement", "text"), ("Partner", "text"), ("Period", "text"), ("Currency", "text"),
              ("Opening", "number"), ("Earned", "number"), ("Corrections", "number"), ("Closing", "number"),
              ("Amount to invoice", "number"), ("Status", "select", STATEMENT_STATUSES), ("Issued", "date"),
              ("Bill", "text"), ("Paid on", "date"), ("Problem", "long text")),
    *_columns("S", ("Hold", "checkbox")),
))  # fmt: skip

ACTIVITY = Table("Activity", tuple(_columns(
    "W", ("What", "text"), ("When", "datetime"), ("About", "text"), ("Before", "long text"), ("After", "long text"),
    ("Why", "long text"),
)))  # fmt: skip

TABLES: dict[str, Table] = {t.name: t for t in (PARTNERS, MEMBERS, LEADS, SPLITS, COMMISSIONS, STATEMENTS, ACTIVITY)}
