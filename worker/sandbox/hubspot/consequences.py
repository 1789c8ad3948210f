"""What follows from a write by HubSpot's rules: a deal's closed flags and close date, a contact's computed values."""

from __future__ import annotations

from collections.abc import Mapping

from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, Kind
from worker.sandbox.hubspot.pipelines import Pipeline, Stage
from worker.sandbox.hubspot.values import stamp


def stage_of(pipelines: Mapping[str, Pipeline], properties: Mapping[str, str]) -> Stage | None:
    """Return the stage a deal stands in; one that was archived meanwhile still counts."""
    pipeline = pipelines.get(properties.get("pipeline", ""))
    if pipeline is None:
        return None
    return next((s for s in pipeline.stages if s.id == properties.get("dealstage")), None)


def first_values(kind: Kind, currencies: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Return what a new record gets without being told."""
    if kind is DEALS:
        # On a portal with one currency the code stays unset and the company's counts (inferred).
        given = {"pipeline": "default"} | ({"deal_currency_code": currencies[0]} if len(currencies) > 1 else {})
        return {k: v for k, v in given.items() if not values.get(k)}
    first = {"lifecyclestage": "lead"}
    if kind is CONTACTS:
        first["hs_pipeline"] = "contacts-lifecycle-pipeline"
    return {k: v for k, v in first.items() if not values.get(k)}


def consequences(
    kind: Kind, pipelines: Mapping[str, Pipeline], before: Mapping[str, str], changes: Mapping[str, str], now: int
) -> dict[str, str]:
    """Return the further values a write brings about."""
    if kind is CONTACTS:
        return _contact({**before, **changes}) if changes.keys() & {"email", "firstname", "lastname"} else {}
    if kind is COMPANIES or not changes.keys() & {"dealstage", "pipeline"}:
        return {}
    was, is_ = stage_of(pipelines, before), stage_of(pipelines, {**before, **changes})
    more = flags(is_)
    # Set on entering won or lost, not between two won stages (docs, 2026-11); a value sent along wins.
    entered = is_ is not None and is_.closed and (was is None or (was.won, was.lost) != (is_.won, is_.lost))
    if entered and not changes.get("closedate"):
        more["closedate"] = stamp(now)
    return more


def flags(stage: Stage | None) -> dict[str, str]:
    """Return the computed values that a stage gives its deals."""
    if stage is None:
        return {"hs_is_closed": "false", "hs_is_closed_won": "false", "hs_is_closed_lost": "false"}
    return {
        "hs_is_closed": _text(stage.closed),
        "hs_is_closed_won": _text(stage.won),
        "hs_is_closed_lost": _text(stage.lost),
        "hs_deal_stage_probability": stage.metadata.get("probability", ""),
    }


def _text(value: bool) -> str:
    return "true" if value else "false"


def _contact(values: Mapping[str, str]) -> dict[str, str]:
    email = values.get("email", "")
    name = " ".join(part for part in (values.get("firstname", ""), values.get("lastname", "")) if part)
    return {"hs_email_domain": email.partition("@")[2], "hs_full_name_or_email": name or email}
