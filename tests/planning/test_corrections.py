"""The one law of correction: locked lines never change; one line in the current month carries the difference."""

from __future__ import annotations

from decimal import Decimal

import pytest

from worker.domain.lines import Line, LineStatus
from worker.domain.months import Month
from worker.planning.corrections import Earned, Keys, adjustment, answered, cancel

from .bookkeeping import day, line
from .programme import Story, deal, invoice, lead, partner, plan, story

JAN = "9001/acme/2025-01/commission"
UP_FRONT = invoice(paid="2025-01-12 12000")
REFUNDED = invoice(paid="2025-01-12 12000", refunds="2025-03-05 12000")
PAID_AGAIN = invoice(paid="2025-01-12 12000, 2025-05-05 12000", refunds="2025-03-05 12000")


def locked() -> Story:
    """Two months of 100.00, both on a statement since March."""
    both = [partner(), partner("birch")]
    return story(plans=[plan(months=2)], invoices=[UP_FRONT], partners=both).on("2025-03-01").lock()


def answers(told: Story, who: str = "acme") -> list[str]:
    return [row for row in told.table(who) if " for " in row]


def total(told: Story, who: str = "acme") -> Decimal:
    return sum((line.amount for line in told.lines if line.partner == who), Decimal(0))


def test_what_is_earned_as_it_was_needs_no_answer() -> None:
    """Nothing changed: the locked lines, unchanged, and nothing else."""
    told = locked()
    before = told.lines

    assert before == told.on("2025-06-01").lines


def test_a_refund_after_payout_is_clawed_back() -> None:
    """All refunded in March: two clawbacks of −100.00 in March, waiting for March to be over; the sum is zero."""
    told = locked().on("2025-03-06", invoices=[REFUNDED])

    assert [
        "2025-03 clawback -100.00 Expected for 2025-01",
        "2025-03 clawback -100.00 Expected for 2025-02",
    ] == answers(told)
    assert ["9001/acme/2025-03/clawback", "9001/acme/2025-03/clawback-2"] == [line.key for line in told.lines[2:]]
    assert Decimal(0) == total(told)
    assert "2025-01 is not earned any more (never paid for): 0.00 − 100.00 of its lines = -100.00" == told.lines[2].why


def test_an_answer_keeps_its_month_and_is_confirmed_when_it_is_over() -> None:
    """A clawback of March is Confirmed in April and May, with its key."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-04-01").on("2025-05-01")

    assert [
        "2025-03 clawback -100.00 Confirmed for 2025-01",
        "2025-03 clawback -100.00 Confirmed for 2025-02",
    ] == answers(told)
    line = told.lines[2]
    assert (None, "", "9001", "L-1", None) == (line.covered_on, line.invoice, line.deal, line.lead, line.base)


def test_what_is_paid_again_is_given_again() -> None:
    """The clawbacks are locked; the client pays again in May: two reinstatements of 100.00 in May."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-04-01").lock("2025-Q2/acme/GBP")
    told.on("2025-05-06", invoices=[PAID_AGAIN])

    assert ["reinstatement", "reinstatement"] == [row.split()[1] for row in answers(told)[2:]]
    assert ("2025-05 reinstatement 100.00 Expected for 2025-01", Decimal(200)) == (answers(told)[2], total(told))
    assert "2025-01 is earned again: 100.00 − 0.00 of its lines = 100.00" == told.lines[4].why


def test_paid_again_before_the_clawback_is_locked_cancels_it() -> None:
    """The clawback is not needed any more: it stays as a row, with nothing in it."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-05-06", invoices=[PAID_AGAIN])

    assert ["2025-03 clawback 0.00 Cancelled for 2025-01", "2025-03 clawback 0.00 Cancelled for 2025-02"] == answers(
        told
    )
    assert "nothing is to be corrected any more" == told.lines[2].reason


def test_a_cancelled_answer_comes_back_only_within_its_own_month() -> None:
    """Refunded, paid, refunded again in March: the same rows. In June instead: new rows of June."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-03-06", invoices=[UP_FRONT])
    again = Story(told.facts, told.lines).on("2025-03-31", invoices=[REFUNDED])
    later = Story(told.facts, told.lines).on("2025-06-02", invoices=[REFUNDED])

    assert [
        "2025-03 clawback -100.00 Expected for 2025-01",
        "2025-03 clawback -100.00 Expected for 2025-02",
    ] == answers(again)
    assert [
        "2025-03 clawback 0.00 Cancelled for 2025-01", "2025-03 clawback 0.00 Cancelled for 2025-02",
        "2025-06 clawback -100.00 Expected for 2025-01", "2025-06 clawback -100.00 Expected for 2025-02",
    ] == answers(later)  # fmt: skip


