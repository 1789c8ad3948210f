"""Plans that a person saw or that a guard stopped, remembered under their digest, and what `--approve` makes of one.

Kept for two weeks on a shelf of the state, at most forty; losing it costs an explanation, never truth.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.approvals import Difference, Grounds, Place, Sketch
from worker.domain.plan import Plan
from worker.flows import read_money
from worker.planning.approvals import difference, places, read, sketch, written
from worker.planning.grounds import accounts_behind, bills_behind, deals_behind, grounds
from worker.planning.rows import statements_of
from worker.ports import Books, ServiceError, UnsafePlan
from worker.programme import MONEY, Programme, money_facts, read_deals, read_lines, read_tables

_SHELF = "plans"
_MOST, _KEPT = 40, timedelta(days=14)
_TOLD = 3  # facts that the words of a refusal name; the others are listed beside them


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person lets through: plans by digest; and the flow whose plan must be exactly the one that was seen."""

    digests: frozenset[str] = frozenset()
    exactly: Mapping[str, str] = field(default_factory=dict)  # flow → digest


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a flow's plan is not the one that was approved, in words and in what is another."""

    words: str
    difference: Difference = field(default_factory=Difference)


@dataclass(frozen=True, slots=True)
class _Seen:
    at: datetime
    sketches: Mapping[str, Sketch]  # by flow


def together(plans: Mapping[str, Plan]) -> str:
    """Return the digest of several flows' plans; of a single one it is that plan's own."""
    digests = [plan.digest() for plan in plans.values()]
    return digests[0] if len(digests) == 1 else hashlib.sha256("/".join(digests).encode()).hexdigest()[:12]


def approval(plans: Mapping[str, Plan], losses: Iterable[str], approve: str) -> Approval | None:
    """Return what a digest lets through: all flows together, exactly one, or a loss of rows; None for another."""
    digests = {flow: plan.digest() for flow, plan in plans.items()}
    exactly = {flow: digest for flow, digest in digests.items() if digest == approve}
    if exactly or approve in losses:
        return Approval(frozenset({approve}), exactly)
    return Approval(frozenset(digests.values())) if plans and approve == together(plans) else None


# ---- remembering ----------------------------------------------------------------------------------------------------


def remember(programme: Programme, plans: Mapping[str, Plan]) -> None:
    """Keep plans under their digests, each by itself and all together; what is old or too much goes."""
    if not plans:
        return
    now, digests = programme.now.isoformat(), {flow: plan.digest() for flow, plan in plans.items()}
    kept = {digest: json.loads(body) for digest, body in programme.memory.load(_SHELF).items()}
    number = max((one["number"] for one in kept.values()), default=0) + 1
    put = {
        digests[flow]: {"number": number, "at": now, "sketch": _packed(sketch(plan, _grounds(programme, plan)))}
        for flow, plan in plans.items()
    }
    if len(plans) > 1:
        put[together(plans)] = {"number": number, "at": now, "flows": digests}
    order = sorted({**kept, **put}.items(), key=lambda item: -item[1]["number"])
    drop: set[str] = set()
    if not programme.ahead:  # a day to come makes nothing old
        drop = {digest for digest, one in order if datetime.fromisoformat(one["at"]) < programme.now - _KEPT}
    drop |= {digest for digest, _ in order[_MOST:]}
    programme.memory.save(
        _SHELF, {digest: json.dumps(one) for digest, one in put.items() if digest not in drop}, drop & kept.keys()
    )


def _packed(one: Sketch) -> str:
    return base64.b85encode(zlib.compress(written(one).encode(), 9)).decode()


def unpacked(body: str) -> Sketch:
    """Read a sketch as it is kept."""
    return read(zlib.decompress(base64.b85decode(body)).decode())


def _recalled(programme: Programme, digest: str) -> _Seen | None:
    kept = {key: json.loads(body) for key, body in programme.memory.load(_SHELF).items()}
    found = kept.get(digest)
    if found is None:
        return None
    parts = [kept[one] for one in found.get("flows", {"": digest}).values() if one in kept]
    sketches = [unpacked(part["sketch"]) for part in parts]
    return _Seen(datetime.fromisoformat(found["at"]), {one.flow: one for one in sketches})


def _grounds(programme: Programme, plan: Plan, also: Iterable[Place] = ()) -> Grounds:
    """Read the facts behind a plan and, where it is compared, behind what the earlier one changed."""
    behind = [*places(plan), *also]
    if not behind or plan.flow == "intake":
        return {}
    try:
        if plan.flow == "statements":
            tables = read_tables(programme, ("Commissions", "Statements"))
            rows = statements_of(tables.rows["Statements"], programme.rules.policy.issue_day)[0]
            return accounts_behind(behind, read_lines(tables), [row.key for row in rows if row.hold])
        if plan.flow == "settle":
            return bills_behind(programme.ledger.books().bills)
        if plan.flow == "stages":
            tables = read_tables(programme, MONEY)
            facts = money_facts(programme, tables, read_deals(programme, tables), Books((), (), ()))
        else:
            tables, facts = read_money(programme)
    except (ServiceError, UnsafePlan):  # the plan could be made; what it hangs on is then left unsaid
        return {}
    return grounds(facts, read_lines(tables), programme.today, deals_behind(behind, facts))


# ---- refusing -------------------------------------------------------------------------------------------------------


def refused(programme: Programme, plans: Mapping[str, Plan], approve: str) -> dict[str, Refusal]:
    """Say for each flow what its plan has otherwise than the one that a person approved."""
    seen, present = _recalled(programme, approve), together(plans)
    again = f"Nothing was written; the plan is {present} now: look at it with `quarterday plan`"
    if seen is None:
        words = f"{approve} is the digest of no plan that was shown in the last {_KEPT.days} days. {again}"
        return {flow: Refusal(words) for flow in plans}
    found: dict[str, Refusal] = {}
    for flow, plan in plans.items():
        then = seen.sketches.get(flow)
        moved = difference(then, sketch(plan, _grounds(programme, plan, then.cells))) if then else Difference()
        words = f"the plan {approve} of {seen.at:%Y-%m-%d %H:%M} is another one now: {_said(then, moved)}. {again}"
        found[flow] = Refusal(words, moved)
    return found


def moved_since(programme: Programme, plan: Plan, approve: str) -> str:
    """Say in words what a plan has otherwise than the one that was approved for its flow."""
    return refused(programme, {plan.flow: plan}, approve)[plan.flow].words


def _said(then: Sketch | None, moved: Difference) -> str:
    if then is None:
        return "of this flow nothing was seen"
    if not moved:
        return "of this flow nothing that is remembered moved"
    facts = [str(fact) for fact in moved.facts[:_TOLD]]
    if more := len(moved.facts) - _TOLD:
        facts += [f"{more} more facts"] if more > 0 else []
    return "; ".join((*facts, *_counted(moved)))


def _counted(moved: Difference) -> Sequence[str]:
    """Say how many changes are new, gone or other, and by how much the plan moves more or less."""
    kinds = (
        ("new", {one.about for one in moved.changes if one.then is None and not one.what}),
        ("gone", {one.about for one in moved.changes if one.now is None and not one.what}),
        ("other", {one.about for one in moved.changes if one.what}),
    )
    counts = ", ".join(f"{len(of)} {kind}" for kind, of in kinds if of)
    words = [f"changes: {counts}"] if counts else []
    words += [
        f"it would move {now:+,f} {currency}, not {then:+,f} ({now - then:+,f})"
        for currency, (then, now) in moved.sums.items()
    ]
    return [*words, f"{moved.left_out} changes were too many to remember"] if moved.left_out else words
