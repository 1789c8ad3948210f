"""The command that says how things stand: with the flows, and with partners. Writes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from worker.options import as_of_option, json_option, opened


@click.command()
@click.option("--partners", is_flag=True, help="Show how every partner performs, and the exchange quarter by quarter.")
@click.option("--csv", "as_csv", is_flag=True, help="With --partners: their performance as rows for a spreadsheet.")
@as_of_option
@json_option
@click.pass_obj
def status(config_path: Path, partners: bool, as_csv: bool, as_of: datetime | None, as_json: bool) -> None:
    """Show the health of every flow, what is held, what was spent, and the quarter's exchange with partners."""
    from worker.dealings import present_quarter
    from worker.partner_rows import quarter_as_json
    from worker.show import show_status, status_as_json
    from worker.show_partners import show_quarter
    from worker.upkeep import report

    if as_csv and (not partners or as_json):
        raise click.UsageError("--csv goes with --partners, and without --json")
    if partners:
        _standing(config_path, as_of, as_csv=as_csv, as_json=as_json)
        return
    with opened(config_path, as_of) as app:
        health = report(app)
        if not as_json:
            show_status(health)  # before the tracker is asked, which may be what is down
        found = present_quarter(app)
    if as_json:
        click.echo(json.dumps({**status_as_json(health), "exchange": quarter_as_json(found)}, ensure_ascii=False))
    else:
        show_quarter(found)


def _standing(config_path: Path, as_of: datetime | None, *, as_csv: bool, as_json: bool) -> None:
    from worker.dealings import standing
    from worker.partner_rows import standing_as_csv, standing_as_json
    from worker.show_partners import show_standing

    with opened(config_path, as_of) as app:
        found = standing(app)
    if as_json:
        click.echo(json.dumps(standing_as_json(found), ensure_ascii=False))
    elif as_csv:
        click.echo(standing_as_csv(found), nl=False)
    else:
        show_standing(found)
