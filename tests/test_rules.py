"""rules/*.toml and rules/messages: strict, every fault of every file at once, with file, key and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from worker.planning.plan_examples import play
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


def change(path: Path, old: str, new: str, *, once: bool = False) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1 if once else -1), encoding="utf-8")


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


def test_each_version_reads_otherwise_on_a_line(folder: Path, faults: Faults) -> None:
    """A line knows its plan by name and version alone, so two that read alike would rate each other's deals."""
    path = folder / "commissions.toml"
    change(path, "valid_from = 2024-01-01", "valid_from = 2024-01-01\nvalid_to = 2024-12-31", once=True)
    terms = 'rate = "12"\nmonths = 12\n'
    again = f'\n[[plan]]\nname = "gold"\nversion = "2024-01"\nvalid_from = 2025-01-01\n{terms}'
    alike = [
        f'\n[[plan]]\nname = "{name}"\nversion = "{version}"\nvalid_from = 2024-01-01\n{terms}'
        for name, version in (("a, b", "c"), ("a", "b, c"))
    ]
    path.write_text(path.read_text(encoding="utf-8") + "".join((again, *alike)), encoding="utf-8")

    assert [("commissions.toml", "plan[4].version"), ("commissions.toml", "plan[6].version")] == faults()


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
        ('fee = "0.0001"\ncurrency = "KWD"', "plan[1].fee"),
        ('rate = "10"\ncap_per_deal = "9.5"\ncurrency = "JPY"', "plan[1].cap_per_deal"),
        ('rate = "10"\ncap_per_partner = "9.5"\ncurrency = "JPY"', "plan[1].cap_per_partner"),
        ('tiers = [{from = "0", to = "1000.5", rate = "1"}, {from = "1000.5", rate = "2"}]\ncurrency = "JPY"',
         "plan[1].tiers[1].to"),
        ('tiers = [{from = "0", to = "1000.5", rate = "1"}, {from = "1000.5", rate = "2"}]\ncurrency = "JPY"',
         "plan[1].tiers[2].from"),
        ('rate = "10"\nmode = "marginal"', "plan[1].mode"),
        ('rate = "10"\ntier_period = "year"', "plan[1].tier_period"),
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


def test_a_tier_period_goes_with_a_cap_of_a_partner(folder: Path) -> None:
    """It is the period that the cap counts in, tiers or none."""
    terms = 'rate = "10"\ncap_per_partner = "1e40"\ncurrency = "JPY"\ntier_period = "year"'
    change(folder / "commissions.toml", 'rate = "10"  ', f"{terms} ")

    assert "year" == load_rules(folder, "Test").rules.plans.versions[0].tier_period


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('JPY = "8000"', 'JPY = "8000.5"', "minimum.JPY"),
        ('JPY = "8000"', 'KWD = "0.0001"', "minimum.KWD"),
        ("issue_day = 5 ", "issue_day = 0 ", "issue_day"),
    ],
)
def test_what_statements_can_be_made_of(folder: Path, faults: Faults, old: str, new: str, key: str) -> None:
    """A minimum is no finer than its currency goes, and no statement is made on the last day of its own period."""
    change(folder / "statements.toml", old, new)

    assert [("statements.toml", key)] == faults()


@pytest.mark.parametrize(("period", "day"), [("monthly", 28), ("quarterly", 90), ("half-yearly", 181)])
def test_the_issue_day_is_one_that_every_period_has(folder: Path, faults: Faults, period: str, day: int) -> None:
    """The last of the shortest one is let through, the day after it is a fault."""
    path = folder / "statements.toml"
    change(path, 'period = "quarterly"', f'period = "{period}"')
    change(path, "issue_day = 5 ", f"issue_day = {day} ")
    assert day == load_rules(folder, "Test").rules.policy.issue_day

    change(path, f"issue_day = {day} ", f"issue_day = {day + 1} ")
    assert [("statements.toml", "issue_day")] == faults()


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


# ---- examples -------------------------------------------------------------------------------------------------------


