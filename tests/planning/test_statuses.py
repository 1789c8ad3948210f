"""The status of a line and its Why; lost, open again, doubt, holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from worker.domain.facts import Deal, Invoice
from worker.domain.plans import Policy
from worker.planning.statuses import stand_still

from .programme import Story, at, day, deal, invoice, lead, partner, plan, story

JAN = "9001/acme/2025-01/commission"


def three(*, paid: str = "2025-01-12 12000", **terms: Any) -> Story:
    """Three months of 100.00, January to March."""
    return story(plans=[plan(months=3)], invoices=[invoice(paid=paid)], **terms)


@pytest.mark.parametrize(
    ("today", "paid", "statuses"),
    [
        ("2025-01-31", "2025-01-12 12000", "Expected Expected Expected"),
        ("2025-02-01", "2025-01-12 12000", "Confirmed Expected Expected"),
        ("2025-04-01", "2025-01-12 2000", "Confirmed Confirmed Waiting"),
        ("2025-04-01", "2025-04-02 2000", "Waiting Waiting Waiting"),
    ],
)
def test_a_line_waits_for_its_month_and_for_cash(today: str, paid: str, statuses: str) -> None:
    """Paid up front, each still waits until its month is over; tomorrow's payment is not there."""
    assert statuses.split() == three(paid=paid).on(today).statuses()


# ---- Why ------------------------------------------------------------------------------------------------------------


def test_why_recomputes_the_amount() -> None:
    """Base, rate, plan, share, month and what covered it, in one sentence."""
    told = three(leads=[lead(who="acme 60, birch 40")], partners=[partner(), partner("birch")]).on("2025-04-01")

    assert (
        "1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2025-01) × 60 % share = 60.00; month 3 of 3; "
        "covered by INV-1, paid 2025-01-12"
    ) == told.line("9001/acme/2025-03/commission").why
    assert ("INV-1", day("2025-01-12")) == (told.lines[0].invoice, told.lines[0].covered_on)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"value": "1000", "interval": "monthly"}, "1,000.00 a month × 12.5 %"),
        ({"value": "3000", "interval": "quarterly"}, "1,000.00 a month (3,000.00 a quarter ÷ 3) × 12.5 %"),
        ({"value": "24000", "interval": "total", "term_months": 24},
         "1,000.00 a month (24,000.00 in 24 months ÷ 24) × 12.5 %"),
    ],
)  # fmt: skip
def test_why_says_the_base_as_the_deal_does(terms: dict[str, Any], words: str) -> None:
    """Monthly, quarterly and total values; a rate of 12.50 is 12.5 %."""
    told = story(deal(**terms), plans=[plan("12.50")]).on("2025-01-15")

    assert f"{words} (plan gold, 2025-01) = 125.00; month 1 of 12" == told.lines[0].why


def test_why_shows_running_totals_where_rounding_matters() -> None:
    """83.34 is 166.67 less 83.33."""
    told = story(deal(value="1000"), plans=[plan("100")]).on("2025-01-15")

    assert told.lines[1].why.startswith("83.33 a month (1,000.00 a year ÷ 12) × 100 % (plan gold, 2025-01), ")
    assert "running total 166.67 − 83.33 = 83.34" in told.lines[1].why


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no invoice yet"),
        ([invoice(due_date="2025-02-11")], "INV-1 has 12,000.00 open, due 2025-02-11"),
        ([invoice(total="14400", paid="2025-01-12 1.20")], "INV-1 has 14,398.80 open"),
        ([invoice("INV-2", on="2025-01-20"), invoice(on="2025-01-13")], "INV-1 has 12,000.00 open"),
        ([invoice(sub_total="500", paid="2025-01-12 500")], "no invoice is open; 500.00 net received so far"),
        ([invoice(), invoice("INV-2", currency="EUR")], "INV-1 has 12,000.00 open; INV-2 is in EUR, the deal in GBP"),
    ],
)
def test_why_says_what_a_line_waits_for(given: list[Any], words: str) -> None:
    """The oldest open invoice, how much is open and since when it is due; or that there is none."""
    line = story(invoices=given).on("2025-02-01").lines[0]

    assert ("Waiting", "") == (line.status, line.invoice)
    assert line.why.endswith(f"; month 1 of 12; waits for the client: {words}")


