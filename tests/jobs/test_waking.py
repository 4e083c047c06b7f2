"""Events wake a worker when their time has come."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from marketplace import wiring
from marketplace.ids import EventId


@pytest.mark.parametrize("milliseconds", [1, 300, 999, 2000])
async def test_an_event_is_looked_at_soon_after_its_time_and_never_before_it(redis, now, milliseconds):
    id, due = EventId.new(), now + timedelta(milliseconds=milliseconds)
    async with wiring.app_context():
        await wiring.wake(id, due, now)
        job = await wiring.queue().job(f"events:{id}:{math.ceil(due.timestamp())}")
    assert job is not None
    assert 0 <= job.scheduled - due.timestamp() < 1
