"""What a person types: parses, calls the app, shows what came of it. What is slow to import stands in its command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli_money import COMMANDS
from worker.cli_status import status
from worker.config import TRACKERS
from worker.options import CHANGES, DONE, FAILED, STOPPED, as_of_option, json_option, opened
from worker.rules import FLOWS
from worker.toml_reader import FaultyFiles

if TYPE_CHECKING:
    from worker.engine.runs import Outcome


class _ConfigAnywhere(click.Group):
    """A group whose --config may stand after the command too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put --config first, where click looks for it."""
        words, ours, others = iter(args), list[str](), list[str]()
        for word in words:
            if word == "--config":
                ours += [word, *islice(words, 1)]
            else:
                (ours if word.startswith("--config=") else others).append(word)
        return super().parse_args(ctx, [*ours, *others])


@click.group(cls=_ConfigAnywhere, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", "config_path", type=click.Path(path_type=Path), envvar="QUARTERDAY_CONFIG",
              default=Path("config.toml"), show_default=True, help="The settings of the programme.")  # fmt: skip
@click.version_option(package_name="quarterday")
@click.pass_context
def cli(context: click.Context, config_path: Path) -> None:
    """Partner leads and commissions: from the row in the tracker to the paid statement."""
    context.obj = config_path


def main() -> None:
    """Run the command line; faults in files are listed and end with exit code 1."""
    try:
        cli(prog_name="quarterday")
    except FaultyFiles as error:
        _say_faults(error)
        sys.exit(FAILED)
    except Exception as error:
        words = _words(error)
        if words is None:
            raise
        click.secho(words, fg="red", err=True)
        sys.exit(FAILED)


def _words(error: Exception) -> str | None:
    """Return what to say of an error that is no fault of ours: a service or the state that can't be reached."""
    from worker.engine.store import StoreError
    from worker.ports import ServiceError, UnsafePlan

    return str(error) if isinstance(error, ServiceError | StoreError | UnsafePlan) else None


def _say_faults(error: FaultyFiles) -> None:
    many = len(error.faults)
    click.secho(f"{many} thing{'s' if many != 1 else ''} to mend before anything starts:", fg="red", err=True)
    for fault in error.faults:
        click.echo(f"  • {fault}", err=True)


_flows = click.argument("flows", nargs=-1, type=click.Choice(FLOWS), metavar="[FLOW]...")


def _chosen(flows: Sequence[str]) -> Sequence[str]:
    from worker.app import DEFAULT_FLOWS

    return tuple(dict.fromkeys(flows)) or DEFAULT_FLOWS


@cli.command()
@_flows
@as_of_option
@json_option
@click.option("--period", help="Also make the statements of this period by hand, as 2026-Q1.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there is something to change.")
@click.pass_obj
def plan(
    config_path: Path, flows: Sequence[str], as_of: datetime | None, as_json: bool, period: str | None,
    detailed_exitcode: bool,
) -> None:  # fmt: skip
    """Show what `run` would change and why; write nothing."""
    from worker.approvals import together
    from worker.show_plans import plan_as_json, show_plans

    with opened(config_path, as_of) as app:
        planned = app.plan(_chosen(flows), period=_period(period, flows))
    digest = together(planned.plans) if planned.plans else None
    if as_json:
        click.echo(json.dumps(plan_as_json(planned.plans, digest, planned.failures), ensure_ascii=False))
    else:
        show_plans(planned.plans, digest, planned.failures, _run_command(flows, period))
    changes = any(len(one) for one in planned.plans.values())
    sys.exit(FAILED if planned.failures else CHANGES if changes and detailed_exitcode else DONE)


def _run_command(flows: Sequence[str], period: str | None) -> str:
    """Return the command that carries out what `plan` showed; a day that was typed for it counts there too."""
    context, words = click.get_current_context(), ["quarterday run", *flows]
    if period:
        words.append(f"--period {period}")
    if context.get_parameter_source("as_of") is click.core.ParameterSource.COMMANDLINE:
        words.append(f"--as-of {context.params['as_of'].isoformat()}")
    return " ".join(words)