def test_why_names_all_invoices_paid_on_the_day() -> None:
    """Two halves on one day."""
    halves = [invoice(f"INV-{n}", paid="2025-01-12 500", sub_total="500") for n in (1, 2)]

    line = story(invoices=halves).on("2025-02-01").lines[0]

    assert "INV-1, INV-2" == line.invoice
    assert line.why.endswith("; covered by INV-1, INV-2, paid 2025-01-12")


def test_why_of_a_fee_says_the_fee() -> None:
    """60 % of a fee of 250.00."""
    told = story(
        leads=[lead(who="acme 60, birch 40")], plans=[plan(fee="250", currency="GBP")],
        partners=[partner(), partner("birch")],
    ).on("2025-01-15")  # fmt: skip

    assert "fee 250.00 (plan gold, 2025-01) × 60 % share = 150.00; once" == told.lines[0].why
    assert told.lines[0].month_base is None


def test_an_adjustment_moves_the_line_and_why_says_so() -> None:
    """Staff add 20.005 to January and take 30.00 off February."""
    told = three().on("2025-01-15").edit(JAN, adjustment=Decimal("20.005"), row="rec1")
    told.edit("9001/acme/2025-02/commission", adjustment=Decimal(-30)).on("2025-02-01")

    assert ["120.01", "70.00", "100.00"] == told.amounts()
    assert "= 100.00; adjusted by staff + 20.01 = 120.01; month 1 of 3" in told.lines[0].why
    assert "= 100.00; adjusted by staff − 30.00 = 70.00" in told.lines[1].why
    assert (Decimal("20.005"), "rec1") == (told.lines[0].adjustment, told.lines[0].row)


# ---- lost and open again --------------------------------------------------------------------------------------------


def left(state: str, on: str = "2025-02-28") -> Deal:
    return deal(state=state, left_won_at=on)


@pytest.mark.parametrize(
    ("now", "paid", "statuses"),
    [
        (left("lost"), "2025-01-12 12000", "Confirmed/Cancelled/Cancelled"),
        (left("open"), "2025-01-12 12000", "Confirmed/Cancelled/Cancelled"),
        (left("lost"), "", "Cancelled/Cancelled/Cancelled"),
        (left("open"), "", "On hold/Cancelled/Cancelled"),
        (left("lost", "2025-03-01"), "2025-01-12 12000", "Confirmed/Confirmed/Cancelled"),
        (left("lost", "2025-03-05"), "2025-01-12 12000", "Confirmed/Confirmed/Expected"),
        (left("lost", "2025-06-01"), "2025-01-12 1000", "Confirmed/Waiting/Expected"),
    ],
)
def test_what_was_not_over_when_the_deal_left_won_is_cancelled(now: Deal, paid: str, statuses: str) -> None:
    """On 4 March. On the last day of a month it is not over; unpaid months are lost with the deal, held while open."""
    told = three(paid=paid).on("2025-01-15").on("2025-03-04", deal=now)

    assert statuses.split("/") == told.statuses()


def test_reasons_stand_on_held_and_cancelled_lines() -> None:
    """Cancelled lines have an amount of 0 and a reason in place of the sum; held ones keep their sum."""
    told = three(paid="").on("2025-01-15").on("2025-03-04", deal=left("open"))

    assert "the deal is open again since 2025-02-28, and the month is not paid for" == told.lines[0].reason
    assert told.lines[0].why.endswith("= 100.00; month 1 of 3")
    cancelled = told.lines[1]
    assert (Decimal("0.00"), "", "not over when the deal left won on 2025-02-28") == (
        cancelled.amount, cancelled.why, cancelled.reason,
    )  # fmt: skip
    assert (
        "not paid for when the deal was lost on 2025-02-28" == told.on("2025-03-05", deal=left("lost")).lines[0].reason
    )


def test_nothing_in_yen_has_no_cents() -> None:
    """Cancelled lines have nothing in the digits of their currency."""
    told = story(deal(currency="JPY"), plans=[plan(months=2)]).on("2025-01-15")
    told.on("2025-03-04", deal=deal(currency="JPY", state="lost", left_won_at="2025-03-01"))

    assert ["0", "0"] == told.amounts()


def test_late_cash_confirms_what_was_over_before_the_deal_was_lost() -> None:
    """Lost with January unpaid: cancelled; the client pays: January is Confirmed, February stays cancelled."""
    told = three(paid="").on("2025-03-04", deal=left("lost"))
    told.on("2025-03-05", invoices=[invoice(paid="2025-03-05 12000")])

    assert ["Confirmed", "Cancelled", "Cancelled"] == told.statuses()


