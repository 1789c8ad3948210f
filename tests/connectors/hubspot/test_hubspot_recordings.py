"""Bodies that real accounts answered, read by the connector. Skipped where the folder of recordings is not there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.connectors.hubspot.account import stage_state
from worker.connectors.hubspot.create import Maker, Want
from worker.connectors.hubspot.errors import Taken, failure, fault, refusal
from worker.connectors.hubspot.records import by_id, record, tied
from worker.ports import Refused, Unauthorised

FILE = Path(__file__).parents[4] / "shared" / "recordings" / "hubspot.jsonl"


class Canned:
    """A door at which every request gets one kept body, once; then nothing."""

    def __init__(self, body):
        self._bodies = [body]

    def read(self, path, body, query=(), limits=()):
        return self._bodies.pop() if self._bodies else {"results": []}

    write = read


@pytest.fixture(scope="module")
def kept():
    """Return the recorded exchanges by the path of their source."""
    if not FILE.exists():
        pytest.skip(f"no recordings at ../shared/recordings/{FILE.name}")
    lines = [json.loads(line) for line in FILE.read_text().splitlines()]
    return {line["source_path"].partition("/test/")[2]: line["response"] for line in lines}


def error_of(kept, path):
    answer = kept[path]
    return failure(answer["status"], {}, json.dumps(answer["body"]), write=True, now=datetime(2026, 3, 1, tzinfo=UTC))


def test_an_unknown_property_is_named(kept):
    """Its code stands in `errors` and, as JSON, inside the message."""
    error = error_of(kept, "batch/create/contacts/err-many-invalid-properties.json")

    assert (Refused, "PROPERTY_DOESNT_EXIST", "first000name") == (type(error), error.code, error.field)


def test_a_conflict_without_an_id_is_known_as_one(kept):
    """A real 409 that names no record."""
    error = error_of(kept, "batch/create/contacts/err-conflict.json")

    assert (Taken, None) == (type(error), error.existing)


def test_a_missing_scope_is_named(kept):
    """In `context.requiredGranularScopes`."""
    error = error_of(kept, "metadata-err-schemas-scope.json")

    assert Unauthorised is type(error)
    assert "custom-object-read" in error.text


def test_a_body_without_a_category_is_read(kept):
    """The 400 of a search with an unknown type."""
    assert "Unable to infer object type from: butterflies" == error_of(kept, "search/error-invalid-object.json").text


def test_a_partial_success_is_accounted_for(kept):
    """The result is known by its address, for it repeats no trace id; the conflict brings the id of the other."""
    body = kept["batch/create/contacts/err-partial-success.json"]["body"]
    wants = [Want(e, t, {"email": e}) for e, t in (("siena.dyer@hubspot.com", "1"), ("other@hubspot.com", "0"))]

    made = Maker(Canned(body), "contacts", "email").make(wants)

    assert {"siena.dyer@hubspot.com": "171596044870", "other@hubspot.com": "171591000198"} == {
        key: one.id for key, one in made.items()
    }


def test_an_id_that_is_not_there_is_told_by_the_context(kept):
    """The one record comes, the other is not asked for again."""
    body = kept["batch/update/contacts/err-partial-success.json"]["body"]

    assert {"171591000199"} == set(by_id(Canned(body), "contacts", ["171591000199", "unknownIdentifier888"], []))


def test_associations_are_read_with_the_primary_first(kept):
    """A primary link bears two types; what has no associations stands among the errors."""
    body = kept["search/contacts/contacts-to-companies.json"]["body"]

    assert {"501": ["29022297485"]} == tied(Canned(body), "contacts", "companies", ["501", "103107104018"])


def test_refused_associations_have_words(kept):
    """They name no trace id."""
    body = kept["err-contact-to-contact.json"]["body"]

    assert "unknown_id_123456798 is not a valid ID" == refusal(fault(body["errors"][0])).text


def test_every_record_that_was_recorded_is_read(kept):
    """With its instant, and without the properties that are null."""
    paths = ("search/contacts/1-first-page", "read/objects-api/contacts-batch", "batch/create/contacts/success")
    for path in (f"{path}.json" for path in paths):
        for raw in kept[path]["body"]["results"]:
            one = record(raw)
            assert raw["id"] == one.id
            assert {k: v for k, v in raw["properties"].items() if v is not None} == one.properties
            assert datetime.fromisoformat(raw["properties"]["lastmodifieddate"]) == one.updated


def test_the_recorded_stages_have_their_meaning(kept):
    """The standard pipeline: five open stages, one won, one lost."""
    [pipeline] = [p for p in kept["metadata-deals-external-pipelines.json"]["body"]["results"] if p["id"] == "default"]

    states = {stage["id"]: stage_state(stage["metadata"]) for stage in pipeline["stages"]}
    assert ("won", "lost") == (states.pop("closedwon"), states.pop("closedlost"))
    assert {"open"} == set(states.values())
