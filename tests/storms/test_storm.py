"""The storm of hands: any acts of people, between any two requests of the worker, on either tracker.

`make test` plays a few hundred runs, `make storm` thousands; STORM_RUNS says how many on each tracker. What is looked
at during and after them stands in storm.py. Mutants that it kills in 32 runs: a writer that takes its answer unread;
rows told apart by place and key alone; a write by places instead of marks. A writer that puts nothing back at once
survives it, for the next run puts right what stands in a wrong row: tests/connectors/google kills that one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.storms.acts import KINDS
from tests.storms.storm import Gust, Storm
from worker.domain.kept import KEPT

RUNS = int(os.environ.get("STORM_RUNS", "100"))
_STEPS = 10  # runs of one programme
_PLACES = st.integers(0, 9) | st.integers(0, 39)  # before which request: most runs have few, two workers up to forty


def _machine(tracker: str, counts: Counter[str], setenv: Callable[[str, str], None]) -> type[RuleBasedStateMachine]:
    gusts = st.lists(st.tuples(_PLACES, st.sampled_from(KINDS[tracker]), st.integers(0, 2**20)), min_size=1, max_size=5)

    class Weather(RuleBasedStateMachine):
        """One programme and the hands on it."""

        def __init__(self) -> None:
            super().__init__()
            self.storm = Storm(tracker, Path(mkdtemp(prefix="storm")), setenv)

        @rule(gusts=gusts, news=st.integers(0, 2**20))
        def run(self, gusts: list[Gust], news: int) -> None:
            self.storm.run(gusts, news)
            assert not self.storm.faults, self.storm.faults

        @rule(gusts=gusts, news=st.integers(0, 2**20), two=st.integers(0, 2**20))
        def run_two(self, gusts: list[Gust], news: int, two: int) -> None:
            self.storm.run(gusts, news, two)
            assert not self.storm.faults, self.storm.faults

        def teardown(self) -> None:
            counts.update(self.storm.counts)
            try:
                self.storm.rest()
            finally:
                self.storm.close()

    return Weather


@pytest.mark.slow
@pytest.mark.parametrize("tracker", ["google-sheets", "airtable"])
def test_storm(
    tracker: str, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:  # fmt: skip
    """Whatever hands do, no cell of theirs is lost, no cell of the worker stands in a wrong row, nothing is doubled."""
    counts: Counter[str] = Counter()
    nightly = RUNS > 100
    how = settings(
        stateful_step_count=_STEPS, deadline=None, database=None, phases=[Phase.generate], print_blob=True,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    while counts["runs"] < RUNS:  # a programme may have fewer runs than steps
        weather = _machine(tracker, counts, monkeypatch.setenv)
        if not nightly:
            weather = seed(counts["runs"])(weather)
        examples = -(-(RUNS - counts["runs"]) // _STEPS)
        run_state_machine_as_test(weather, settings=settings(how, max_examples=examples))
    for name, number in sorted(counts.items()):
        record_property(f"{name} on {tracker}", number)
    assert counts["acts between requests"] >= counts["runs"] // 3


@pytest.mark.slow
@pytest.mark.parametrize("tracker", ["google-sheets", "airtable"])
def test_two_workers_alone(
    tracker: str, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:  # fmt: skip
    """Where nobody's hands act, neither of two workers takes the other's writes for a hand's, or for a loss of rows."""
    chance, counts = Random(1), Counter[str]()
    while counts["runs"] < RUNS // 2:
        storm = Storm(tracker, Path(mkdtemp(prefix="storm")), monkeypatch.setenv)
        try:
            for _ in range(_STEPS):
                ended = storm.run([], chance.randrange(2**20), chance.randrange(2**20))
                assert [] == [outcome for outcome in ended if outcome.state in ("stopped", "failed")]
            said = [row for table in ("Activity", *KEPT) for row in storm.desk.rows(table) if "by hand" in str(row)]
            assert [] == said
            storm.rest()
        finally:
            storm.close()
        counts.update(storm.counts)
    record_property(f"runs of two alone on {tracker}", counts["runs"])
