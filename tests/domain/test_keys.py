"""Our own keys: their shape, that minting again gives the same one, and that no two rows get one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.keys import is_lead_key, is_partner_key, lead_key, partner_key


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("L-ABCDEFG2", True), ("L-abcdefg2", False), ("L-ABCDEFG", False), ("L-ABCDEFG23", False), ("L-ABCDEFG1", False),
     ("ABCDEFG2", False), ("L-ABCDEFG2\n", False), ("", False)],
)  # fmt: skip
def test_the_shape_of_a_lead_key(text: str, is_one: bool) -> None:
    """`L-` and eight characters of base32, nothing else."""
    assert is_one == is_lead_key(text)


def test_a_lead_key_is_minted_from_its_row() -> None:
    """The same row gets the same key, on every machine and day; another row gets another."""
    assert "L-SALX5R4V" == lead_key("recAAAAAAAAAAAAA1")
    assert lead_key("recAAAAAAAAAAAAA1") != lead_key("recAAAAAAAAAAAAA2")


def test_a_lead_key_that_is_taken_is_passed_over() -> None:
    """The second choice of a row is a key of its own, and as fixed as the first."""
    first = lead_key("rec1")
    second = lead_key("rec1", {first})

    assert is_lead_key(second)
    assert first != second
    assert second == lead_key("rec1", {first})


def test_a_row_that_is_known_by_its_key_has_that_one() -> None:
    """A row of a sheet whose key cell was cleared gets the same key again, unless another row has it."""
    assert "L-SALX5R4V" == lead_key("L-SALX5R4V", {"L-ABCDEFG2"})
    assert "L-SALX5R4V" != lead_key("L-SALX5R4V", {"L-SALX5R4V"})


def test_when_every_key_is_taken_there_is_none() -> None:
    """A search that could not end is given up."""

    class Everything(frozenset[str]):
        def __contains__(self, key: object) -> bool:
            return True

    with pytest.raises(ValueError, match="no lead key is free"):
        lead_key("rec1", Everything())


@given(st.text(max_size=40))
def test_every_row_id_gives_a_key(row: str) -> None:
    """Whatever a tracker calls its rows, the key has its shape."""
    assert is_lead_key(lead_key(row))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("North Star", "north-star"),
        ("Acme & Söhne GmbH", "acme-sohne"),
        ("ACME Ltd.", "acme"),
        ("Straße AG", "strasse"),
        ("  --Blue/Door--  ", "blue-door"),
        ("The Extraordinarily Long Name Of A Partner", "the-extraordinarily-long"),
        ("Aaaaaaaaaaaaaaaaaaaaaaa Bbb", "aaaaaaaaaaaaaaaaaaaaaaa"),
        ("株式会社", "partner"),
        ("🚀", "partner"),
        ("Ltd", "partner"),
        ("Café 24/7", "cafe-24-7"),
    ],
)
def test_a_partner_key_is_short_and_readable(name: str, key: str) -> None:
    """Small ASCII words of the name without legal forms, at most 24 characters."""
    assert key == partner_key(name)


def test_a_partner_key_that_is_taken_is_numbered() -> None:
    """Two partners whose names sound alike are told apart."""
    assert "acme-2" == partner_key("Acme GmbH", {"acme"})
    assert "acme-3" == partner_key("Acme BV", {"acme", "acme-2"})


@given(st.text(max_size=60), st.sets(st.sampled_from(["partner", "partner-2", "a", "a-2", "a-3"])))
def test_every_name_gives_a_free_key(name: str, taken: set[str]) -> None:
    """Whatever a partner is called, its key has the shape, belongs to nobody else, and is short."""
    key = partner_key(name, taken)

    assert is_partner_key(key)
    assert key not in taken
    assert len(key) <= 26


@pytest.mark.parametrize("text", ["", "Acme", "a/b", "a b", "-a", "a-", "a--b", "a\n", "ä"])
def test_what_is_no_partner_key(text: str) -> None:
    """A slash would break the keys of lines apart; what nobody minted is none."""
    assert not is_partner_key(text)
