"""Faults to order: what shall go wrong, where, how often. One fits one request, until it is used up."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Carried out by the server itself; every other kind is for a service to take (`Faults.take`) and to know.
SERVER_KINDS = frozenset({"status", "html", "drop-before", "drop-after", "half-body", "slow", "empty"})


@dataclass
class Fault:
    """One order: `kind`, which requests (method, start of path), after how many to let pass, how many to spoil."""

    kind: str
    method: str | None = None
    path: str = ""
    skip: int = 0
    times: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        """Tell whether the request is one that the order speaks of."""
        return (self.method is None or self.method == method) and path.startswith(self.path)


class Faults:
    """The orders of one service, first come first served."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, kind: str, **terms: Any) -> None:
        """Order a fault; `options` holds what the kind needs (`status`, `body`, `headers`, `seconds`, …)."""
        with self._lock:
            self._orders.append(Fault(kind, **terms))

    def clear(self) -> None:
        """Forget every order."""
        with self._lock:
            self._orders.clear()

    def take(self, kinds: str | frozenset[str], method: str, path: str) -> Fault | None:
        """Use up the first fitting order of these kinds; None when there is none."""
        wanted = frozenset({kinds}) if isinstance(kinds, str) else kinds
        with self._lock:
            for order in self._orders:
                if order.kind not in wanted or not order.fits(method, path):
                    continue
                if order.skip > 0:
                    order.skip -= 1
                    continue
                order.times -= 1
                if order.times <= 0:
                    self._orders.remove(order)
                return order
        return None
