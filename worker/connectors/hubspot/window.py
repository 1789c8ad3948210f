"""Which deals changed since the last look: one search, newest first, and no second page unless there is news.

It reads and compares; it remembers nothing itself. A search lags by half a minute and may leave out or repeat; so the
window reaches back beyond the newest instant that HubSpot itself told, and what it hides is only suspected to be gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from worker.connectors.hubspot.api import MOST_HITS, PAGE, SEARCH, Door, Json, objects
from worker.connectors.hubspot.deals import Known
from worker.connectors.hubspot.records import Record, record
from worker.ports import Refused

OVERLAP = timedelta(seconds=120)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass
class Window:
    """What a search showed: all hits, those that are news, and those known ones that should have been there."""

    newest: datetime | None = None  # of the first page: later pages may already know of later changes
    hits: dict[str, Record] = field(default_factory=dict)
    news: dict[str, Record] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)


class Watch:
    """One look through the window."""

    def __init__(
        self, door: Door, asked: list[str], known: Mapping[str, Known], is_news: Callable[[Record], bool]
    ) -> None:
        self._door = door
        self._asked = asked
        self._known = known
        self._is_news = is_news
        self._by_name_only = False  # whether sorts are taken as property names, which always ascend

    def look(self, since: datetime | None) -> Window:
        """Read what was modified since an instant, less the overlap; everything, to the last page, if there is none."""
        start = since - OVERLAP if since else _EPOCH
        expected = {
            id_ for id_, deal in self._known.items() if deal.indexed and not gone(deal) and deal.updated >= start
        }
        window = Window()
        after = "0"
        while True:
            answer = self._search(start, None, after)
            fresh = self._take(window, answer)
            total = int(answer.get("total") or 0)
            following = _following(answer)
            if window.hits and (window.newest is None or self._by_name_only):
                window.newest = max(one.updated for one in window.hits.values())
            if following is None or int(following) <= int(after):
                break
            newest_first = not self._by_name_only
            if since and newest_first and not fresh and total == len(expected | window.hits.keys()):
                return window
            if total > MOST_HITS or int(following) >= MOST_HITS:
                self._by_age(window, start)
                break
            after = following
        if len(window.hits) >= total:
            window.unseen = expected - window.hits.keys()
        return window

    def _by_age(self, window: Window, start: datetime) -> None:
        """Read a window that is too large for paging: by record id, which never changes (third party, 2026-11)."""
        last = 0
        while True:
            answer = self._search(start, str(last), "0")
            self._take(window, answer)
            ids = [int(one["id"]) for one in answer.get("results") or ()]
            if _following(answer) is None or max(ids, default=0) <= last:
                return
            last = max(ids)

    def _take(self, window: Window, answer: Json) -> bool:
        """Add a page; tell whether it held news."""
        fresh = False
        for one in filter(None, map(record, answer.get("results") or ())):
            window.hits[one.id] = one
            if self._is_news(one):
                window.news[one.id] = one
                fresh = True
        return fresh

    def _search(self, start: datetime, beyond: str | None, after: str) -> Json:
        since = str((start - _EPOCH) // _MILLISECOND)
        filters = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since}]
        sort, direction = "hs_lastmodifieddate", "DESCENDING"
        if beyond is not None:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": beyond})
            sort, direction = "hs_object_id", "ASCENDING"
        body: Json = {
            "filterGroups": [{"filters": filters}], "properties": self._asked, "limit": PAGE, "after": after,
            "sorts": [sort if self._by_name_only else {"propertyName": sort, "direction": direction}],
        }  # fmt: skip
        try:
            return self._door.read(objects("deals", "search"), body, limits=SEARCH)
        except Refused:
            if self._by_name_only:
                raise
            # The guide shows sorts as objects, the description as names (2026-11).
            self._by_name_only = True
            return self._search(start, beyond, after)


def gone(deal: Known) -> bool:
    return deal.doubt is not None or deal.merged_into is not None


def _following(answer: Json) -> str | None:
    after = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    return after if after.isdigit() else None
