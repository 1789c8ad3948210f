"""Requests about what lies on a tab: protections, conditional formats, names, filters, tables, metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from worker.sandbox.google import masks, metadata
from worker.sandbox.google.a1 import Box, Rect, cells
from worker.sandbox.google.batch import Batch, Handler, Reply
from worker.sandbox.google.errors import Refusal, not_modelled, protected
from worker.sandbox.google.getting import named_range, protected_range
from worker.sandbox.google.grid import Pin, Sheet, Undo
from worker.sandbox.google.locales import LOCALES
from worker.sandbox.google.reading import shown_cell
from worker.sandbox.google.rowscolumns import set_properties
from worker.sandbox.google.shapes import written
from worker.sandbox.google.spreadsheet import Spreadsheet


def _find(batch: Batch, kind: str, name: str, wanted: Any, word: str) -> tuple[Sheet, Pin]:
    """Return the pin of a kind whose body has an id; `Refusal` when there is none."""
    for sheet in batch.file.sheets:
        for pin in sheet.pinned(kind):
            if pin.body.get(name) == wanted:
                return sheet, pin
    raise Refusal(f"No {word} with id: {wanted}")


def add_protected_range(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Protect a range: the caller and the owner may always edit it; with no editors named, all who may now."""
    said = dict(body.get("protectedRange", {}))
    editors = said.pop("editors", {})
    if said.get("warningOnly") and editors.get("users"):
        raise Refusal("ProtectedRange is warningOnly. Editors cannot be set on it.")
    if "namedRangeId" in said:
        raise not_modelled("protections of named ranges")
    place = batch.place(said.pop("range", {}))
    holes = said.pop("unprotectedRanges", [])
    said |= {"protectedRangeId": said.get("protectedRangeId") or batch.mint()}
    said.pop("requestingUserCanEdit", None)
    pin = Pin("protected", (place.box,), {**said, "editors": _editors(batch, editors)})
    place.sheet.add_pin(batch.undo, pin)
    for hole in holes:
        place.sheet.add_pin(batch.undo, Pin("hole", (Box.read(hole),), {"of": pin}))
    shown = {**protected_range(batch.file, batch.writer.who, place.sheet, pin), "editors": editors}
    return {"protectedRange": written("ProtectedRange", shown)}  # editors as they were sent (recorded)


def _editors(batch: Batch, given: Mapping[str, Any]) -> dict[str, Any]:
    able = [who for who, role in batch.file.shares.items() if role in ("owner", "writer")]
    users = list(given.get("users", [])) or able  # no one named shuts no one out (php-client issue 1943)
    always = [who for who in (batch.writer.who, batch.file.owner) if who not in users]
    return {**given, "users": users + always}


def _may_change(batch: Batch, sheet: Sheet, pin: Pin) -> None:
    if not protected_range(batch.file, batch.writer.who, sheet, pin)["requestingUserCanEdit"]:
        raise Refusal(protected())


def update_protected_range(batch: Batch, body: Mapping[str, Any]) -> None:
    """Change a protection."""
    given = body.get("protectedRange", {})
    tree = masks.for_update(body.get("fields"), "ProtectedRange")
    wanted = given.get("protectedRangeId", 0)
    sheet, pin = _find(batch, "protected", "protectedRangeId", wanted, "protected range")
    _may_change(batch, sheet, pin)
    new = {**masks.merged(pin.body, given, tree, "ProtectedRange"), "protectedRangeId": wanted}
    new["editors"] = _editors(batch, new.get("editors", {}))
    new.pop("unprotectedRanges", None)
    sheet.change_pin(batch.undo, pin, (Box.read(new.pop("range")),) if "range" in new else None, new)
    if "unprotectedRanges" in tree:
        for hole in [one for one in sheet.pinned("hole") if one.body["of"] is pin]:
            sheet.drop_pin(batch.undo, hole)
        for message in given.get("unprotectedRanges", []):
            sheet.add_pin(batch.undo, Pin("hole", (Box.read(message),), {"of": pin}))


def delete_protected_range(batch: Batch, body: Mapping[str, Any]) -> None:
    """Take a protection away."""
    wanted = body.get("protectedRangeId", 0)
    sheet, pin = _find(batch, "protected", "protectedRangeId", wanted, "protected range")
    _may_change(batch, sheet, pin)
    sheet.drop_pin(batch.undo, pin)


