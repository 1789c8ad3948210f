"""A person's hands on the account: what people click in HubSpot's pages, and what a test or the demo looks at.

Types are named as the API names them (`deals`, `companies`, `contacts`); ids are text. A value that HubSpot would not
take is a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from worker.sandbox.hubspot.consequences import flags, stage_of
from worker.sandbox.hubspot.drafts import draft
from worker.sandbox.hubspot.errors import Refusal
from worker.sandbox.hubspot.hooks import Hook, post
from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, Kind, kind_named
from worker.sandbox.hubspot.merging import join
from worker.sandbox.hubspot.pipelines import Pipeline, Stage, deal_stage
from worker.sandbox.hubspot.portal import PERSON, Portal, Requirement
from worker.sandbox.hubspot.properties import add
from worker.sandbox.hubspot.records import Record, past_wire, wire
from worker.sandbox.hubspot.values import stamp

P = ParamSpec("P")
R = TypeVar("R")
EVERY_HOOK = frozenset(
    [f"{k}.{what}" for k in ("deal", "company", "contact") for what in ("creation", "deletion", "merge")]
    + [f"deal.propertyChange:{name}" for name in ("dealstage", "amount", "closedate", "deal_currency_code", "pipeline")]
)


def _by_hand(method: Callable[Concatenate[Hands, P], R]) -> Callable[Concatenate[Hands, P], R]:
    """Let a hand act between two requests, never during one; HubSpot's refusals become ValueErrors."""

    @wraps(method)
    def act(self: Hands, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            self.settle()
            try:
                return method(self, *args, **kwargs)
            except Refusal as refusal:
                raise ValueError(refusal.message) from None

    return act


class Hands(Portal):
    """The account with the methods of a person at it."""

    # Looking

    @_by_hand
    def deals(self) -> list[dict[str, Any]]:
        """Return every living deal as the API shows it, all of its properties."""
        return self._all(DEALS)

    @_by_hand
    def companies(self) -> list[dict[str, Any]]:
        """Return every living company."""
        return self._all(COMPANIES)

    @_by_hand
    def contacts(self) -> list[dict[str, Any]]:
        """Return every living contact."""
        return self._all(CONTACTS)

    @_by_hand
    def linked(self, type_: str, id_: str, to: str) -> list[str]:
        """Return the ids of the records of a type that a record is tied to."""
        return [str(i) for i in sorted(self.links.of(kind_named(type_), int(id_), kind_named(to)))]

    @_by_hand
    def history(self, type_: str, id_: str, name: str) -> list[dict[str, Any]]:
        """Return the history of a property, newest first."""
        found: list[dict[str, Any]] = past_wire(self._record(type_, id_), [name])[name]
        return found

    def _all(self, kind: Kind) -> list[dict[str, Any]]:
        living = [r for r in self.records[kind].values() if r.face.archived_at is None]
        return [wire(r.face, portal_id=self.portal_id) for r in living]

    def _record(self, type_: str, id_: str, *, archived: bool = False) -> Record:
        record = self.resolved(kind_named(type_), int(id_), archived=archived)
        if record is None:
            raise ValueError(f"no {type_} {id_}")
        return record

    # Records

    @_by_hand
    def add_company(self, properties: Mapping[str, str]) -> str:
        """Make a company; return its id."""
        return self._add(COMPANIES, properties)

    @_by_hand
    def add_contact(self, properties: Mapping[str, str], company: str | None = None) -> str:
        """Make a contact, of a company if one is named; return its id."""
        id_ = self._add(CONTACTS, properties)
        if company is not None:
            self._tie(CONTACTS, int(id_), COMPANIES, company, 1)
        return id_

    @_by_hand
    def add_deal(
        self,
        properties: Mapping[str, str],
        company: str | None = None,
        contact: str | None = None,
        *,
        source: str = PERSON,
    ) -> str:
        """Make a deal in the first stage of its pipeline unless told another; return its id."""
        pipeline = self.pipelines[properties.get("pipeline", "default")]
        first = next(s.id for s in pipeline.stages if not s.archived)
        id_ = self._add(DEALS, {"pipeline": pipeline.id, "dealstage": first, **properties}, source)
        if company is not None:
            self._tie(DEALS, int(id_), COMPANIES, company, 5)
        if contact is not None:
            self._tie(DEALS, int(id_), CONTACTS, contact, 3)
        return id_

    def _add(self, kind: Kind, properties: Mapping[str, str], source: str = PERSON) -> str:
        values = draft(self, kind, dict(properties), None, dated=False, person=True)
        return str(self.create(kind, values, source).id)

    def _tie(self, kind: Kind, id_: int, target: Kind, to: str, type_id: int) -> None:
        self.links.connect(kind, id_, target, self._record(target.plural, to).id, [type_id])

    @_by_hand
    def edit(self, type_: str, id_: str, properties: Mapping[str, str]) -> None:
        """Type values into a record; computed ones (`hs_mrr`, …) may be set too, as line items would."""
        record = self._record(type_, id_)
        values = draft(self, record.face.kind, dict(properties), record, dated=False, person=True)
        self.change(record, values, PERSON)

    @_by_hand
    def move_deal(self, id_: str, stage: str) -> None:
        """Drag a deal to a stage, in whichever pipeline the stage is."""
        record = self._record("deals", id_)
        homes = [p.id for p in self.pipelines.values() if p.stage(stage)]
        own = record.face.properties["pipeline"]
        home = own if own in homes or not homes else homes[0]
        values = draft(self, DEALS, {"pipeline": home, "dealstage": stage}, record, dated=False)
        self.change(record, values, PERSON)

    @_by_hand
    def archive(self, type_: str, id_: str) -> None:
        """Archive a record."""
        self.put_in_bin(self._record(type_, id_), PERSON)

    @_by_hand
    def restore(self, type_: str, id_: str) -> None:
        """Restore an archived record."""
        self.take_from_bin(self._record(type_, id_, archived=True))

    @_by_hand
    def merge(self, type_: str, keep: str, other: str) -> str:
        """Merge two records; return the id of the new one that takes their place."""
        return str(join(self, self._record(type_, keep), self._record(type_, other), PERSON).id)

    # Properties and pipelines

    @_by_hand
    def add_property(self, type_: str, name: str, /, **more: Any) -> None:
        """Make a property, a text one unless told otherwise (fields as in the API: `type`, `hasUniqueValue`, …)."""
        kind = kind_named(type_)
        add(
            self,
            kind,
            {"name": name, "label": name, "groupName": kind.group, "type": "string", "fieldType": "text", **more},
        )

    @_by_hand
    def delete_property(self, type_: str, name: str) -> None:
        """Archive a property: it is unknown to the API from now on, its values are kept."""
        known = self.definitions[kind_named(type_)]
        known[name] = replace(known[name], archived=True)

    @_by_hand
    def require(self, type_: str, name: str, when: tuple[str, str] | None = None) -> None:
        """Make a property required, on create or when another is set to a value: refused under date-versioned paths."""
        self.requirements.append(Requirement(kind_named(type_), name, when))

    @_by_hand
    def add_label(self, from_type: str, to_type: str, label: str) -> int:
        """Make an association label; return its type id from the first to the second."""
        return self.links.add_label(kind_named(from_type), kind_named(to_type), label)

    @_by_hand
    def add_pipeline(self, label: str, stages: Sequence[tuple[str, str]]) -> str:
        """Make a pipeline of (label, probability) stages, "1.0" won and "0.0" lost; return its opaque id."""
        self._opaque += 1
        made = tuple(self._stage(name, probability) for name, probability in stages)
        pipeline = Pipeline(str(self._opaque), label, made, len(self.pipelines), updated_at=stamp(self.now()))
        self.pipelines[pipeline.id] = pipeline
        return pipeline.id

    @_by_hand
    def add_stage(self, pipeline: str, label: str, probability: str) -> str:
        """Add a stage at the end of a pipeline; return its opaque id."""
        stage = self._stage(label, probability)
        self.pipelines[pipeline] = self.pipelines[pipeline].with_stage(stage)
        return stage.id

    @_by_hand
    def edit_stage(
        self, pipeline: str, stage: str, *, label: str | None = None, probability: str | None = None
    ) -> None:
        """Rename a stage or change what it means; the flags of the deals in it follow."""
        old = self._stage_there(pipeline, stage)
        new = deal_stage(old.id, label or old.label, probability or old.metadata["probability"])
        self.pipelines[pipeline] = self.pipelines[pipeline].with_stage(new)
        for record in self.records[DEALS].values():
            follows = flags(stage_of(self.pipelines, record.face.properties))
            if any(record.face.properties.get(k) != v for k, v in follows.items()):
                self.change(record, follows, PERSON)

    @_by_hand
    def remove_stage(self, pipeline: str, stage: str) -> None:
        """Archive a stage; HubSpot lets nobody do so while deals stand in it."""
        old = self._stage_there(pipeline, stage)
        held = [r for r in self.records[DEALS].values() if r.face.properties.get("dealstage") == stage]
        if any(r.face.archived_at is None for r in held):
            raise ValueError(f"deals stand in {stage}")
        self.pipelines[pipeline] = self.pipelines[pipeline].with_stage(replace(old, archived=True))

    def _stage(self, label: str, probability: str) -> Stage:
        self._opaque += 1
        return deal_stage(str(self._opaque), label, probability)

    def _stage_there(self, pipeline: str, stage: str) -> Stage:
        found = self.pipelines[pipeline].stage(stage)
        if found is None:
            raise ValueError(f"no stage {stage} in pipeline {pipeline}")
        return found

    # Webhooks

    @_by_hand
    def subscribe(self, target: str, secret: str, events: frozenset[str] = EVERY_HOOK) -> None:
        """Send these events to a target from now on; `target` is the public URL, which is what the signature covers."""
        self.hooks.subscribe(target, secret, events)

    @_by_hand
    def hooks_due(self) -> list[Hook]:
        """Take the deliveries that are due, signed now; whoever takes them has to deliver them."""
        return self.hooks.due(self.now())

    def deliver_hooks(self, to: str = "") -> list[int]:
        """Post what is due, to `to` or to the target itself; return the statuses. What is refused comes again later."""
        statuses = []
        for hook in self.hooks_due():
            statuses.append(post(hook, to))  # outside the lock: the target may call back
            if not 200 <= statuses[-1] < 300:
                with self._lock:
                    self.hooks.again(hook, self.now())
        return statuses
