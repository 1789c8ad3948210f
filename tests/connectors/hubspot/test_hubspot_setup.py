"""Set-up and the doctor: which properties are missing, what makes them, what is wrong with account and pipeline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.connectors.hubspot.hubspot_stand import crm_at
from worker.connectors.hubspot.account import stage_state
from worker.ports import Refused

OURS = ["partner_lead_id", "source_partner", "billing_interval", "term_months", "partner_company_key"]


@pytest.fixture
def bare(server, clock):
    """The connector at an account that was never set up."""
    return crm_at(server.url, clock)


def failing(checks):
    return {check.name: (check.found, check.remedy) for check in checks if not check.ok}


def test_an_account_never_set_up_lacks_our_five_properties(bare, server):
    """Two calls tell which; all can be made."""
    missing = bare.missing()

    assert OURS == [name for name in OURS for one in missing if f'"{name}"' in one.what]
    assert (5, True) == (len(missing), all(one.makeable for one in missing))
    assert 2 == len(server.log)


def test_setup_makes_them_and_nothing_is_missing_after(bare, portal, server):
    """Unique where they must be; the interval a choice of four, the term a number."""
    bare.make(bare.missing())

    assert [] == bare.missing()
    deals = portal.definitions[next(kind for kind in portal.definitions if kind.plural == "deals")]
    assert (True, False) == (deals["partner_lead_id"].unique, deals["source_partner"].unique)
    assert ["monthly", "quarterly", "annual", "total"] == [o.value for o in deals["billing_interval"].options]
    assert "number" == deals["term_months"].type


def test_only_what_is_named_is_made(bare, portal):
    """Setup makes what the person was shown, no more."""
    bare.make([one for one in bare.missing() if "source_partner" in one.what])

    assert 4 == len(bare.missing())


def test_a_property_that_somebody_made_meanwhile_is_well(bare, portal):
    """HubSpot's word that the name is taken is no fault when the property is there."""
    missing = bare.missing()
    portal.add_property("deals", "source_partner")
    bare.make(missing)

    assert [] == bare.missing()


def test_a_key_property_that_is_not_unique_is_for_a_person(bare, portal):
    """HubSpot can't make it unique later, so setup doesn't try and says what to do."""
    portal.add_property("deals", "partner_lead_id")
    bare.make(bare.missing())

    [left] = bare.missing()
    assert not left.makeable
    assert "delete the property" in left.remedy
    assert "need not be unique" in left.what
    bare.make([left])
    assert [left] == bare.missing()


def test_what_hubspot_will_not_make_is_refused_in_words(bare, portal):
    """An object may have ten unique properties; the eleventh is told."""
    for n in range(10):
        portal.add_property("deals", f"key{n}", hasUniqueValue=True)

    with pytest.raises(Refused, match="unique"):
        bare.make(bare.missing())


def test_the_doctor_is_content_with_an_account_that_is_set_up(crm):
    """One line for each thing that the connector relies on, all well."""
    checks = crm.check()

    assert {} == failing(checks)
    assert ["account", "scopes", "contacts", "companies", "deals", "properties", "pipeline"] == [
        check.name.removeprefix("HubSpot ") for check in checks
    ]


def test_the_doctor_names_each_missing_property(bare):
    """With what makes it."""
    lines = [check for check in bare.check() if check.name == "HubSpot properties"]

    assert 5 == len(lines)
    assert {"run quarterday setup --apply"} == {line.remedy for line in lines}


def test_the_doctor_stops_at_a_dead_token(server, clock):
    """One line, with the remedy."""
    [line] = crm_at(server.url, clock, token="pat-DEAD").check()

    assert not line.ok
    assert "token" in line.found
    assert "[crm.hubspot] token" in line.remedy


def test_the_doctor_names_missing_scopes(crm, portal):
    """Both where the token tells its scopes, and where a read is refused."""
    portal.scopes -= {"crm.objects.contacts.read", "crm.objects.deals.write"}

    found = failing(crm.check())

    assert "crm.objects.contacts.read, crm.objects.deals.write" in found["HubSpot scopes"][0]
    assert "crm.objects.contacts.read" in found["HubSpot contacts"][0]


def test_a_key_that_does_not_tell_its_scopes_is_no_fault(crm, portal):
    """For service keys the path may not be there; then the reads tell."""
    portal.faults.order("status", path="/oauth", options={"status": 404, "body": {"message": "no such path"}})

    assert {} == failing(crm.check())


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"pipeline": "sales"}, 'there is no deal pipeline "sales"'),
        ({"stage": "first"}, 'no stage "first"; there are: appointmentscheduled (Appointment Scheduled)'),
        ({"stage": "closedwon"}, "which is won"),
        ({"pipeline": "OPEN", "stage": "FIRST"}, "no stage of the pipeline is won"),
    ],
)
def test_the_doctor_names_the_pipelines_and_stages_that_exist(crm, portal, server, clock, terms, words):
    """A wrong id in the configuration is told with those that would do."""
    pipeline = portal.add_pipeline("Endless", [("Begun", "0.1")])
    own = {"OPEN": pipeline, "FIRST": portal.pipelines[pipeline].stages[0].id}
    terms = {name: own.get(value, value) for name, value in terms.items()}

    found = failing(crm_at(server.url, clock, **terms).check())

    assert {"HubSpot pipeline"} == set(found)
    assert words in found["HubSpot pipeline"][0]


def test_an_unknown_pipeline_is_refused_with_those_that_exist(server, clock):
    """`stages` names them too: a run says it, not only the doctor."""
    with pytest.raises(Refused) as caught:
        crm_at(server.url, clock, pipeline="sales").stages()

    assert "default (Sales Pipeline)" in caught.value.text


@pytest.mark.parametrize(
    ("metadata", "state"),
    [
        ({"isClosed": "true", "probability": "1.0"}, "won"),
        ({"isClosed": "true", "probability": "0.0"}, "lost"),
        ({"isClosed": "true"}, "lost"),
        ({"isClosed": "true", "probability": "0.5"}, "lost"),
        ({"isClosed": "false", "probability": "1.0"}, "open"),
        ({"isClosed": True, "probability": 1}, "won"),
        ({"probability": "1.0"}, "won"),
        ({"probability": 0}, "lost"),
        ({"probability": "0.9"}, "open"),
        ({"probability": "often"}, "open"),
        ({}, "open"),
    ],
)
def test_a_stage_means_what_its_metadata_says(metadata, state):
    """Closed and certain is won, closed otherwise is lost, all else is open; texts and numbers alike."""
    assert state == stage_state(metadata)


def test_stages_come_in_their_order_with_their_meaning(crm, portal, server, clock):
    """Won, lost and open by the stage's metadata; asked once an hour."""
    pipeline = portal.add_pipeline("Own", [("New", "0.1"), ("Signed", "1.0"), ("Live", "1.0"), ("Dead", "0.0")])
    own = crm_at(server.url, clock, pipeline=pipeline)
    server.log.clear()

    assert [("New", "open"), ("Signed", "won"), ("Live", "won"), ("Dead", "lost")] == [
        (stage.label, stage.state) for stage in own.stages()
    ]
    own.stages()
    assert 1 == len(server.log)
    portal.edit_stage(pipeline, portal.pipelines[pipeline].stages[0].id, label="Fresh")
    clock.advance(timedelta(minutes=61))
    assert "Fresh" == own.stages()[0].label
