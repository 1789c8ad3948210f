"""Every service at once on loopback, sharing one clock: what the demo and the tests of whole flows talk to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from worker.sandbox.airtable import Airtable
from worker.sandbox.clock import Clock
from worker.sandbox.google import Google
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.mail import Mail
from worker.sandbox.server import Server
from worker.sandbox.slack import Slack
from worker.sandbox.xero import Xero

BASE = "appSandboxBase001"
KEY_FILE = "service-account.json"  # beside config.toml, where settings that name Google look for it


class World:
    """The stand-ins, served; use it as a context manager, or close it."""

    def __init__(self, start: datetime, *, seed: int = 0, running: bool = False) -> None:
        """Start everything at an instant; `running` lets real time pass too."""
        self.clock = Clock(start, running=running)
        self.airtable = Airtable(self.clock, seed=seed, base=BASE)
        self.google = Google(self.clock, seed=seed)
        self.hubspot = HubSpot(self.clock, seed=seed)
        self.xero = Xero(self.clock, seed=seed)
        self.slack = Slack(self.clock, seed=seed)
        self.mail = Mail(self.clock)
        self.mail.start()
        services = (self.airtable, self.google, self.hubspot, self.xero, self.slack)
        self.servers: Mapping[str, Server] = {service.name: Server(service, self.clock) for service in services}

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop every server."""
        for server in self.servers.values():
            server.close()
        self.mail.close()

    def environment(self) -> dict[str, str]:
        """Return the secrets that open the sandbox, by the environment variable that they belong in."""
        return {
            "AIRTABLE_TOKEN": "patSANDBOX",
            "HUBSPOT_TOKEN": "pat-SANDBOX",
            "XERO_CLIENT_ID": "SANDBOX",
            "XERO_CLIENT_SECRET": "sandbox-secret",
            "SLACK_TOKEN": self.slack.token,
        }

    def key_file(self) -> str:
        """Return what belongs into the key file of the service account that the spreadsheet is shared with."""
        return json.dumps(self.google.service_account_info(self.servers["google"].url))

    def settings(self, rules: str, name: str = "Sandbox programme", tracker: str = "airtable") -> str:
        """Return a config.toml that points at the sandbox; `rules` is the folder of the rules."""
        url = {name: server.url for name, server in self.servers.items()}
        trackers = {
            "airtable": f'base = "{BASE}"\ntoken = "env:AIRTABLE_TOKEN"\nendpoint = "{url["airtable"]}"',
            "google-sheets": f'spreadsheet = "{self.google.file.id}"\nservice_account = "file:{KEY_FILE}"\n'
            f'endpoint = "{url["google"]}"\ndrive_endpoint = "{url["google"]}"',
        }
        return f"""\
[programme]
name = "{name}"
rules = "{rules}"

[tracker]
kind = "{tracker}"

[tracker.{tracker}]
{trackers[tracker]}

[crm.hubspot]
token = "env:HUBSPOT_TOKEN"
endpoint = "{url["hubspot"]}"

[ledger.xero]
client_id = "env:XERO_CLIENT_ID"
client_secret = "env:XERO_CLIENT_SECRET"
endpoint = "{url["xero"]}"
identity_endpoint = "{url["xero"]}"

[notify]
channels = ["email", "slack"]

[notify.slack]
token = "env:SLACK_TOKEN"
endpoint = "{url["slack"]}/api/"

[notify.email]
host = "{self.mail.host}"
port = {self.mail.port}
security = "none"
sender = "Partners <partners@sandbox.test>"
"""