def test_a_changed_split_is_corrected_and_the_new_partner_has_lines_of_old_months() -> None:
    """acme 100 becomes acme 60, birch 40: −40.00 for each locked month, birch 40.00 for each, confirmed."""
    told = locked().on("2025-03-20", lead=lead(who="acme 60, birch 40"))

    assert [
        "2025-03 correction -40.00 Expected for 2025-01",
        "2025-03 correction -40.00 Expected for 2025-02",
    ] == answers(told)
    assert ["2025-01 commission 40.00 Confirmed", "2025-02 commission 40.00 Confirmed"] == told.table("birch")
    assert ("2025-01 earns another amount by today's facts: 60.00 − 100.00 of its lines = -40.00") == told.line(
        "9001/acme/2025-03/correction"
    ).why


def test_an_open_answer_is_rewritten() -> None:
    """60/40, then 70/30 while the correction is open: −30.00 in the same row, also in a later month."""
    told = locked().on("2025-03-20", lead=lead(who="acme 60, birch 40"))
    told.on("2025-04-20", lead=lead(who="acme 70, birch 30"))

    assert [
        "2025-03 correction -30.00 Confirmed for 2025-01",
        "2025-03 correction -30.00 Confirmed for 2025-02",
    ] == answers(told)


def test_another_kind_is_another_row() -> None:
    """A clawback of March, paid again at 60 %: it is cancelled, and a correction of May carries −40.00."""
    told = locked().on("2025-03-06", invoices=[REFUNDED])
    told.on("2025-05-06", invoices=[PAID_AGAIN], lead=lead(who="acme 60, birch 40"))

    assert [
        "2025-03 clawback 0.00 Cancelled for 2025-01", "2025-03 clawback 0.00 Cancelled for 2025-02",
        "2025-05 correction -40.00 Expected for 2025-01", "2025-05 correction -40.00 Expected for 2025-02",
    ] == answers(told)  # fmt: skip


def test_a_correction_after_a_reinstatement_is_a_correction() -> None:
    """Given again is over: the next difference has its plain name."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-04-01").lock("Q2")
    told.on("2025-05-06", invoices=[PAID_AGAIN]).on("2025-06-01").lock("Q3")
    told.on("2025-06-02", lead=lead(who="acme 60, birch 40"))

    assert [
        "2025-06 correction -40.00 Expected for 2025-01",
        "2025-06 correction -40.00 Expected for 2025-02",
    ] == answers(told)[4:]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"lead": lead(who="birch 100")}, "clawback"),
        ({"lead": lead(valid=False)}, "clawback"),
        ({"deal": deal(state="lost", left_won_at="2025-01-20")}, "clawback"),
        ({"invoices": [invoice(status="VOIDED")]}, "clawback"),
        ({"invoices": [invoice()]}, "clawback"),
        ({"partner": partner(enrolled_from=None, left_on=None)}, None),
        ({"deal": deal(value="24000")}, None),
    ],
)
def test_from_the_law_follow_all_corrections(change: dict[str, object], kind: str | None) -> None:
    """Taken off the deal, lead invalid, lost, voided, payment deleted: clawed back. A raise leaves what is over."""
    told = locked().on("2025-03-06", **change)

    assert ({kind} if kind else set()) == {row.split()[1] for row in answers(told)}
    assert (Decimal(0) if kind else Decimal(200)) == total(told)


def test_unlocked_lines_of_a_partner_who_was_taken_off_are_cancelled() -> None:
    """All go to birch: acme's open lines have nothing in them, and birch has twelve."""
    told = story(partners=[partner(), partner("birch")]).on("2025-01-15").on("2025-02-15", lead=lead(who="birch 100"))

    assert {"0.00"} == set(told.amounts("acme"))
    assert {"the partner has no share of the deal any more"} == {line.reason for line in told.lines[:12]}
    assert ["100.00"] * 12 == told.amounts("birch")


