"""Sending things ten at a time, as Airtable takes them: a refused batch is halved until the guilty one is alone.

A batch is all or nothing (recorded): one bad row blocks nine. It knows neither rows nor requests, only who fails how.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from worker.connectors.airtable.api import SERVICE
from worker.ports import Refused, ServiceError, Unauthorised, Unavailable, Unsure

SIZE = 10

T = TypeVar("T")
Outcome = str | ServiceError


def in_tens(
    items: Sequence[T],
    send: Callable[[Sequence[T]], Sequence[Outcome]],
    *,
    alone: Callable[[T, Refused], Outcome],
    spare: Callable[[T, Refused | None], ServiceError | None] = lambda _item, _refused: None,
) -> list[Outcome]:
    """Send all items and return an outcome for each, in order.

    `alone` says what a refusal means once an item stands alone. `spare` says which items need not be sent at all,
    because of an earlier refusal (given once, with it) or one before. When the service is away, the rest isn't sent.
    """
    outcomes: dict[int, Outcome] = {}
    batches = [list(range(start, min(start + SIZE, len(items)))) for start in range(0, len(items), SIZE)]
    unsure = 0
    while batches:
        batch = []
        for index in batches.pop(0):
            if (hopeless := spare(items[index], None)) is not None:
                outcomes[index] = hopeless
            else:
                batch.append(index)
        if not batch:
            continue
        try:
            outcomes.update(zip(batch, send([items[i] for i in batch]), strict=True))
            unsure = 0
        except Refused as refused:
            known = [i for i in batch if spare(items[i], refused) is not None]
            if len(batch) == 1 and not known:
                try:
                    outcomes[batch[0]] = alone(items[batch[0]], refused)
                except ServiceError as error:
                    _give_up(outcomes, batch, batches, error, error)
            elif known:
                batches.insert(0, batch)
            else:
                half = len(batch) // 2
                batches[:0] = [batch[:half], batch[half:]]
        except Unsure as error:
            unsure += 1
            outcomes.update(dict.fromkeys(batch, error))
            if unsure > 1:  # twice running: it is not a hiccup
                _give_up(outcomes, [], batches, error, Unavailable(SERVICE, f"not sent: {error.text}"))
        except (Unavailable, Unauthorised) as error:
            _give_up(outcomes, batch, batches, error, error)
    return [outcomes[i] for i in range(len(items))]


def _give_up(
    outcomes: dict[int, Outcome], batch: Sequence[int], batches: list[list[int]], error: Outcome, rest: Outcome
) -> None:
    outcomes.update(dict.fromkeys(batch, error))
    for left in batches:
        outcomes.update(dict.fromkeys(left, rest))
    batches.clear()
