"""The part of Drive that a tracker needs: whether a file changed, and files made, found, copied, deleted, watched."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker.sandbox.google import errors, masks
from worker.sandbox.google.channels import DEFAULT_LIFE, LONGEST_LIFE, Channel
from worker.sandbox.google.identity import bearer
from worker.sandbox.google.spreadsheet import Spreadsheet
from worker.sandbox.google.workspace import Workspace
from worker.sandbox.server import Reply, Request

KIND = "application/vnd.google-apps.spreadsheet"
_READ = frozenset({"drive", "drive.file", "drive.readonly", "drive.metadata", "drive.metadata.readonly"})
_WRITE = frozenset({"drive", "drive.file"})
_ANSWERED = frozenset({
    "kind", "id", "name", "mimeType", "version", "createdTime", "modifiedTime", "trashed", "ownedByMe", "shared",
    "webViewLink", "capabilities",
})  # fmt: skip
_DEFAULT = ("kind", "id", "name", "mimeType")
# Drive lets parameters of its other methods pass (recorded: includeItemsFromAllDrives on files.get).
_PARAMETERS = frozenset({
    "supportsAllDrives", "includeItemsFromAllDrives", "supportsTeamDrives", "acknowledgeAbuse", "fields", "alt",
    "key", "prettyPrint", "quotaUser", "q", "pageSize", "pageToken", "orderBy", "spaces", "corpora", "driveId",
})  # fmt: skip


@dataclass(frozen=True)
class _Call:
    """One call past the door."""

    workspace: Workspace
    request: Request
    who: str
    query: Mapping[str, str]
    file_id: str = ""

    def file(self) -> Spreadsheet:
        """Return the file of the path; one that is not shared is not found."""
        found = self.workspace.spreadsheets.get(self.file_id)
        if found is None or self.who not in found.shares:
            raise errors.file_not_found(self.file_id)
        return found

    def body(self) -> Mapping[str, Any]:
        """Return the body, an object."""
        try:
            found = json.loads(self.request.body or b"{}")
        except ValueError:
            raise errors.drive(400, "parseError", "Parse Error") from None
        if not isinstance(found, dict):
            raise errors.drive(400, "parseError", "Parse Error")
        return {name: value for name, value in found.items() if value is not None}


def answer(workspace: Workspace, request: Request) -> Reply:
    """Answer a call of Drive."""
    path = request.path.removeprefix("/drive/v3/")
    for method, pattern, scopes, act in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and request.method == method:
            who = bearer(workspace, request, scopes)
            call = _Call(workspace, request, who, _query(request), match.groupdict().get("id", ""))
            return act(call)
    raise errors.no_page()


def _query(request: Request) -> dict[str, str]:
    for name, _ in request.query:
        if name not in _PARAMETERS:
            raise errors.drive(400, "invalidParameter", f"Invalid parameter: {name}", name)
    return dict(request.query)


def _shown(call: _Call, file: Spreadsheet) -> dict[str, Any]:
    seen = file.seen(call.workspace.clock.now())
    return {
        "kind": "drive#file", "id": file.id, "name": file.properties["title"], "mimeType": KIND,
        "version": str(seen.version), "createdTime": _iso(file.created), "modifiedTime": _iso(seen.modified),
        "trashed": False, "ownedByMe": file.owner == call.who, "shared": len(file.shares) > 1,
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.id}/edit",
        "capabilities": {"canEdit": file.shares.get(call.who) in ("owner", "writer")},
    }  # fmt: skip


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _chosen(call: _Call, below: str = "") -> tuple[str, ...]:
    """Return the fields that are asked for; unlike Sheets, Drive takes blanks after commas."""
    text = re.sub(r"\s", "", call.query.get("fields", ""))
    if not text:
        return _DEFAULT
    try:
        tree = masks.parse(text)
    except ValueError:
        raise errors.drive(400, "invalidParameter", f"Invalid field selection {text}", "fields") from None
    if below:
        tree = tree.get(below, {})
    for name in tree:
        if name != "*" and name not in _ANSWERED:
            raise errors.drive(400, "invalidParameter", f"Invalid field selection {name}", "fields")
    return tuple(_ANSWERED) if "*" in tree else tuple(tree)


def _get(call: _Call) -> Reply:
    chosen = _chosen(call)
    found = _shown(call, call.file())
    return Reply.json(200, {name: value for name, value in found.items() if name in chosen})


def _list(call: _Call) -> Reply:
    terms = {match[1]: match[3] for match in re.finditer(r"(\w+)\s*=\s*(['\"])(.*?)\2(?:\s+and\s+|$)", _q(call))}
    found = [
        file for file in call.workspace.spreadsheets.values()
        if call.who in file.shares and terms.get("name", file.properties["title"]) == file.properties["title"]
        and terms.get("mimeType", KIND) == KIND
    ]  # fmt: skip
    found.sort(key=lambda file: file.seen(call.workspace.clock.now()).modified, reverse=True)
    chosen = _chosen(call, "files") if "files" in call.query.get("fields", "") else _DEFAULT
    listed = [{name: value for name, value in _shown(call, file).items() if name in chosen} for file in found]
    return Reply.json(200, {"kind": "drive#fileList", "files": listed})


def _q(call: _Call) -> str:
    text = call.query.get("q", "")
    if text and not re.fullmatch(r"\w+\s*=\s*(['\"]).*\1", text):
        raise errors.drive(400, "invalid", "Invalid Value", "q")
    return text


def _create(call: _Call) -> Reply:
    body = call.body()
    if body.get("mimeType", KIND) != KIND:
        raise errors.not_modelled(f"files of the type {body['mimeType']}")
    file = call.workspace.make_file(str(body.get("name", "Untitled")), owner=call.who)
    return _made(call, file)


def _copy(call: _Call) -> Reply:
    source = call.file()
    title = str(call.body().get("name") or f"Copy of {source.properties['title']}")
    file = call.workspace.make_file(title, owner=call.who)
    file.properties = {**source.properties, "title": title}
    file.sheets = copy.deepcopy(source.sheets)
    return _made(call, file)


def _made(call: _Call, file: Spreadsheet) -> Reply:
    return Reply.json(200, {name: _shown(call, file)[name] for name in _DEFAULT})


def _delete(call: _Call) -> Reply:
    file = call.file()
    if file.owner != call.who:
        message = "The user does not have sufficient permissions for this file."
        raise errors.drive(403, "insufficientFilePermissions", message)
    del call.workspace.spreadsheets[file.id]
    return Reply(204)


def _watch(call: _Call) -> Reply:
    file, body = call.file(), call.body()
    if body.get("type") != "web_hook" or not body.get("id") or not body.get("address"):
        raise errors.drive(400, "required", "entity.type, entity.id and entity.address are required.")
    if call.workspace.channels.knows(str(body["id"])):
        raise errors.drive(400, "channelIdNotUnique", f"Channel id {body['id']} not unique")
    now = call.workspace.clock.now()
    until = now + DEFAULT_LIFE
    if "expiration" in body:
        until = min(datetime.fromtimestamp(int(body["expiration"]) / 1000, UTC), now + LONGEST_LIFE)
    channel = Channel(
        str(body["id"]), call.workspace.mint("resource", 27), file.id, str(body["address"]), until, body.get("token")
    )
    call.workspace.watch(channel)
    return Reply.json(200, channel.message())


def _stop(call: _Call) -> Reply:
    body = call.body()
    if not call.workspace.channels.stop(str(body.get("id")), str(body.get("resourceId"))):
        raise errors.drive(404, "notFound", f"Channel '{body.get('id')}' not found for project '{errors.PROJECT}'")
    return Reply(204)


_ID = r"files/(?P<id>[\w-]+)"
_ROUTES: tuple[tuple[str, str, frozenset[str], Callable[[_Call], Reply]], ...] = (
    ("GET", "files", _READ, _list),
    ("POST", "files", _WRITE, _create),
    ("GET", _ID, _READ, _get),
    ("DELETE", _ID, _WRITE, _delete),
    ("POST", _ID + "/copy", _WRITE, _copy),
    ("POST", _ID + "/watch", _READ, _watch),
    ("POST", "channels/stop", _READ, _stop),
)
