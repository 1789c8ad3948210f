"""The sandbox against the discovery documents: its messages are Google's, and its answers fit their schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from worker.sandbox.google.kinds import KINDS, NOT_MODELLED, message
from worker.sandbox.google.messages import ENUMS, MESSAGES
from worker.sandbox.google.shapes import fields

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "google"
pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="specs/google is not beside the checkout")
PRIMITIVES = {"int": "int32", "num": "double", "channel": "float", "str": "string", "bool": "boolean",
              "mask": "google-fieldmask", "ListValue": "array"}  # fmt: skip


def document(name):
    return json.loads((SPECS / f"{name}.json").read_text()) if SPECS.exists() else {"schemas": {}}


def strict(node):
    """Turn discovery into JSON Schema: bare names become pointers, `any` no type, unknown names are refused."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {
        key: strict(value) for key, value in node.items()
        if not (key == "type" and value == "any")
        and (isinstance(value, dict) or key not in ("id", "required", "enumDescriptions"))
    }  # fmt: skip
    if isinstance(out.get("$ref"), str):
        out["$ref"] = "#/schemas/" + out["$ref"]
    if isinstance(out.get("properties"), dict) and out.get("type") == "object":
        out["additionalProperties"] = False
    return out


@pytest.fixture(scope="module")
def faults():
    """Return a checker: schema, value and document → what does not fit."""
    made = {}

    def check(schema, value, name="sheets.v4"):
        if name not in made:
            whole = {"schemas": strict(document(name)["schemas"])}
            made[name] = Registry().with_resource("urn:spec", DRAFT4.create_resource(whole))
        validator = Draft4Validator({"$ref": f"urn:spec#/schemas/{schema}"}, registry=made[name])
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]

    return check


def _type(schema):
    inner = (
        schema["items"]
        if schema.get("type") == "array" and "values" not in schema.get("description", "")[:0]
        else schema
    )
    if "$ref" in inner:
        return inner["$ref"]
    return "enum" if "enum" in inner else inner.get("format", inner["type"])


@pytest.mark.parametrize("name", [*MESSAGES, *map(message, KINDS)])
def test_every_field_is_googles(name):
    """Each field that the sandbox reads or writes exists in the discovery document with the same type."""
    theirs = document("sheets.v4")["schemas"][name].get("properties", {})
    for key, field in fields(name).items():
        if field.type == "any":
            assert key in theirs
            continue
        assert field.repeated == (theirs[key].get("type") == "array"), key
        expected = "enum" if field.type in ENUMS else PRIMITIVES.get(field.type, field.type)
        assert expected == _type(theirs[key]), key


@pytest.mark.parametrize("name", MESSAGES)
def test_no_field_of_google_is_unknown(name):
    """No field of a message that Google has would be refused as unknown: what is not modelled is known by name."""
    assert set(document("sheets.v4")["schemas"][name].get("properties", {})) == set(fields(name))


def test_every_kind_of_request_is_known():
    """Each kind of request is either modelled or known as not modelled."""
    theirs = set(document("sheets.v4")["schemas"]["Request"]["properties"])

    assert theirs == set(KINDS) | NOT_MODELLED


def test_constants_are_googles():
    """Every enumeration holds exactly Google's constants, the unspecified one aside."""
    theirs = {}
    for schema in document("sheets.v4")["schemas"].values():
        for key, field in schema.get("properties", {}).items():
            inner = field.get("items", field)
            if "enum" in inner:
                theirs.setdefault(key, set()).add(frozenset(c for c in inner["enum"] if "UNSPECIFIED" not in c))
    known = {constants for found in theirs.values() for constants in found}
    unheld = [name for name, line in ENUMS.items() if frozenset(line.split()) not in known]

    assert ["InsertDataOption"] == unheld  # a parameter of the query only


