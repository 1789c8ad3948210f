"""The methods of spreadsheets.values: read, write, append, clear; by A1 range and by data filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.sandbox.google import a1, errors
from worker.sandbox.google.appending import append as append_rows
from worker.sandbox.google.asked import Asked, masked, named
from worker.sandbox.google.metadata import located
from worker.sandbox.google.reading import Options, Place, find, value_range
from worker.sandbox.google.shapes import written
from worker.sandbox.google.writing import Writer, Written, by_rows, clear, echo, write

_READING = {
    "majorDimension": "Dimension", "valueRenderOption": "ValueRenderOption",
    "dateTimeRenderOption": "DateTimeRenderOption",
}  # fmt: skip
_ECHOING = {
    "valueInputOption": "ValueInputOption", "includeValuesInResponse": "bool",
    "responseValueRenderOption": "ValueRenderOption", "responseDateTimeRenderOption": "DateTimeRenderOption",
}  # fmt: skip


def _options(said: Mapping[str, Any]) -> Options:
    return Options.read(said.get("majorDimension"), said.get("valueRenderOption"), said.get("dateTimeRenderOption"))


def _echoed(said: Mapping[str, Any], major: str | None) -> Options:
    return Options.read(major, said.get("responseValueRenderOption"), said.get("responseDateTimeRenderOption"))


def get(asked: Asked) -> dict[str, Any]:
    """Answer values.get."""
    options = _options(asked.query(**_READING))
    with named():
        place = find(asked.file, asked.rest)
        return masked(asked, value_range(asked.file, place.sheet, place.rect, options))


def batch_get(asked: Asked) -> dict[str, Any]:
    """Answer values:batchGet: ranges in the order asked."""
    said = asked.query(ranges="str[]", **_READING)
    options = _options(said)
    with named():
        places = [find(asked.file, text) for text in said.get("ranges", ())]
        found = [value_range(asked.file, place.sheet, place.rect, options) for place in places]
    answer: dict[str, Any] = {"spreadsheetId": asked.file.id}
    return masked(asked, {**answer, "valueRanges": found} if found else answer)


def batch_get_by_filter(asked: Asked) -> dict[str, Any]:
    """Answer values:batchGetByDataFilter: each range with the filters that selected it."""
    asked.query()
    body = asked.body("BatchGetValuesByDataFilterRequest")
    options = _options(body)
    found: dict[str, dict[str, Any]] = {}
    for number, data_filter in enumerate(body.get("dataFilters", ())):
        with named(f"dataFilters[{number}]"):
            for place in located(asked.file, data_filter):
                held = value_range(asked.file, place.sheet, place.rect, options)
                entry = found.setdefault(held["range"], {"valueRange": held, "dataFilters": []})
                entry["dataFilters"].append(written("DataFilter", data_filter))
    answer: dict[str, Any] = {"spreadsheetId": asked.file.id}
    return masked(asked, {**answer, "valueRanges": list(found.values())} if found else answer)


def _matching_range(asked: Asked, body: Mapping[str, Any]) -> None:
    if "range" in body and body["range"] != asked.rest:
        raise errors.invalid(f"Request range[{asked.rest}] does not match value's range[{body['range']}]")


def update(asked: Asked) -> dict[str, Any]:
    """Answer values.update."""
    said = asked.query(**_ECHOING)
    body = asked.body("ValueRange", "data")
    with asked.writing(said.get("valueInputOption")) as writer, named():
        _matching_range(asked, body)
        place = find(asked.file, asked.rest)
        done = _write(writer, place, body)
        report = done.report(asked.file.id)
        if said.get("includeValuesInResponse"):
            report["updatedData"] = echo(asked.file, place, done, _echoed(said, body.get("majorDimension")))
    return masked(asked, report)


def _write(writer: Writer, place: Place, body: Mapping[str, Any]) -> Written:
    return write(writer, place, by_rows(body.get("values", []), body.get("majorDimension", "ROWS")))


def batch_update(asked: Asked) -> dict[str, Any]:
    """Answer values:batchUpdate: all ranges or none, responses in the order of the request."""
    asked.query()
    body = asked.body("BatchUpdateValuesRequest")
    return _many(asked, body, lambda part: find(asked.file, part.get("range", "")), lambda _: {})


def batch_update_by_filter(asked: Asked) -> dict[str, Any]:
    """Answer values:batchUpdateByDataFilter; a filter must select one range."""
    asked.query()
    body = asked.body("BatchUpdateValuesByDataFilterRequest")

    def place(part: Mapping[str, Any]) -> Place:
        found = located(asked.file, part.get("dataFilter", {}))
        if len(found) != 1:
            raise errors.Refusal(f"The data filter selects {len(found)} ranges.")  # words unverified
        return found[0]

    return _many(asked, body, place, lambda part: {"dataFilter": written("DataFilter", part["dataFilter"])})


def _many(
    asked: Asked, body: Mapping[str, Any], locate: Callable[[Mapping[str, Any]], Place],
    more: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    parts = body.get("data", [])
    done: list[tuple[Mapping[str, Any], Place, Written]] = []
    with asked.writing(body.get("valueInputOption")) as writer:
        for number, part in enumerate(parts):
            with named(f"data[{number}]"):
                place = locate(part)
                done.append((part, place, _write(writer, place, part)))
        # Echoed when all is written: the range as it stands then.
        responses = []
        for part, place, one in done:
            report = {**one.report(asked.file.id), **more(part)}
            if more(part):
                del report["spreadsheetId"]
            if body.get("includeValuesInResponse"):
                options = _echoed(body, part.get("majorDimension"))
                report["updatedData"] = echo(asked.file, place, one, options)
            responses.append(report)
    answer = {"spreadsheetId": asked.file.id, **_totals([one for *_, one in done])}
    return masked(asked, {**answer, "responses": responses} if responses else answer)


def _totals(done: Sequence[Written]) -> dict[str, int]:
    """Return the totals: rows and columns that several ranges touch count once on each tab (recorded)."""
    counted = {
        "totalUpdatedRows": len({(one.sheet.id, row) for one in done for row in one.rows}),
        "totalUpdatedColumns": len({(one.sheet.id, column) for one in done for column in one.columns}),
        "totalUpdatedCells": sum(one.cells for one in done),
        "totalUpdatedSheets": len({one.sheet.id for one in done if one.cells}),
    }
    return {name: count for name, count in counted.items() if count}


def append(asked: Asked) -> dict[str, Any]:
    """Answer values.append."""
    said = asked.query(insertDataOption="InsertDataOption", **_ECHOING)
    body = asked.body("ValueRange", "data")
    with asked.writing(said.get("valueInputOption")) as writer, named():
        _matching_range(asked, body)
        rows = by_rows(body.get("values", []), body.get("majorDimension", "ROWS"))
        inserting = said.get("insertDataOption") == "INSERT_ROWS"
        table, done = append_rows(writer, find(asked.file, asked.rest), rows, inserting)
        report = done.report(asked.file.id)
        if said.get("includeValuesInResponse"):
            options = _echoed(said, body.get("majorDimension"))
            report["updatedData"] = value_range(asked.file, done.sheet, done.rect, options)
    answer: dict[str, Any] = {"spreadsheetId": asked.file.id}
    if table is not None:
        answer["tableRange"] = a1.write(done.sheet.title, table)
    return masked(asked, {**answer, "updates": report})


def clear_one(asked: Asked) -> dict[str, Any]:
    """Answer values.clear."""
    asked.query()
    asked.body("ClearValuesRequest")
    with asked.writing() as writer, named():
        cleared = clear(writer, find(asked.file, asked.rest))
    return masked(asked, {"spreadsheetId": asked.file.id, "clearedRange": cleared})


def batch_clear(asked: Asked) -> dict[str, Any]:
    """Answer values:batchClear."""
    asked.query()
    body = asked.body("BatchClearValuesRequest")
    with asked.writing() as writer, named():
        cleared = [clear(writer, place) for place in [find(asked.file, text) for text in body.get("ranges", ())]]
    return masked(asked, {"spreadsheetId": asked.file.id, "clearedRanges": cleared})


def batch_clear_by_filter(asked: Asked) -> dict[str, Any]:
    """Answer values:batchClearByDataFilter."""
    asked.query()
    body = asked.body("BatchClearValuesByDataFilterRequest")
    with asked.writing() as writer, named():
        places = [place for one in body.get("dataFilters", ()) for place in located(asked.file, one)]
        cleared = [clear(writer, place) for place in places]
    return masked(asked, {"spreadsheetId": asked.file.id, "clearedRanges": cleared})
