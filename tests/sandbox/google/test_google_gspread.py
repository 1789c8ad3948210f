"""The unmodified gspread against the sandbox: the calls that the worker makes, and the hazards of the object layer."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from gspread.exceptions import APIError, SpreadsheetNotFound


def test_the_calls_of_the_worker(client, google, server):
    """Read, write with proof and change the structure through the plain HTTP client: one request each."""
    http, sid = client.http_client, google.file.id
    http.session.headers["User-Agent"] = "quarterday (gzip)"
    path = f"https://sheets.googleapis.com/v4/spreadsheets/{sid}/values:batchGet"
    params = {"ranges": ["'Leads'!A1:Z"], "valueRenderOption": "UNFORMATTED_VALUE",
              "dateTimeRenderOption": "SERIAL_NUMBER"}  # fmt: skip
    reply = http.request("get", path, params=params)
    rows = json.loads(reply.content, parse_float=Decimal)["valueRanges"][0]["values"]
    assert ["L-3", "Cord", "007", Decimal("83.5"), 46055] == rows[3]

    data = [{"range": "'Leads'!A4:F4", "values": [[None] * 5 + ["deal-9"]]}]
    body = {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True}
    written = http.values_batch_update(sid, body)
    assert "L-3" == written["responses"][0]["updatedData"]["values"][0][0]
    made = http.batch_update(sid, {"requests": [{"addSheet": {"properties": {"title": "Partners"}}}]})
    assert "Partners" == made["replies"][0]["addSheet"]["properties"]["title"]
    tabs = http.fetch_sheet_metadata(sid, params={"fields": "sheets.properties"})
    assert ["Sheet1", "Leads", "Partners"] == [sheet["properties"]["title"] for sheet in tabs["sheets"]]
    assert 4 == len(server.calls(path="/v4/"))


def test_the_object_layer_asks_often(client, google, server):
    """open_by_key is a call, each worksheet() another, then the read (measured)."""
    client.open_by_key(google.file.id).worksheet("Leads").get_all_values()

    assert 3 == len(server.calls(path="/v4/"))


def test_get_all_records_spoils_texts(client, google):
    """get_all_records turns codes into numbers: why the worker never uses it."""
    google.edit("Leads", 2, "Phone", "'+447911123456")
    records = client.open_by_key(google.file.id).worksheet("Leads").get_all_records()

    assert [447911123456, "+44 20 7946 0002", 7] == [record["Phone"] for record in records]


def test_tabs_cells_and_rows_through_the_object_layer(client, google):
    """Tabs are added, resized, frozen, renamed and deleted; cells written, found, sorted and cleared."""
    book = client.open_by_key(google.file.id)
    tab = book.add_worksheet("Scratch", rows=10, cols=5)
    tab.update([["b", 2], ["a", 1]], "A1")
    tab.append_row(["c", 3])
    tab.sort((1, "asc"), range="A1:B3")
    assert [["a", "1"], ["b", "2"], ["c", "3"]] == tab.get_all_values()
    assert "B2" == tab.find("2").address
    tab.insert_row(["new"], 2)
    tab.delete_rows(1)
    tab.freeze(rows=1)
    tab.resize(rows=20)
    tab.update_title("Scratched")
    tab.batch_clear(["A3:B3"])
    assert [["new"], ["b", 2]] == google.values("Scratched")
    assert 1 == book.worksheet("Scratched").frozen_row_count
    book.del_worksheet(tab)
    assert ["Sheet1", "Leads"] == google.tabs()


def test_errors_reach_the_caller(client, google):
    """A refusal is an APIError with its response; what is not found or not shared has exceptions of its own."""
    with pytest.raises(APIError, match="Unable to parse range") as caught:
        client.http_client.values_get(google.file.id, "Gone!A1")
    assert 400 == caught.value.response.status_code
    with pytest.raises(SpreadsheetNotFound):
        client.open_by_key("1nothing")
    google.unshare("quarterday@sandbox-318273.iam.gserviceaccount.com")
    with pytest.raises(PermissionError):
        client.open_by_key(google.file.id)


def test_a_renamed_tab_breaks_a_cached_title(client, google):
    """gspread keeps a tab's title: after a renaming every range of it is refused."""
    tab = client.open_by_key(google.file.id).worksheet("Leads")
    google.rename_tab("Leads", "Prospects")

    with pytest.raises(APIError, match="Unable to parse range: 'Leads'!A1"):
        tab.acell("A1")


def test_the_same_calls_give_the_same_bytes(clock, google):
    """Two worlds of one seed answer the same calls with the same bytes; another seed has other ids."""
    from worker.sandbox.google import Google

    def ids(seed):
        world = Google(clock, seed=seed)
        return world.make_tab("A"), world.make_tab("B"), world.make_file("C").id, world.bearer()

    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))
    assert 44 == len(ids(1)[2])
