"""Partners' keys, minted once, and what is wrong with a partner's row, in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.planning.rows_of_leads import NOW, ago, partner_row
from worker.domain.cells import Row
from worker.domain.partners import PartnerRow, by_any_name
from worker.planning.partners import keyed, partner_edits

PLANS = {"gold", "silver"}


def made(name: str, key: str | None, *, row: str = "", days_old: int = 0) -> PartnerRow:
    """Return an enrolled partner whose row is so old."""
    cells = {"Partner": name, "Key": key, "Status": "Enrolled", "Plan": "gold", "Email": "a@b.test"}
    return PartnerRow.of(
        Row("Partners", row or f"rec {name}", {c: v for c, v in cells.items() if v}, ago(days=days_old))
    )


def keys(*partners: PartnerRow) -> list[str]:
    """Return the keys that partners come to have, in order."""
    return [partner.key for partner in keyed(partners)]


def problem(**cells: Any) -> str | None:
    """Return what is told of a partner that is well but for these cells."""
    edits = partner_edits(keyed([partner_row(**cells)]), PLANS)
    return next((str(edit.after["Problem"]) for edit in edits if edit.after.get("Problem")), None)


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_a_new_partner_gets_a_key() -> None:
    """It is minted from the name, and written before anything else."""
    edits = partner_edits(keyed([made("North Star", None)]), PLANS)

    assert [({"Key": "north-star"}, True, "a new partner gets its key")] == [
        (edit.after, edit.first, edit.reason) for edit in edits
    ]
    assert [("north-star", "north-star")] == [(edit.key, edit.about) for edit in edits]


def test_a_key_stays_when_the_name_changes() -> None:
    """Lines and statements carry it."""
    assert ["north-star"] == keys(made("South Star", "north-star"))
    assert [] == partner_edits(keyed([made("South Star", "north-star")]), PLANS)


def test_names_that_sound_alike_get_keys_of_their_own() -> None:
    """New ones are numbered, whatever keys there are already."""
    assert ["acme-2", "acme", "acme-3"] == keys(made("Acme BV", None), made("Acme", "acme"), made("ACME Inc", None))


def test_a_key_that_was_cleared_comes_back() -> None:
    """Minting again gives the same key, so nothing of the partner's is lost."""
    assert ["acme", "acme-2"] == keys(made("Acme", None), made("Acme BV", "acme-2"))
    assert ["acme", "acme-2"] == keys(made("Acme", "acme"), made("Acme BV", None))


LINES = [
    Row("Commissions", f"rec{n}", {"Line": line, "Partner": name})
    for n, (line, name) in enumerate([
        ("901/north-star/2026-01/commission", "South Star"), ("901/north-star/2026-02/commission", "South Star"),
        ("902/acme/2026-01/commission", "Acme"), ("nonsense", "South Star"), ("", ""),
    ])
]  # fmt: skip


@pytest.mark.parametrize("written", [None, "south-star", "mine", "South Star"])
def test_a_key_that_lines_carry_comes_back(written: str | None) -> None:
    """The partner was renamed, then its key cleared or changed: nothing may be earned a second time."""
    partners = keyed([made("South Star", written), made("Acme", "acme")], LINES)

    assert ["north-star", "acme"] == [partner.key for partner in partners]
    (edit,) = partner_edits(partners, PLANS)
    assert {"Key": "north-star"} == edit.after


def test_a_key_that_lines_carry_is_nobody_elses() -> None:
    """A key in use stays where it is, whatever the names; two candidates are none."""
    renamed = [made("Acme", "north-star"), made("South Star", "acme")]
    assert ["north-star", "acme"] == [partner.key for partner in keyed(renamed, LINES)]
    taken = [made("South Star", "mine"), made("North Star", "north-star")]
    assert ["mine", "north-star"] == [partner.key for partner in keyed(taken, LINES)]
    nobodys = Row("Commissions", "rec9", {"Line": "903/blue/2026-01/commission"})
    assert [""] == [partner.key for partner in keyed([PartnerRow.of(Row("Partners", "rec1", {}, NOW))], [nobodys])]
    more = [*LINES, Row("Commissions", "rec9", {"Line": "903/blue/2026-01/commission", "Partner": "South Star"})]
    assert ["mine"] == [partner.key for partner in keyed([made("South Star", "mine")], more)]


def test_a_key_that_is_on_a_line_stays() -> None:
    """Though another line of the partner carries a key that no row has."""
    other = Row("Commissions", "rec9", {"Line": "903/blue/2026-01/commission", "Partner": "Acme"})

    assert ["acme"] == [partner.key for partner in keyed([made("Acme", "acme")], [*LINES, other])]


@pytest.mark.parametrize("written", ["North Star", "north/star", "NORTH-STAR", "-"])
def test_what_is_no_key_is_put_right(written: str) -> None:
    """A hand that wrote something else into Key is corrected."""
    (edit,) = partner_edits(keyed([made("North Star", written)]), PLANS)

    assert {"Key": "north-star"} == edit.after
    assert {"Key": written} == edit.before


