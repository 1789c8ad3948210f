"""Making records in batches, at most one for each value of a unique property, whatever is lost on the way.

It knows batches, conflicts and lost answers, nothing of leads. HubSpot's unique property is the only guard that holds:
a search lags by half a minute, and a batch whose answer never came may have been done (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from worker.connectors.hubspot.api import MOST, Door, Json, objects
from worker.connectors.hubspot.errors import NO_PROPERTY, SERVICE, Fault, Taken, fault, refusal
from worker.connectors.hubspot.records import Record, by_key, chunks, record
from worker.ports import Refused, ServiceError, Unavailable, Unsure

_ROUNDS = 3  # how often what was provably not made is sent again in one run


@dataclass(frozen=True, slots=True)
class Want:
    """A record that shall exist: `key` is its unique property's value, `trace` names the input in its batch."""

    key: str
    trace: str
    properties: Mapping[str, str]
    ties: tuple[tuple[str, int], ...] = ()  # (id of the other record, type of the association)

    def wire(self) -> Json:
        """Return it as an input of a batch."""
        ties = [
            {"to": {"id": to}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_}]}
            for to, type_ in self.ties
        ]
        return {"objectWriteTraceId": self.trace, "properties": dict(self.properties), "associations": ties}


@dataclass(frozen=True, slots=True)
class Made:
    """A record that exists; `new` is what HubSpot answered if it was made just now, None if it was there before."""

    id: str
    new: Record | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    wants: tuple[Want, ...]
    round: int = 1

    def halves(self) -> list[_Batch]:
        middle = len(self.wants) // 2
        return [replace(self, wants=self.wants[:middle]), replace(self, wants=self.wants[middle:])]


@dataclass
class _Answer:
    """What one attempt left: records made, keys that are taken, rows refused, and why nothing is known of the rest."""

    made: dict[str, Made] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    lost: Unsure | None = None
    blame: Refused | None = None  # an error that names no row
    whole: bool = False  # the batch was refused whole: nothing of it was done


