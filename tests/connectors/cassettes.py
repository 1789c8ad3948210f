"""What the cassettes of every service share: how exchanges are written, recorded anew, replayed, and told in short.

What is played, and what of a request or an answer has no place in a file, is said beside each service.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vcr
from vcr.serializers import yamlserializer

from worker.ports import Refused, ServiceError, Unauthorised, Unavailable

CASSETTES = Path(__file__).parents[2] / "cassettes"
MATCHED = ("method", "scheme", "host", "path", "query", "body")


@dataclass(frozen=True)
class Case:
    """One cassette: what is played; how the sandbox is prepared; whether a live account can be asked too."""

    play: Callable[..., Any]
    prepare: Callable[[Any], object] = lambda _: None
    live: bool = False
    bare: bool = False


# ---- what came of it ------------------------------------------------------------------------------------------------


def short(outcome: object) -> Any:
    """Return an outcome as a test compares it: a row, or what it is, an error with its code and column, or its wait."""
    if isinstance(outcome, str):
        return "row"
    if isinstance(outcome, Refused):
        return ["Refused", outcome.code, outcome.field]
    if isinstance(outcome, Unavailable):
        return ["Unavailable", outcome.retry_after and outcome.retry_after.total_seconds(), outcome.limited]
    return ["Unauthorised" if isinstance(outcome, Unauthorised) else type(outcome).__name__]


def raised(act: Callable[[], Any], told: Callable[[ServiceError], Any] = short) -> Any:
    """Return what an act comes to, or the error that it raises, in short."""
    try:
        return act()
    except ServiceError as error:
        return told(error)


# ---- what is written ------------------------------------------------------------------------------------------------


class _Noted:
    """Writes a cassette as YAML under a line that says where it was recorded."""

    def __init__(self, source: str) -> None:
        self._source = source

    def serialize(self, cassette: dict[str, Any]) -> str:
        return f"# Recorded from {self._source}.\n" + str(yamlserializer.serialize(cassette))

    def deserialize(self, text: str) -> dict[str, Any]:
        return dict(yamlserializer.deserialize(text))


def recorder(
    source: str, asked: Callable[[Any], Any], answered: Callable[[dict[str, Any]], Any], also: Sequence[str] = ()
) -> vcr.VCR:
    """Return what records and replays: requests and answers as these two leave them, matched by `also` besides."""
    made = vcr.VCR(
        serializer="noted", match_on=[*MATCHED, *also], before_record_request=asked, before_record_response=answered,
        decode_compressed_response=True,
    )  # fmt: skip
    made.register_serializer("noted", _Noted(source))
    return made


def only(headers: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the headers of these names."""
    return {name: value for name, value in headers.items() if name.lower() in names}


def answers(kept: Collection[str], told: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what leaves these headers of an answer, and of its body what is told."""

    def answered(response: dict[str, Any]) -> dict[str, Any]:
        body = {"string": told(response["body"]["string"])}
        return {**response, "headers": only(response["headers"], kept), "body": body}

    return answered


def blanked(body: bytes, name: str, instead: str) -> bytes:
    """Return a JSON answer with the secret of this name replaced; any other body as it is."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict) or name not in answer:
        return body
    return json.dumps(answer | {name: instead}).encode()


# ---- recording and replaying ----------------------------------------------------------------------------------------


@contextmanager
def recording(by: vcr.VCR, folder: Path, name: str) -> Iterator[None]:
    """Record a cassette anew."""
    file = folder / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with by.use_cassette(str(file), record_mode="all"):
        yield


@contextmanager
def replaying(by: vcr.VCR, folder: Path, name: str) -> Iterator[None]:
    """Answer from a cassette; fail on a request that isn't in it, or one in it that isn't made."""
    with by.use_cassette(str(folder / f"{name}.yaml"), record_mode="none") as cassette:
        yield
    if not cassette.all_played:
        raise AssertionError(f"{name}: {len(cassette) - cassette.play_count} recorded calls were not made")


def record_each(
    cases: Mapping[str, Any], names: Sequence[str], sandbox: Callable[[str], Any], live: Callable[[str], Any] | None
) -> int:
    """Record the cases of these names, or all, from the live account where there is one; say what came of each."""
    for name in names or list(cases):
        if live and not cases[name].live:
            sys.stdout.write(f"{name}: left alone, only the sandbox can be prepared for it\n")
            continue
        sys.stdout.write(f"{name}: {(live or sandbox)(name)}\n")
    return 0