@pytest.fixture
def furnished(batch, write, leads):
    """Put one of everything on the tabs; returns the answer of the batch."""
    area = {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 5, "endColumnIndex": 6}
    columns = {"sheetId": leads, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}, "strict": True}
    shade = {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColor": {"red": 0.5}}}
    borders = {"top": {"style": "SOLID", "color": {"red": 1}}}
    style = {"numberFormat": {"type": "DATE"}, "textFormat": {"bold": True}, "borders": borders}
    look = {"userEnteredFormat": style, "note": "n"}
    write("Leads!F2:G3", [["=1/0", True], ["=D2", "x"]], "USER_ENTERED")
    return batch(
        {"addProtectedRange": {"protectedRange": {"range": area, "unprotectedRanges": [area]}}},
        {"setDataValidation": {"range": area, "rule": rule}},
        {"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": shade}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [area], "gradientRule": {
            "minpoint": {"type": "MIN", "color": {"red": 1}}, "maxpoint": {"type": "MAX", "color": {"green": 1}}}}}},
        {"updateConditionalFormatRule": {"sheetId": leads, "index": 0, "newIndex": 1}},
        {"repeatCell": {"range": area, "cell": look, "fields": "userEnteredFormat,note"}},
        {"mergeCells": {"range": {**area, "startColumnIndex": 8, "endColumnIndex": 10}, "mergeType": "MERGE_ROWS"}},
        {"addNamedRange": {"namedRange": {"name": "Area", "range": area}}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": leads}, "sortSpecs": [{"dimensionIndex": 0}]}}},
        {"addFilterView": {"filter": {"title": "v", "range": area}}},
        {"addTable": {"table": {"name": "T", "range": {**area, "startColumnIndex": 12, "endColumnIndex": 14}}}},
        {"addDimensionGroup": {"range": columns}},
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": columns}}}},
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": "k", "visibility": "DOCUMENT", "location": {"spreadsheet": True}}}},
        {"findReplace": {"find": "Acme", "replacement": "Acme", "sheetId": leads}},
        {"addSheet": {"properties": {"title": "More", "tabColorStyle": {"rgbColor": {"red": 1}}}}},
        {"duplicateSheet": {"sourceSheetId": 0}},
        {"deleteConditionalFormatRule": {"sheetId": leads, "index": 0}},
    )  # fmt: skip


def test_answers_fit_their_schemas(furnished, call, faults):
    """A spreadsheet with one of everything, and the answers on the way, fit the discovery document."""
    assert 200 == furnished.status, furnished.body
    assert [] == faults("BatchUpdateSpreadsheetResponse", furnished.body)
    whole = call("GET", "~", params={"includeGridData": "true"}).body
    assert [] == faults("Spreadsheet", whole)
    leads = whole["sheets"][2]
    assert {
        "protectedRanges",
        "conditionalFormats",
        "merges",
        "basicFilter",
        "filterViews",
        "tables",
        "columnGroups",
    } < (set(leads))
    search = call("POST", "~/developerMetadata:search", {"dataFilters": [{"developerMetadataLookup": {
        "metadataKey": "k"}}]}).body  # fmt: skip
    assert 2 == len(search["matchedDeveloperMetadata"])
    assert [] == faults("SearchDeveloperMetadataResponse", search)


def test_answers_about_values_fit_their_schemas(call, write, faults, leads):
    """Reads, writes, appends and clears fit the discovery document."""
    update = {"valueInputOption": "RAW", "data": [{"range": "Leads!A2:B2", "values": [["x", None]]}],
              "includeValuesInResponse": True}  # fmt: skip
    place = {"a1Range": "Leads!A2:B2"}
    by_filter = {**update, "data": [{"dataFilter": place, "values": [["x", None]]}]}
    filters = {"dataFilters": [place]}
    answers = {
        "ValueRange": call("GET", "~/values/Leads"),
        "BatchGetValuesResponse": call("GET", "~/values:batchGet", params={"ranges": ["Leads", "Sheet1"]}),
        "BatchGetValuesByDataFilterResponse": call("POST", "~/values:batchGetByDataFilter", filters),
        "UpdateValuesResponse": write("Leads!A2", [["x"]], includeValuesInResponse="true"),
        "BatchUpdateValuesResponse": call("POST", "~/values:batchUpdate", update),
        "BatchUpdateValuesByDataFilterResponse": call("POST", "~/values:batchUpdateByDataFilter", by_filter),
        "AppendValuesResponse": call("POST", "~/values/Leads:append", {"values": [["x"]]},
                                     params={"valueInputOption": "RAW", "includeValuesInResponse": "true"}),
        "ClearValuesResponse": call("POST", "~/values/Leads!A2:clear"),
        "BatchClearValuesResponse": call("POST", "~/values:batchClear", {"ranges": ["Leads!A2"]}),
        "BatchClearValuesByDataFilterResponse": call("POST", "~/values:batchClearByDataFilter", filters),
    }  # fmt: skip

    assert {200} == {answer.status for answer in answers.values()}
    assert {} == {name: found for name, answer in answers.items() if (found := faults(name, answer.body))}


def test_answers_of_drive_fit_their_schemas(call, google, faults):
    """Files, lists and channels fit Drive's discovery document."""
    path = f"/drive/v3/files/{google.file.id}"
    channel = {"id": "c", "type": "web_hook", "address": "http://127.0.0.1:9/x", "token": "t"}
    answers = {
        "File": call("GET", path, params={"fields": "*"}),
        "FileList": call("GET", "/drive/v3/files", params={"fields": "files(*)"}),
        "Channel": call("POST", f"{path}/watch", channel),
    }

    assert {} == {name: found for name, answer in answers.items() if (found := faults(name, answer.body, "drive.v3"))}
