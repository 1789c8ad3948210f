"""The chain behind a lead, a line or a statement, from the form that a partner filled in to the payment of a bill.

A chain is a list of steps, each in words, with the ids, times and sums in it for machines. One file a kind of key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from worker.app import App
from worker.explain.lead import lead_steps, row_of
from worker.explain.line import line_chain
from worker.explain.statement import statement_chain
from worker.programme import read_tables

_NEEDS = {0: ("Leads",), 2: ("Commissions", "Statements"), 3: ("Leads", "Commissions")}  # by the slashes in a key


def explained(app: App, key: str) -> dict[str, Any] | None:
    """Return the chain as {key, what, steps: [{step, text, …}]}; None when nothing has this key."""
    programme = replace(app.programme(app.services()), look_twice=False)
    tables = read_tables(programme, _NEEDS.get(key.count("/"), ()))
    if row := row_of(tables.rows["Leads"], "Lead", key):
        return {"key": key, "what": f"lead of {row.text('Company')}", "steps": lead_steps(programme, tables, row)}
    if row := row_of(tables.rows["Commissions"], "Line", key):
        return line_chain(programme, tables, row)
    if row := row_of(tables.rows["Statements"], "Statement", key):
        return statement_chain(programme, tables, row)
    return None
