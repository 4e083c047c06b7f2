from __future__ import annotations

from datetime import datetime

import pytest

from tests.makers.events import hear_only
from tests.makers.payments import World


@pytest.fixture(autouse=True)
def our_reactions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests pay for bookings that nobody has made."""
    hear_only(monkeypatch, "marketplace.payments")


@pytest.fixture
def world(database: str, now: datetime) -> World:
    return World(now)
