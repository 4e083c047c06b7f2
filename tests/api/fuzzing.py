"""Made-up requests to a served API, from its OpenAPI document, and whether the answers keep to it (schemathesis).

The same requests in every run: a red build says something about the change, not about the day's luck.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.config._checks import POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES
from schemathesis.engine import events, from_schema

_numbers = count(1)
_real: dict[str, Any] = {}


@dataclass
class Fuzzed:
    """What came of a run: each kind of mismatch with how to see it again, and how often an operation answered what."""

    mismatches: dict[str, str] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def statuses(self, operation: str) -> set[int]:
        return {status for label, status in self.answers if label == operation}


def fuzz(
    document: dict[str, Any],
    url: str,
    *,
    tags: Iterable[str],
    headers: Mapping[str, str],
    paths: Mapping[str, str],
    bodies: Mapping[str, Any],
    rules: Iterable[str],
    without: Iterable[str] = (),
    examples: int,
) -> Fuzzed:
    """Ask all operations of `tags` that are not named in `without`, as whoever `headers` say.

    `paths` are ids that exist, by the part of the path before them; `bodies` are what fields of bodies and queries must
    say to be lawful. Operations named in `rules` may refuse (422) what the document allows.
    """
    _real.clear()
    _real.update(bodies)
    accepting = {"expected-statuses": [*POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES, "422"]}
    config = SchemathesisConfig.from_dict(
        {
            "base-url": url,
            "headers": dict(headers),
            "seed": 1,
            # What earlier runs have learned would make each run another.
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "request-timeout": 30,
            "max-stream-events": 1,
            "generation": {"deterministic": True, "max-examples": max(examples, 1), "no-shrink": True},
            "phases": {"stateful": {"enabled": False}, "fuzzing": {"enabled": examples > 0}},
            "operations": [
                {"exclude-tag": list(tags), "enabled": False},
                *({"include-name": name, "enabled": False} for name in without),
                *({"include-name": name, "checks": {"positive_data_acceptance": accepting}} for name in rules),
                *(
                    {"include-path-regex": rf"/{part}/\{{id\}}", "parameters": {"path.id": str(id)}}
                    for part, id in paths.items()
                ),
            ],
        }
    )
    found = Fuzzed()
    for event in from_schema(schemathesis.openapi.from_dict(document, config=config)).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event, found)
        elif isinstance(event, events.NonFatalError):
            found.mismatches[f"{event.label}: {event.value}"] = str(event.info)
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


@schemathesis.hook("before_call")
def _reach_deep(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Name things that exist, and a fresh key, where made-up ones would only be refused at the door."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch("[!-~]{1,255}", key):
        case.headers["Idempotency-Key"] = f"key-{next(_numbers)}"
    if case.meta is not None and case.meta.generation.mode.is_positive:
        for part in (case.body, case.query):
            if isinstance(part, dict):
                part |= {name: real for name, real in _real.items() if isinstance(part.get(name), type(real))}


def _note(event: events.ScenarioFinished, found: Fuzzed) -> None:
    recorder = event.recorder
    for case, interaction in recorder.interactions.items():
        if interaction.response is not None:
            found.answers[recorder.cases[case].value.operation.label, interaction.response.status_code] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                kind = f"{failure.operation}: {failure.title}: {failure.message}"
                found.mismatches.setdefault(kind, check.failure_info.code_sample)
