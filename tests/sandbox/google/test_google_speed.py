"""The stand-in is quick enough to be no one's bottleneck: 50,000 rows of 20 columns in one read."""

from __future__ import annotations

import json
import time

import pytest

from worker.sandbox.google import Google
from worker.sandbox.server import Request

ROWS, COLUMNS = 50_000, 20


@pytest.fixture
def big(clock):
    """Return a service with a tab of 50,000 rows, and a caller past the sockets."""
    google = Google(clock)
    google.limits = False
    google.make_tab("Big", [f"Column {n}" for n in range(COLUMNS)], (
        [f"K-{row}", *(f"cell {row} {n}" if n % 3 else row + n / 4 for n in range(1, COLUMNS))] for row in range(ROWS)
    ))  # fmt: skip
    bearer = google.bearer()

    def ask(method, path, query=(), body=None):
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {bearer}"}
        began = time.process_time()
        reply = google.answer(
            Request(method, f"/v4/spreadsheets/{google.file.id}{path}", query, headers, raw, clock.now())
        )
        return time.process_time() - began, reply

    return google, ask


def test_a_million_cells_are_read_and_written_quickly(big):
    """A batchGet of 50,000 rows, 1,000 slices with echoes, and a sort are worth some readings of it all as JSON."""
    google, ask = big
    query = [("ranges", "Big"), ("ranges", "Sheet1"), ("valueRenderOption", "UNFORMATTED_VALUE")]
    reading, reply = ask("GET", "/values:batchGet", query)
    assert 200 == reply.status
    assert ROWS + 1 == len(json.loads(reply.body)["valueRanges"][0]["values"])

    data = [{"range": f"Big!A{row}:T{row}", "values": [[None] * 19 + ["done"]]} for row in range(2, 1002)]
    body = {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True}
    writing, reply = ask("POST", "/values:batchUpdate", body=body)
    assert 1000 == json.loads(reply.body)["totalUpdatedCells"]

    began = time.process_time()
    google.sort("Big", "Column 0", descending=True)
    sorting = time.process_time() - began
    assert "K-9999" == google.values("Big")[1][0]
    text = json.dumps(google.values("Big"))
    began = time.process_time()
    json.loads(text)
    once = time.process_time() - began
    assert reading < 40 * once, reading / once
    assert writing < 20 * once, writing / once
    assert sorting < 120 * once, sorting / once