def test_every_shipped_plan_has_an_example(folder: Path) -> None:
    """The examples arrive as they are written, each under its version of its plan."""
    plans = load_rules(folder, "Test").rules.plans
    third = plans.examples[2]

    assert [("gold", "2024-01"), ("silver", "2024-01"), ("bronze", "2024-01")] == [
        (example.plan, example.version) for example in plans.examples
    ]
    assert (("north", Decimal(60)), ("east", Decimal(40))) == third.shares
    assert [(date(2024, 2, 1), Decimal(30000)), (date(2024, 3, 1), Decimal(30000))] == list(third.paid)
    assert 12 == len(third.expect)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('interval = "annual", ', "", "plan[1].example[1].deal.interval"),
        ('value = "12000.00"', 'value = "12000.005"', "plan[1].example[1].deal.value"),
        ('interval = "annual"', 'interval = "yearly"', "plan[1].example[1].deal.interval"),
        (', term_months = 10', "", "plan[2].example[1].deal.term_months"),
        ('currency = "EUR"', 'currency = "euro"', "plan[2].example[1].deal.currency"),
        ("won_on = 2024-01-12", "won_on = 2023-12-31", "plan[1].example[1].won_on"),
        ("won_on = 2024-01-12\n", "", "plan[1].example[1].won_on"),
        ("as_of = 2024-04-05\n", "", "plan[1].example[1].as_of"),
        ('percent = "40"', 'percent = "41"', "plan[3].example[1].shares"),
        ('partner = "east", percent', 'partner = "north", percent', "plan[3].example[1].shares"),
        ('amount = "600", status = "Waiting"', 'amount = "600.5", status = "Waiting"',
         "plan[3].example[1].expect[3].amount"),
        ('amount = "12000.00" }', 'amount = "-1" }', "plan[1].example[1].paid[1].amount"),
        ('month = "2024-01", amount = "74.99"', 'month = "January", amount = "74.99"',
         "plan[2].example[1].expect[1].month"),
        ('partner = "east", month = "2024-06"', 'partner = "west", month = "2024-06"',
         "plan[3].example[1].expect[6].partner"),
        ('partner = "east", month = "2024-06"', 'month = "2024-06"', "plan[3].example[1].expect[6].partner"),
        ('amount = "75.00", status = "Waiting"', 'amount = "75.00", status = "Late"',
         "plan[2].example[1].expect[6].status"),
        ('amount = "75.00", status = "Waiting"', 'amount = "75.00", sum = "1", status = "Waiting"',
         "plan[2].example[1].expect[6].sum"),
        ("paid = [{ date = 2024-01-12", "payed = [{ date = 2024-01-12", "plan[1].example[1].payed"),
    ],
)  # fmt: skip
def test_an_example_is_read_strictly(folder: Path, faults: Faults, old: str, new: str, key: str) -> None:
    """A fault in an example is named by its key in the file."""
    change(folder / "commissions.toml", old, new)

    assert ("commissions.toml", key) in faults()


def test_the_names_of_examples_differ(folder: Path, faults: Faults) -> None:
    """Two examples of one plan with one name are a fault, since nobody could tell which failed."""
    path = folder / "commissions.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[plan.example]]"), text.index('[[plan]]\nname = "silver"')
    path.write_text(text[:end] + text[start:end] + text[end:], encoding="utf-8")

    assert [("commissions.toml", "plan[1].example")] == faults()


def test_a_plan_without_examples_loads(folder: Path) -> None:
    """Examples may be left out, and a plan with a fee needs neither value nor interval in them."""
    path = folder / "commissions.toml"
    path.write_text(
        """[[plan]]
name = "finder"
version = "1"
valid_from = 2024-01-01
fee = "250.00"
currency = "GBP"
months = 1

[[plan.example]]
name = "a fee"
deal = { currency = "GBP" }
won_on = 2024-01-12
paid = [{ date = 2024-01-20, amount = "10.00" }]
as_of = 2024-02-01
expect = [{ month = "2024-01", amount = "250.00", status = "Confirmed" }]

[[plan]]
name = "bare"
version = "1"
valid_from = 2024-01-01
rate = "1"
months = 1
""",
        encoding="utf-8",
    )
    rules = load_rules(folder, "Test").rules

    assert ["a fee"] == [example.name for example in rules.plans.examples]
    assert [True] == [play(example, rules.plans, rules.policy).holds for example in rules.plans.examples]


# ---- conversion -----------------------------------------------------------------------------------------------------

RATES = """
source = "ECB"
time = "16:00 CET"
[[rate]]
date = 2026-03-31
from = "GBP"
to = "EUR"
rate = "1.1712"
"""


