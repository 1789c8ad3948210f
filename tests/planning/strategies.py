"""Lines and statements as hypothesis makes them, and rows as a tracker gives them back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import get_args

from hypothesis import strategies as st

from worker.domain.cells import Cell, Row
from worker.domain.lines import LOCKED, Base, BillOutcome, Line, Statement, line_key, statement_key
from worker.domain.money import digits
from worker.domain.months import PERIOD_MONTHS, Month, Period
from worker.domain.tables import LINE_KINDS, LINE_STATUSES, STATEMENT_STATUSES

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])
MONTHS = st.builds(Month, st.integers(2020, 2030), st.integers(1, 12))
DAYS = st.dates(Month(2020, 1).first_day, Month(2030, 12).last_day)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
REASONS = SENTENCES.filter(lambda text: "—" not in text)
SLUGS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True).filter(lambda slug: len(slug) <= 24)
BASES = st.one_of(
    st.builds(Base, st.decimals(0, 10**7, places=2), st.sampled_from(["monthly", "quarterly", "annual"]), st.none()),
    st.builds(Base, st.decimals(0, 10**7, places=2), st.just("total"), st.integers(1, 60)),
)


@st.composite
def amounts(draw: st.DrawFn, currency: str, least: int = -(10**6), most: int = 10**6) -> Decimal:
    return Decimal(draw(st.integers(least, most))).scaleb(-digits(currency))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Return a line as the planning makes them."""
    deal = draw(st.none() | st.integers(1, 10**12).map(str))
    partner, month, currency = draw(SLUGS), draw(MONTHS), draw(CURRENCIES)
    kind, status = draw(st.sampled_from(LINE_KINDS)), draw(st.sampled_from(LINE_STATUSES))
    fee = draw(st.booleans())
    base = draw(st.none() | BASES)
    days = draw(st.integers(1, 30))
    own = base.monthly() * days / 30 if base is not None else None
    return Line(
        key=line_key(deal, partner, month, kind, draw(st.integers(1, 12))),
        deal=deal,
        partner=partner,
        month=month,
        kind=kind,
        currency=currency,
        amount=draw(amounts(currency)),
        status=status,
        why=draw(st.just("") | SENTENCES),
        lead=draw(st.just("") | st.just("L-ABCD2345")),
        client=draw(st.just("") | SENTENCES),
        answers=draw(st.none() | st.sampled_from(["2025-03", "2025-Q1"])),
        base=base,
        month_base=None if fee else own,
        rate="fee 100.00" if fee else draw(st.sampled_from(["", "10 %", "12.5 % / 15 %"])),
        plan=draw(st.just("") | SENTENCES),
        share=draw(st.none() | st.decimals(0, 100, places=2)),
        invoice=draw(st.just("") | SENTENCES),
        statement="2025-Q1/acme/GBP" if status in LOCKED else None,
        covered_on=draw(st.none() | DAYS) if kind == "commission" else None,
        paid_on=draw(st.none() | DAYS),
        reason=draw(st.none() | REASONS) if status in ("On hold", "Cancelled") else None,
        capped=draw(st.booleans()),
        hold=draw(st.booleans()),
        adjustment=draw(st.none() | st.decimals(-100, 100, places=2)),
        row="rec1",
    )


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Return a statement whose sums agree."""
    currency = draw(CURRENCIES)
    period = Period.holding(draw(MONTHS), draw(st.sampled_from([*PERIOD_MONTHS.values()])))
    partner = draw(SLUGS)
    opening, earned, corrections, amount = (draw(amounts(currency)) for _ in range(4))
    closing = opening + earned + corrections
    bill = draw(st.sampled_from(get_args(BillOutcome)))
    return Statement(
        key=statement_key(period, partner, currency),
        partner=partner,
        period=period,
        currency=currency,
        issue_day=period.issue_day(5),
        opening=opening,
        earned=earned,
        corrections=corrections,
        closing=closing,
        carried=closing - amount,
        amount=amount,
        status=draw(st.sampled_from(STATEMENT_STATUSES)),
        issued=draw(st.none() | DAYS),
        bill_number="INV-7" if bill in ("match", "short", "over", "duplicate") else None,
        bill=bill,
        paid_on=draw(st.none() | DAYS),
        problem="" if bill in ("match", "none") else draw(SENTENCES),
        hold=draw(st.booleans()),
        row="rec1",
    )


def row_of(table: str, cells: Mapping[str, Cell], **staff: Cell) -> Row:
    """Return a row as a tracker gives it back: no empty cells, numbers without trailing zeros."""
    kept: dict[str, Cell] = {}
    for column, cell in {**cells, **staff}.items():
        if isinstance(cell, Decimal):
            kept[column] = Decimal(format(cell.normalize(), "f"))
        elif cell is not None and cell != "" and cell is not False:
            kept[column] = cell
    return Row(table, "rec1", kept)
