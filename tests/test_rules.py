"""rules/*.toml and rules/messages: strict, every fault of every file at once, with file, key and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from worker.rules import load_rules
from worker.toml_reader import RulesError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))


@pytest.fixture
def faults(folder: Path) -> Callable[[], list[tuple[str, str]]]:
    def loaded() -> list[tuple[str, str]]:
        with pytest.raises(RulesError) as caught:
            load_rules(folder, "Test")
        assert all(fault.remedy for fault in caught.value.faults)
        return [(Path(fault.file).name, fault.key) for fault in caught.value.faults]

    return loaded


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


Faults = Callable[[], list[tuple[str, str]]]


def test_what_the_files_say_is_what_is_loaded(folder: Path) -> None:
    """Rates, minima and intervals arrive exactly as written."""
    change(folder / "commissions.toml", 'rate = "7.5"', 'rate = "7.25"')
    loaded = load_rules(folder, "Test")

    assert [Decimal("7.25")] == [p.rate for p in loaded.rules.plans.versions if p.name == "silver"]
    assert Decimal("8000") == loaded.rules.policy.least("JPY")
    assert Decimal("50.00") == loaded.rules.policy.least("GBP")
    assert timedelta(minutes=15) == loaded.schedule.flows["cash"].every


def test_faults_of_several_files_come_together(folder: Path, faults: Faults) -> None:
    """A misspelt key here and a bad value there are one list."""
    change(folder / "intake.toml", "claim_days = 180", "claim_day = 180")
    change(folder / "statements.toml", 'period = "quarterly"', 'period = "weekly"')
    change(folder / "schedule.toml", 'every = "15m"', 'every = "often"')

    assert [("intake.toml", "claim_day"), ("statements.toml", "period"), ("schedule.toml", "cash.every")] == faults()


def test_a_plan_has_exactly_one_of_rate_tiers_and_fee(folder: Path, faults: Faults) -> None:
    """Two kinds of terms in one plan are a fault."""
    change(folder / "commissions.toml", 'rate = "7.5"', 'rate = "7.5"\nfee = "10.00"\ncurrency = "GBP"')

    assert [("commissions.toml", "plan[2]")] == faults()


def test_versions_of_a_plan_may_neither_overlap_nor_leave_a_gap(folder: Path, faults: Faults) -> None:
    """On every day from the first version on, exactly one is valid."""
    second = '\n[[plan]]\nname = "gold"\nversion = "2025"\nvalid_from = 2025-01-01\nrate = "12"\nmonths = 12\n'
    path = folder / "commissions.toml"
    whole = path.read_text(encoding="utf-8") + second
    path.write_text(whole, encoding="utf-8")
    assert [("commissions.toml", "plan")] == faults()

    path.write_text(whole.replace("valid_from = 2024-01-01", "valid_from = 2024-01-01\nvalid_to = 2024-12-30", 1),
                    encoding="utf-8")  # fmt: skip
    assert [("commissions.toml", "plan")] == faults()

    path.write_text(whole.replace("valid_from = 2024-01-01", "valid_from = 2024-01-01\nvalid_to = 2024-12-31", 1),
                    encoding="utf-8")  # fmt: skip
    assert 4 == len(load_rules(folder, "Test").rules.plans.versions)


@pytest.mark.parametrize(
    ("tiers", "key"),
    [
        ('[{from = "1", rate = "10"}]', "plan[1].tiers"),
        ('[{from = "0", to = "10", rate = "10"}, {from = "11", rate = "15"}]', "plan[1].tiers"),
        ('[{from = "0", to = "10", rate = "10"}, {from = "9", rate = "15"}]', "plan[1].tiers"),
        ('[{from = "0", to = "10", rate = "10"}]', "plan[1].tiers"),
        ('[{from = "0", rate = "101"}]', "plan[1].tiers[1].rate"),
        ('[{from = "0"}]', "plan[1].tiers[1].rate"),
    ],
)
def test_brackets_have_neither_gap_nor_overlap(folder: Path, faults: Faults, tiers: str, key: str) -> None:
    """A rate slab that would silently pay nothing, or twice, does not load."""
    change(folder / "commissions.toml", 'rate = "10"  ', f'tiers = {tiers}\ncurrency = "GBP" ')

    assert [("commissions.toml", key)] == faults()


@pytest.mark.parametrize(
    ("terms", "key"),
    [
        ('fee = "100.00"', "plan[1].currency"),
        ('fee = "100.001"\ncurrency = "GBP"', "plan[1].fee"),
        ('rate = "10"\nprorate = "days"\ncount_months_per = "client"', "plan[1].prorate"),
        ('rate = "10"\nmode = "retroactive"\ntier_period = "lifetime"', "plan[1].mode"),
        ('rate = "10"\nvalid_to = 2023-01-01', "plan[1].valid_to"),
        ('rate = "-1"', "plan[1].rate"),
        ('rate = 0.1', "plan[1].rate"),
        ('rate = "10"\ncurrency = "Pounds"', "plan[1].currency"),
        ('rate = "10"\ncap_per_deal = "5"', "plan[1].currency"),
    ],
)  # fmt: skip
def test_terms_that_do_not_go_together_are_told(folder: Path, faults: Faults, terms: str, key: str) -> None:
    """A plan whose terms contradict each other does not load."""
    change(folder / "commissions.toml", 'rate = "10"  ', f"{terms} ")

    assert ("commissions.toml", key) in faults()


def test_a_stage_may_not_have_one_of_our_own_statuses(folder: Path, faults: Faults) -> None:
    """A stage called Duplicate would make deals look refused."""
    change(folder / "stages.toml", 'closedlost = "Lost"', 'closedlost = "Duplicate"')

    assert [("stages.toml", "stages.closedlost"), ("stages.toml", "tell")] == faults()


def test_a_message_without_subject_or_with_a_broken_template_is_told(folder: Path, faults: Faults) -> None:
    """Templates are read when the rules are, not when the first message goes out."""
    (folder / "messages" / "paid.txt").write_text("no subject", encoding="utf-8")
    (folder / "messages" / "lead.html").write_text("{% if %}", encoding="utf-8")
    (folder / "messages" / "monthly.txt").unlink()

    assert {("paid.txt", ""), ("lead.html", "line 1"), ("monthly.txt", "")} == set(faults())


def test_a_folder_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    """Rules that are nowhere are told with the setting that names them."""
    with pytest.raises(RulesError) as caught:
        load_rules(tmp_path / "nowhere", "Test")

    assert "programme.rules" in caught.value.faults[0].remedy


def test_words_from_outside_are_escaped_in_html_only(folder: Path) -> None:
    """A company called <script> stays text in both parts of a mail."""
    words = load_rules(folder, "Test").words
    _, text, html = words("lead", partner="P", company="<script>", lead="L-AAAAAAAA")

    assert "<script>" in text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
