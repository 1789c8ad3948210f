"""Lines, statements and bills in one line each, and a run of statements. By default: acme, deal 9001, 2025, pounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from worker.domain.facts import Cash, Invoice, Partner, PlanChoice
from worker.domain.lines import LOCKED, Line, LineKind, LineStatus, Statement, StatementStatus, line_key
from worker.domain.money import zero
from worker.domain.months import Month, Period
from worker.domain.plans import Policy
from worker.planning.statements import StatementOutcome, plan_statements

ACME = Partner("acme", "Acme Ltd", (PlanChoice(date.min, "gold"),))
PARTNERS = {"acme": ACME}
Q1 = "2025-Q1/acme/GBP"
Q2 = "2025-Q2/acme/GBP"
POLICY = Policy()
ON_THE_DAY = "2025-04-05"


def day(text: str) -> date:
    """Read an ISO date."""
    return date.fromisoformat(text)


def line(
    month: str, amount: str = "100.00", status: LineStatus = "Confirmed", *, kind: LineKind = "commission",
    deal: str | None = "9001", partner: str = "acme", currency: str = "GBP", **more: Any,
) -> Line:  # fmt: skip
    """Return a line; one that is locked stands on the statement of its quarter unless told otherwise."""
    at = Month.parse(month)
    made = Line(
        key=line_key(deal, partner, at, kind), deal=deal, partner=partner, month=at, kind=kind, currency=currency,
        amount=Decimal(amount), status=status,
        statement=f"{Period.holding(at, 3)}/{partner}/{currency}" if status in LOCKED else None,
    )  # fmt: skip
    return made._replace(**more)


def statement(key: str = Q1, status: StatementStatus = "Issued", lines: Iterable[Line] = (), **more: Any) -> Statement:
    """Return a statement of these lines, all of it to invoice when it is issued; sums are strings."""
    written, partner, currency = key.split("/")
    period = Period.parse(written)
    sums = {name: Decimal(more.pop(name)) for name in ("opening", "carried", "earned", "corrections") if name in more}
    nothing = zero(currency)
    opening = sums.get("opening", nothing)
    earned = sums.get("earned", sum((one.amount for one in lines if one.kind == "commission"), nothing))
    corrections = sums.get("corrections", sum((one.amount for one in lines if one.kind != "commission"), nothing))
    closing = opening + earned + corrections
    carried = sums.get("carried", closing if status == "Carried" else nothing)
    return Statement(
        key=key, partner=partner, period=period, currency=currency, issue_day=period.issue_day(5), opening=opening,
        earned=earned, corrections=corrections, closing=closing, carried=carried, amount=closing - carried,
        status=status, **{"issued": period.issue_day(5), **more},
    )  # fmt: skip


def bill(
    number: str = Q1, net: str = "300.00", *, total: str | None = None, on: str = "2025-04-08", **more: Any
) -> Invoice:
    """Return a bill of Acme's; `paid` are days and amounts, tax included."""
    paid = more.pop("paid", ())
    given: dict[str, Any] = {
        "id": f"bill {number} {on}", "number": number, "type": "ACCPAY", "status": "AUTHORISED", "on": day(on),
        "due_date": None, "currency": "GBP", "sub_total": Decimal(net), "total": Decimal(total or net),
        "contact_name": "Acme Ltd", "payments": tuple(Cash(day(at), Decimal(amount)) for at, amount in paid),
    }  # fmt: skip
    return Invoice(**{**given, **more})


def planned(
    lines: Sequence[Line], today: str = ON_THE_DAY, statements: Sequence[Statement] = (), *, policy: Policy = POLICY,
    partner: Partner = ACME, **more: object,
) -> StatementOutcome:  # fmt: skip
    return plan_statements({"acme": partner}, lines, statements, policy, day(today), **more)  # type: ignore[arg-type]


def one(outcome: StatementOutcome) -> Statement:
    (found,) = [s for s in outcome.statements if s.key in outcome.fresh]
    return found


def sums(found: Statement) -> tuple[str, ...]:
    """Return status, opening, earned, corrections, carried and amount."""
    figures = (found.opening, found.earned, found.corrections, found.carried, found.amount)
    return found.status, *map(str, figures)
