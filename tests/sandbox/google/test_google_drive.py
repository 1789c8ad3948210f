"""Drive: whether the file changed, files made and found, and channels that say "look again"."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


@pytest.fixture
def probe(call, google, clock):
    """Return a probe of the file, at 09:03 when all that was set up shows: version as a number and time of change."""
    clock.advance(timedelta(minutes=3))

    def look():
        params = {"fields": "version, modifiedTime", "supportsAllDrives": "true"}
        body = call("GET", f"/drive/v3/files/{google.file.id}", params=params).body
        assert {"version", "modifiedTime"} == set(body)
        return int(body["version"]), body["modifiedTime"]

    return look


def test_api_edits_show_at_once(probe, write, clock):
    """Each write of the API makes the version grow, and is the time of change."""
    before, _ = probe()
    clock.advance(timedelta(minutes=7))
    write("Leads!A2", [["X"]])

    assert (before + 1, "2026-11-02T09:10:00.250Z") == probe()


def test_reads_and_refused_writes_change_nothing(probe, write, read):
    """Neither reading nor a refused write is a change."""
    before = probe()
    read("Leads")
    assert 400 == write("Leads!A2:A2", [["a", "b"]]).status

    assert before == probe()


def test_peoples_edits_show_late(probe, google, clock):
    """What people do shows after three minutes; until then the old version does."""
    clock.advance(timedelta(minutes=5))
    before = probe()
    google.edit("Leads", 2, "Company", "Acme Ltd")
    clock.advance(timedelta(minutes=2, seconds=59))
    assert before == probe()

    clock.advance(timedelta(seconds=1))
    assert (before[0] + 1, "2026-11-02T09:08:00.250Z") == probe()


def test_a_later_api_edit_brings_a_persons_edit_along(probe, google, write, clock):
    """Versions only grow: an API write after a person's edit shows both at once."""
    clock.advance(timedelta(minutes=5))
    before, _ = probe()
    google.edit("Leads", 2, "Company", "Acme Ltd")
    write("Leads!A3", [["X"]])

    assert before + 2 == probe()[0]
    clock.advance(timedelta(minutes=9))
    assert before + 2 == probe()[0]


def test_the_version_grows_without_data_too(probe, google):
    """A change that no cell shows makes the version grow all the same."""
    google.people_lag = timedelta()
    before, _ = probe()
    google.touch()

    assert before + 1 == probe()[0]


def test_undoing_is_a_change(probe, google):
    """An undone edit leaves the cells as they were and the version two ahead."""
    google.people_lag = timedelta()
    before, values = probe()[0], google.values("Leads")
    google.edit("Leads", 2, "Company", "X")
    google.undo()

    assert (before + 2, values) == (probe()[0], google.values("Leads"))


def test_files_have_their_default_fields(call, google):
    """Without `fields` a file shows four; an unknown field or parameter is refused in Drive's envelope."""
    path = f"/drive/v3/files/{google.file.id}"
    kind = "application/vnd.google-apps.spreadsheet"
    expected = {"kind": "drive#file", "id": google.file.id, "name": "Sandbox programme", "mimeType": kind}
    assert expected == call("GET", path).body

    for params in ({"fields": "versoin"}, {"suportsAllDrives": "true"}):
        answer = call("GET", path, params=params)
        assert (400, "invalidParameter") == (answer.status, answer.body["error"]["errors"][0]["reason"])


def test_an_unknown_or_unshared_file_is_not_found(call, google):
    """Drive does not tell an unshared file from one that is not there."""
    stranger = google.bearer(who="stranger@sandbox.test")
    for path, token in (("/drive/v3/files/1nothing", None), (f"/drive/v3/files/{google.file.id}", stranger)):
        answer = call("GET", path, token=token)
        assert (404, "notFound") == (answer.status, answer.body["error"]["errors"][0]["reason"])


