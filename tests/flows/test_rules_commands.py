"""`rules check` and `rules test` as typed: faults, plans, and the examples of the rules; no service is asked."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Desk, Said, typed
from worker.sandbox.clock import Clock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped rules, to be changed."""
    return Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))


def rules(*arguments: object) -> Said:
    """Type a command about rules, with no config anywhere."""
    return typed(Clock(datetime(2026, 1, 1, tzinfo=UTC)), "rules", *map(str, arguments))


def change(folder: Path, old: str, new: str) -> None:
    """Change a text of commissions.toml, which must be there."""
    path = folder / "commissions.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_check_shows_the_plans(folder: Path) -> None:
    """Rules without a fault are summed up, a line a version."""
    said = rules("check", folder)

    assert 0 == said.code
    assert "every file loads" in said.out
    assert [["gold", "10"], ["silver", "7.5"], ["bronze", "5"]] == [
        [line.split()[0], line.split()[4]] for line in said.out.splitlines()[1:4]
    ]
    found = rules("check", folder, "--json").json
    assert [] == found["faults"]
    assert {
        "name": "bronze", "version": "2024-01", "valid_from": "2024-01-01", "valid_to": None, "terms": "5 %",
        "months": 6, "examples": 1,
    } == found["plans"][2]  # fmt: skip


def test_check_says_terms_in_words(folder: Path) -> None:
    """Tiers, a fee, caps, start and counting show in the summary."""
    change(
        folder,
        'rate = "10"  ',
        'tiers = [{ from = "0", to = "1000", rate = "10" }, { from = "1000", rate = "15" }]\n'
        'currency = "GBP"\nmode = "retroactive"\nstart = "next"\ncap_per_deal = "500"\ncount_months_per = "client"  ',
    )
    change(folder, 'rate = "7.5"', 'fee = "250.00"\ncurrency = "EUR"')
    change(folder, 'rate = "5"', 'rate = "5"\nprorate = "days"')

    assert [
        "10 % from 0, 15 % from 1000 GBP a quarter, retroactive; start next; months per client; "
        "at most 500 GBP per deal",
        "fee 250.00 EUR a deal",
        "5 %; first month by days",
    ] == [plan["terms"] for plan in rules("check", folder, "--json").json["plans"]]


def test_check_lists_every_fault(folder: Path) -> None:
    """All faults of all files come at once, with file, key and remedy, and the command ends with 1."""
    change(folder, 'percent = "40"', 'percent = "30"')
    change(folder, "months = 6", "month = 6")
    (folder / "schedule.toml").unlink()
    said = rules("check", folder)

    assert 1 == said.code
    assert [] == [w for w in ("shares", "plan[3].month", "schedule.toml", "things to mend") if w not in said.err]
    faults = rules("check", folder, "--json")
    assert 1 == faults.code
    assert {"plan[3].example[1].shares", "plan[3].month", "plan[3].months"} < {f["key"] for f in faults.json["faults"]}
    assert all(fault["remedy"] for fault in faults.json["faults"])


def test_the_shipped_examples_hold() -> None:
    """Every example of the shipped rules comes to exactly the lines that it names."""
    said = rules("test", ROOT / "rules")

    assert 0 == said.code
    assert 3 == said.out.count("✓")
    assert "3 examples, 0 failed" in said.out


def test_an_example_that_fails(folder: Path) -> None:
    """A changed rate breaks the example of its plan alone; expected and got show line by line."""
    change(folder, 'rate = "10"  ', 'rate = "11"  ')
    said = rules("test", folder)

    assert 1 == said.code
    assert "3 examples, 1 failed" in said.out
    assert "✗ gold" in said.out
    assert "expected partner 2024-01 commission 100.00 Confirmed" in said.out
    assert "got      partner 2024-01 commission 110.00 Confirmed" in said.out
    found = rules("test", folder, "--json").json
    assert [False, True, True] == [example["holds"] for example in found["examples"]]
    assert 1 == found["failed"]
    assert {"100.00"} == {line["amount"] for line in found["examples"][0]["expected"]}
    assert {"110.00"} == {line["amount"] for line in found["examples"][0]["got"]}


def test_a_line_too_few_or_too_many_fails(folder: Path) -> None:
    """An example names all its lines: with fewer months in the plan the rest is missing, and that is a failure."""
    change(folder, "months = 6", "months = 5")
    said = rules("test", folder)

    assert 1 == said.code
    assert "expected east 2024-06 commission 600 Expected" in said.out
    assert "got  " not in said.out


def test_an_example_with_a_problem_says_which(folder: Path) -> None:
    """Where the deal can't earn under the plan at all, the problem is shown as staff would read it."""
    change(folder, 'rate = "10"  ', 'rate = "10"\ncap_per_deal = "5.00"\ncurrency = "USD"  ')
    said = rules("test", folder)

    assert 1 == said.code
    assert "is in GBP, plan gold, 2024-01 in USD" in said.out


def test_without_a_folder_the_rules_of_the_config_count(tmp_path: Path) -> None:
    """With neither folder nor config the command says that there is no config."""
    said = typed(Clock(datetime(2026, 1, 1, tzinfo=UTC)), "--config", str(tmp_path / "none.toml"), "rules", "check")

    assert 1 == said.code
    assert "none.toml" in said.err


def test_the_rules_of_the_config_ask_no_service(desk: Desk) -> None:
    """Without a folder the config's rules are checked and their examples run, without one call anywhere."""
    calls = {name: len(server.log) for name, server in desk.world.servers.items()}

    assert 0 == desk.command("rules", "check").code
    assert 0 == desk.command("rules", "test", "--json").json["failed"]
    assert calls == {name: len(server.log) for name, server in desk.world.servers.items()}
