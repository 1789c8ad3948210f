"""What `status` shows of partners in the terminal: the exchange, and how each performs. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from worker.dealings import Quarter, Standing
from worker.domain.money import exact_text, shown
from worker.partner_rows import decimal
from worker.planning.exchange import Exchange
from worker.planning.performance import Performance
from worker.show import console

_MOST = 40  # partners that are shown one by one
_ROOMY = 100  # columns of a terminal from which on nothing is left out
_LONGEST = 28  # characters of a partner's name
_NOTHING = "–"


# ---- the exchange ---------------------------------------------------------------------------------------------------


def show_quarter(found: Quarter) -> None:
    """Show the exchange of the present quarter so far, a partner a row, a line for each currency."""
    out = console()
    out.print()
    if found.tables:
        out.print(f"[bold]Exchange in {found.quarter} so far[/] (from the partner / to the partner)")
        _print_exchange(out, found.tables, with_quarter=False)
    elif not found.unread:
        out.print(f"Exchange in {found.quarter}: no lead and no earned commission yet")
    for words in found.unread:
        out.print(f"[yellow]exchange[/]: {escape(words)}")


def _print_exchange(out: Console, tables: Sequence[Exchange], *, with_quarter: bool) -> None:
    roomy = out.width >= _ROOMY
    table = _table(out, ["quarter"] if with_quarter else [])
    for column in ("leads", "accepted", "won"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for column in ("value won", "we owe", "they owe", "balance") if roomy else ("value won", "we owe", "they owe"):
        table.add_column(column, justify="right", no_wrap=True)
    before: object = None
    for one in tables[:_MOST]:
        quarter = [str(one.quarter) if one.quarter != before else ""] if with_quarter else []
        before = one.quarter
        for cells in _exchange_rows(one, roomy=roomy):
            table.add_row(*quarter, *cells)
            quarter = [""] * len(quarter)
    out.print(table)
    _more(out, len(tables))
    for one in tables[:_MOST]:
        for words in one.left_out:
            out.print(f"[yellow]left out[/]: {escape(one.name)}: {escape(words)}")


def _exchange_rows(one: Exchange, *, roomy: bool) -> Iterator[Sequence[str | Text]]:
    """Return a row for each currency; name and counts stand in the first. A narrow one has no room for all amounts."""
    received, sent = one.received, one.sent
    ways = ((received.leads, sent.leads), (received.accepted, sent.accepted), (received.won, sent.won))
    first: list[str | Text] = [
        _name(one.name),
        *(f"{len(there) or _NOTHING} / {len(back) or _NOTHING}" for there, back in ways),
    ]
    for currency in sorted({*received.value, *sent.value, *one.balance}) or [""]:
        value = _pair(received.value, sent.value, currency) if roomy else _amount(received.value, currency)
        sums = (one.to_partner, one.to_us, one.balance) if roomy else (one.to_partner, one.to_us)
        yield (*first, currency, value, *(_amount(part, currency) for part in sums))
        first = [""] * len(first)


def _pair(there: Mapping[str, Decimal], back: Mapping[str, Decimal], currency: str) -> str:
    return _amount(there, currency) + (f" / {_amount(back, currency)}" if currency in back else "")


def _amount(sums: Mapping[str, Decimal], currency: str) -> str:
    return shown(sums[currency], currency) if sums.get(currency) else _NOTHING


# ---- performance ----------------------------------------------------------------------------------------------------


def show_standing(found: Standing) -> None:
    """Show partners' performance, how long their leads take, and every quarter of the exchange."""
    out = console()
    if not found.partners:
        out.print("No partner has a key yet: `quarterday run intake` mints them.")
        return
    shown_partners = found.partners[:_MOST]
    out.print("[bold]Partners[/], top performers of each currency first: by value won, then by deals won")
    out.print(_performance_table(out, shown_partners))
    _more(out, len(found.partners))
    out.print("[dim]accepted: of the leads; won: of those decided (won or lost); value: the first year's of won deals; "
              "cost: every commission line that stands, earned or to come; ratio: value ÷ cost[/]")  # fmt: skip
    for one in shown_partners:
        if one.unvalued:
            out.print(f"[yellow]value not known[/]: {escape(one.name)}: {', '.join(one.unvalued)}")
    out.print("\n[bold]Median days from submitted to …[/]")
    out.print(_days_table(out, shown_partners, found.statuses))
    out.print("[dim]Won by the won date, the others by the Activity table, as far back as it is kept[/]")
    if found.tables:
        out.print("\n[bold]Exchange by quarter[/] (from the partner / to the partner)")
        _print_exchange(out, found.tables, with_quarter=True)
    for words in found.unread:
        out.print(f"[yellow]left out[/]: {escape(words)}")


def _performance_table(out: Console, partners: Sequence[Performance]) -> Table:
    table = _table(out)
    for column in ("leads", "accepted", "won"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for column in ("value", "cost", "ratio"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in partners:
        accepted = f"{one.accepted} ({_percent(one.acceptance)})" if one.leads else _NOTHING
        won = f"{one.won} of {one.won + one.lost} ({_percent(one.win_rate)})" if one.won + one.lost else _NOTHING
        first: list[str | Text] = [_name(one.name), str(one.leads), accepted, won]
        for currency in one.currencies:
            ratio = one.ratio(currency)
            table.add_row(*first, currency, _amount(one.value, currency), _amount(one.cost, currency),
                          _NOTHING if ratio is None else f"{decimal(ratio, 1):,f}")  # fmt: skip
            first = [""] * len(first)
    return table


def _days_table(out: Console, partners: Sequence[Performance], statuses: Sequence[str]) -> Table:
    table = _table(out)
    for status in statuses:
        table.add_column(escape(status), justify="right")
    for one in partners:
        days = [exact_text(one.days[status]) if status in one.days else _NOTHING for status in statuses]
        table.add_row(_name(one.name), *days)
    return table


def _table(out: Console, before: Sequence[str] = ()) -> Table:
    """Begin a table of partners; the name is what gives way where the terminal is too narrow."""
    table = Table(box=None, padding=(0, 2 if out.width >= _ROOMY else 1, 0, 0), header_style="dim")
    for column in before:
        table.add_column(column, no_wrap=True)
    table.add_column("partner", min_width=8, max_width=_LONGEST)
    return table


def _name(name: str) -> Text:
    return Text(name, no_wrap=True, overflow="ellipsis")


def _percent(share: Fraction | None) -> str:
    return _NOTHING if share is None else f"{decimal(share * 100, 0):f} %"


def _more(out: Console, number: int) -> None:
    if number > _MOST:
        out.print(f"… and {number - _MOST} more: --json has them all")
