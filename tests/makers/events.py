"""What happened in a test, as rooms told it."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeVar

import pytest

from marketplace import outbox
from marketplace.outbox import DomainEvent

told: list[DomainEvent] = []
"""Every event that was committed, in their order. Each test has its own: see `tests.conftest.told`."""

E = TypeVar("E", bound=DomainEvent)


def of(kind: type[E]) -> list[E]:
    """The committed events of a kind, oldest first."""
    return [event for event in told if type(event) is kind]


def kinds() -> list[str]:
    return [type(event).__name__ for event in told]


def hear_only(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Leave the reactions of these rooms alone: others would look for what a test of one room does not make."""
    for name in ("_within", "_after"):
        ours = {
            kind: [reaction for reaction in reactions if reaction.__module__.startswith(modules)]
            for kind, reactions in getattr(outbox, name).items()
        }
        monkeypatch.setattr(outbox, name, defaultdict(list, ours))
