"""What a lead's website, address, number and country say, or in words why they say nothing."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

import idna
import phonenumbers
import pycountry
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList

_PLAIN_HOST = re.compile(r"[a-z0-9]{1,63}(\.[a-z0-9]{1,63})+")  # is the same in IDNA, which takes its time


class Unreadable(ValueError):
    """A cell that can't be read; the text says what is wrong and what to do."""


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def clean(text: str) -> str:
    """Return the text without control and formatting characters and with single blanks."""
    if text.isascii() and text.isprintable():  # nearly all are, and there are many
        return " ".join(text.split())
    kept = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in {"Cf", "Co", "Cs"}).split())


@functools.lru_cache(maxsize=65536)
def registrable_domain(host: str) -> str | None:
    """Return the part of a host name that a company registers (`www.acme.co.uk` → `acme.co.uk`), in ASCII; or None."""
    ascii_host = host.strip().rstrip(".").lower()
    if not _PLAIN_HOST.fullmatch(ascii_host):
        try:
            ascii_host = idna.encode(ascii_host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return None
    if ascii_host.replace(".", "").isdigit():
        return None
    found = _suffixes().privatesuffix(ascii_host)
    return str(found) if found else None


@functools.lru_cache(maxsize=65536)
def website_domain(text: str) -> str:
    """Return the registrable domain of what stands in `Website`; Unreadable when there is none."""
    address = clean(text)
    if "://" not in address:
        address = "//" + address.lstrip("/")
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    domain = registrable_domain(host)
    if domain is None:
        raise Unreadable('Website is not a web address: write it as "acme.com", or leave it empty')
    return domain


@functools.lru_cache(maxsize=65536)
def email_address(text: str) -> str:
    """Return the address in its normal form; Unreadable when its syntax is wrong. Whether mail arrives is not asked."""
    try:
        # test_environment only lets the names ending in .test pass, which a trial programme uses.
        found = validate_email(clean(text), check_deliverability=False, test_environment=True)
        if registrable_domain(found.ascii_domain) is None:
            raise EmailNotValidError("The part after the @-sign is not the name of a domain")
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise Unreadable(f'Email is not an e-mail address ({reason}): write it as "jane@acme.com"') from None
    return found.ascii_email or found.normalized


def country_code(text: str) -> str:
    """Return the ISO 3166 code of a country given by name or code; Unreadable when it is neither."""
    name = clean(text)
    try:
        return str(pycountry.countries.lookup(_COMMON_NAMES.get(name.casefold().replace(".", ""), name)).alpha_2)
    except LookupError:
        raise Unreadable('Country is not a country: write its English name or its code, as "France" or "FR"') from None


_COMMON_NAMES = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "united kingdom (uk)": "GB", "usa": "US", "us": "US", "america": "US", "united states (us)": "US", "uae": "AE",
    "emirates": "AE", "republic of ireland": "IE", "eire": "IE", "éire": "IE", "holland": "NL", "the netherlands": "NL",
    "nederland": "NL", "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH", "svizzera": "CH",
    "belgique": "BE", "belgië": "BE", "españa": "ES", "italia": "IT", "sverige": "SE", "norge": "NO", "danmark": "DK",
    "suomi": "FI", "polska": "PL", "czech republic": "CZ", "brasil": "BR", "méxico": "MX", "turkey": "TR",
    "russia": "RU", "korea": "KR", "south korea": "KR", "north korea": "KP", "vietnam": "VN", "macau": "MO",
    "brunei": "BN", "burma": "MM", "ivory coast": "CI", "cape verde": "CV", "swaziland": "SZ", "the gambia": "GM",
    "palestine": "PS", "macedonia": "MK", "vatican": "VA", "vatican city": "VA",
}  # fmt: skip


@functools.lru_cache(maxsize=65536)
def phone_number(text: str, region: str) -> str:
    """Return the number in international form; one without + is read as of `region`. Unreadable when it is none."""
    try:
        number = phonenumbers.parse(clean(text), region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Unreadable('Phone is not a telephone number: write it with its country code, as "+44 20 7946 0958"')
    written = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{written} ext. {number.extension}" if number.extension else written


def currency_code(text: str) -> str:
    """Return the ISO 4217 code of a currency given by its code; Unreadable when there is none."""
    code = clean(text).upper()
    if pycountry.currencies.get(alpha_3=code) is None:
        raise Unreadable('Currency is not the code of a currency: write its three letters, as "GBP"')
    return code


def company_domain(website: str, email: str, shared: Collection[str]) -> str | None:
    """Return the domain that identifies the lead's company: of the website, else of the address.

    Hosts that many companies share (`shared`: free mail, social networks) identify nobody. Both texts are valid.
    """
    domains = (website_domain(website) if website else None, registrable_domain(email.rpartition("@")[2]))
    return next((domain for domain in domains if domain and domain not in shared), None)