def test_a_partner_who_was_not_enrolled_earns_nothing_any_more() -> None:
    """The first day turns out to be after the lead was submitted."""
    told = locked().on("2025-03-06", partner=partner(enrolled_from=Month(2025, 1).first_day))

    assert "not enrolled" in told.line("9001/acme/2025-03/clawback").why
    assert Decimal(0) == total(told)


# ---- adjustments, holds, doubt --------------------------------------------------------------------------------------


def test_an_adjustment_of_a_locked_line_is_answered() -> None:
    """Staff write +20.00 on locked January: a correction of 20.00; on the answer's own row it counts as well."""
    told = locked().edit(JAN, adjustment=Decimal(20)).on("2025-03-06")

    assert ["2025-03 correction 20.00 Expected for 2025-01"] == answers(told)
    told.edit("9001/acme/2025-03/correction", adjustment=Decimal(5)).on("2025-03-06")
    assert ["2025-03 correction 25.00 Expected for 2025-01"] == answers(told)
    assert answers(told) == answers(told.on("2025-03-06"))


def test_a_full_reversal_takes_adjustments_back_too() -> None:
    """What is not earned has nothing to be adjusted: the sum is zero."""
    told = locked().edit(JAN, adjustment=Decimal(20)).on("2025-04-06").lock("Q2").on("2025-05-06", invoices=[REFUNDED])

    assert Decimal(0) == total(told)


def test_a_pause_holds_answers_and_still_makes_them() -> None:
    """A paused partner's clawbacks are on hold; without the pause they are confirmed."""
    told = locked().on("2025-03-06", invoices=[REFUNDED], partner=partner(paused=True))

    assert ["On hold", "On hold"] == told.statuses()[2:]
    assert ["Confirmed", "Confirmed"] == told.on("2025-04-06", partner=partner()).statuses()[2:]


@pytest.mark.parametrize("who", ["acme 100", "acme 0, birch 100", "birch 100"], ids=["refund", "split", "taken off"])
def test_hold_on_a_lead_does_not_hold_answers(who: str) -> None:
    """What is locked is answered as ever, whether its partner still has the month or not."""
    told = locked().on("2025-03-06", invoices=[REFUNDED], lead=lead(who=who, held=True)).on("2025-04-06")

    assert ["Confirmed", "Confirmed"] == told.statuses("acme")[2:]


def test_hold_on_an_answer_holds_it() -> None:
    """Staff tick Hold on the clawback."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).edit("9001/acme/2025-03/clawback", hold=True).on("2025-04-06")

    assert ["On hold", "Confirmed"] == told.statuses()[2:]


def test_nothing_locked_is_answered_while_a_deal_is_in_doubt() -> None:
    """Archived and refunded: no clawback; readable again: two. An open clawback is held as it is meanwhile."""
    told = locked().on("2025-03-06", deal=deal(doubt="404"), invoices=[REFUNDED])

    assert [] == answers(told)
    told.on("2025-03-07", deal=deal())
    assert 2 == len(answers(told))
    told.on("2025-04-07", deal=deal(doubt="404"), invoices=[UP_FRONT])
    assert ["2025-03 clawback -100.00 On hold for 2025-01", "2025-03 clawback -100.00 On hold for 2025-02"] == answers(
        told
    )


def test_rows_that_are_in_no_month_any_more_are_answered_by_themselves() -> None:
    """Only a locked clawback is left of January, its line deleted by hand, and acme is off: 100.00 are given back."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-04-01").lock("Q2")
    told.lines = tuple(line for line in told.lines if line.answers == "2025-01")
    told.on("2025-05-06", lead=lead(who="birch 100"))

    assert [
        "2025-03 clawback -100.00 On statement for 2025-01",
        "2025-05 clawback 100.00 Expected for 2025-01",
    ] == answers(told)