def _rule(batch: Batch, rule: Mapping[str, Any]) -> tuple[Sheet, Pin]:
    ranges = rule.get("ranges", [])
    if not ranges or ("booleanRule" in rule) == ("gradientRule" in rule):
        raise Refusal("A conditional format rule needs ranges and either a booleanRule or a gradientRule.")
    places = [batch.place(message) for message in ranges]
    if any(place.sheet is not places[0].sheet for place in places):
        raise Refusal("All ranges of a conditional format rule must be on the same sheet.")
    body = {name: part for name, part in rule.items() if name != "ranges"}
    return places[0].sheet, Pin("conditional", tuple(place.box for place in places), body)


def add_conditional_format(batch: Batch, body: Mapping[str, Any]) -> None:
    """Add a rule at a place in the order of the tab's rules."""
    sheet, pin = _rule(batch, body.get("rule", {}))
    sheet.add_pin(batch.undo, pin, body.get("index", 0))


def _conditional(batch: Batch, body: Mapping[str, Any]) -> tuple[Sheet, int, Pin]:
    sheet, index = batch.file.sheet(body.get("sheetId", 0)), body.get("index", 0)
    pins = sheet.pinned("conditional")
    if not 0 <= index < len(pins):
        raise Refusal(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return sheet, index, pins[index]


def _shown_rule(sheet: Sheet, pin: Pin) -> dict[str, Any]:
    return written("ConditionalFormatRule", {**pin.body, "ranges": [box.grid_range(sheet.id) for box in pin.boxes]})


def update_conditional_format(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Replace a rule, or move it to another place in the order."""
    if "rule" in body and "sheetId" not in body:
        new_sheet, _ = _rule(batch, body["rule"])
        body = {**body, "sheetId": new_sheet.id}
    sheet, index, pin = _conditional(batch, body)
    old = _shown_rule(sheet, pin)
    new_index = body.get("newIndex", index)
    sheet.drop_pin(batch.undo, pin)
    new = _rule(batch, body["rule"])[1] if "rule" in body else pin
    sheet.add_pin(batch.undo, new, new_index)
    return {"newRule": _shown_rule(sheet, new), "newIndex": new_index, "oldRule": old, "oldIndex": index}


def delete_conditional_format(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Take a rule away."""
    sheet, _, pin = _conditional(batch, body)
    sheet.drop_pin(batch.undo, pin)
    return {"rule": _shown_rule(sheet, pin)}


def _check_name(batch: Batch, name: str, own: Pin | None) -> None:
    if not re.fullmatch(r"[A-Za-z_]\w{0,249}", name) or cells(name) is not None:
        raise Refusal(f"Invalid name for a named range: {name}")  # words unverified
    for sheet in batch.file.sheets:
        if any(pin.body["name"] == name and pin is not own for pin in sheet.pinned("named")):
            raise Refusal(f"A named range with the name {name} already exists.")  # words unverified


def add_named_range(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Give a range a name."""
    said = dict(body.get("namedRange", {}))
    place = batch.place(said.pop("range", {}))
    _check_name(batch, said.get("name", ""), None)
    pin = Pin("named", (place.box,), {**said, "namedRangeId": said.get("namedRangeId") or str(batch.mint())})
    place.sheet.add_pin(batch.undo, pin)
    return {"namedRange": named_range(place.sheet, pin)}


def update_named_range(batch: Batch, body: Mapping[str, Any]) -> None:
    """Change the name or the place of a named range."""
    given = body.get("namedRange", {})
    tree = masks.for_update(body.get("fields"), "NamedRange")
    sheet, pin = _find(batch, "named", "namedRangeId", given.get("namedRangeId"), "named range")
    new = {**masks.merged(pin.body, given, tree, "NamedRange"), "namedRangeId": pin.body["namedRangeId"]}
    _check_name(batch, new.get("name", ""), pin)
    if "range" not in new:
        sheet.change_pin(batch.undo, pin, body=new)
        return
    place = batch.place(new.pop("range"))
    sheet.drop_pin(batch.undo, pin)
    place.sheet.add_pin(batch.undo, Pin("named", (place.box,), new))


def delete_named_range(batch: Batch, body: Mapping[str, Any]) -> None:
    """Take a name away."""
    sheet, pin = _find(batch, "named", "namedRangeId", body.get("namedRangeId"), "named range")
    sheet.drop_pin(batch.undo, pin)


def set_basic_filter(batch: Batch, body: Mapping[str, Any]) -> None:
    """Filter a tab: rows whose value is among the hidden ones are hidden (conditions are kept, not carried out)."""
    said = dict(body.get("filter", {}))
    place = batch.place(said.pop("range", {}))
    apply_filter(batch.file, batch.undo, place.sheet, place.box, said)


def apply_filter(file: Spreadsheet, undo: Undo, sheet: Sheet, box: Box, body: Mapping[str, Any]) -> None:
    """Set the filter of a tab in place of an older one."""
    lift_filter(undo, sheet)
    sheet.add_pin(undo, Pin("filter", (box,), body))
    rect, locale = sheet.cut(box), LOCALES[file.properties["locale"]]
    hidden = {
        spec.get("columnIndex", 0): set(spec.get("filterCriteria", {}).get("hiddenValues", ()))
        for spec in body.get("filterSpecs", ())
    }
    for row in range(rect.top + 1, rect.bottom):
        if any(shown_cell(file, sheet, row, column, locale) in values for column, values in hidden.items()):
            line = sheet.lines[row]
            set_properties(undo, line, {**line.properties, "hiddenByFilter": True})


def lift_filter(undo: Undo, sheet: Sheet) -> None:
    """Take a tab's filter away; what it hid is seen again."""
    for pin in sheet.pinned("filter"):
        sheet.drop_pin(undo, pin)
    for line in sheet.lines:
        if "hiddenByFilter" in line.properties:
            set_properties(undo, line, {k: v for k, v in line.properties.items() if k != "hiddenByFilter"})


def clear_basic_filter(batch: Batch, body: Mapping[str, Any]) -> None:
    """Take the filter of a tab away."""
    lift_filter(batch.undo, batch.file.sheet(body.get("sheetId", 0)))


def add_filter_view(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Add a filter view, which hides nothing from anyone else."""
    said = dict(body.get("filter", {}))
    place = batch.place(said.pop("range", {}))
    pin = Pin("filterView", (place.box,), {**said, "filterViewId": said.get("filterViewId") or batch.mint()})
    place.sheet.add_pin(batch.undo, pin)
    return {"filter": written("FilterView", {**pin.body, "range": place.box.grid_range(place.sheet.id)})}


def delete_filter_view(batch: Batch, body: Mapping[str, Any]) -> None:
    """Take a filter view away."""
    sheet, pin = _find(batch, "filterView", "filterViewId", body.get("filterId", 0), "filter view")
    sheet.drop_pin(batch.undo, pin)


def add_table(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Make a range a table."""
    said = dict(body.get("table", {}))
    sheet, rect = batch.rect(said.pop("range", {}))
    if any(sheet.cut(pin.boxes[0]).meets(rect) for pin in sheet.pinned("table")):
        raise Refusal("A table cannot overlap another table.")  # words unverified
    box = Box(rect.top, rect.bottom, rect.left, rect.right)
    pin = Pin("table", (box,), {**said, "tableId": said.get("tableId") or str(batch.mint())})
    sheet.add_pin(batch.undo, pin)
    return {"table": written("Table", {**pin.body, "range": box.grid_range(sheet.id)})}


def delete_table(batch: Batch, body: Mapping[str, Any]) -> None:
    """Delete a table with what is in it."""
    sheet, pin = _find(batch, "table", "tableId", body.get("tableId"), "table")
    rect: Rect = sheet.cut(pin.boxes[0])
    sheet.wipe(batch.undo, rect)
    sheet.drop_pin(batch.undo, pin)


def create_metadata(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Make developer metadata."""
    made = metadata.create(batch.file, batch.undo, body.get("developerMetadata", {}), batch.mint)
    return {"developerMetadata": made}


def update_metadata(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Change all developer metadata that filters select."""
    tree = masks.for_update(body.get("fields"), "DeveloperMetadata")
    given = body.get("developerMetadata", {})
    found = [held for one in body.get("dataFilters", []) for held in metadata.matching(batch.file, one)]
    return {"developerMetadata": [metadata.update(batch.file, batch.undo, held, given, tree) for held in found]}


def delete_metadata(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Take away all developer metadata that a filter selects."""
    found = metadata.matching(batch.file, body.get("dataFilter", {}))
    gone = [metadata.shown(held) for held in found]
    for held in found:
        metadata.drop(batch.file, batch.undo, held)
    return {"deletedDeveloperMetadata": gone} if gone else {}


HANDLERS: Mapping[str, Handler] = {
    "addProtectedRange": add_protected_range,
    "updateProtectedRange": update_protected_range,
    "deleteProtectedRange": delete_protected_range,
    "addConditionalFormatRule": add_conditional_format,
    "updateConditionalFormatRule": update_conditional_format,
    "deleteConditionalFormatRule": delete_conditional_format,
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addFilterView": add_filter_view,
    "deleteFilterView": delete_filter_view,
    "addTable": add_table,
    "deleteTable": delete_table,
    "createDeveloperMetadata": create_metadata,
    "updateDeveloperMetadata": update_metadata,
    "deleteDeveloperMetadata": delete_metadata,
}
