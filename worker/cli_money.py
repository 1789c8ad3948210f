"""The commands that look at money and write nothing: parse, read, conclude, show."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from worker.options import DONE, FAILED, as_of_option, json_option, opened


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
    found = verified(money.rows, money.facts, money.today)
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


COMMANDS: Sequence[click.Command] = (verify, forecast)