def _period(text: str | None, flows: Sequence[str]) -> Any:
    from worker.domain.months import Period

    if text is None:
        return None
    if "statements" not in _chosen(flows):
        named = ", ".join(flows)
        raise click.BadParameter(f"--period makes statements, and no flow of {named} does: add statements")
    try:
        return Period.parse(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a period: write it as 2026-Q1, 2026-03 or 2026-H1") from None


@cli.command()
@_flows
@as_of_option
@json_option
@click.option("--period", help="Make the statements of this period by hand, as 2026-Q1.")
@click.option("--approve", metavar="DIGEST", help="Do the plan with this digest, and no other.")
@click.pass_obj
def run(
    config_path: Path, flows: Sequence[str], as_of: datetime | None, as_json: bool, period: str | None,
    approve: str | None,
) -> None:  # fmt: skip
    """Plan and apply, once, now. Exit 0 done, 1 a flow failed, 3 stopped by a guard."""
    from worker.engine.schedule import stop_on_signals
    from worker.show import progress_bar, results_as_json, show_results

    with opened(config_path, as_of) as app, progress_bar(quiet=as_json) as progress:
        stop_on_signals(app.stop)
        results = app.run(_chosen(flows), approve=approve, period=_period(period, flows), progress=progress)
        as_of_shown = app.clock.now().isoformat()
        name = app.config.programme.name
    code = STOPPED if any(r.state == "stopped" for r in results.values()) else DONE
    code = FAILED if any(_failed(outcome) for outcome in results.values()) else code
    if as_json:
        click.echo(json.dumps(results_as_json(name, as_of_shown, results, code), ensure_ascii=False))
    else:
        show_results(results)
    sys.exit(code)


def _failed(outcome: Outcome) -> bool:
    return outcome.state in ("failed", "busy") or bool(outcome.result and outcome.result.errors)


@cli.command()
@click.pass_obj
def start(config_path: Path) -> None:
    """Run as the long-running worker: every flow on its clock, until stopped."""
    from worker.long_run import work

    with opened(config_path) as app:
        sys.exit(work(app))


@cli.command()
@click.argument("key")
@as_of_option
@json_option
@click.pass_obj
def explain(config_path: Path, key: str, as_of: datetime | None, as_json: bool) -> None:
    """Show the chain behind a lead, a line or a statement, by its KEY."""
    from worker.explain import explained
    from worker.show import show_chain

    with opened(config_path, as_of) as app:
        chain = explained(app, key)
    if chain is None:
        click.secho(f"{key} is not the key of a lead, a line or a statement of this programme", fg="red", err=True)
        sys.exit(FAILED)
    if as_json:
        click.echo(json.dumps(chain, ensure_ascii=False))
    else:
        show_chain(chain)


@cli.command()
@click.argument("key", required=False)
@click.option("--skip", is_flag=True, help="Never send it instead.")
@click.pass_obj
def retry(config_path: Path, key: str | None, skip: bool) -> None:
    """Send what is held for KEY (a notice or a statement) again; without KEY list what is held."""
    from worker.show import show_held
    from worker.upkeep import retry as free

    with opened(config_path) as app:
        if key is None:
            show_held(app.journal.held())
            return
        try:
            click.echo(free(app, key, skip=skip))
        except LookupError as error:
            click.secho(str(error), fg="red", err=True)
            sys.exit(FAILED)


@cli.command()
@click.option("--apply", "apply_it", is_flag=True, help="Make what is missing.")
@json_option
@click.pass_obj
def setup(config_path: Path, apply_it: bool, as_json: bool) -> None:
    """Show which tables, columns and CRM properties are missing; with --apply make them."""
    from worker.show import show_missing
    from worker.upkeep import set_up

    with opened(config_path) as app:
        missing, left, renamed = set_up(app, apply_it)
    if as_json:
        found = [{"service": s, "what": m.what, "remedy": m.remedy, "makeable": m.makeable} for s, m in missing]
        names = {"renamed": list(renamed)} if renamed else {}
        click.echo(json.dumps({"missing": found, "left": [m.what for _, m in left], **names}, ensure_ascii=False))
    else:
        show_missing(missing, left, apply_it)
        for words in renamed:
            click.echo(f"Known by its id: {words}.")
    sys.exit(FAILED if left and apply_it else DONE)


@cli.command()
@json_option
@click.pass_obj
def doctor(config_path: Path, as_json: bool) -> None:
    """Check tokens, scopes, columns, stages, rules and the clock; exit 1 on a fault."""
    from worker.show import show_checks
    from worker.upkeep import doctor as examine

    with opened(config_path) as app:
        checks = examine(app)
    if as_json:
        found = [{"check": c.name, "ok": c.ok, "found": c.found, "remedy": c.remedy} for c in checks]
        click.echo(json.dumps({"checks": found}, ensure_ascii=False))
    else:
        show_checks(checks)
    sys.exit(DONE if all(check.ok for check in checks) else FAILED)


@cli.command()
@click.option("--force", is_flag=True, help="Write over a config.toml that is there.")
@click.pass_obj
def init(config_path: Path, force: bool) -> None:
    """Write config.toml by asking; secrets stay in environment variables."""
    from worker.init import ask

    if config_path.exists() and not force:
        click.secho(f"{config_path} is there already; --force writes over it", fg="red", err=True)
        sys.exit(FAILED)
    ask(config_path)


@cli.command()
@click.option("--serve", is_flag=True, help="Keep the sandbox and the worker running, with pages to play in.")
@click.option("--port", default=8100, show_default=True, help="Where the pages are, with --serve.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Keep config and state here instead of a temporary folder."
)
@click.option(
    "--tracker", type=click.Choice(TRACKERS), default="airtable", show_default=True, help="Where the leads stand."
)
def demo(serve: bool, port: int, folder: Path | None, tracker: str) -> None:
    """Play a year of a made-up programme against stand-ins of every service; needs no account."""
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    from worker.demo import play

    sys.exit(play(serve=serve, port=port, folder=folder, tracker=tracker))


for _command in (status, *COMMANDS):
    cli.add_command(_command)
