"""What Xero does now one way and now another, as attributes to set on the sandbox; the defaults are the common case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False, repr=False)
class Switches:
    """Every doubt of the providers' sheet that a reader of the API has to survive."""

    limits: bool = True  # answer 429 when a window is full; the headers count either way
    scope_required: bool = True  # a token request without scope is refused (docs); the SDK's own sends none
    broad_scopes: bool = False  # apps older than 2026-03 may ask for accounting.transactions
    missing_scope_status: int = 401  # 401 or 403 when the token lacks the scope of a path
    modified_since_inclusive: bool = True  # undocumented: a change at the very second given
    not_modified_304: bool = False  # "nothing new" as 304 in place of 200 with an empty array
    refund_parent_key: bool = False  # False: a refund names its credit under "Invoice", Type and id the credit's
    applied_amounts: bool = True  # AppliedAmount in an invoice's Overpayments and Prepayments; never seen recorded
    date_offset: str = "+0000"  # "" and "+1300" occur
    date_between: str = "T"  # " " in the examples of the description
    zero_dates_on_voided: bool = False  # /Date(0+0000)/ for the dates of voided documents (third party)
    payment_fires_invoice: bool = True  # undocumented: does a payment send an INVOICE event
    merge_moves_documents: bool = False  # undocumented: do merged contacts' documents get a new UpdatedDateUTC
    retry_after: bool = True  # Retry-After on a 429; may be missing for "concurrent"
    url_limit: int = 2_083  # characters; some 50 ids fit in (inferred)
    unpaged_limit: int = 100_000  # rows above which a list without page and filter is refused (pyxero#373)

    def shape(self) -> tuple[object, ...]:
        """Return the switches that change how a record is written."""
        return (
            self.refund_parent_key, self.applied_amounts, self.date_offset, self.date_between,
            self.zero_dates_on_voided,
        )  # fmt: skip
