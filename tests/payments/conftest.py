from __future__ import annotations

from datetime import datetime

import pytest

from tests.makers.payments import World


@pytest.fixture
def world(database: str, now: datetime) -> World:
    return World(now)
