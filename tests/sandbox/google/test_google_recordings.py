"""The sandbox against 1,707 exchanges with the real service: same status, same shape, nearly always the same values.

The traces are replayed in their order, each on a world of its own. What a trace presumes and does not hold is built
first: files of earlier runs, a file that is not shared, an identical request that the source kept only once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.google import Google
from worker.sandbox.google.spreadsheet import Seen
from worker.sandbox.server import Request

SHARED = Path(__file__).parents[4] / "shared"
RECORDINGS = SHARED / "recordings" / "google-sheets.jsonl"
pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(), reason="recordings/google-sheets.jsonl is not beside the checkout"
)

ACCOUNT = "sa-ecd91709@project.iam.gserviceaccount.com"
NOT_MODELLED = {
    "/export": "files.export: the programme never exports",
    "/comments": "comments: not used",
    "/upload/drive/v2/": "uploads: not used",
}
IDS = ("id", "spreadsheetId", "namedRangeId", "sheetId", "protectedRangeId")
# The source kept equal requests of a trace once; this trace lacks a second clear before its last read.
MISSING = {("WorksheetTest.test_clear", 8): 4, ("WorksheetTest.test_clear", 17): 13}
TIMES = re.compile(r"body(\.files\[\d+\])?\.(createdTime|modifiedTime)")


def traces():
    found = {}
    for line in RECORDINGS.read_text().splitlines() if RECORDINGS.exists() else ():
        row = json.loads(line)
        found.setdefault(Path(row["source_path"]).stem, []).append(row)
    return found


def why_not(row):
    return next((why for part, why in NOT_MODELLED.items() if part in row["request"]["url"]), None)


def differences(theirs, ours, at="body"):
    """Return two lists: where shapes differ (keys, JSON types, lengths of lists), and where only values do."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        shapes = [f"{at}.{key}" for key in theirs.keys() ^ ours.keys()]
        pairs = [(theirs[key], ours[key], f"{at}.{key}") for key in theirs.keys() & ours.keys()]
    elif isinstance(theirs, list) and isinstance(ours, list):
        shapes = [] if len(theirs) == len(ours) else [f"{at}: {len(theirs)} entries against {len(ours)}"]
        pairs = [(a, b, f"{at}[{n}]") for n, (a, b) in enumerate(zip(theirs, ours, strict=False))]
    else:
        if kind(theirs) != kind(ours):
            return [f"{at}: {theirs!r} against {ours!r}"], []
        return [], [] if theirs == ours else [at]
    found = [differences(*pair) for pair in pairs]
    return shapes + [s for one, _ in found for s in one], [v for _, one in found for v in one]


