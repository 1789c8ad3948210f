"""The commands that look at money and write nothing: parse, read, conclude, show."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.options import DONE, FAILED, Day, as_of_option, json_option, opened
from worker.toml_reader import FaultyFiles

if TYPE_CHECKING:
    from worker.domain.policy import Rules


def _say(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False))


@click.command()
@as_of_option
@json_option
@click.pass_obj
def verify(config_path: Path, as_of: datetime | None, as_json: bool) -> None:
    """Recompute every line from the facts; exit 1 where a row differs. Writes nothing."""
    from worker.reading import money_of
    from worker.show_money import show_verified, verified_as_json
    from worker.verify import verified

    with opened(config_path, as_of) as app:
        money = money_of(app)
    found = verified(money.read, money.facts, money.today)
    if as_json:
        _say(verified_as_json(found))
    else:
        show_verified(found)
    sys.exit(DONE if found.agrees else FAILED)


@click.command()
@as_of_option
@json_option
@click.pass_obj
def forecast(config_path: Path, as_of: datetime | None, as_json: bool) -> None:
    """Show what is accrued, waiting, confirmed, payable, paid and at risk. Writes nothing."""
    from worker.forecast import forecast as summed
    from worker.reading import money_of
    from worker.show_money import forecast_as_json, show_forecast

    with opened(config_path, as_of) as app:
        money = money_of(app)
    found = summed(money.rows, money.facts, money.today)
    if as_json:
        _say(forecast_as_json(found, money.at))
    else:
        show_forecast(found, money.at)


@click.group()
def rules() -> None:
    """Check the rules, and run the examples in them. Asks no service."""


_folder = click.argument("folder", required=False, type=click.Path(path_type=Path))


def _rules(config_path: Path, folder: Path | None) -> tuple[Path, Rules]:
    """Load the rules of a folder; without one those of the config, which is then checked too."""
    if folder is not None:
        from worker.rules import load_rules

        return folder, load_rules(folder, "").rules
    from worker.app import load

    config, loaded = load(config_path)
    return config.programme.rules, loaded.rules


@rules.command()
@_folder
@json_option
@click.pass_obj
def check(config_path: Path, folder: Path | None, as_json: bool) -> None:
    """Load every file of FOLDER strictly (default: the config's rules), list all faults, show the plans."""
    from worker.show_money import plans_as_json, show_rules

    try:
        place, loaded = _rules(config_path, folder)
    except FaultyFiles as error:
        if not as_json:
            raise
        _say({"faults": [{"file": f.file, "key": f.key, "text": f.text, "remedy": f.remedy} for f in error.faults]})
        sys.exit(FAILED)
    if as_json:
        _say(plans_as_json(str(place), loaded.plans))
    else:
        show_rules(str(place), loaded.plans)


@rules.command()
@_folder
@json_option
@click.pass_obj
def test(config_path: Path, folder: Path | None, as_json: bool) -> None:
    """Run the examples of commissions.toml in FOLDER (default: the config's rules); exit 1 when one fails."""
    from worker.planning.plan_examples import play
    from worker.show_money import examples_as_json, show_examples

    _, loaded = _rules(config_path, folder)
    found = [play(example, loaded.plans, loaded.policy) for example in loaded.plans.examples]
    if as_json:
        _say(examples_as_json(found))
    else:
        show_examples(found)
    sys.exit(DONE if all(one.holds for one in found) else FAILED)


@click.command()
@click.argument("rules_dir", type=click.Path(path_type=Path))
@click.option("--from", "since", type=Day(), required=True, help="Take the deals that were won from this day on.")
@as_of_option
@json_option
@click.pass_obj
def backtest(config_path: Path, rules_dir: Path, since: date, as_of: datetime | None, as_json: bool) -> None:
    """Show what past deals would have earned under the rules in RULES_DIR. Writes nothing."""
    from worker.backtest import backtest as compared
    from worker.reading import money_of
    from worker.rules import load_rules
    from worker.show_money import backtest_as_json, show_backtest

    with opened(config_path, as_of) as app:
        other = load_rules(rules_dir, app.config.programme.name).rules
        money = money_of(app)
    found = compared(money.facts, other.plans, other.policy, since, money.today)
    if as_json:
        _say({"rules": str(rules_dir), "from": since.isoformat(), "as_of": money.at.isoformat(),
              **backtest_as_json(found)})  # fmt: skip
    else:
        show_backtest(found, str(rules_dir), since)


COMMANDS: Sequence[click.Command] = (verify, forecast, rules, backtest)
