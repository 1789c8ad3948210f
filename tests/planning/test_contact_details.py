"""What a website, an address, a number, a country and a currency say; and in words why they say nothing."""

from __future__ import annotations

import pytest

from worker.planning.contact_details import (
    Unreadable,
    clean,
    company_domain,
    country_code,
    currency_code,
    email_address,
    phone_number,
    registrable_domain,
    website_domain,
)

SHARED = frozenset({"gmail.com", "linkedin.com", "yahoo.co.uk"})


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("  Acme \t Ltd\n", "Acme Ltd"),
        ("Acme\x00\x07Ltd", "Acme Ltd"),
        ("Acme\u2028Ltd", "Acme Ltd"),
        ("\u200bAc\u200dme\ufeff", "Acme"),
        ("\u200b\u00a0\x01", ""),
        ("\ue000Acme", "Acme"),
        ("Łódź 🚀", "Łódź 🚀"),
        ("line\u2028line\u2029paragraph", "line line paragraph"),
        ("half\ud800 a pair", "half a pair"),
    ],
)
def test_clean_keeps_what_people_can_read(written: str, plain: str) -> None:
    """Control, formatting and private characters go, blanks become single ones, letters and emoji stay."""
    assert plain == clean(written)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.acme.co.uk", "acme.co.uk"),
        ("ACME.com.", "acme.com"),
        ("a.b.c.acme.com.au", "acme.com.au"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("acme.github.io", "acme.github.io"),
        ("acme.test", "acme.test"),
        ("co.uk", None),
        ("github.io", None),
        ("localhost", None),
        ("192.168.0.1", None),
        ("", None),
        ("a..b", None),
        ("-.com", None),
        ("x" * 300 + ".com", None),
    ],
)
def test_the_registrable_domain_knows_public_suffixes(host: str, domain: str | None) -> None:
    """Of a host name counts what a company registers; public suffixes, addresses of machines and nonsense are none."""
    assert domain == registrable_domain(host)


@pytest.mark.parametrize(
    "written",
    ["acme.com", "www.acme.com", "https://acme.com", "HTTP://WWW.ACME.COM:8080/a b?c#d",
     "//acme.com/", "\u200bacme.com ",
     "https://user:secret@shop.acme.com", "acme.com."],
)  # fmt: skip
def test_a_website_is_read_however_it_is_written(written: str) -> None:
    """A scheme, a port, a path or blanks make no difference."""
    assert "acme.com" == website_domain(written)


@pytest.mark.parametrize(
    "written",
    ["n/a", "-", "acme", "http://acme", "co.uk", "acme.com, acme.net", '=HYPERLINK("http://evil.com")', "http://[::1",
     "javascript:alert(1)", "🚀", "http://192.168.0.1/", "x" * 100_000],
)  # fmt: skip
def test_a_website_that_is_none(written: str) -> None:
    """What names no domain is refused in words that name the field and the remedy."""
    with pytest.raises(
        Unreadable, match=r"^Website is not a web address: write it as \"acme.com\", or leave it empty$"
    ):
        website_domain(written)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Jo@ACME.com\n", "Jo@acme.com"),
        ("jo+x@acme.co.uk", "jo+x@acme.co.uk"),
        ("jo@münchen.de", "jo@xn--mnchen-3ya.de"),
        ("jö@acme.com", "jö@acme.com"),
        ("jo@example.com", "jo@example.com"),
        ("jo@acme.test", "jo@acme.test"),
    ],
)
def test_an_address_in_its_normal_form(written: str, address: str) -> None:
    """The domain is in small ASCII letters; nobody asks whether mail arrives."""
    assert address == email_address(written)


@pytest.mark.parametrize(
    "written",
    ["jo", "jo@", "@acme.com", "jo@acme", "jo@test", "jo@co.uk", "jo@acme..com", "jo@a.com, al@a.com", "Jo <jo@a.com>",
     "jo@[1.2.3.4]", '"a b"@acme.com', "=cmd()|x@acme.com", "jo@acme.invalid", "🚀", "x" * 300 + "@acme.com"],
)  # fmt: skip
def test_an_address_that_is_none(written: str) -> None:
    """Wrong syntax is refused in words that name the field, the reason and the remedy."""
    with pytest.raises(Unreadable, match=r'^Email is not an e-mail address \(.+\): write it as "jane@acme.com"$'):
        email_address(written)


@pytest.mark.parametrize(
    ("written", "code"),
    [("France", "FR"), ("fr", "FR"), ("FRA", "FR"), ("UK", "GB"), ("U.K.", "GB"), ("England", "GB"), ("usa", "US"),
     ("U.S.A.", "US"), ("Deutschland", "DE"), ("Côte d'Ivoire", "CI"), ("🇳🇱", "NL"), (" Viet Nam\n", "VN"),
     ("Czech Republic", "CZ"), ("South Korea", "KR")],
)  # fmt: skip
def test_a_country_by_name_or_code(written: str, code: str) -> None:
    """English names, codes and what people call a country every day are known."""
    assert code == country_code(written)


@pytest.mark.parametrize("written", ["Atlantis", "E", "🚀", "12", "x" * 1000])
def test_a_country_that_is_none(written: str) -> None:
    """Anything else is refused in words."""
    with pytest.raises(Unreadable, match=r"^Country is not a country: write its English name or its code"):
        country_code(written)


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("01 23 45 67 89", "FR", "+33123456789"),
        ("2079460958", "GB", "+442079460958"),
        ("0044 20 7946 0958", "GB", "+442079460958"),
        ("020 7946 0958 x12", "GB", "+442079460958 ext. 12"),
    ],
)
def test_a_number_in_international_form(written: str, region: str, number: str) -> None:
    """A number without a country code is one of its region; an extension is kept."""
    assert number == phone_number(written, region)


@pytest.mark.parametrize(
    ("written", "region"), [("12", "GB"), ("call me", "GB"), ("🚀", "GB"), ("020 7946 0958", "AQ")]
)
def test_a_number_that_is_none(written: str, region: str) -> None:
    """What no telephone takes is refused in words."""
    with pytest.raises(Unreadable, match=r"^Phone is not a telephone number: write it with its country code"):
        phone_number(written, region)


def test_a_currency_by_its_code() -> None:
    """Codes of ISO 4217 are taken in any letters."""
    assert "GBP" == currency_code(" gbp ")


@pytest.mark.parametrize("written", ["£", "pounds", "ABC", "", "GBPX"])
def test_a_currency_that_is_none(written: str) -> None:
    """Anything else is refused in words."""
    with pytest.raises(Unreadable, match=r"^Currency is not the code of a currency: write its three letters"):
        currency_code(written)


@pytest.mark.parametrize(
    ("website", "email", "domain"),
    [
        ("www.acme.com", "jo@other.com", "acme.com"),
        ("", "jo@mail.acme.com", "acme.com"),
        ("acme.com", "", "acme.com"),
        ("acme.com", "jo@gmail.com", "acme.com"),
        ("uk.linkedin.com/company/acme", "jo@acme.com", "acme.com"),
        ("linkedin.com/company/acme", "jo@gmail.com", None),
        ("", "jo@gmail.com", None),
        ("", "jo@yahoo.co.uk", None),
        ("", "jo@mail.gmail.com", None),
        ("", "jo@localhost", None),
        ("", "", None),
    ],
)
def test_what_identifies_a_company(website: str, email: str, domain: str | None) -> None:
    """The website's domain comes first, then the address's; hosts that many companies share identify nobody."""
    assert domain == company_domain(website, email, SHARED)
