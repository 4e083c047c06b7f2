"""Runs a job by its name and remembers, for the health page, how its last run went."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import structlog

from marketplace import redis
from marketplace.batches import Incomplete
from marketplace.errors import HoldfastError, Unavailable
from marketplace.jobs.schedule import JOBS, named

log = structlog.get_logger()

_RUNS = "jobs:runs"


@dataclass(frozen=True, slots=True)
class LastRun:
    """`seconds` it took, how much it `did`, and the `error` that ended it or kept it from doing all. `at` is None before the first."""

    job: str
    about: str
    at: str | None
    seconds: float | None
    did: int | None
    error: str | None


async def run(name: str, now: datetime) -> int:
    """Run the job to its end and return how much it did. Raises NotFound, or what the job raised."""
    job = named(name)
    began = time.perf_counter()
    did, error = 0, None
    try:
        did = await job.run(now)
    except Incomplete as some:
        # Each failure is in the log already; the rest of the run counts.
        did, error = some.did, some.message
        log.warning("job.incomplete", job=name, why=error)
        raise
    except HoldfastError as refused:
        error = refused.message
        log.warning("job.refused", job=name, why=error)
        raise
    except Exception as failure:
        error = repr(failure)[:500]
        log.exception("job.failed", job=name)
        raise
    finally:
        took = round(time.perf_counter() - began, 4)
        note = json.dumps({"at": now.isoformat(), "seconds": took, "did": did, "error": error})
        await _write_down(name, note)
        if did:
            log.info("job.ran", job=name, did=did, seconds=took)
    return did


async def _write_down(name: str, note: str) -> None:
    """A note that is lost must not hide how the job went."""
    try:
        with redis.must_answer("The last run could not be written down."):
            await cast("Awaitable[int]", redis.client().hset(_RUNS, name, note))
    except Unavailable as error:
        log.warning("job.not_written_down", job=name, why=error.message)


async def last_runs() -> list[LastRun]:
    """Every job with its last run. Raises Unavailable without Redis."""
    with redis.must_answer("The last runs are not known: Redis does not answer."):
        notes = await cast("Awaitable[dict[str, str]]", redis.client().hgetall(_RUNS))
    unknown = {"at": None, "seconds": None, "did": None, "error": None}
    return [
        LastRun(job.name, job.about, **json.loads(notes.get(job.name, json.dumps(unknown)))) for job in JOBS.values()
    ]
