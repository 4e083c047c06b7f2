from __future__ import annotations

from collections.abc import Iterator

import pytest
from reflex.constants import Env
from reflex.environment import environment


@pytest.fixture
def as_served() -> Iterator[None]:
    """Reflex' own mode while pages are served: in the other one it looks into lists of typed dicts, and cannot."""
    before = environment.REFLEX_ENV_MODE.get()
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    yield
    environment.REFLEX_ENV_MODE.set(before)
