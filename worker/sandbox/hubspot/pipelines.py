"""Pipelines and their stages: the deals' standard one, more to order, the contacts' lifecycle; and their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from worker.sandbox.hubspot.bodies import Ask
from worker.sandbox.hubspot.errors import nothing_there
from worker.sandbox.hubspot.kinds import COMPANIES, DEALS, kind_named
from worker.sandbox.server import Reply

if TYPE_CHECKING:
    from worker.sandbox.hubspot.portal import Portal

BEFORE_TIME = "1970-01-01T00:00:00Z"  # what HubSpot gives as the birth of the standard pipelines (captured)


@dataclass(frozen=True)
class Stage:
    """A stage; `metadata` holds text: `isClosed` and `probability` for deals (spec)."""

    id: str
    label: str
    metadata: Mapping[str, str]
    archived: bool = False
    updated_at: str = BEFORE_TIME

    @property
    def closed(self) -> bool:
        """Tell whether a deal here is closed, won or lost."""
        return self.metadata.get("isClosed") == "true"

    @property
    def won(self) -> bool:
        """Tell whether a deal here is won."""
        return self.closed and Decimal(self.metadata.get("probability", "0")) == 1

    @property
    def lost(self) -> bool:
        """Tell whether a deal here is lost."""
        return self.closed and Decimal(self.metadata.get("probability", "0")) == 0


@dataclass(frozen=True)
class Pipeline:
    """A pipeline and its stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]
    order: int = 0
    archived: bool = False
    updated_at: str = BEFORE_TIME

    def stage(self, id_: str) -> Stage | None:
        """Return a stage that is not archived."""
        return next((s for s in self.stages if s.id == id_ and not s.archived), None)

    def with_stage(self, stage: Stage) -> Pipeline:
        """Return the pipeline with a stage put in the place of the one of its id, or at the end."""
        if any(s.id == stage.id for s in self.stages):
            return replace(self, stages=tuple(stage if s.id == stage.id else s for s in self.stages))
        return replace(self, stages=(*self.stages, stage))

    def wire(self) -> dict[str, Any]:
        """Return it as the API shows it (captured)."""
        return {
            "label": self.label, "displayOrder": self.order, "id": self.id,
            "stages": [stage_wire(s, i) for i, s in enumerate(self.stages) if not s.archived],
            "createdAt": BEFORE_TIME, "updatedAt": self.updated_at, "archived": self.archived,
        }  # fmt: skip


def stage_wire(stage: Stage, order: int) -> dict[str, Any]:
    """Return a stage as the API shows it (captured)."""
    return {
        "label": stage.label, "displayOrder": order, "metadata": dict(stage.metadata), "id": stage.id,
        "createdAt": BEFORE_TIME, "updatedAt": stage.updated_at, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        "archived": stage.archived,
    }  # fmt: skip


def deal_stage(id_: str, label: str, probability: str, *, closed: bool | None = None) -> Stage:
    """Build a deal's stage; closed unless said otherwise when the probability is 1.0 or 0.0."""
    shut = Decimal(probability) in (0, 1) if closed is None else closed
    return Stage(id_, label, {"isClosed": "true" if shut else "false", "probability": probability})


SALES = Pipeline(
    "default", "Sales Pipeline", (
        deal_stage("appointmentscheduled", "Appointment Scheduled", "0.2"),
        deal_stage("qualifiedtobuy", "Qualified To Buy", "0.4"),
        deal_stage("presentationscheduled", "Presentation Scheduled", "0.6"),
        deal_stage("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
        deal_stage("contractsent", "Contract Sent", "0.9"),
        deal_stage("closedwon", "Closed Won", "1.0"),
        deal_stage("closedlost", "Closed Lost", "0.0"),
    ),
)  # fmt: skip

_LIFE = ("Subscriber", "Lead", "Marketing Qualified Lead", "Sales Qualified Lead", "Opportunity", "Customer",
         "Evangelist", "Other")  # fmt: skip
LIFECYCLE = Pipeline(
    "contacts-lifecycle-pipeline", "Lifecycle Stage Pipeline",
    tuple(Stage(s.replace(" ", "").lower(), s, {"isClosed": "false", "state": "OPEN"}) for s in _LIFE),
)  # fmt: skip


def _of(portal: Portal, name: str) -> list[Pipeline]:
    kind = kind_named(name)
    if kind is DEALS:
        return [p for p in portal.pipelines.values() if not p.archived]
    return [] if kind is COMPANIES else [LIFECYCLE]


def _one(portal: Portal, ask: Ask) -> Pipeline:
    found = next((p for p in _of(portal, ask.parts[0]) if p.id == ask.parts[1]), None)
    if found is None:
        raise nothing_there()
    return found


def list_pipelines(portal: Portal, ask: Ask) -> Reply:
    """GET pipelines/{type}."""
    ask.only()
    return Reply.json(200, {"results": [p.wire() for p in _of(portal, ask.parts[0])]})


def read_pipeline(portal: Portal, ask: Ask) -> Reply:
    """GET pipelines/{type}/{id}."""
    ask.only()
    return Reply.json(200, _one(portal, ask).wire())


def list_stages(portal: Portal, ask: Ask) -> Reply:
    """GET pipelines/{type}/{id}/stages."""
    ask.only()
    return Reply.json(200, {"results": _one(portal, ask).wire()["stages"]})
