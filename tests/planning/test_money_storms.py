"""Storms over the whole of the money: lines, statements and bills on rows, month by month, whatever happens meanwhile.

The laws that hold of any story, asked after every run of a made-up one.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.lines import Line
from worker.domain.months import Month

from .scenarios import Json, Story

DAYS = [f"{Month(2025, 1).plus(n)}-05" for n in range(16)]
GIVEN_BACK = 11  # the day in the list on which everything is
BRACKETS = [{"from": "0", "to": "2000", "rate": "10"}, {"from": "2000", "to": None, "rate": "15"}]
PLANS: list[Json] = [
    {"rate": "10"},
    {"rate": "7.5", "prorate": "days"},
    {"rate": "12.5", "start": "first-invoice"},
    {"fee": "250.00", "currency": "GBP"},
    {"tiers": BRACKETS, "currency": "GBP", "mode": "retroactive"},
    {"rate": "10", "currency": "GBP", "cap_per_deal": "333.33"},
]


@st.composite
def programmes(draw: st.DrawFn) -> Json:
    """Return a programme with two partners and one or two deals, each with an invoice for the year."""
    terms = draw(st.sampled_from(PLANS))
    deals, invoices = [], []
    for number in range(draw(st.integers(1, 2))):
        key = str(9001 + number)
        deals.append({
            "id": key, "company": f"c{key}", "won_at": f"2025-0{1 + number}-1{number}T10:00:00Z", "stage": "won",
            "lead": {"key": f"L-{key}", "submitted_at": "2024-12-01T10:00:00Z", "valid": True},
            "value": draw(st.sampled_from(["1000.00", "12000.00"])), "interval": "annual", "currency": "GBP",
            "shares": split("100"),
        })  # fmt: skip
        invoices.append({
            "id": f"i{key}", "number": f"INV-{key}", "type": "ACCREC", "status": "AUTHORISED", "date": "2025-01-10",
            "currency": "GBP", "sub_total": deals[-1]["value"], "total": deals[-1]["value"], "reference": key,
        })  # fmt: skip
    policy = {
        "time_zone": "Europe/London", "minimum": {"default": draw(st.sampled_from(["0.00", "50.00"]))},
        "clawback_cap": draw(st.sampled_from(["0", "50", "100"])),
        "statement_period": draw(st.sampled_from(["monthly", "quarterly"])),
    }  # fmt: skip
    plan = {"name": "gold", "version": "1", "valid_from": "2024-01-01", "months": 12, **terms}
    partners = [
        {"name": name, "plans": [{"from": "2024-01-01", "plan": "gold"}], "enrolled_from": "2024-01-01"}
        for name in ("acme", "birch")
    ]
    return {
        "policy": policy, "plans": [plan], "partners": partners, "deals": deals, "invoices": invoices, "bills": [],
    }  # fmt: skip


def split(acme: str) -> list[Json]:
    shares = {"acme": Decimal(acme), "birch": 100 - Decimal(acme)}
    return [{"partner": name, "percent": f"{percent}"} for name, percent in shares.items() if percent]


EVENTS = st.one_of(
    st.tuples(st.sampled_from(["pay", "refund"]), st.sampled_from(["100.00", "333.33", "5000.00", "12000.00"])),
    st.tuples(st.just("stage"), st.sampled_from(["won", "open", "lost"])),
    st.tuples(st.just("split"), st.sampled_from(["100", "60", "33.33"])),
    st.tuples(st.just("value"), st.sampled_from(["1000.00", "12000.00", "18000.00", None])),
    st.tuples(st.just("doubt"), st.sampled_from(["archived", None])),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("paused"), st.booleans()),
    st.tuples(st.just("bill"), st.sampled_from(["0.5", "1", "2"])),
)


def happen(raw: Json, event: tuple[str, Any], on: str, story: Story) -> Json:
    """Return the changes that an event of a day makes."""
    what, much = event
    deal, invoice = raw["deals"][0], raw["invoices"][0]
    if what in ("pay", "refund"):
        column = "payments" if what == "pay" else "refunds"
        return {"invoices": [{"id": invoice["id"], column: [*invoice.get(column, []), {"date": on, "amount": much}]}]}
    if what == "stage":
        left = None if much == "won" else deal.get("left_won_at") or f"{on}T00:00:00Z"
        return {"deals": [{"id": deal["id"], "stage": much, "left_won_at": left}]}
    if what in ("split", "value", "doubt"):
        return {
            "deals": [
                {"id": deal["id"], "shares" if what == "split" else what: split(much) if what == "split" else much}
            ]
        }
    if what == "hold":
        return {"holds": [{"deal": deal["id"], "partner": None, "month": None, "reason": "x"}] if much else []}
    if what == "paused":
        return {"partners": [{"name": "acme", "paused": much}]}
    asked = [s for s in story.issued() if s.status == "Issued"][:1]
    return {"bills": [
        {"id": s.key, "number": s.key, "contact": s.partner, "status": "AUTHORISED", "date": on, "currency": "GBP",
         "sub_total": f"{s.amount}", "total": f"{s.amount}",
         "payments": [{"date": on, "amount": f"{round(s.amount * Decimal(much), 2)}"}]}
        for s in asked
    ]}  # fmt: skip


def figures(line: Line) -> tuple[object, ...]:
    return line.key, line.amount, line.kind, line.statement, line.why, line.base, line.covered_on


def assert_statements_add_up(story: Story) -> None:
    """Law 5, over rows: opening + lines = closing = amount + carried, each opening what the one before carried."""
    on_it: dict[str, Decimal] = defaultdict(Decimal)
    for line in story.lines():
        assert line.locked == (line.statement is not None)
        if line.statement:
            on_it[line.statement] += line.amount
    carried: dict[str, Decimal] = defaultdict(Decimal)
    for s in sorted(story.issued(), key=lambda s: s.period):
        assert (carried[s.partner], s.closing) == (s.opening, s.opening + on_it.pop(s.key, Decimal(0)))
        assert s.closing == s.amount + s.carried
        assert s.amount >= 0
        carried[s.partner] = s.carried
    assert {} == on_it


@settings(max_examples=30)
@given(programmes(), st.dictionaries(st.sampled_from(DAYS), EVENTS, max_size=12))
def test_laws_of_any_story(raw: Json, events: dict[str, tuple[str, Any]]) -> None:
    """Whatever happens: statements add up, nothing that is locked moves, and a second look writes nothing."""
    story = Story(raw)
    locked: dict[str, tuple[object, ...]] = {}
    for on in DAYS:
        changes = happen(story.raw, events[on], on, story) if on in events else {}
        story.run(on, changes)

        now = {line.key: figures(line) for line in story.lines() if line.locked}
        assert locked == {key: now[key] for key in locked}
        locked = now
        assert_statements_add_up(story)
        assert 0 == story.run(on, {})


@settings(max_examples=15)
@given(programmes(), st.dictionaries(st.sampled_from(DAYS[:GIVEN_BACK]), EVENTS, max_size=8))
def test_law_7_when_all_is_given_back_nothing_is_left(raw: Json, events: dict[str, tuple[str, Any]]) -> None:
    """However it went before: once the client has everything back and nothing is held, what is locked comes to zero,
    and what partners were asked to invoice is what they owe.
    """
    story = Story(raw)
    for on in DAYS[:GIVEN_BACK]:
        story.run(on, happen(story.raw, events[on], on, story) if on in events else {})
    invoices = [
        {"id": i["id"], "refunds": [*i.get("refunds", []), {"date": DAYS[GIVEN_BACK], "amount": "1000000.00"}]}
        for i in story.raw["invoices"]
    ]
    deals = [{"id": d["id"], "doubt": None, "value": d["value"] or "1000.00"} for d in story.raw["deals"]]
    partners = [{"name": "acme", "paused": False}]
    story.run(DAYS[GIVEN_BACK], {"invoices": invoices, "deals": deals, "partners": partners, "holds": []})
    for on in DAYS[GIVEN_BACK + 1 :]:
        story.run(on, {})

    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in story.lines():
        totals[line.partner] += line.amount if line.locked else 0
    assert {Decimal(0)} >= set(totals.values())
    for partner in totals:
        own = [s for s in story.issued() if s.partner == partner]
        last = max(own, key=lambda s: s.period, default=None)
        assert -sum(s.amount for s in own) == (last.carried if last else 0)
