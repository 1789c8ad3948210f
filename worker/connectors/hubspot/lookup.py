"""Looking for what is there already: companies by domain with their deals, deals by our lead key. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from worker.connectors.hubspot.account import Account
from worker.connectors.hubspot.api import LONGEST_SEARCH, MOST_HITS, PAGE, SEARCH, Door, Json, objects
from worker.connectors.hubspot.names import Names
from worker.connectors.hubspot.records import Record, by_id, by_key, record, tied
from worker.domain.leads import CrmCompany, CrmDeal, LeadRefs

FLAGS = ("dealstage", "pipeline", "hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost")


def companies(door: Door, account: Account, names: Names, domains: Collection[str]) -> Mapping[str, CrmCompany]:
    """Return by domain the companies that have one of these, each with its deals.

    One search serves about 115 domains; deals are asked only for companies that were found. Of twins the oldest counts,
    with the deals of all. A company that has the domain only as an additional one is not found.
    """
    wanted = sorted({domain.strip().lower() for domain in domains} - {""})
    twins: dict[str, list[Record]] = {}
    for packed in _packed(wanted):
        for found in _search_all(door, _by_domain(packed)):
            twins.setdefault(found.text("domain").lower(), []).append(found)
    twins = {domain: found for domain, found in twins.items() if domain in set(wanted)}
    deals = _deals_of(door, account, names, [one.id for found in twins.values() for one in found])
    return {domain: _company(domain, found, deals) for domain, found in twins.items()}


def _company(domain: str, twins: Sequence[Record], deals: Mapping[str, Sequence[CrmDeal]]) -> CrmCompany:
    mine = {deal.id: deal for one in twins for deal in deals.get(one.id, ())}
    customer = any(one.text("lifecyclestage").lower() == "customer" for one in twins)
    won = any(deal.state == "won" for deal in mine.values())
    oldest = min((one.id for one in twins), key=age)
    return CrmCompany(oldest, domain, customer or won, tuple(mine[id_] for id_ in sorted(mine, key=age)))


def age(id_: str) -> tuple[int, str]:
    """Return what puts ids in the order of their making: numbers, as text."""
    return len(id_), id_


def _deals_of(door: Door, account: Account, names: Names, ids: Sequence[str]) -> dict[str, list[CrmDeal]]:
    ends = tied(door, "companies", "deals", ids)
    found = by_id(door, "deals", {deal for deals in ends.values() for deal in deals}, [names.lead, *FLAGS])
    state = account.judge()
    short = {id_: CrmDeal(id_, one.text(names.lead) or None, state(one)) for id_, one in found.items()}
    return {company: [short[deal] for deal in deals if deal in short] for company, deals in ends.items()}


def _by_domain(domains: Sequence[str]) -> Json:
    where = [{"filters": [{"propertyName": "domain", "operator": "IN", "values": list(domains)}]}]
    return {"filterGroups": where, "properties": ["domain", "lifecyclestage"], "sorts": [], "limit": PAGE, "after": "0"}


_ROOM_FOR_AFTER = 8  # characters that `after` may grow by on later pages


def _packed(domains: Sequence[str]) -> Iterator[list[str]]:
    """Cut domains into lists whose search body, as json.dumps writes it, is not too long."""
    packed: list[str] = []
    free = room = LONGEST_SEARCH - len(json.dumps(_by_domain([]))) - _ROOM_FOR_AFTER
    for domain in domains:
        needs = len(json.dumps(domain)) + 2
        if packed and needs > free:
            yield packed
            packed, free = [], room
        packed.append(domain)
        free -= needs
    if packed:
        yield packed


def _search_all(door: Door, body: Json) -> Iterator[Record]:
    """Yield every hit of a search, page by page, as far as a search goes."""
    after = "0"
    while int(after) < MOST_HITS:
        answer = door.read(objects("companies", "search"), {**body, "after": after}, limits=SEARCH)
        yield from filter(None, map(record, answer.get("results") or ()))
        following = str((((answer.get("paging") or {}).get("next")) or {}).get("after") or "")
        if not following.isdigit() or int(following) <= int(after):
            return
        after = following


def find(door: Door, names: Names, keys: Collection[str]) -> Mapping[str, LeadRefs]:
    """Return the ids of the deals that carry these lead keys, and of what they are tied to; by key.

    By the unique property, never by search: a search does not see what was made half a minute ago.
    """
    found = by_key(door, "deals", names.lead, {key for key in keys if key})
    ids = [deal.id for deal in found.values()]
    company, contact = tied(door, "deals", "companies", ids), tied(door, "deals", "contacts", ids)
    return {
        key: LeadRefs(deal.id, _first(company.get(deal.id)), _first(contact.get(deal.id)))
        for key, deal in found.items()
    }


def _first(ids: Sequence[str] | None) -> str | None:
    return ids[0] if ids else None
