"""Developer metadata: keys and values on a row, a column, a tab or the whole spreadsheet; made, found, taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from worker.sandbox.google import errors
from worker.sandbox.google.a1 import Box
from worker.sandbox.google.grid import Pin, Sheet, Undo
from worker.sandbox.google.masks import merged
from worker.sandbox.google.reading import Place, find
from worker.sandbox.google.shapes import written
from worker.sandbox.google.spreadsheet import Spreadsheet

KIND = "metadata"
Held = tuple[Sheet | None, Pin]


def everything(file: Spreadsheet) -> Iterator[Held]:
    """Yield all metadata of a file: the tab that it is on, None for the file's own."""
    for pin in file.metadata:
        yield None, pin
    for sheet in file.sheets:
        for pin in sheet.pinned(KIND):
            yield sheet, pin


def shown(held: Held) -> dict[str, Any]:
    """Return metadata as answers give it."""
    sheet, pin = held
    kind = pin.body["location"]["locationType"]
    location: dict[str, Any] = {"locationType": kind}
    if sheet is None:
        location["spreadsheet"] = True
    elif kind == "SHEET":
        location["sheetId"] = sheet.id
    else:
        box = pin.boxes[0]
        span = (box.top, box.bottom) if kind == "ROW" else (box.left, box.right)
        location["dimensionRange"] = {"sheetId": sheet.id, "dimension": kind + "S", "startIndex": span[0],
                                      "endIndex": span[1]}  # fmt: skip
    return written("DeveloperMetadata", {**pin.body, "location": location})


def create(file: Spreadsheet, undo: Undo, body: Mapping[str, Any], mint: Callable[[], int]) -> dict[str, Any]:
    """Make metadata; the key, the place and who may see it must be said."""
    for name in ("metadataKey", "location", "visibility"):
        if name not in body:
            raise errors.Refusal(f"Must specify developerMetadata.{name}")  # words unverified
    if any(pin.body["metadataId"] == body.get("metadataId") for _, pin in everything(file)):
        raise errors.Refusal(f"A metadata with id: {body['metadataId']} already exists.")  # words unverified
    sheet, kind, boxes = _placed(file, body["location"])
    pin = Pin(KIND, boxes, {**body, "metadataId": body.get("metadataId") or mint(),
                            "location": {"locationType": kind}})  # fmt: skip
    if sheet is None:
        file.set_metadata(undo, [*file.metadata, pin])
    else:
        sheet.add_pin(undo, pin)
    return shown((sheet, pin))


def _placed(file: Spreadsheet, location: Mapping[str, Any]) -> tuple[Sheet | None, str, tuple[Box, ...]]:
    span = location.get("dimensionRange")
    if span is not None:
        start, end = span.get("startIndex", 0), span.get("endIndex", 0)
        sheet = file.grid(span.get("sheetId", 0))
        if span.get("dimension") not in ("ROWS", "COLUMNS") or end - start != 1:
            raise errors.Refusal("Developer metadata can only be associated with a single row or column.")
        rows = span["dimension"] == "ROWS"
        if not 0 <= start < (len(sheet.lines) if rows else len(sheet.columns)):
            raise errors.Refusal(f"{'Row' if rows else 'Column'} index {start} is outside of the grid.")
        return sheet, "ROW" if rows else "COLUMN", (Box(start, end) if rows else Box(None, None, start, end),)
    if "sheetId" in location:
        return file.sheet(location["sheetId"]), "SHEET", ()
    if location.get("spreadsheet"):
        return None, "SPREADSHEET", ()
    raise errors.Refusal("Must specify a location for developer metadata.")  # words unverified


def drop(file: Spreadsheet, undo: Undo, held: Held) -> None:
    """Take metadata away."""
    sheet, pin = held
    if sheet is None:
        file.set_metadata(undo, [one for one in file.metadata if one is not pin])
    else:
        sheet.drop_pin(undo, pin)


def update(file: Spreadsheet, undo: Undo, held: Held, body: Mapping[str, Any], tree: Any) -> dict[str, Any]:
    """Change key, value, visibility or place of metadata; returns it as it is then."""
    sheet, pin = held
    new = {**merged(pin.body, body, tree, "DeveloperMetadata"), "metadataId": pin.body["metadataId"]}
    if "location" in tree:
        drop(file, undo, held)
        create(file, undo, {**new, "location": body.get("location", {})}, lambda: 0)
        return shown(next(one for one in everything(file) if one[1].body["metadataId"] == new["metadataId"]))
    old = pin.body
    pin.body = new
    undo.append(lambda: setattr(pin, "body", old))
    return shown((sheet, pin))


def matching(file: Spreadsheet, data_filter: Mapping[str, Any]) -> list[Held]:
    """Return the metadata that a filter selects: by lookup, or all that lies within a range."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is not None:
        return [held for held in everything(file) if _fits(held, lookup)]
    places = [one for one in located(file, data_filter) if one.box != Box()]
    return [
        (sheet, pin) for sheet, pin in everything(file)
        if sheet is not None and pin.boxes
        and any(sheet is place.sheet and sheet.cut(pin.boxes[0]).meets(place.rect) for place in places)
    ]  # fmt: skip


def _fits(held: Held, lookup: Mapping[str, Any]) -> bool:
    found = shown(held)
    for wanted in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if wanted in lookup and lookup[wanted] != found.get(wanted):
            return False
    location = found["location"]
    if "locationType" in lookup and lookup["locationType"] != location["locationType"]:
        return False
    if "metadataLocation" not in lookup:
        return True
    place = written("DeveloperMetadataLocation", lookup["metadataLocation"])
    intersecting = lookup.get("locationMatchingStrategy") == "INTERSECTING_LOCATION"
    return _same_place(held[0], location, place, intersecting)


def _same_place(sheet: Sheet | None, location: Mapping[str, Any], place: Mapping[str, Any], intersecting: bool) -> bool:
    if {k: v for k, v in location.items() if k != "locationType"} == {
        k: v for k, v in place.items() if k != "locationType"
    }:
        return True
    if not intersecting:
        return False
    if place.get("spreadsheet"):
        return True
    return sheet is not None and place.get("sheetId") == sheet.id


def located(file: Spreadsheet, data_filter: Mapping[str, Any]) -> list[Place]:
    """Return the places of values that a filter selects; `Refusal` when it says none."""
    if "a1Range" in data_filter:
        return [find(file, data_filter["a1Range"])]
    if "gridRange" in data_filter:
        span = data_filter["gridRange"]
        return [Place(file.grid(span.get("sheetId", 0)), Box.read(span))]
    if "developerMetadataLookup" in data_filter:
        return [
            Place(sheet, pin.boxes[0] if pin.boxes else Box())
            for sheet, pin in matching(file, data_filter) if sheet is not None
        ]  # fmt: skip
    raise errors.Refusal("Must specify one filter")  # words unverified


def search(file: Spreadsheet, filters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the answer of developerMetadata:search: each metadata with the filters that found it."""
    found: dict[int, dict[str, Any]] = {}
    for data_filter in filters:
        for held in matching(file, data_filter):
            entry = found.setdefault(held[1].body["metadataId"], {"developerMetadata": shown(held), "dataFilters": []})
            entry["dataFilters"].append(written("DataFilter", data_filter))
    return {"matchedDeveloperMetadata": list(found.values())} if found else {}
