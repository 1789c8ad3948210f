"""Partner rows → their keys and what is wrong with them, in words. Pure.

A key is minted once and then stands in every line and statement, so it never follows a change of name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from worker.domain.cells import Cell, Row
from worker.domain.keys import is_partner_key, partner_key
from worker.domain.months import PERIOD_MONTHS
from worker.domain.partners import PartnerRow, as_named
from worker.domain.plan import RowEdit, edit_of
from worker.domain.tables import PARTNER_STATUSES
from worker.planning.contact_details import Unreadable, clean, currency_code, email_address, website_domain
from worker.planning.partners_seen import left_words

_PARTS_OF_A_LINE = 4  # deal/partner/month/kind
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def keyed(partners: Sequence[PartnerRow], lines: Iterable[Row] = ()) -> list[PartnerRow]:
    """Return the partners, each with its key: the one in its row, else the one that this run mints.

    What is not a key, or is an older row's (as in a copied row), counts as none. A key that a hand changed or cleared
    is the one again that the partner's commission lines carry: another would earn everything a second time.
    """
    lost = _lost_keys(partners, lines)
    partners = [replace(p, key=lost.get(p.row.id, p.key)) for p in partners]
    holders: dict[str, str] = {}
    for partner in sorted(partners, key=_claim):
        if is_partner_key(partner.key):
            holders.setdefault(partner.key, partner.row.id)
    taken = set(holders)
    found: list[PartnerRow] = []
    for partner in partners:
        if holders.get(partner.key) != partner.row.id:
            key = partner_key(partner.name, taken) if partner.name else ""
            partner = replace(partner, key=key)
            taken.add(key)
        found.append(partner)
    return found


def _lost_keys(partners: Sequence[PartnerRow], lines: Iterable[Row]) -> dict[str, str]:
    """Return by row id the key of every partner whose lines carry one that no row has, while its own is on no line."""
    present = {partner.key for partner in partners}
    carried: set[str] = set()
    by_name: dict[str, set[str]] = defaultdict(set)
    for row in lines:
        parts = row.text("Line").split("/")
        if len(parts) == _PARTS_OF_A_LINE:
            carried.add(parts[1])
            if parts[1] not in present:
                by_name[row.text("Partner")].add(parts[1])
    found = {p.row.id: by_name[p.name] for p in partners if p.name and p.key not in carried}
    return {row: key for row, keys in found.items() if len(keys) == 1 for key in keys}


def _claim(partner: PartnerRow) -> tuple[datetime, bool, str]:
    """Return what decides whose a key is that two rows carry: the older row's, else the one's that it sounds like."""
    return (partner.row.created_at or _LONG_AGO, partner_key(partner.name) != partner.key, partner.row.id)


def partner_edits(partners: Sequence[PartnerRow], plans: Collection[str]) -> list[RowEdit]:
    """Return the keys to mint and the problems to tell in the Partners table; `partners` have their keys."""
    edits: list[RowEdit] = []
    names = Counter(_name(partner) for partner in partners)
    for partner in partners:
        if not partner.key:
            continue
        problem = ". ".join(_problems(partner, names[_name(partner)], plans))
        cells: dict[str, Cell] = {"Key": partner.key, "Problem": f"{problem}." if problem else None}
        minted = partner.row.text("Key") != partner.key
        reason = problem or ("a new partner gets its key" if minted else "the problem is mended")
        edits += edit_of(partner.row, partner.key, cells, reason, partner.key, first=minted)
    return edits


def _name(partner: PartnerRow) -> str:
    return as_named(partner.name).casefold()


def _problems(partner: PartnerRow, namesakes: int, plans: Collection[str]) -> Iterator[str]:
    if not partner.name:
        yield "Partner is missing: write the partner's name"
    elif namesakes > 1:
        yield "Two partners have this name: give each its own"
    if partner.status not in PARTNER_STATUSES:
        yield "Status is not set: choose Enrolled, Paused or Left"
    if partner.leaving is not None:
        yield left_words(partner.leaving)
    choose = f"choose one of {', '.join(sorted(plans))}" if plans else "add one to rules/commissions.toml"
    if partner.plan and partner.plan not in plans:
        yield f"Plan “{clean(partner.plan)[:60]}” is not in rules/commissions.toml: {choose}"
    if not partner.plan and partner.status == "Enrolled":
        yield f"Plan is missing: {choose}"
    if not partner.email and not partner.slack_channel and partner.status == "Enrolled":
        yield "Neither Email nor Slack channel is filled in: the partner can't be told anything"
    yield from _unreadable(partner)
    if partner.cadence and partner.cadence not in PERIOD_MONTHS:
        yield f"Cadence is none of {', '.join(PERIOD_MONTHS)}: choose one, or leave it empty"


def _unreadable(partner: PartnerRow) -> Iterator[str]:
    cells = ((partner.email, email_address), (partner.currency, currency_code))
    for text, reader in cells:
        try:
            if text:
                reader(text)
        except Unreadable as error:
            yield str(error)
    try:
        for word in partner.domains():
            website_domain(word)
    except Unreadable:
        yield 'Company domain is not a web address: write it as "acme.com"'