def test_a_deleted_line_is_made_again_and_its_answers_with_it() -> None:
    """January's locked row was deleted by hand, its locked clawback is there: the line again, and 100.00 against it."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-04-01").lock("Q2")
    told.lines = tuple(line for line in told.lines if line.key != JAN)
    told.on("2025-05-06", invoices=[PAID_AGAIN])

    january = [line for line in told.lines if "2025-01" in (str(line.month), line.answers)]
    assert Decimal(100) == sum(line.amount for line in january)


def test_a_copied_row_is_cancelled() -> None:
    """A line of January with a key of its own that the facts do not speak of: cancelled, January stays as it is."""
    told = story(plans=[plan(months=2)]).on("2025-01-15")
    copy = told.lines[0]._replace(key=f"{JAN}-2")
    told.lines = (*told.lines, copy)
    told.on("2025-01-15")

    assert ["100.00", "0.00", "100.00"] == told.amounts()
    assert ["Expected", "Cancelled", "Expected"] == told.statuses()


def test_a_cancelled_row_that_a_hand_filled_is_emptied() -> None:
    """Somebody typed 50.00 into a cancelled clawback."""
    told = locked().on("2025-03-06", invoices=[REFUNDED]).on("2025-03-06", invoices=[UP_FRONT])
    told.edit("9001/acme/2025-03/clawback", amount=Decimal(50)).on("2025-03-07")

    assert ["0.00", "0.00"] == told.amounts()[2:]


def test_of_two_rows_with_one_key_the_locked_one_counts() -> None:
    """A copy with the same key, not locked, changes nothing, whatever stands in it and wherever it stands."""
    told = locked()
    before = told.lines
    for amount in (Decimal(7), Decimal(700)):
        copy = before[0]._replace(status="Expected", amount=amount)
        for lines in ((*before, copy), (copy, *before)):
            told.lines = lines
            assert before == told.on("2025-03-02").lines


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_keys_are_numbered_on_from_the_highest() -> None:
    """With clawback and clawback-4 there, the next is clawback-5; a strange ending counts as the first."""
    month = Month(2025, 3)

    def line(key: str) -> Line:
        return Line(key, "9001", "acme", month, "clawback", "GBP", Decimal(0), "Expected")

    keys = Keys([line("9001/acme/2025-03/clawback-4"), line("9001/acme/2025-03/clawback")])
    strange = Keys([line("9001/acme/2025-03/clawback-x")])

    assert "9001/acme/2025-03/clawback-5" == keys.next("9001", "acme", month, "clawback")
    assert "9001/acme/2025-03/clawback-6" == keys.next("9001", "acme", month, "clawback")
    assert "9001/acme/2025-03/correction" == keys.next("9001", "acme", month, "correction")
    assert "9001/acme/2025-03/clawback-2" == strange.next("9001", "acme", month, "clawback")
    first = Keys([line("9001/acme/2025-03/clawback")])
    assert "9001/acme/2025-03/clawback-2" == first.next("9001", "acme", month, "clawback")


def test_a_cancelled_line_is_worth_nothing_and_says_nothing_of_cash() -> None:
    """Whatever stood on it of the sum, of cash and of caps is gone; where it stands and what it was made with stay."""
    made = line(
        "2025-01", why="1,000.00 × 10 %", invoice="INV-1", covered_on=day("2025-01-12"), capped=True, rate="10 %"
    )

    assert cancel(made, "gone") == made._replace(
        status="Cancelled", amount=Decimal("0.00"), reason="gone", why="", invoice="", covered_on=None,
        capped=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "amount", "reason"),
    [("Cancelled", "0.00", "first"), ("Cancelled", "7.00", "second"), ("Waiting", "0.00", "second"),
     ("On statement", "0.00", "first")],
)  # fmt: skip
def test_a_line_keeps_the_reason_for_which_it_was_cancelled(status: LineStatus, amount: str, reason: str) -> None:
    """One that was cancelled already says why; one that somebody gave an amount again, or that is worth 0, is cancelled
    anew; a locked one is left alone.
    """
    assert reason == cancel(line("2025-01", amount, status, reason="first"), "second").reason


def test_of_two_answers_the_one_that_lives_is_rewritten() -> None:
    """January is on a statement with 100.00 and not earned any more; of two clawbacks of March one is cancelled."""
    rows = [
        line("2025-01", "100.00", "On statement"),
        line("2025-03", "0.00", "Cancelled", kind="clawback", answers="2025-01", reason="x"),
        line("2025-03", "-40.00", "Expected", kind="clawback", answers="2025-01",
             key="9001/acme/2025-03/clawback-2"),
    ]  # fmt: skip
    found = answered(
        rows, rows[0], Earned(Decimal("0.00"), "refunded"), hold=None, still=None, keys=Keys(rows),
        today=day("2025-03-10"),
    )  # fmt: skip

    assert {"commission": "100.00", "clawback": "0.00", "clawback-2": "-100.00"} == {
        row.key.rpartition("/")[2]: str(row.amount) for row in found
    }


def test_of_two_answers_that_live_the_older_one_is_rewritten() -> None:
    """By its number: the second of a month is older than the tenth."""
    rows = [line("2025-01", "100.00", "On statement")]
    rows += [
        line("2025-03", "-40.00", "Expected", kind="clawback", answers="2025-01", key=f"9001/acme/2025-03/clawback-{n}")
        for n in (10, 2)
    ]
    found = answered(
        rows, rows[0], Earned(Decimal("0.00"), "refunded"), hold=None, still=None, keys=Keys(rows),
        today=day("2025-03-10"),
    )  # fmt: skip

    assert {"commission": "100.00", "clawback-10": "0.00", "clawback-2": "-100.00"} == {
        row.key.rpartition("/")[2]: str(row.amount) for row in found
    }


def test_an_answer_of_another_kind_takes_the_place_of_the_first() -> None:
    """All is refunded in March, and half of it is earned again in April: corrections instead of the clawbacks."""
    told = locked().on("2025-03-05", invoices=[REFUNDED])
    told.on("2025-04-05", invoices=[UP_FRONT], lead=lead(who="acme 50, birch 50"))
    told.on("2025-04-06")

    assert [
        "2025-03 clawback 0.00 Cancelled for 2025-01", "2025-03 clawback 0.00 Cancelled for 2025-02",
        "2025-04 correction -50.00 Expected for 2025-01", "2025-04 correction -50.00 Expected for 2025-02",
    ] == answers(told)  # fmt: skip


def test_an_answer_is_of_the_lead_and_client_of_what_it_answers() -> None:
    """L-1 of Client Ltd, whose January and February were locked and are refunded."""
    told = story(plans=[plan(months=2)], leads=[lead(company_name="Client Ltd")], invoices=[UP_FRONT]).on("2025-03-01")
    told.lock().on("2025-03-05", invoices=[REFUNDED])

    assert {("9001", "L-1", "Client Ltd")} == {(row.deal, row.lead, row.client) for row in told.lines}


def test_answers_in_yen_have_no_cents() -> None:
    """10,000 yen are on a statement, with 7.4 added to their row; the partner is paused, and the answer says so."""
    given = {"value": "1200000", "currency": "JPY"}
    told = story(deal(**given), plans=[plan(months=1)], invoices=[invoice(paid="2025-01-12 1200000", currency="JPY")])
    told.on("2025-02-01").lock().edit(JAN, adjustment=Decimal("7.4")).on("2025-02-02", partner=partner(paused=True))
    answer = told.lines[-1]

    assert ("7", "On hold", "the partner is paused") == (str(answer.amount), answer.status, answer.reason)
    assert "2025-01 earns another amount by today's facts: 10,007 − 10,000 of its lines = 7" == answer.why


def test_a_cancelled_line_in_yen_is_worth_no_cents_either() -> None:
    """100 yen become 0."""
    assert "0" == str(cancel(line("2025-01", "100", currency="JPY"), "gone").amount)


def test_nothing_added_is_nothing_of_the_currency() -> None:
    """Without an adjustment: 0, 0.00 or 0.000."""
    assert ["0", "0.00", "0.000"] == [str(adjustment([], currency)) for currency in ("JPY", "GBP", "KWD")]


def test_an_answer_of_a_deal_in_doubt_says_so() -> None:
    """The clawbacks of March stand still with the reason, once the deal can't be read."""
    told = locked().on("2025-03-05", invoices=[REFUNDED]).on("2025-03-06", deal=deal(doubt="404"))

    assert ["the deal can't be read: 404"] * 2 == [row.reason for row in told.lines if row.kind == "clawback"]


def test_an_answer_without_anything_locked_is_not_needed() -> None:
    """Somebody took January off its statement: its line is rewritten, and the clawback says that it is done."""
    rows = [line("2025-01"), line("2025-03", "-100.00", "Expected", kind="clawback", answers="2025-01")]
    found = answered(
        rows, rows[0], Earned(Decimal("100.00")), hold=None, still=None, keys=Keys(rows), today=day("2025-03-10")
    )  # fmt: skip

    assert [(None, "100.00"), ("nothing is to be corrected any more", "0.00")] == [
        (row.reason, str(row.amount)) for row in found
    ]
