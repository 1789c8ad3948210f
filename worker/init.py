"""`quarterday init`: writes config.toml by asking; secrets are named, never asked for."""

from __future__ import annotations

import re
from pathlib import Path

import click


def _text(value: str) -> str:
    """Return a TOML text."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ask(path: Path) -> None:
    """Ask for what has no default and write the file."""
    click.echo(
        "A few questions; Enter takes what stands in brackets. Tokens are not asked for: they stay in the environment."
    )
    name = click.prompt("Name of the programme", default="Partner programme")
    zone = click.prompt("Time zone", default="Europe/London")
    currency = click.prompt("Currency", default="GBP").upper()
    base = click.prompt("Airtable base, its id or its address", value_proc=_base)
    pipeline = click.prompt("HubSpot pipeline for leads, its id", default="default")
    stage = click.prompt("HubSpot stage of a new lead, its id", default="appointmentscheduled")
    channels = [c for c in ("email", "slack") if click.confirm(f"Tell partners by {c}?", default=c == "email")]
    lines = [
        "[programme]", f"name = {_text(name)}", f"timezone = {_text(zone)}", f"currency = {_text(currency)}", "",
        "[tracker]", 'kind = "airtable"', "", "[tracker.airtable]", f"base = {_text(base)}",
        'token = "env:AIRTABLE_TOKEN"', "", "[crm.hubspot]", 'token = "env:HUBSPOT_TOKEN"',
        f"pipeline = {_text(pipeline)}", f"stage = {_text(stage)}", "", "[ledger.xero]",
        'client_id = "env:XERO_CLIENT_ID"', 'client_secret = "env:XERO_CLIENT_SECRET"', "", "[notify]",
        f"channels = [{', '.join(_text(c) for c in channels)}]",
    ]  # fmt: skip
    if "slack" in channels:
        lines += ["", "[notify.slack]", 'token = "env:SLACK_TOKEN"']
    if "email" in channels:
        host = click.prompt("SMTP host")
        username = click.prompt("SMTP user (empty: none)", default="", show_default=False)
        sender = click.prompt("Sender of mails, as partners@example.com")
        lines += ["", "[notify.email]", f"host = {_text(host)}", f"sender = {_text(sender)}"]
        if username:
            lines += [f"username = {_text(username)}", 'password = "env:SMTP_PASSWORD"']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{path} is written. Next: set the tokens it names, then `quarterday doctor` and `quarterday setup`.")


def _base(written: str) -> str:
    found = re.search(r"app[A-Za-z0-9]{14}", written)
    if not found:
        raise click.UsageError("it begins with app and has 17 characters; it stands in the base's address")
    return found[0]
