"""What a run may spend, counted at the sandbox's request log: calls, not time, are what the user pays for."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Desk
from worker.sandbox.world import World


def counted(world: World) -> dict[str, int]:
    """Return how many calls each service has had; token requests and webhooks' set-up included."""
    return {name: len(server.log) for name, server in world.servers.items()}


def spent(world: World, before: dict[str, int]) -> dict[str, int]:
    """Return the calls since."""
    return {name: count - before[name] for name, count in counted(world).items()}


def seed_leads(desk: Desk, count: int) -> None:
    """Add partners and leads of as many new companies, in few transactions."""
    for n in range(4):
        desk.partner(f"Partner {n}", Email=f"money@partner-{n}.test")
    desk.hands.add_rows("Leads", new_leads(count), form=True)


def new_leads(count: int) -> list[dict[str, str]]:
    """Return rows of as many new companies, of the four partners in turn."""
    return [
        {"Partner": f"Partner {n % 4}", "Company": f"Company {n:04d}", "Website": f"company-{n:04d}.test",
         "First name": "Jo", "Last name": "Doe", "Email": f"jo@company-{n:04d}.test"}
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.slow
def test_a_thousand_new_leads(desk: Desk) -> None:
    """1,000 new leads with new companies cost HubSpot at most 40 calls and Airtable at most 230."""
    desk.run("intake")
    seed_leads(desk, 1000)
    desk.later(minutes=2)
    before = counted(desk.world)

    outcome = desk.run("intake")["intake"]

    cost = spent(desk.world, before)
    assert "in sync" == outcome.state
    assert 1000 == len(desk.world.hubspot.deals())
    assert cost["hubspot"] <= 40
    assert cost["airtable"] <= 230


@pytest.mark.slow
def test_nothing_changed_among_five_thousand(desk: Desk) -> None:
    """A round of intake, stages and cash over 5,000 quiet rows, deals and invoices costs at most 2, 1 and 3 calls."""
    seed_leads(desk, 100)
    desk.run("intake")
    world = desk.world
    desk.hands.add_rows("Leads", [
        {"Lead": f"L-{n:08d}".translate(str.maketrans("0189", "ABCD")), "Partner": "Partner 1", "Company": f"Old {n}",
         "Email": f"jo@old-{n}.test", "Status": "Qualified",
         "Deal ID": world.hubspot.add_deal({"dealname": f"Old {n}"})}
        for n in range(4900)
    ])  # fmt: skip
    contact = world.xero.add_contact("Client")
    for n in range(5000):
        world.xero.invoice(contact, "100", reference=f"none {n}", number=f"INV-{n}")
    desk.later(minutes=10)
    desk.run("intake", "stages", "cash")
    desk.later(minutes=10)
    desk.run("intake", "stages", "cash")
    desk.later(minutes=10)
    before = counted(world)

    outcomes = desk.run("intake", "stages", "cash")

    cost = spent(world, before)
    tokens = len([c for c in world.servers["xero"].log[before["xero"] :] if c.path.startswith("/connect/")])
    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert cost["airtable"] <= 2
    assert cost["hubspot"] <= 1
    assert cost["xero"] - tokens <= 3


def test_a_thousand_changed_invoices(desk: Desk) -> None:
    """1,000 invoices that changed since the last look cost at most three calls."""
    world = desk.world
    contact = world.xero.add_contact("Client")
    made = [world.xero.invoice(contact, "100", reference=f"none {n}", number=f"INV-{n}") for n in range(1000)]
    desk.later(minutes=10)
    desk.run("cash")
    desk.later(minutes=10)
    for invoice in made:
        world.xero.edit(invoice, reference="still none")
    desk.later(minutes=10)
    before = counted(world)

    desk.run("cash")

    tokens = len([c for c in world.servers["xero"].log[before["xero"] :] if c.path.startswith("/connect/")])
    assert spent(world, before)["xero"] - tokens <= 3


def test_waiting_leaves_the_limits_alone(desk: Desk) -> None:
    """A burst of work is paced: no service ever answers 429."""
    seed_leads(desk, 60)
    desk.run("intake")

    assert 60 == len(desk.world.hubspot.deals())
    assert [] == [c for server in desk.world.servers.values() for c in server.log if c.status == 429]
