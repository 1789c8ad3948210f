"""What the commands have in common: options, exit codes, and how they open the app. Imports nothing slow."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from worker.app import App

_NOW = "QUARTERDAY_NOW"
DONE, FAILED, CHANGES, STOPPED = 0, 1, 2, 3


class Instant(click.ParamType[datetime]):
    """An instant in RFC 3339, with its zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text; a time without its zone is refused."""
        try:
            at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            self.fail(f"{value!r} is not a time: write it as 2026-04-05T08:00:00Z", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no zone: write it as 2026-04-05T08:00:00Z", param, ctx)
        return at


class Day(click.ParamType[date]):
    """A calendar day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the text."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as 2026-01-31", param, ctx)


def _not_emptied(_context: click.Context, param: click.Parameter, value: datetime | None) -> datetime | None:
    """Refuse a variable that is set to nothing: whoever set it meant another time than this machine's."""
    if value is None and os.environ.get(_NOW) == "":
        raise click.BadParameter(f"{_NOW} is set but empty: give it a time, or unset it", param=param)
    return value


as_of_option = click.option(
    "--as-of", type=Instant(), envvar=_NOW, callback=_not_emptied, help="Take this for now, as 2026-04-05T08:00:00Z."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def opened(config_path: Path, as_of: datetime | None = None, **options: Any) -> App:
    """Read config and rules and open the app."""
    from worker.app import App, load
    from worker.logs import set_up_logs

    set_up_logs()
    config, loaded = load(config_path)
    return App(config, loaded, as_of=as_of, **options)
