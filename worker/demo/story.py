"""The plot: four quarters of a made-up programme, scene by scene. A scene says what people do; then the worker runs."""

from __future__ import annotations

from worker.demo.office import Worth
from worker.demo.people import LOST, PITCH, WON, People
from worker.demo.seed import FORMULA
from worker.demo.year import Year

JEWELS = "🌳 Juniper Jewels 🎉"


def opening(year: Year) -> None:
    """January: partners are enrolled, leads arrive, good and bad, and the first deals are won."""
    people, office = People(year), year.office
    year.scene(1, 5, "staff put twelve partners into the tracker")
    year.scene(1, 12, "seven leads come in through the form, not all of them good", people.leads(1, 12))
    year.scene(
        1, 14, "staff mend three rows: an e-mail, a partner's name, a partner's plan",
        people.lead_cells("Cedar Care", {"Email": "jo.doe@cedar-care.test"}),
        people.lead_cells("Elm Events", {"Partner": "Old Mill Introductions"}),
        people.partner_cells("Little Acorn Ventures", {"Plan": "bronze"}),
    )  # fmt: skip
    year.scene(
        1,
        19,
        "seven more: one has a formula for a name, two are of companies that came in a week ago",
        people.leads(1, 19),
    )
    year.scene(
        1, 22, "a partner corrects a telephone number; sales move three deals on",
        people.lead_cells("Aspen Audio", {"Phone": "0161 496 0123"}),
        people.moved(PITCH, "Larch Logistics", "Hazel Foods", "Birch Bakery"),
    )  # fmt: skip
    year.scene(
        1, 28, "three deals are won; on one of them sales forget how often the amount is paid",
        people.won("Larch Logistics", "12000", "annual", bill="12000"),
        people.won("Birch Bakery", "6000", "annual", bill="6000"),
        people.won("Hazel Foods", "800", ""),
    )  # fmt: skip
    year.scene(
        1, 30, "sales add “monthly” to Hazel Foods, whose first invoice goes out",
        lambda: office.worth("Hazel Foods", Worth("800", "monthly")),
        lambda: year.billed("Hazel Foods", "800", every=1, times=12),
    )  # fmt: skip


def first_quarter(year: Year) -> None:
    """Leads, deals, a copied row, hand edits; the first statements."""
    people, office = People(year), year.office
    opening(year)
    year.scene(
        2,
        2,
        "six leads; one is a customer already, one is in talks with us, one is written in emoji",
        people.leads(2, 2),
    )
    year.scene(
        2, 6, "Birch Bakery pay only half of their invoice: 3,600.00 of 7,200.00",
        people.pays_part("Birch Bakery", "3600"),
    )  # fmt: skip
    year.scene(
        2, 9, "three more deals are won, two of them abroad",
        people.won("Maple Motors", "3000", "quarterly", bill="3000", every=3, times=4),
        people.won("Peuplier Peinture", "10000", "annual", currency="EUR", bill="10000"),
        people.won("Momiji Manufacturing", "120000", "monthly", currency="JPY", bill="120000", every=1, times=12),
    )  # fmt: skip
    year.scene(2, 16, "three leads", people.leads(2, 16))
    year.scene(
        2, 18, "somebody copies a lead row in the grid, key and all",
        lambda: office.tables.duplicate("Leads", office.find("Leads", Company="Hazel Foods")),
    )  # fmt: skip
    year.scene(
        2, 23, "somebody types 999 over a commission, and Lost over a lead's status",
        people.line_cells("Larch Logistics", "2026-03", {"Amount": 999}),
        people.lead_cells("Oak Optics", {"Status": "Lost"}),
    )  # fmt: skip
    year.scene(
        3, 2, "three deals are won: one for 18 months in all, two by the month",
        people.won("Oak Optics", "18000", "total", term=18, bill="18000"),
        people.won(JEWELS, "450", "monthly", bill="450", every=1, times=12),
        people.won("Rowan Rail", "300", "monthly", bill="300", every=1, times=12),
    )  # fmt: skip
    year.scene(3, 9, "four leads", people.leads(3, 9))
    year.scene(
        3, 16, "three deals are won, three lost",
        people.won("Cedar Care", "4800", "annual", bill="4800"),
        people.won("Fir Films", "600", "monthly", bill="600", every=1, times=12),
        people.won("Poplar Post", "9000", "annual", bill="9000"),
        people.moved(LOST, "Beech Books", "Hawthorn Health", FORMULA),
    )  # fmt: skip
    year.scene(
        3, 23, "staff enrol Second Wind Referrals again, whose lead has been waiting for that",
        people.partner_cells("Second Wind Referrals", {"Status": "Enrolled"}),
    )  # fmt: skip
    year.scene(4, 5, "nobody does anything: it is the statement day of the first quarter")


