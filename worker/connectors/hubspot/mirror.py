"""All deals of the account as of now, from what is remembered and what changed: one search when nothing did.

What is remembered is a cache: without it the same deals come out, at the price of reading them all with their history.
A deal that can't be read any more keeps its last known facts and says why; only HubSpot's positive word makes it lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from worker.connectors.hubspot.account import Account, flagged
from worker.connectors.hubspot.api import Door, objects
from worker.connectors.hubspot.deals import Known, asked, known, same, wins
from worker.connectors.hubspot.errors import NOT_FOUND
from worker.connectors.hubspot.names import Names
from worker.connectors.hubspot.records import Record, by_id, chunks, listed, record, tied
from worker.connectors.hubspot.window import Watch, Window, gone
from worker.domain.facts import Deal
from worker.ports import Memory, Refused

SHELF = "hubspot/deals"
_SLICE = 1000  # deals read with history and company before they are remembered: a first fill that stops goes on there
_STAGE = ("dealstage",)


class Mirror:
    """One look at the deals; made anew for each."""

    def __init__(self, door: Door, account: Account, memory: Memory, names: Names) -> None:
        self._door = door
        self._account = account
        self._memory = memory
        self._names = names
        self._asked = asked(names)
        self._state = account.judge()
        self._known: dict[str, Known] = {}
        self._won: frozenset[str] | None = None
        self._tied: set[str] = set()  # whose company was asked in this look
        self._changed: set[str] = set()
        self._dropped: set[str] = set()

    def deals(self, tracked: Collection[str], *, whole: bool) -> Mapping[str, Deal]:
        """Return every deal by id; a tracked one is always there, if only with a doubt."""
        cursor = self._memory.cursor(SHELF)  # first: what another run stores meanwhile is then only read again
        self._known = {id_: Known.of(text) for id_, text in self._memory.load(SHELF).items()}
        since = datetime.fromisoformat(cursor) if cursor else None
        window = Watch(self._door, self._asked, self._known, self._is_news).look(None if whole else since)
        ids = self._with_survivors({id_ for id_ in tracked if id_.isascii() and id_.isdigit()})
        lost = self._take_in(window, ids, whole=whole)
        self._follow_merges(ids)
        self._drop(lost - ids)
        merged = {id_ for id_, deal in self._known.items() if deal.merged_into}
        self._doubt(((lost & ids) | (ids - self._known.keys())) - merged)
        self._fill_currencies()
        newest = max(filter(None, (since, window.newest)), default=None)
        self._save(newest.isoformat() if newest and newest != since else None)
        strange = {i: Known(i, _NEVER, "open", doubt=f'"{i}" is no id of a HubSpot deal') for i in set(tracked) - ids}
        return {id_: deal.deal() for id_, deal in {**self._known, **strange}.items()}

    def _take_in(self, window: Window, ids: set[str], *, whole: bool) -> set[str]:
        """Take what changed and what must be read by id; return known ids that a read by id no longer shows."""
        for id_ in window.hits.keys() & self._known.keys():
            self._put(replace(self._known[id_], indexed=True))
        mirrored = {i for i in ids & self._known.keys() if not self._known[i].merged_into}
        again = window.unseen | (mirrored if whole else set())
        reread = by_id(self._door, "deals", again, self._asked)
        news = {**window.news, **{one.id: one for one in reread.values() if self._differs(one)}}
        pending = {i for i, one in news.items() if not self._settled(one)}
        strangers = ids - self._known.keys() - pending - self._aliases(news.values()).keys()
        self._read_whole(pending | strangers, window.hits.keys())
        won = {i for i, deal in self._known.items() if deal.won_at and not gone(deal)}
        self._fill_companies(won if whole else won & news.keys())
        for id_ in window.unseen & reread.keys():
            self._put(replace(self._known[id_], indexed=False))
        return again - reread.keys()

    # What was read

    def _read(self, one: Record) -> Known:
        return known(one, self._state(one), self._names)

    def _is_news(self, one: Record) -> bool:
        old = self._known.get(one.id)
        if old is None:
            return True
        if one.updated < old.updated or (gone(old) and one.updated == old.updated):
            return False  # the index lags behind what was read by id
        return not same(self._read(one), old)

    def _differs(self, one: Record) -> bool:
        """Tell whether a deal read by id is other than remembered; one in doubt that can be read is."""
        old = self._known.get(one.id)
        return old is None or old.doubt is not None or not same(self._read(one), old)

    def _settled(self, one: Record) -> bool:
        """Take a reading of a deal whose stage is as it was; for any other the history must be asked."""
        old, new = self._known.get(one.id), self._read(one)
        if old is None or (old.stage, old.state) != (new.stage, new.state):
            return False
        self._put(
            replace(new, won_at=old.won_at, left_won_at=old.left_won_at, company=old.company, indexed=old.indexed)
        )
        return True

    def _read_whole(self, ids: Iterable[str], indexed: Collection[str]) -> None:
        """Read deals with the history of their stage, and the company of those that were ever won."""
        for chunk in chunks(sorted(ids), _SLICE):
            read = by_id(self._door, "deals", chunk, self._asked, history=_STAGE)
            for id_, one in read.items():
                self._take(one, indexed=one.id in indexed)
                if one.id != id_:
                    self._merge(id_, one.id)
            self._fill_companies(one.id for one in read.values() if self._known[one.id].won_at)
            self._save(None)

    def _take(self, one: Record, *, indexed: bool) -> None:
        new, old = self._read(one), self._known.get(one.id)
        first, left = wins(one, new.state, self._won_stages())
        if old and old.won_at:  # a history may have lost its beginning
            first = min(first, old.won_at) if first else old.won_at
            left = left or (None if new.state == "won" else old.left_won_at or one.updated)
        company = old.company if old else None
        self._put(replace(new, won_at=first, left_won_at=left, company=company, indexed=indexed))

    def _won_stages(self) -> frozenset[str]:
        if self._won is None:
            self._won = self._account.won_stages()
        return self._won

    def _fill_companies(self, ids: Iterable[str]) -> None:
        wanted = set(ids) - self._tied
        for id_, ends in tied(self._door, "deals", "companies", wanted).items():
            self._put(replace(self._known[id_], company=ends[0] if ends else None))
        self._tied |= wanted

    def _fill_currencies(self) -> None:
        bare = [d for d in self._known.values() if d.amount and not (d.currency or d.account_currency)]
        currency = self._account.currency() if bare else None
        for deal in bare if currency else ():
            self._put(replace(deal, account_currency=currency or ""))

    # What can't be read any more

    def _aliases(self, read: Iterable[Record] = ()) -> dict[str, str]:
        """Return merged-away id → survivor, as far as survivors tell."""
        told = {alias: deal.id for deal in self._known.values() if deal.merged for alias in listed(deal.merged)}
        told |= {alias: one.id for one in read for alias in one.aliases()}
        return {alias: id_ for alias, id_ in told.items() if alias != id_}

    def _with_survivors(self, ids: set[str]) -> set[str]:
        """Return these ids and all that they were merged into: what a tracked deal leads to is tracked too."""
        new = ids
        while new:
            new = {survivor for i in new if i in self._known and (survivor := self._known[i].merged_into)} - ids
            ids = ids | new
        return ids

    def _follow_merges(self, ids: Collection[str]) -> None:
        for alias, survivor in self._aliases().items():
            if alias in self._known or alias in ids:
                self._merge(alias, survivor)

    def _merge(self, alias: str, survivor: str) -> None:
        old = self._known.get(alias) or replace(self._known[survivor], id=alias, lead="", merged="")
        self._put(replace(old, merged_into=survivor, doubt=None))

    def _doubt(self, ids: Collection[str]) -> None:
        """Find out what became of tracked deals that a batch read does not show."""
        archived = by_id(self._door, "deals", ids, self._asked, history=_STAGE, archived=True)
        for id_, one in archived.items():
            if one.id not in self._known:
                self._take(one, indexed=False)
            self._put(replace(self._known[one.id], doubt="archived in HubSpot"))
            if one.id != id_:
                self._merge(id_, one.id)
        survivors = {id_: self._ask_alone(id_) for id_ in sorted(ids - archived.keys())}
        self._read_whole({s for id_, s in survivors.items() if s and (s == id_ or s not in self._known)}, ())
        for id_, survivor in survivors.items():
            if survivor and survivor != id_ and survivor in self._known:
                self._merge(id_, survivor)
            elif survivor is None or id_ not in self._known:
                old = self._known.get(id_) or Known(id_, _NEVER, "open")
                self._put(replace(old, doubt="can't be read any more in HubSpot"))

    def _ask_alone(self, id_: str) -> str | None:
        """Ask for one deal by GET, which unlike a batch follows a merge; return the id that the answer bears."""
        try:
            one = record(self._door.get(objects("deals", id_)))
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            return None
        return one.id if one else None

    # Remembering

    def _put(self, deal: Known) -> None:
        if self._known.get(deal.id) != deal:
            self._known[deal.id] = deal
            self._changed.add(deal.id)

    def _drop(self, ids: Collection[str]) -> None:
        for id_ in ids:
            del self._known[id_]
        self._dropped |= set(ids)

    def _save(self, cursor: str | None) -> None:
        put = {id_: self._known[id_].json() for id_ in self._changed - self._dropped}
        if put or self._dropped or cursor:
            self._memory.save(SHELF, put, self._dropped, cursor=cursor)
        self._changed.clear()
        self._dropped.clear()


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def remember_made(account: Account, memory: Memory, names: Names, made: Iterable[tuple[Record, str | None]]) -> None:
    """Remember deals made just now, with their company: no search shows them yet, and nobody needs to read them.

    Only those in an open stage: they were never won, so no history is needed either.
    """
    states = account.recalled()
    fresh = {}
    for one, company in made:
        if one.text("dealstage") and (flagged(one) or states.get(one.text("dealstage"))) == "open":
            fresh[one.id] = replace(known(one, "open", names), company=company).json()
    if fresh:
        memory.save(SHELF, fresh)
