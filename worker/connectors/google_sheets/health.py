"""What the doctor asks of Google: key, sharing, clock, tabs and columns; each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.setup import Setup
from worker.ports import Check, ServiceError, Unavailable

_SKEW = 60.0  # seconds that clocks may differ


def health(door: Door, setup: Setup) -> Sequence[Check]:
    """Return one finding a line; later ones are left out where an earlier fault makes them pointless."""
    checks = [_spreadsheet(door)]
    if checks[0].ok:
        checks += [*_clock(door), _editor(door), *_tabs(setup)]
    return checks


def _spreadsheet(door: Door) -> Check:
    name = f"Google spreadsheet {door.spreadsheet}"
    try:
        found = door.read("", params=(("fields", "properties.title,sheets.properties.sheetId"),))
    except ServiceError as error:
        return Check(name, False, *_told(error))
    title, tabs = found.get("properties", {}).get("title", ""), len(found.get("sheets") or ())
    return Check(name, True, f"“{title}”, readable by {door.account}, {tabs} tab{'s' if tabs != 1 else ''}")


def _told(error: ServiceError) -> tuple[str, str]:
    """Return what an error says was found, and what to do about it."""
    if isinstance(error, Unavailable):
        return error.text, "try again in a minute"
    said, _, remedy = error.text.rpartition(": ")
    return said or error.text, remedy


def _clock(door: Door) -> Iterator[Check]:
    """Compare our clock with Google's; statement days and months hang on it, and tokens fail with a wrong one."""
    if door.ahead is not None:
        seconds = door.ahead.total_seconds()
        found = f"{abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} Google's"
        yield Check("clock", abs(seconds) < _SKEW, found, "set this machine's clock, best by NTP")


def _editor(door: Door) -> Check:
    name, share = "Google sharing", f"share the spreadsheet with {door.account} as an editor"
    try:
        may = door.file("capabilities(canEdit)").get("capabilities", {}).get("canEdit")
    except ServiceError as error:
        said, remedy = _told(error)
        return Check(name, False, f"Drive says: {said}", remedy)
    return Check(name, may is True, f"{door.account} {'may edit' if may else 'may only look'}", share)


def _tabs(setup: Setup) -> Iterator[Check]:
    try:
        lacks = setup.missing()
    except ServiceError as error:
        yield Check("Google tabs", False, *_told(error))
        return
    for lack in lacks:
        yield Check("Google tabs", False, f"missing: {lack.what}", lack.remedy)
    if not lacks:
        yield Check("Google tabs", True, "all tabs and columns are there, with their lists, formats and protection")