def second_quarter(year: Year) -> None:
    """Bills come in, right and wrong; a slip of the finger, an outage, a merged deal and an archived one."""
    people, office = People(year), year.office
    year.scene(
        4,
        8,
        "partners send their bills; that of Blue Door Agency is 10.00 short",
        people.bills(short="Blue Door Agency"),
    )
    year.scene(4, 10, "North Star Partners send the same bill again", people.bills_again("North Star Partners"))
    year.scene(4, 13, "four leads", people.leads(4, 13))
    year.scene(4, 15, "accounts void the wrong bills and pay the others", people.void_wrong_bills, people.pay_bills)
    year.scene(4, 17, "Blue Door Agency send the right bill", people.bills())
    year.scene(
        4, 20, "it is paid; the biggest deal of the year is won, and two more",
        people.pay_bills,
        people.won("Sycamore Schools", "24000", "annual", bill="24000"),
        people.won("Elm Events", "4800", "annual", bill="4800"),
        people.won("Aspen Audio", "500", "monthly", bill="500", every=1, times=12),
    )  # fmt: skip
    year.scene(
        4, 27, "a slip in the CRM: Sycamore Schools' 24,000 a year becomes 2,400,000",
        lambda: office.worth("Sycamore Schools", Worth("2400000", "annual")),
    )  # fmt: skip
    year.scene(
        4, 28, "sales put it right; nothing had been written",
        lambda: office.worth("Sycamore Schools", Worth("24000", "annual")),
    )  # fmt: skip
    year.scene(
        5, 4, "Maple Motors get a credit note for half of their invoice, and pay the other half",
        people.credited("Maple Motors", "1500"),
    )  # fmt: skip
    year.scene(5, 6, "Xero is down all morning", people.ledger_down)
    year.scene(5, 7, "Xero is back", people.books.faults.clear)
    year.scene(5, 11, "three leads, one of them with 30,000 characters of notes", people.leads(5, 11))
    year.scene(
        5,
        14,
        "sales had entered Poplar Post by hand too, and merge the deals: the worker follows, the rows keep their keys",
        people.merged("Poplar Post"),
    )
    year.scene(
        5, 18, "three deals are won, one of them tiny",
        people.won("Holly Hotels", "15000", "annual", bill="15000"),
        people.won("Yew Yachts", "2400", "quarterly", bill="2400", every=3, times=4),
        people.won("Linden Legal", "600", "annual", bill="600"),
    )  # fmt: skip
    year.scene(
        6, 1, "somebody archives the deal of Holly Hotels by mistake",
        lambda: people.crm.archive("deals", office.deal("Holly Hotels")),
    )  # fmt: skip
    year.scene(6, 8, "sales restore it", lambda: people.crm.restore("deals", office.deal("Holly Hotels")))
    year.scene(
        6, 22, "Juniper Jewels leave: their deal is set to lost, and they get no more invoices",
        people.moved(LOST, JEWELS),
        lambda: year.ended(JEWELS),
    )  # fmt: skip
    year.scene(7, 5, "the statement day of the second quarter, and of the half year")


def third_quarter(year: Year) -> None:
    """A part payment, a late client, a paused partner, a refund after the payout, a company that comes back."""
    people = People(year)
    year.scene(7, 8, "partners send their bills", people.bills())
    year.scene(
        7, 13, "two leads; Beech Books were lost in March, so another partner may bring them", people.leads(7, 13)
    )
    year.scene(
        7, 17, "accounts pay the bills, that of North Star Partners only by half",
        lambda: people.pay_bills(half="North Star Partners"),
    )  # fmt: skip
    year.scene(7, 24, "accounts pay the other half", people.pay_bills)
    year.scene(
        8, 3, "Quiet River Studio are paused while their contract is renewed; Hazel Foods do not pay their invoice",
        people.partner_cells("Quiet River Studio", {"Status": "Paused"}),
        lambda: year.unpaid("Hazel Foods"),
    )  # fmt: skip
    year.scene(8, 10, "two leads, one of which goes the other way, from us to a partner", people.leads(8, 10))
    year.scene(
        8, 17, "Larch Logistics leave and get 8,000.00 back; their commission up to June is paid out already",
        people.refunded("Larch Logistics", "8000"),
        people.moved(LOST, "Larch Logistics"),
    )  # fmt: skip
    year.scene(
        9, 7, "three deals are won; Quiet River Studio are enrolled again",
        people.won("Beech Books", "3600", "annual", bill="3600"),
        people.won("Cherry Chairs", "900", "quarterly", bill="900", every=3, times=4),
        people.won("Quince Quilts", "700", "monthly", bill="700", every=1, times=12),
        people.partner_cells("Quiet River Studio", {"Status": "Enrolled"}),
    )  # fmt: skip
    year.scene(10, 5, "the statement day of the third quarter")


def fourth_quarter(year: Year) -> None:
    """The late client pays, the lost one comes back, staff add to a figure; the year is settled."""
    people = People(year)
    year.scene(10, 8, "partners send their bills", people.bills())
    year.scene(10, 12, "two leads", people.leads(10, 12))
    year.scene(
        10,
        16,
        "accounts pay the bills; Hazel Foods pay August at last",
        people.pay_bills,
        people.pays_all("Hazel Foods"),
    )
    year.scene(
        11, 9, "Larch Logistics come back: the deal is won again, and 8,000.00 invoiced",
        people.moved(WON, "Larch Logistics"),
        lambda: year.billed("Larch Logistics", "8000"),
    )  # fmt: skip
    year.scene(
        11, 16, "two deals are won",
        people.won("Fig Fitness", "1100", "monthly", bill="1100", every=1, times=12),
        people.won("Peach Prints", "2000", "annual", bill="2000"),
    )  # fmt: skip
    year.scene(
        12, 7, "staff add 25.00 to a month of Maple Motors, in the column that is theirs",
        people.line_cells("Maple Motors", "2026-12", {"Adjustment": 25, "Note": "thanks for the introduction"}),
    )  # fmt: skip
    year.scene(1, 5, "the statement day of the fourth quarter", year=2027)
    year.scene(1, 8, "partners send their bills", people.bills(), year=2027)
    year.scene(1, 15, "accounts pay them", people.pay_bills, year=2027)
