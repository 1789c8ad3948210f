"""Settings → the connector of each service. SDKs are imported here, when they are wanted, not at start-up.

It decides nothing and calls nobody; app.py says when connectors are built and how long they live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.engine.memory import StoreMemory
from worker.engine.store import Store
from worker.engine.turns import StoreTurns
from worker.ports import Caller, Clock, Crm, Ledger, Notifier, Tracker
from worker.settings import Config


@dataclass(frozen=True, slots=True)
class Services:
    """One object per service: what a round reads and writes through."""

    tracker: Tracker
    crm: Crm
    ledger: Ledger


def build_services(config: Config, statuses: Sequence[str], *, store: Store, caller: Caller, clock: Clock) -> Services:
    """Build the connectors of a round; `statuses` are all that a lead can have."""
    from worker.connectors.hubspot import HubSpotCrm
    from worker.connectors.xero import XeroLedger

    space = config.programme.name
    crm = HubSpotCrm(
        token=config.hubspot.token, endpoint=config.hubspot.endpoint, pipeline=config.hubspot.pipeline,
        stage=config.hubspot.stage, interval_property=config.hubspot.interval_property,
        term_property=config.hubspot.term_property, caller=caller, memory=StoreMemory(store, f"{space}/hubspot"),
        clock=clock,
    )  # fmt: skip
    ledger = XeroLedger(
        client_id=config.xero.client_id, client_secret=config.xero.client_secret, tenant=config.xero.tenant,
        endpoint=config.xero.endpoint, identity_endpoint=config.xero.identity_endpoint, caller=caller,
        memory=StoreMemory(store, f"{space}/xero"), clock=clock,
    )  # fmt: skip
    return Services(_tracker(config, statuses, store, caller, clock), crm, ledger)


def _tracker(config: Config, statuses: Sequence[str], store: Store, caller: Caller, clock: Clock) -> Tracker:
    space, zone = config.programme.name, config.programme.time_zone
    if config.google_sheets is not None:
        from worker.connectors.google_sheets import GoogleSheetsTracker

        sheets = config.google_sheets
        return GoogleSheetsTracker(
            spreadsheet=sheets.spreadsheet, service_account=sheets.service_account, endpoint=sheets.endpoint,
            drive_endpoint=sheets.drive_endpoint, columns=config.columns, caller=caller,
            memory=StoreMemory(store, f"{space}/google-sheets"), clock=clock, statuses=statuses, time_zone=zone,
            turns=StoreTurns(store, f"{space}/google-sheets", clock, caller),
        )  # fmt: skip
    from worker.connectors.airtable import AirtableTracker

    assert config.airtable is not None  # one of the two was chosen
    return AirtableTracker(
        base=config.airtable.base, token=config.airtable.token, endpoint=config.airtable.endpoint,
        monthly_calls=config.airtable.monthly_calls, columns=config.columns, caller=caller,
        memory=StoreMemory(store, f"{space}/airtable"), clock=clock, statuses=statuses, time_zone=zone,
    )  # fmt: skip


def build_notifiers(config: Config, *, store: Store, caller: Caller, clock: Clock) -> dict[str, Notifier]:
    """Build the configured ways to tell people, by channel."""
    notifiers: dict[str, Notifier] = {}
    if config.email is not None:
        from worker.connectors.email import EmailNotifier

        mail = config.email
        notifiers["email"] = EmailNotifier(
            host=mail.host, port=mail.port, security=mail.security, username=mail.username, password=mail.password,
            sender=mail.sender, caller=caller, clock=clock,
        )  # fmt: skip
    if config.slack is not None:
        from worker.connectors.slack import SlackNotifier

        notifiers["slack"] = SlackNotifier(
            token=config.slack.token, endpoint=config.slack.endpoint, caller=caller, clock=clock,
            memory=StoreMemory(store, f"{config.programme.name}/slack"),
        )  # fmt: skip
    return notifiers
