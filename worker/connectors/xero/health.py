"""What the doctor asks of Xero: the token, the organisation, each scope by one call, the calls left today."""

from __future__ import annotations

from collections.abc import Iterator

from worker.connectors.xero.api import CONTACTS, INVOICES, PAYMENTS, Door, Json
from worker.connectors.xero.tokens import SCOPES
from worker.ports import Check, ServiceError

RESERVE = 100  # calls of the day; below it a round or two is all that can still be read

_CREDENTIALS = (
    "Take client_id and client_secret from the custom connection at developer.xero.com/app/manage, with the scopes "
    f"{SCOPES.replace(' ', ', ')}, and let somebody with admin rights authorise it."
)
_TENANT = "Leave tenant empty for a custom connection; authorise the connection again for the right organisation."
_DAY = "Wait for Xero's next day, run the cash flow less often, or move the app to a larger tier."


def examine(door: Door) -> Iterator[Check]:
    """Yield one line a check; without a token, or without access to the organisation, the rest is not asked."""
    try:
        door.token()
    except ServiceError as error:
        yield Check("Xero token", False, error.text, _CREDENTIALS)
        return
    yield Check("Xero token", True, "the custom connection gives out a token")
    try:
        organisation = door.organisation()
    except ServiceError as error:
        yield Check("Xero organisation", False, error.text, _TENANT)
    else:
        yield Check("Xero organisation", True, _described(organisation))
    for kind, what in ((INVOICES, "invoices"), (PAYMENTS, "payments"), (CONTACTS, "contacts")):
        try:
            there = door.page(kind, 1, size=1).count
        except ServiceError as error:
            remedy = f"Tick {kind.scope} in the app's scopes and authorise the connection again."
            yield Check(f"Xero {what}", False, error.text, remedy)
        else:
            counted = "can be read" if there is None else f"can be read: {there:,}"
            yield Check(f"Xero {what}", True, counted)
    if door.day_left is not None:
        left = f"{door.day_left:,} calls left today"
        enough = door.day_left >= RESERVE
        yield Check("Xero calls", enough, left, "" if enough else _DAY)


def _described(row: Json) -> str:
    kind = "the demo company" if row.get("IsDemoCompany") is True else "a live organisation"
    return f"{row.get('Name') or 'without a name'}: {kind}, base currency {row.get('BaseCurrency') or 'unknown'}"
