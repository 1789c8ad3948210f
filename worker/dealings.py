"""What went to and fro between us and partners, and how each fares: one reading of the tracker, nothing written.

`status` is asked when things are down, so it waits for the tracker no longer than a person would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.app import App
from worker.domain.lines import Line
from worker.domain.months import Month, Period, local_day
from worker.domain.tables import ACTIVITY
from worker.engine.pace import Pacer
from worker.planning.exchange import Exchange, exchange, quarter_of
from worker.planning.performance import Performance, performances, status_days
from worker.planning.rows import Damaged, lines_of
from worker.ports import ServiceError, UnsafePlan, paused
from worker.programme import Programme, Tables, read_tables

_PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Quarter:
    """The tables of the present quarter; `unread` says in words why there are none, or what is missing in them."""

    quarter: Period
    tables: Sequence[Exchange]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Every partner's performance, the top performers first, and every quarter of the exchange, the latest first."""

    partners: Sequence[Performance]
    tables: Sequence[Exchange]
    statuses: tuple[str, ...]  # of the pipeline, in order
    unread: tuple[str, ...]


def present_quarter(app: App) -> Quarter:
    """Return the exchange of the present quarter so far; a tracker that can't be read is no reason to show nothing."""
    quarter = quarter_of(Month.of(local_day(app.clock.now(), app.config.programme.time_zone)))
    try:
        programme, tables = _read(app)
    except (ServiceError, UnsafePlan) as error:
        return Quarter(quarter, (), (str(error),))
    lines, damaged = lines_of(tables.rows["Commissions"])
    found = [table for table in _exchange(programme, tables, lines) if table.quarter == quarter]
    return Quarter(quarter, found, _words(damaged))


def standing(app: App) -> Standing:
    """Return how every partner stands; raises what reading the tracker raises."""
    programme, tables = _read(app)
    lines, damaged = lines_of(tables.rows["Commissions"])
    statuses = programme.rules.stages.words
    log = programme.tracker.read_sound((ACTIVITY.name,))
    moves = status_days(log.rows.get(ACTIVITY.name, ()), programme.zone)
    partners = performances(
        tables.partners, tables.leads, lines, moves, statuses=statuses, zone=programme.zone, currency=programme.currency
    )
    unread = (*(paused(table, fault) for table, fault in log.faults.items()), *_words(damaged))
    return Standing(partners, _exchange(programme, tables, lines), statuses, unread)


def _read(app: App) -> tuple[Programme, Tables]:
    app.caller = Pacer(app.store, app.clock, patience=_PATIENCE)
    programme = replace(app.programme(app.services()), look_twice=False)
    return programme, read_tables(programme, ("Partners", "Leads", "Commissions"))


def _exchange(programme: Programme, tables: Tables, lines: Sequence[Line]) -> list[Exchange]:
    return exchange(
        tables.partners, tables.leads, lines, statuses=programme.rules.stages.words, zone=programme.zone,
        until=programme.today,
    )  # fmt: skip


def _words(damaged: Sequence[Damaged]) -> tuple[str, ...]:
    return tuple(f"Commissions row {one.row} ({one.key or 'no key'}): {one.text}" for one in damaged)
