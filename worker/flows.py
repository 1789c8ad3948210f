"""The table of contents of the business: each flow reads the facts afresh and plans what should change.

A flow here ends with its plan; showing it, guarding it and applying it is the same for all and stands in app.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell, Row
from worker.domain.facts import Deal
from worker.domain.leads import CrmCompany, CrmDeal, LeadRow
from worker.domain.months import local_day
from worker.domain.partners import PartnerRow, by_any_name
from worker.domain.plan import Plan
from worker.domain.policy import Rules
from worker.domain.words import Words
from worker.planning import intake as intake_planning
from worker.planning import stages as stage_planning
from worker.planning.assembly import assemble
from worker.planning.commissions import Facts, Outcome, plan_lines
from worker.ports import Books, Clock, Crm, Ledger, Memory, Stage, Tracker


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme at one moment: its services, its rules, the time of the run.

    `look_twice` is false where nothing will be written, and rows are taken as they are.
    """

    name: str
    tracker: Tracker
    crm: Crm
    ledger: Ledger
    rules: Rules
    words: Words
    memory: Memory
    clock: Clock
    now: datetime
    zone: ZoneInfo
    first_stage: str  # of new deals
    look_twice: bool = True


class StagesWithoutStatus(Exception):
    """The pipeline has stages that rules/stages.toml does not name."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__(", ".join(f"{s.id} ({s.label})" for s in stages))
        self.stages = tuple(stages)


# ---- what several flows read ----------------------------------------------------------------------------------------


def _leads(programme: Programme, rows: Sequence[Row]) -> list[LeadRow]:
    return [LeadRow.of(row, programme.now) for row in rows]


def _own(programme: Programme, rows: Sequence[Row]) -> list[LeadRow]:
    """Return the rows that stand for a deal, copies left out."""
    leads = [lead for lead in _leads(programme, rows) if lead.deal_id and lead.key and not lead.sent]
    copies = {lead.row.id for lead in intake_planning.copies(leads)}
    return [lead for lead in leads if lead.row.id not in copies]


def checked_stages(programme: Programme) -> Mapping[str, str]:
    """Return the labels of the pipeline's stages; StagesWithoutStatus where the rules leave one out."""
    stages = programme.crm.stages()
    missing = [stage for stage in stages if programme.rules.stages.status(stage.id) is None]
    if missing:
        raise StagesWithoutStatus(missing)
    return {stage.id: stage.label for stage in stages}