def test_a_copied_row_gets_a_key_of_its_own() -> None:
    """The older row keeps the key, in whichever order they are read; nothing of the copy's counts for it."""
    copy, original = made("Blue Door", "north-star", days_old=1), made("North Star", "north-star", days_old=9)

    assert ["blue-door", "north-star"] == keys(copy, original)
    assert ["north-star", "blue-door"] == keys(original, copy)


def test_a_copy_that_sounds_more_like_the_key_is_a_copy_still() -> None:
    """The original was renamed, and its copy has the old name: lines and statements are the older row's."""
    copy, original = made("North Star", "north-star", days_old=1), made("South Star", "north-star", days_old=9)

    assert ["north-star-2", "north-star"] == keys(copy, original)


def test_of_rows_of_one_age_the_key_is_whose_it_sounds_like() -> None:
    """Where the tracker knows no time of making, or the same for all, the name decides."""
    assert ["blue-door", "north-star"] == keys(
        made("Blue Door", "north-star", row="rec1"), made("North Star", "north-star", row="rec2")
    )
    rows = [Row("Partners", f"rec{n}", {"Partner": "Acme", "Key": "acme"}) for n in (2, 1)]
    assert ["acme-2", "acme"] == keys(*map(PartnerRow.of, rows))


def test_an_empty_row_is_left_alone() -> None:
    """Nobody is a partner yet."""
    partners = keyed([PartnerRow.of(Row("Partners", "rec1", {}, NOW))])

    assert [""] == [partner.key for partner in partners]
    assert [] == partner_edits(partners, PLANS)
    assert ["acme"] == [edit.key for edit in partner_edits([*partners, *keyed([made("Acme", None)])], PLANS)]


# ---- problems -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Partner": ""}, "Partner is missing: write the partner's name."),
        ({"Status": None}, "Status is not set: choose Enrolled, Paused or Left."),
        ({"Status": "Active"}, "Status is not set: choose Enrolled, Paused or Left."),
        ({"Plan": "gould"}, "Plan “gould” is not in rules/commissions.toml: choose one of gold, silver."),
        ({"Plan": "x" * 61}, f"Plan “{'x' * 60}” is not in rules/commissions.toml: choose one of gold, silver."),
        ({"Plan": None}, "Plan is missing: choose one of gold, silver."),
        ({"Email": None},
         "Neither Email nor Slack channel is filled in: the partner can't be told anything."),
        ({"Email": "money"},
         "Email is not an e-mail address (An email address must have an @-sign): write it as \"jane@acme.com\"."),
        ({"Currency": "pounds"}, "Currency is not the code of a currency: write its three letters, as \"GBP\"."),
        ({"Company_domain": "ours"}, "Company domain is not a web address: write it as \"acme.com\"."),
        ({"Cadence": "yearly"}, "Cadence is none of monthly, quarterly, half-yearly: choose one, or leave it empty."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_partner(cells: dict[str, Any], told: str) -> None:
    """Each fault names the field and the remedy."""
    assert told == problem(**cells)


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"Email": None, "Slack_channel": "C012345"},
        {"Status": "Left", "Plan": None, "Email": None},
        {"Status": "paused", "Plan": None},
        {"Currency": "eur", "Cadence": "Quarterly", "Company_domain": "a.test, @b.test"},
    ],
)
def test_a_partner_who_is_well(cells: dict[str, Any]) -> None:
    """Nothing is told."""
    assert problem(**cells) is None


def test_all_faults_are_told_at_once() -> None:
    """They follow each other in one text."""
    assert (
        "Status is not set: choose Enrolled, Paused or Left. Cadence is none of monthly, quarterly, half-yearly: "
        "choose one, or leave it empty."
    ) == problem(Status=None, Cadence="yearly")


def test_rules_without_plans_are_told_too() -> None:
    """Where rules/commissions.toml has no plan, that is the remedy."""
    (edit,) = partner_edits([partner_row(Plan=None)], set())

    assert "Plan is missing: add one to rules/commissions.toml." == edit.after["Problem"]


def test_two_partners_of_one_name() -> None:
    """Both are told; a lead goes to the one that was there first."""
    first, second = partner_row(), partner_row("NORTH  STAR", row="rec2", Key="north-star-2")

    edits = partner_edits([first, second], PLANS)

    assert ["Two partners have this name: give each its own."] * 2 == [edit.after["Problem"] for edit in edits]
    assert ["Two partners have this name: give each its own"] * 2 == [edit.reason for edit in edits]
    assert first == by_any_name([first, second])["north star"]


def test_a_name_goes_before_another_partners_key() -> None:
    """A partner called as another one's key is still found by its own name."""
    old, new = partner_row("Acme Holding", Key="acme"), partner_row("Acme", Key="acme-2")

    names = by_any_name([old, new])

    assert (new, old, new) == (names["acme"], names["acme holding"], names["acme-2"])


def test_a_problem_that_is_mended_goes() -> None:
    """The text is taken away again."""
    (edit,) = partner_edits([partner_row(Problem="Plan is missing: choose one of gold, silver.")], PLANS)

    assert ({"Problem": None}, "the problem is mended", False) == (edit.after, edit.reason, edit.first)


def test_how_a_partner_is_told_things() -> None:
    """By address and channel, where there are any."""
    who = partner_row(Slack_channel="C1", Email=None).recipient()

    assert ("north-star", None, "C1") == (who.partner, who.email, who.slack_channel)
