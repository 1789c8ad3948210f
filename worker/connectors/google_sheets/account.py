"""The service account and its session: gspread's plain client on google-auth, sent to the configured addresses.

gspread's object layer and its BackOffHTTPClient are not used: the first turns phone numbers into numbers, the second
sends appends again (measured with 6.2.1, 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gspread
from google.oauth2.service_account import Credentials
from gspread.http_client import HTTPClient
from requests import Response

from worker.ports import Unauthorised

SERVICE = "Google Sheets"
SHEETS, DRIVE = "https://sheets.googleapis.com", "https://www.googleapis.com"
SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",  # for the doctor: may this account edit the file?
)
TIMEOUT = (5.0, 190.0)  # seconds to connect, to read; Google itself gives up after 180 (docs, 2026-11)


class KeyFile(Credentials):
    """A key file's credentials that speak to nobody but the token endpoint.

    Since 2026 google-auth also asks iamcredentials.googleapis.com, in a thread, in which regions a key may be used; the
    answer only matters to regional endpoints, which Sheets has none of (SDK source, 2.62).
    """

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class SheetsHttp(HTTPClient):  # type: ignore[misc]  # gspread has no types
    """gspread's client at our addresses; it hands back every answer as it came and raises none.

    gspread imports its addresses by name, so they are changed here, one call at a time (measured, 2026-11).
    """

    endpoint = SHEETS
    drive_endpoint = DRIVE

    def request(self, method: str, endpoint: str, *, params: Any = None, data: bytes | None = None) -> Response:
        """Send one request and return the answer, whatever its status; redirects are not followed."""
        for theirs, ours in ((SHEETS, self.endpoint), (DRIVE, self.drive_endpoint)):
            if endpoint.startswith(theirs):
                endpoint = ours + endpoint[len(theirs) :]
        headers = {} if data is None else {"Content-Type": "application/json"}
        reply: Response = self.session.request(
            method, endpoint, params=params, data=data, headers=headers, timeout=self.timeout, allow_redirects=False
        )
        return reply


def key_of(text: str) -> Mapping[str, str]:
    """Parse a service account's key file; Unauthorised, in words, when it is none."""
    try:
        info = json.loads(text)
    except ValueError:
        info = None
    if not isinstance(info, dict) or not {"client_email", "private_key", "token_uri"} <= info.keys():
        raise Unauthorised(SERVICE, "the key file is not that of a service account: download its JSON key again")
    return info


def connect(info: Mapping[str, str], endpoint: str, drive_endpoint: str) -> SheetsHttp:
    """Return a client for a service account; nothing is asked yet. Unauthorised when its private key can't be read."""
    try:
        credentials = KeyFile.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
    except ValueError as error:
        words = "the key file's private key can't be read: download the service account's JSON key again"
        raise Unauthorised(SERVICE, words) from error
    client = gspread.Client(auth=credentials, http_client=SheetsHttp)
    client.set_timeout(TIMEOUT)
    http: SheetsHttp = client.http_client
    http.endpoint, http.drive_endpoint = endpoint.rstrip("/"), drive_endpoint.rstrip("/")
    http.session.headers["User-Agent"] = "quarterday (gzip)"  # Google zips only for those who say so here too (docs)
    return http