def test_ten_turns_leave_the_same_rows() -> None:
    """Locked February, open, won, open, won …: ten turns leave what one leaves, a clawback that was never needed."""
    told = three().on("2025-03-04").lock()
    before = told.lines
    told.on("2025-03-04", deal=left("open")).on("2025-03-04", deal=deal())
    once = told.lines
    for _ in range(9):
        told.on("2025-03-04", deal=left("open")).on("2025-03-04", deal=deal())

    assert once == told.lines
    assert before == tuple(line for line in told.lines if line.status != "Cancelled")
    assert ["2025-03 clawback 0.00 Cancelled for 2025-02"] == [row for row in told.table() if "Cancelled" in row]


def test_when_it_left_is_not_known_the_lines_are_held() -> None:
    """Open, but since when nobody knows."""
    told = three().on("2025-01-15").on("2025-03-04", deal=deal(state="open"))

    assert ["On hold"] * 3 == told.statuses()
    assert "since when is not known" in (told.lines[0].reason or "")


@pytest.mark.parametrize(
    ("today", "given", "words"),
    [
        ("2025-03-05", invoice(), "what the client paid does not cover it"),
        ("2025-02-20", invoice(paid="2025-01-12 12000"), "the month is not over"),
    ],
)
def test_why_a_locked_month_is_not_earned(today: str, given: Invoice, words: str) -> None:
    """A payment was deleted; the clock was set back into the month."""
    told = three().on("2025-03-04").lock().on(today, invoices=[given])
    clawback = [line for line in told.lines if line.kind == "clawback"][-1]

    assert f"2025-02 is not earned any more ({words}): 0.00 − 100.00 of its lines = -100.00" == clawback.why


@pytest.mark.parametrize("status", ["Paid", "On statement", "Cancelled"])
def test_what_is_locked_or_cancelled_is_not_held(status: Any) -> None:
    """It stays as it is."""
    line = three().on("2025-02-01").lines[0]._replace(status=status)

    assert line == stand_still(line, "why")


def test_a_line_that_stands_still_says_nothing_of_its_cash() -> None:
    """Its sum stays, with the reason beside it."""
    line = stand_still(three().on("2025-02-01").lines[0], "the row is gone")

    assert ("On hold", "the row is gone", None, "", Decimal("100.00")) == (
        line.status, line.reason, line.covered_on, line.invoice, line.amount,
    )  # fmt: skip
    assert "1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2025-01) = 100.00; month 1 of 3" == line.why


# ---- holds and doubt ------------------------------------------------------------------------------------------------


def test_hold_on_a_row_holds_that_row() -> None:
    """January's Hold is ticked: On hold, and Confirmed once it is taken away."""
    told = three().on("2025-01-15").edit(JAN, hold=True).on("2025-02-15")

    assert ["On hold", "Expected", "Expected"] == told.statuses()
    assert ("Hold is ticked", None, "") == (told.lines[0].reason, told.lines[0].covered_on, told.lines[0].invoice)
    assert [True, False, False] == [line.hold for line in told.lines]
    assert "Confirmed" == told.edit(JAN, hold=False).on("2025-02-15").statuses()[0]


def test_hold_on_a_lead_holds_all_its_lines() -> None:
    """Also those of months to come."""
    told = three(leads=[lead(held=True)]).on("2025-02-15")

    assert {("On hold", "Hold is ticked on the lead")} == {(line.status, line.reason) for line in told.lines}


def test_a_paused_partner_is_held_and_the_others_are_not() -> None:
    """acme is paused, birch is not."""
    partners = [partner(paused=True), partner("birch")]
    told = three(leads=[lead(who="acme 60, birch 40")], partners=partners).on("2025-02-15")

    assert ["On hold"] * 3 == told.statuses("acme")
    assert ["Confirmed", "Expected", "Expected"] == told.statuses("birch")


def test_a_deal_in_doubt_holds_and_takes_nothing() -> None:
    """Archived: all held with the reason, amounts as last known; readable again: as if nothing had been."""
    told = three().on("2025-02-15")
    before = told.lines
    told.on("2025-02-16", deal=deal(doubt="404: archived"))

    assert {("On hold", "the deal can't be read: 404: archived", Decimal("100.00"))} == {
        (line.status, line.reason, line.amount) for line in told.lines
    }
    assert () == told.outcome.problems
    assert before == told.on("2025-02-16", deal=deal()).lines