def kind(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


class Replay:
    """One trace against a world of its own; the ids of the recording are put in place of the sandbox's."""

    def __init__(self, name, rows):
        self.name, self.rows = name, rows
        self.clock = Clock(parsedate_to_datetime(rows[0]["recorded_at"]))
        self.google = Google(self.clock, locale="en_US", time_zone="Etc/GMT")
        self.google.limits = False
        self.bearer = self.google.bearer("drive", "spreadsheets", who=ACCOUNT)
        self.ids = {}
        self.made = set()

    def translated(self, text):
        for theirs, ours in self.ids.items():
            text = text.replace(theirs, ours)
        return text

    def send(self, row):
        request = row["request"]
        url = urlsplit(self.translated(request["url"]))
        body = b"" if request["body"] is None else self.translated(json.dumps(request["body"])).encode()
        query = parse_qsl(url.query, keep_blank_values=True)
        self.clock.set(parsedate_to_datetime(row["recorded_at"]))
        asked = Request(request["method"], url.path, query, {"authorization": f"Bearer {self.bearer}"}, body,
                        self.clock.now())  # fmt: skip
        reply = self.google.answer(asked)
        return reply.status, json.loads(reply.body) if reply.body else None

    def presume(self, row):
        """Build what the exchange needs and the trace does not tell of."""
        missing = MISSING.get((self.name, row["seq"]))
        if missing is not None:
            self.send(next(one for one in self.rows if one["seq"] == missing))
        for entry in (row["response"]["body"] or {}).get("files", []):
            if self.translated(entry["id"]) not in self.google.spreadsheets:
                file = self.google.make_file(entry["name"], file_id=entry["id"], owner=ACCOUNT)
                file.created, modified = (
                    datetime.fromisoformat(entry[f"{word}Time"]) for word in ("created", "modified")
                )
                file.history = [Seen(file.created, 1, modified)]
        listed = {self.translated(entry["id"]) for entry in (row["response"]["body"] or {}).get("files", [])}
        if row["request"]["url"].startswith("https://www.googleapis.com/drive/v3/files?q=") and listed:
            others = [file_id for file_id, file in self.google.spreadsheets.items() if ACCOUNT in file.shares]
            for file_id in set(others) - listed - self.made:
                del self.google.spreadsheets[file_id]
        if row["response"]["status"] == 403:
            file_id = re.search(r"/spreadsheets/([\w-]+)", row["request"]["url"])[1]
            self.google.make_file("Private", file_id=file_id, owner="someone@else.test")
        if row["source_path"].endswith("test_import_csv.json") and "/values/" in row["request"]["url"]:
            self._upload(row)

    def _upload(self, row):
        """Stand in for the upload of a table before this exchange, which is not modelled."""
        file = self.google.spreadsheets[self.translated(re.search(r"/spreadsheets/([\w-]+)", row["request"]["url"])[1])]
        file.sheets[0].properties["title"] = file.properties["title"]
        for line, cells in zip(file.sheets[0].lines, row["response"]["body"]["values"], strict=False):
            line.cells = cells

    def learn(self, theirs, ours):
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                if key in IDS and theirs[key] and theirs[key] != ours[key]:
                    self.ids[str(theirs[key])] = str(ours[key])
                    self.made.add(str(ours[key]))
                else:
                    self.learn(theirs[key], ours[key])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self.learn(one, other)

    def run(self):
        """Yield each exchange with what differs: status, shapes, values; None where it is not modelled."""
        for row in self.rows:
            if why_not(row) is not None:
                yield row, None
                continue
            self.presume(row)
            status, ours = self.send(row)
            theirs = row["response"]["body"]
            if row["request"]["method"] == "POST" and status == 200:
                self.learn(theirs, ours)
            shapes, values = differences(json.loads(self.translated(json.dumps(theirs))), ours)
            if status != row["response"]["status"]:
                shapes = [f"status {row['response']['status']} against {status}"]
            yield row, (shapes, values)


@pytest.fixture(scope="module")
def replayed():
    return [(name, row, found) for name, rows in traces().items() for row, found in Replay(name, rows).run()]


def test_every_exchange_is_answered_alike(replayed, record_property):
    """Whatever is modelled has the recorded status, keys, types and lengths; how many, and what is not, is told."""
    left = Counter(why_not(row) for _, row, found in replayed if found is None)
    wrong = [f"{name} {row['seq']}: {found[0][:3]}" for name, row, found in replayed if found is not None and found[0]]
    asked = [found for *_, found in replayed if found is not None]
    exact = sum(not shapes and all(TIMES.fullmatch(value) for value in values) for shapes, values in asked)
    told = [
        f"google-sheets recordings: {len(asked) - len(wrong)} of {len(replayed)} exchanges answered with the same "
        f"status and shape ({exact} of them with the same values, times aside); not modelled:"
    ]
    told += [f"  {count} × {why}" for why, count in left.items()]
    record_property("recordings", "\n".join(told))

    assert [] == wrong
    assert (1707, 6) == (len(replayed), sum(left.values()))


def test_values_differ_only_where_they_must(replayed):
    """Beside times, only a zone that the source left out, ids of uploads and the width of a column are other values."""
    values = Counter(
        re.sub(r"\d+", "#", value) for *_, found in replayed if found is not None
        for value in found[1] if not TIMES.fullmatch(value)
    )  # fmt: skip

    known = {
        "body.properties.timeZone", "body.sheets[#].properties.sheetId", "body.sheets[#].properties.title",
        "body.sheets[#].data[#].columnMetadata[#].pixelSize",
    }  # fmt: skip
    assert set(values) <= known, values
    assert sum(values.values()) <= 12