def test_files_are_made_found_copied_and_deleted(call, google):
    """A new spreadsheet has one tab; it is listed by name, copied with its values, and deleted by its owner only."""
    kind = "application/vnd.google-apps.spreadsheet"
    made = call("POST", "/drive/v3/files", {"name": "Copybook", "mimeType": kind}).body
    tabs = call("GET", f"/v4/spreadsheets/{made['id']}", params={"fields": "sheets.properties.title"}).body
    assert {"sheets": [{"properties": {"title": "Sheet1"}}]} == tabs
    call("PUT", f"/v4/spreadsheets/{made['id']}/values/A1", {"values": [["x"]]}, params={"valueInputOption": "RAW"})

    copied = call("POST", f"/drive/v3/files/{made['id']}/copy", {"name": None}).body
    assert "Copy of Copybook" == copied["name"]
    assert [["x"]] == call("GET", f"/v4/spreadsheets/{copied['id']}/values/A1").body["values"]
    query = {"q": f'mimeType="{kind}" and name = "Copybook"', "fields": "kind,nextPageToken,files(id,name)"}
    listed = call("GET", "/drive/v3/files", params=query).body
    assert {"kind": "drive#fileList", "files": [{"id": made["id"], "name": "Copybook"}]} == listed
    assert 204 == call("DELETE", f"/drive/v3/files/{made['id']}").status
    assert 404 == call("GET", f"/v4/spreadsheets/{made['id']}").status
    assert 403 == call("DELETE", f"/drive/v3/files/{google.file.id}").status


@pytest.fixture
def inbox():
    """Return the headers of every ping that arrives, and the address to send them to."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append({name: value for name, value in self.headers.items() if name.startswith("X-Goog")})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield came, f"http://127.0.0.1:{server.server_address[1]}/hook"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def _watch(call, google, address, **said):
    body = {"id": "channel-1", "type": "web_hook", "address": address, "token": "secret", **said}
    return call("POST", f"/drive/v3/files/{google.file.id}/watch", body)


def test_a_channel_pings_once_for_many_changes(call, google, clock, inbox):
    """The first ping says sync, the next, three minutes after a change, update; the token proves where from."""
    came, address = inbox
    channel = _watch(call, google, address).body
    assert 1 == google.deliver_pings()
    for row in (2, 3):
        google.edit("Leads", row, "Company", "X")
    assert 0 == google.deliver_pings()
    clock.advance(timedelta(minutes=3))
    assert 1 == google.deliver_pings()

    assert ["sync", "update"] == [ping["X-Goog-Resource-State"] for ping in came]
    assert ["1", "2"] == [ping["X-Goog-Message-Number"] for ping in came]
    assert {"secret"} == {ping["X-Goog-Channel-Token"] for ping in came}
    assert {channel["resourceId"]} == {ping["X-Goog-Resource-ID"] for ping in came}


def test_a_channel_dies_silently(call, google, clock, inbox):
    """Without an expiration a channel lives an hour, and then says nothing of it."""
    came, address = inbox
    channel = _watch(call, google, address).body
    lives = int(channel["expiration"]) / 1000 - clock.now().timestamp()
    assert timedelta(hours=1).total_seconds() == round(lives, 3)
    google.deliver_pings()
    clock.advance(timedelta(hours=1))
    google.edit("Leads", 2, "Company", "X")
    clock.advance(timedelta(minutes=3))

    assert 0 == google.deliver_pings()
    assert 1 == len(came)


def test_a_channel_lives_a_day_at_most(call, google, clock, inbox):
    """A later expiration than a day is cut to a day; an id can be used once."""
    late = str(int((clock.now() + timedelta(days=9)).timestamp() * 1000))
    channel = _watch(call, google, inbox[1], expiration=late).body
    until = datetime.fromtimestamp(int(channel["expiration"]) / 1000, UTC)

    assert timedelta(days=1) == until - clock.now()
    again = _watch(call, google, inbox[1])
    assert "channelIdNotUnique" == again.body["error"]["errors"][0]["reason"]


def test_a_channel_is_stopped(call, google, inbox):
    """A stopped channel pings no more; stopping it twice is not found."""
    came, address = inbox
    channel = _watch(call, google, address).body
    body = {"id": channel["id"], "resourceId": channel["resourceId"]}

    assert [204, 404] == [call("POST", "/drive/v3/channels/stop", body).status for _ in range(2)]
    assert 0 == google.deliver_pings()
    assert [] == came