def test_a_value_that_went_missing_holds_what_needs_it() -> None:
    """birch earns by a rate: its open lines are held, and its locked ones are not answered; acme's fee needs none."""
    told = story(
        plans=[plan(months=3), plan(name="fee", fee="250", currency="GBP")], partners=[partner("acme", "fee"),
        partner("birch")], leads=[lead(who="acme 50, birch 50")], invoices=[invoice(paid="2025-01-12 12000")],
    ).on("2025-03-04").lock()  # fmt: skip
    told.on("2025-03-05", deal=deal(value=None), invoices=[invoice()])
    missing = "Deal 9001 has no value: fill in Amount in HubSpot"

    assert ["2025-01 commission 125.00 On statement", "2025-03 clawback -125.00 Expected for 2025-01"] == told.table()
    assert [("On statement", None), ("On statement", None), ("On hold", missing)] == [
        (line.status, line.reason) for line in told.lines if line.partner == "birch"
    ]


def test_an_invoice_in_doubt_holds_its_deal() -> None:
    """INV-1 can't be read: its last known cash stands, the lines are held."""
    told = three().on("2025-02-15").on("2025-02-15", invoices=[invoice(paid="2025-01-12 12000", doubt="403")])

    assert {("On hold", "invoice INV-1 can't be read: 403")} == {(line.status, line.reason) for line in told.lines}


def test_cancelled_goes_before_on_hold_and_that_before_expected() -> None:
    """Lost and in doubt and held: what was not over stays cancelled."""
    told = three().on("2025-01-15").on("2025-02-15", deal=deal(state="lost", left_won_at="2025-02-10", doubt="404"))

    assert ["On hold", "Cancelled", "Cancelled"] == told.statuses()


@pytest.mark.parametrize(
    ("after_leaving", "left_on", "statuses"),
    [
        ("continue", "2025-02-10", "Confirmed Expected Expected"),
        ("stop", "2025-02-10", "Confirmed Cancelled Cancelled"),
        ("stop", "2025-02-15", "Confirmed Cancelled Cancelled"),
        ("stop", "2025-02-28", "Confirmed Expected Expected"),
        ("stop", "2025-01-31", "Confirmed Cancelled Cancelled"),
        ("stop", "2025-01-30", "Cancelled Cancelled Cancelled"),
        ("stop", None, "Confirmed Expected Expected"),
    ],
)
def test_after_leaving_lines_go_on_or_stop(after_leaving: Any, left_on: str | None, statuses: str) -> None:
    """On 15 February. Stop: months not over at the end of the last day are cancelled; a day to come is not there."""
    leaver = partner(left_on=day(left_on) if left_on else None)
    told = three(partners=[leaver], policy=Policy(after_leaving=after_leaving)).on("2025-02-15")

    assert statuses.split() == told.statuses()


def test_a_held_line_keeps_its_place_in_the_running_totals() -> None:
    """A hold changes no amount of any month."""
    told = story(deal(value="1000"), plans=[plan("100")]).on("2025-01-15").edit(JAN, hold=True).on("2025-01-16")

    assert ["83.33", "83.34", "83.33"] == told.amounts()[:3]


def test_a_second_cycle_changes_nothing() -> None:
    """The same facts on the same day, whatever stands: the same lines."""
    told = three().on("2025-03-04", deal=left("open"))
    before = told.lines

    assert before == told.on("2025-03-04").lines


def test_a_win_of_tomorrow_is_not_there_yet() -> None:
    """Won on 16 January: on the 15th there is no line, nor a problem."""
    told = story(deal(won_at=at("2025-01-16"), value=None)).on("2025-01-15")

    assert ((), ()) == (told.lines, told.outcome.problems)
    assert ["value"] == [problem.field for problem in told.on("2025-01-16").outcome.problems]


def test_a_deal_in_doubt_is_held_for_that_whatever_else_is() -> None:
    """Neither the deal nor its invoice can be read: the deal's reason stands."""
    told = story(deal(doubt="404"), invoices=[invoice(doubt="403")]).on("2025-02-15")

    assert {"the deal can't be read: 404"} == {line.reason for line in told.lines}
