"""What is done around the runs: freeing what is held, making what is missing, checking everything, reporting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from worker.app import App
from worker.engine.journal import Message
from worker.engine.runs import Health, health
from worker.planning.money_notices import statement_notice_key
from worker.ports import Check, Crm, KnowsByIds, Ledger, Missing, Notifier, ServiceError, Tracker
from worker.toml_reader import RulesError

_STATEMENT = re.compile(r"\d{4}[^/]*/[^/]+/[A-Z]{3}\Z")  # the key of a statement, not of a notice


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls to the tracker: of this month where its plan has a `monthly` limit, else of the last 31 days."""

    calls: int
    monthly: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What `status` shows."""

    programme: str
    at: datetime
    flows: Sequence[Health]
    messages: Mapping[str, int]
    held: Sequence[Message]
    spent: Spent


def retry(app: App, key: str, *, skip: bool) -> str:
    """Free what is held for a notice or a statement, or never send it; return what was done, in words.

    LookupError where nothing is known of the key.
    """
    of_statement = _STATEMENT.match(key) is not None
    notice = statement_notice_key(key) if of_statement else key
    known = bool(app.journal.states([notice]))
    if not known and not of_statement:
        raise LookupError(f"nothing is known of {key}: `quarterday retry` lists what is held")
    if skip:
        app.journal.skip([notice])
        app.memory.save("retries", {notice: "skipped"})
        return f"{key} is not sent any more"
    if freed := app.journal.retry(notice):
        return f"{freed} message{'s' if freed > 1 else ''} of {key} will be sent by the next run"
    if known:
        return f"{key} is not held"
    app.memory.save("retries", {notice: "resend"})
    return f"{key} will be sent by the next run of statements"


class SetUp(NamedTuple):
    """What was missing, by service; what is still missing; and what of the tracker's goes by another name."""

    missing: Sequence[tuple[str, Missing]]
    left: Sequence[tuple[str, Missing]]
    renamed: Sequence[str] = ()


def set_up(app: App, apply_it: bool) -> SetUp:
    """Return what is missing in tracker and CRM, and what is still missing after making what can be made."""
    services = app.services()
    missing = [(part.name, one) for part in (services.tracker, services.crm) for one in part.missing()]
    if not apply_it or not missing:
        return SetUp(missing, missing, _renamed(services.tracker))
    for part in (services.tracker, services.crm):
        own = [one for name, one in missing if name == part.name and one.makeable]
        if own:
            part.make(own)
    again = app.services()
    left = [(part.name, one) for part in (again.tracker, again.crm) for one in part.missing()]
    return SetUp(missing, left, _renamed(again.tracker))


def _renamed(tracker: Tracker) -> Sequence[str]:
    return tracker.renamed() if isinstance(tracker, KnowsByIds) else ()


def doctor(app: App) -> list[Check]:
    """Check every service, the rules against the pipeline, and the clock."""
    services = app.services()
    checks = [Check("config", True, f"{app.config.path}, rules in {app.config.programme.rules}")]
    checks += [
        Check("config", False, f"{key} stands in the file itself", "Write env:NAME or file:PATH instead.")
        for key in app.config.literal_secrets
    ]
    parts: list[Tracker | Crm | Ledger | Notifier] = [services.tracker, services.crm, services.ledger]
    for part in (*parts, *app.notifiers().values()):
        try:
            checks += part.check()
        except ServiceError as error:
            checks.append(Check(part.name, False, str(error), "See whether the service is up, then run doctor again."))
    try:
        app.check_stages(app.programme(services))
        checks.append(Check("rules", True, "every stage of the pipeline has a status"))
    except RulesError as error:
        checks += [Check("rules", False, f"{f.key} {f.text}", f.remedy) for f in error.faults]
    return checks


def report(app: App) -> Report:
    """Return how every flow fares, what is held or waiting, and what was spent."""
    config, now = app.config, app.clock.now()
    return Report(
        programme=config.programme.name, at=now, flows=health(app.store, config.programme.name),
        messages={str(state): count for state, count in app.journal.counts().items()},
        held=tuple(app.journal.held()), spent=spent(app, now.date()),
    )  # fmt: skip


def spent(app: App, today: date) -> Spent:
    """Return what the chosen tracker has cost lately."""
    if (airtable := app.config.airtable) is not None:
        calls = app.caller.usage(f"airtable.{airtable.base}.month", today.replace(day=1))
        return Spent(calls, airtable.monthly_calls)
    assert app.config.google_sheets is not None  # one of the two was chosen
    account = json.loads(app.config.google_sheets.service_account)["client_email"]
    limits = [f"google-sheets.{account}.{kind}" for kind in ("read", "write")]
    return Spent(sum(app.caller.usage(limit, today - timedelta(days=30)) for limit in limits), None)
