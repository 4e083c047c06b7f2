"""Moves the clock of every process at once (see lockstep.py).

Only while the lab is open. What has come due by a move happens by the jobs' next runs, as it would have in time.
"""

from __future__ import annotations

from datetime import timedelta

from marketplace import clock, redis
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _
from marketplace.lab import cluster_sync
from marketplace.lab.gate import must_be_open

FARTHEST = timedelta(days=3 * 366)
_AWAY = "The clock cannot be moved while Redis is away."


async def advance(by: timedelta) -> timedelta:
    """Let `by` go past in every process; returns how far the clock is ahead now. Raises Invalid for steps back."""
    must_be_open()
    if not timedelta() < by <= FARTHEST:
        raise Invalid(
            _("Time goes forward, by at most three years."), [FieldError("seconds", _("Give a positive step."))]
        )
    with redis.must_answer(_AWAY):
        await redis.client().incrby(cluster_sync.AHEAD, round(by.total_seconds() * 1000))
        await cluster_sync.until_all_have_followed()
    return clock.offset()


async def reset() -> None:
    """Back to real time. What has happened meanwhile stays."""
    must_be_open()
    with redis.must_answer(_AWAY):
        await redis.client().delete(cluster_sync.AHEAD)
        await cluster_sync.until_all_have_followed()
