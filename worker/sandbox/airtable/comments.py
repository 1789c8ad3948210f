"""Comments on records: a way to say something to people that touches no cell and no stamp."""

from __future__ import annotations

from typing import Any

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.asked import Asked, text, whole
from worker.sandbox.airtable.workspace import iso

PAGE = 100


def list_comments(asked: Asked) -> dict[str, Any]:
    """Answer GET comments: newest first; `offset` is null on the last page."""
    found = asked.query(pageSize=whole(1, PAGE), offset=text)
    comments = asked.row(asked.table()).comments[::-1]
    start = 0
    if "offset" in found:
        start = next((n + 1 for n, comment in enumerate(comments) if comment["id"] == found["offset"]), -1)
        if start < 0:
            raise errors.invalid_offset(found["offset"])
    page = comments[start : start + found.get("pageSize", PAGE)]
    more = start + len(page) < len(comments)
    return {"comments": page, "offset": page[-1]["id"] if more else None}


def add_comment(asked: Asked) -> dict[str, Any]:
    """Answer POST comments."""
    asked.query()
    body = asked.body({"text": text}, {"parentCommentId": text})
    row = asked.row(asked.table())
    comment = {
        "id": asked.workspace.mint("com"), "author": asked.token.user.cell(), "text": body["text"],
        "createdTime": iso(asked.workspace.clock.now()), "lastUpdatedTime": None,
    }  # fmt: skip
    if "parentCommentId" in body:
        if all(known["id"] != body["parentCommentId"] for known in row.comments):
            raise errors.unknown_id("comment", body["parentCommentId"], asked.workspace.unknown_id_status)
        comment["parentCommentId"] = body["parentCommentId"]
    row.comments.append(comment)
    return comment