class Maker:
    """Makes the records of one kind; `optional` properties are left out where the account does not have them."""

    def __init__(self, door: Door, kind: str, prop: str, optional: frozenset[str] = frozenset()) -> None:
        self._door = door
        self._kind = kind
        self._prop = prop
        self._optional = optional
        self._dropped: set[str] = set()
        self.wrote = False  # whether anything was sent that may have been done
        self.stopped: ServiceError | None = None  # what ended the making
        self.told: ServiceError | None = None  # what the rows got that were left then

    def make(self, wants: Iterable[Want]) -> dict[str, Made | ServiceError]:
        """Return for each key the record or the error; keys are given once each."""
        done: dict[str, Made | ServiceError] = {}
        todo = list(wants)
        waiting = [_Batch(tuple(chunk)) for chunk in chunks(todo, MOST)][::-1]
        while waiting:
            try:
                waiting += self._attempt(waiting.pop(), done)
            except ServiceError as error:
                # About the service or the account, not a row: what is not settled by now gets the same answer. No row
                # is refused for what is wrong with the account, so that all go on by themselves once it is mended.
                told = Unavailable(error.service, error.text) if isinstance(error, Refused) else error
                self.stopped, self.told = error, told
                return {want.key: done.get(want.key, told) for want in todo}
        return done

    def _attempt(self, batch: _Batch, done: dict[str, Made | ServiceError]) -> list[_Batch]:
        """Send a batch and settle what can be settled; return what must be sent again."""
        answer = self._send(batch)
        lacking = [key for key, error in answer.refused.items() if error.code == NO_PROPERTY]
        if lacking:
            self._do_without(answer.refused[lacking[0]])
        done |= answer.made
        done |= {key: error for key, error in answer.refused.items() if key not in lacking}
        left = [w for w in batch.wants if w.key not in done]
        unknown = [w.key for w in left if w.key not in lacking and not _not_done(answer)]
        try:
            found = by_key(self._door, self._kind, self._prop, unknown)
        except ServiceError:
            if answer.lost:
                done |= dict.fromkeys(unknown, answer.lost)
            raise
        done |= {key: Made(one.id) for key, one in found.items()}
        rest = replace(batch, wants=tuple(w for w in left if w.key not in done))
        if not rest.wants:
            return []
        return [rest] if lacking else self._again(rest, answer, bool(found), done)

    def _again(
        self, batch: _Batch, answer: _Answer, progress: bool, done: dict[str, Made | ServiceError]
    ) -> list[_Batch]:
        """Decide about rows that are provably not there under their key: send them again, or give them their answer."""
        held = {w.key: answer.taken[w.key] for w in batch.wants if w.key in answer.taken}
        done |= self._hidden(held)
        batch = replace(batch, wants=tuple(w for w in batch.wants if w.key not in held))
        if not batch.wants:
            return []
        if answer.blame and not (progress and batch.round < _ROUNDS):
            if len(batch.wants) > 1:
                return batch.halves()
            key, blame = batch.wants[0].key, answer.blame
            done |= self._hidden({key: blame}) if isinstance(blame, Taken) else {key: blame}
            return []
        if batch.round < _ROUNDS:
            return [replace(batch, round=batch.round + 1)]
        silent = answer.lost or Unavailable(SERVICE, "left a row out of its answer without a word")
        done |= {w.key: silent for w in batch.wants}
        return []

    def _send(self, batch: _Batch) -> _Answer:
        inputs = [replace(w, properties=self._kept(w.properties)).wire() for w in batch.wants]
        try:
            body = self._door.write(objects(self._kind, "batch/create"), {"inputs": inputs})
        except Unsure as error:
            self.wrote = True
            return _Answer(lost=error)
        except Refused as error:
            if error.code == NO_PROPERTY:
                return _Answer(refused={w.key: error for w in batch.wants})
            return _Answer(blame=error, whole=True)
        answer = self._accounted(batch.wants, body)
        self.wrote = self.wrote or bool(answer.made)
        return answer

    def _accounted(self, wants: Sequence[Want], body: Json) -> _Answer:
        """Tell which input became what: by trace id, else by the echoed key."""
        keys = {w.trace: w.key for w in wants} | {w.key.casefold(): w.key for w in wants}
        answer = _Answer()
        for raw in body.get("results") or ():
            one = record(raw)
            key = keys.get(_trace(raw)) or (one and keys.get(one.text(self._prop).casefold()))
            if one and key:
                answer.made[key] = Made(one.id, one)
        for item in body.get("errors") or ():
            self._blame(fault(item), keys, answer)
        return answer

    def _blame(self, found: Fault, keys: Mapping[str, str], answer: _Answer) -> None:
        error = refusal(found)
        named = [keys[trace] for trace in found.traces if trace in keys]
        if not named:
            answer.blame = error
        for key in named:
            if isinstance(error, Taken) and error.existing:
                answer.made[key] = Made(error.existing)
            elif isinstance(error, Taken):
                answer.taken[key] = error
            else:
                answer.refused[key] = error

    def _do_without(self, error: Refused) -> None:
        """Leave an optional property out from now on; any other that is missing stops everything."""
        if error.field not in self._optional or error.field in self._dropped:
            raise error
        self._dropped.add(error.field)

    def _kept(self, properties: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in properties.items() if name not in self._dropped}

    def _hidden(self, held: Mapping[str, Taken]) -> dict[str, Made | ServiceError]:
        """Answer for keys that are taken though nothing shows under them: an archived record may still hold its own."""
        unseen = [key for key, error in held.items() if not error.existing]
        archived = by_key(self._door, self._kind, self._prop, unseen, archived=True)
        noun = {"companies": "company"}.get(self._kind, self._kind.removesuffix("s"))
        gone = Refused(SERVICE, f"its {noun} was archived in HubSpot: restore it there", "ARCHIVED", self._prop)
        text = f'another {noun} holds its "{self._prop}" and can\'t be read: look for it in HubSpot'
        return {
            key: Made(error.existing) if error.existing
            else gone if key in archived else Refused(SERVICE, text, error.code, self._prop)
            for key, error in held.items()
        }  # fmt: skip


def _not_done(answer: _Answer) -> bool:
    """Tell whether a whole batch was provably not done, and not because something of it is there already."""
    return answer.whole and not isinstance(answer.blame, Taken)


def _trace(raw: Any) -> str:
    """Return the trace id that a result repeats: text (spec), or a list of one as in the errors."""
    value = raw.get("objectWriteTraceId") if isinstance(raw, dict) else None
    return str(value[0]) if isinstance(value, list) and value else str(value or "")