def converts(folder: Path, rates: str | None = RATES, policy: str = 'to = "partner"') -> None:
    """Let the rules convert, at these rates."""
    change(folder / "commissions.toml", "\n[[plan]]", f"\n[policy.conversion]\n{policy}\n\n[[plan]]", once=True)
    if rates is not None:
        (folder / "rates.toml").write_text(rates, encoding="utf-8")


def test_rates_arrive_as_written(folder: Path) -> None:
    """Whose they are, at which time of the day, and each rate to its last digit; month-end unless it is said."""
    converts(folder)
    rules = load_rules(folder, "Test").rules.policy.conversion

    assert rules is not None
    assert ("month-end", "ECB, 2026-03-31 16:00 CET") == (rules.on, rules.at(date(2026, 3, 31)))
    assert {(date(2026, 3, 31), "GBP", "EUR"): Decimal("1.1712")} == rules.rates


def test_conversion_is_off_as_shipped(folder: Path) -> None:
    """Without [policy.conversion] nothing is converted, whether there are rates or not."""
    assert load_rules(folder, "Test").rules.policy.conversion is None
    (folder / "rates.toml").write_text(RATES, encoding="utf-8")
    assert load_rules(folder, "Test").rules.policy.conversion is None


def test_conversion_needs_its_rates(folder: Path, faults: Faults) -> None:
    """A file of rates that is missing is a fault."""
    converts(folder, None, 'to = "partner"\ndate = "won"')

    assert [("rates.toml", ""), ("rates.toml", "source")] == faults()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('source = "ECB"', "", "source"),
        ('source = "ECB"', 'source = "ECB (daily)"', "source"),
        ('time = "16:00 CET"', 'time = "16:00; CET"', "time"),
        ('time = "16:00 CET"', 'hour = "16"', "hour"),
        ("date = 2026-03-31", "", "rate[1].date"),
        ('from = "GBP"', 'from = "gbp"', "rate[1].from"),
        ('to = "EUR"', "", "rate[1].to"),
        ('to = "EUR"', 'to = "GBP"', "rate[1].to"),
        ('rate = "1.1712"', 'rate = "0"', "rate[1].rate"),
        ('rate = "1.1712"', "", "rate[1].rate"),
        ('rate = "1.1712"', 'rate = "1.1712"\nnote = "x"', "rate[1].note"),
        ("[[rate]]", '[[rate]]\ndate = 2026-03-31\nfrom = "GBP"\nto = "EUR"\nrate = "1"\n[[rate]]', "rate[2]"),
    ],
)  # fmt: skip
def test_rates_are_read_strictly(folder: Path, faults: Faults, old: str, new: str, key: str) -> None:
    """Whatever is missing, twice, not positive or not known is told with its place."""
    assert old in RATES
    converts(folder, RATES.replace(old, new))

    assert ("rates.toml", key) in faults()


@pytest.mark.parametrize(
    ("policy", "key"),
    [("", "policy.conversion.to"), ('to = "us"', "policy.conversion.to"),
     ('to = "partner"\ndate = "today"', "policy.conversion.date"),
     ('to = "partner"\nday = "won"', "policy.conversion.day")],
)  # fmt: skip
def test_the_policy_of_conversion_is_read_strictly(folder: Path, faults: Faults, policy: str, key: str) -> None:
    """What is not known, or not said, is told."""
    converts(folder, RATES, policy)

    assert [("commissions.toml", key)] == faults()


def test_an_example_may_have_a_partner_abroad(folder: Path) -> None:
    """An example with partner_currency shows lines in that currency where their months are over."""
    converts(folder, RATES.replace("2026-03-31", "2024-01-31"))
    example = """
[[plan.example]]
name = "paid in euros"
deal = { value = "1000.00", interval = "monthly", currency = "GBP" }
partner_currency = "EUR"
won_on = 2024-01-05
paid = [{ date = 2024-01-06, amount = "1000.00" }]
as_of = 2024-02-02
expect = [
  { month = "2024-01", amount = "117.12", status = "Confirmed" },
  { month = "2024-02", amount = "100.00", status = "Expected" },
]
"""
    change(folder / "commissions.toml", "months = 12                   # 0: as long as the client pays",
           f"months = 2\n{example}", once=True)  # fmt: skip
    loaded = load_rules(folder, "Test").rules
    abroad = next(one for one in loaded.plans.examples if one.partner_currency)

    assert play(abroad, loaded.plans, loaded.policy).holds
