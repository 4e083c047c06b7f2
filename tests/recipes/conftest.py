from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketplace.catalog import kind
from tests.api.conftest import api, app, market
from tests.recipes.raffle import Raffle

__all__ = ["api", "app", "market"]


@pytest.fixture(autouse=True)
def raffle() -> Iterator[None]:
    """One more kind, as the wiring would offer it."""
    kind.use_kind(Raffle())
    yield
    kind._kinds.pop(Raffle.name)
