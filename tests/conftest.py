"""How many made-up cases ran: every example of a hypothesis test is counted, and told at the end of the run by law.

A test may add figures of its own, `record_property("deals", 12)`; they are summed over the tests of its file. What one
says of recorded traffic, `record_property("recordings", "…")`, is told at the end of the run too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

_LAW = re.compile(r"test_law_(\d+|of_correction)")


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Take back the set-up of logs that a command typed in a test leaves behind."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the examples of a hypothesis test, beneath hypothesis itself."""
    test = getattr(getattr(item, "obj", None), "hypothesis", None)
    if test is None:
        return (yield)
    inner, ran = test.inner_test, 0

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal ran
        ran += 1
        return inner(*given, **named)

    test.inner_test = counted
    try:
        return (yield)
    finally:
        test.inner_test = inner
        item.user_properties.append(("cases", ran))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many cases of each law ran, and what the tests that compare two calculations went through."""
    laws: Counter[str] = Counter()
    figures: dict[str, Counter[str]] = defaultdict(Counter)
    recordings: list[str] = []
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when != "call":
            continue
        law = _LAW.search(report.nodeid)
        for name, number in report.user_properties:
            if name == "recordings":
                recordings.append(number)
            elif name == "cases" and law:
                laws[law[1].replace("_", " ")] += number
            elif name != "cases" or "differential" in report.nodeid:
                figures[report.nodeid.split("::")[0]][name] += number
    if recordings:
        terminalreporter.section("recorded traffic")
    for text in sorted(recordings):
        terminalreporter.line(text)
    if laws or figures:
        terminalreporter.section("made-up cases")
    if laws:
        in_order = sorted(laws, key=lambda law: (not law.isdecimal(), int(law) if law.isdecimal() else 0))
        terminalreporter.line("laws: " + ", ".join(f"{law}: {laws[law]:,}" for law in in_order))
    for file, summed in sorted(figures.items()):
        terminalreporter.line(f"{file}: " + ", ".join(f"{number:,} {name}" for name, number in summed.items()))
