"""A call of Sheets past the door: who asks, of which file, and the strict reading of query and body."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google import errors, masks
from worker.sandbox.google.grid import take_back
from worker.sandbox.google.messages import ENUMS
from worker.sandbox.google.shapes import Reader
from worker.sandbox.google.spreadsheet import Spreadsheet
from worker.sandbox.google.workspace import Workspace
from worker.sandbox.google.writing import Writer
from worker.sandbox.server import Request

# Parameters of every method (discovery document), read or let pass.
COMMON = frozenset({
    "fields", "alt", "key", "prettyPrint", "quotaUser", "access_token", "oauth_token", "callback", "uploadType",
    "upload_protocol", "$.xgafv",
})  # fmt: skip
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True)
class Asked:
    """One call: `rest` is what the path holds after the file's id and the method, decoded."""

    workspace: Workspace
    request: Request
    file: Spreadsheet
    who: str
    rest: str

    def query(self, **kinds: str) -> dict[str, Any]:
        """Return the query by name: `kinds` are bool, str, str[] or the name of an enumeration; refuses the rest."""
        found: dict[str, Any] = {}
        wrong: list[tuple[str, str]] = []
        for name, text in self.request.query:
            kind = kinds.get(name)
            if name in COMMON:
                continue
            if kind is None:
                wrong.append(("", f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                                  f"Field '{name}' could not be found in request message."))  # fmt: skip
            elif kind == "str[]":
                found.setdefault(name, []).append(text)
            elif kind == "bool":
                if text.lower() not in _FLAGS:
                    wrong.append((_snake(name), f"Invalid value at '{_snake(name)}' (TYPE_BOOL), \"{text}\""))
                found[name] = _FLAGS.get(text.lower())
            elif kind != "str" and text not in ENUMS[kind].split() and not text.endswith("_UNSPECIFIED"):
                place = f"type.googleapis.com/google.apps.sheets.v4.{kind}"
                wrong.append((_snake(name), f"Invalid value at '{_snake(name)}' ({place}), \"{text}\""))
            else:
                found[name] = text
        if wrong:
            raise errors.violations(wrong)
        return found

    def fields(self) -> str | None:
        """Return the mask of the query."""
        return dict(self.request.query).get("fields") or dict(self.request.query).get("$fields")

    def raw(self) -> Any:
        """Return the body as JSON; an empty one is an empty message."""
        if not self.request.body:
            return {}
        try:
            found = json.loads(self.request.body, parse_constant=_no_constant)
        except ValueError as error:
            raise errors.invalid(f"Invalid JSON payload received. {error}") from None
        if found is None:
            return {}
        if not isinstance(found, dict):
            text = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
            raise errors.violations([("", text)])
        return found

    def body(self, message: str, at: str = "") -> dict[str, Any]:
        """Return the body as a message; refuses strangers and wrong types."""
        reader = Reader()
        found = reader.message(message, self.raw(), at)
        reader.done()
        return found

    @contextmanager
    def writing(self, option: str | None = "RAW") -> Iterator[Writer]:
        """Carry out a write: all of it or, when it is refused, nothing."""
        if self.file.shares[self.who] == "reader":
            raise errors.not_shared()
        if option is None or option.endswith("_UNSPECIFIED"):
            raise errors.invalid("'valueInputOption' is required but not specified")
        writer = self.workspace.writer(self.file, self.who, typed=option == "USER_ENTERED")
        try:
            yield writer
        except BaseException:
            take_back(writer.undo)
            raise
        self.workspace.committed(self.file)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


@contextmanager
def named(what: str = "") -> Iterator[None]:
    """Turn a `Refusal` into the 400 that names the part of the request: `Invalid data[0]: …`."""
    try:
        yield
    except errors.Refusal as refusal:
        raise errors.invalid(f"Invalid {what}: {refusal}" if what else str(refusal)) from None


def masked(asked: Asked, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the `fields` of the query leave of an answer that is no message of its own; a blank is refused."""
    text = asked.fields()
    if text is None:
        return dict(found)
    if any(letter.isspace() for letter in text):
        raise errors.bad_mask(next(path for path in text.split(",") if path != path.strip() or " " in path))
    try:
        return dict(masks.shown(found, masks.parse(text)))
    except ValueError:
        raise errors.bad_mask(text) from None
