"""How long the change feed may be trusted: a hook that has ended answers for a week as if nothing had changed."""

from __future__ import annotations

from datetime import timedelta

from tests.connectors.airtable.airtable_stand import Stand


def companies(stand: Stand) -> list[str]:
    return sorted(row.text("Company") for row in stand.tracker().read(["Leads"])["Leads"])


def test_a_hook_that_ends_soon_is_prolonged_before_it_is_used_again(stand: Stand) -> None:
    """Runs six and a half days apart find the hook alive for half a day more: what changes after its end is told too.

    Mutant: `_lasting` that always says yes.
    """
    stand.lead(Company="One")
    companies(stand)
    stand.clock.advance(timedelta(days=6, hours=12))
    assert ["One"] == companies(stand)
    stand.clock.advance(timedelta(days=2))
    stand.lead(Company="Two")

    assert ["One", "Two"] == companies(stand)
    assert 1 == len(stand.airtable.hooks)


def test_a_hook_that_can_not_be_prolonged_is_replaced(stand: Stand) -> None:
    """It ends between the look at it and the wish to prolong it: a new hook takes its place, and the old one goes."""
    stand.lead(Company="One")
    companies(stand)
    (old,) = stand.airtable.hooks
    stand.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    stand.server.before.append(
        lambda request: (
            stand.airtable.clock.set(stand.airtable.hooks[old].expires) if request.path.endswith("/refresh") else None
        )
    )

    assert ["One"] == companies(stand)
    assert [old] != list(stand.airtable.hooks)
    assert 1 == len(stand.airtable.hooks)
