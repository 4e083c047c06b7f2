"""The worker: takes jobs off the queue and runs them; any number of machines may have one, or several.

A killed worker loses nothing. A fact is marked as delivered only after its reactions, so another worker's sweep finds
it; a recurring job derives its work from the tables, so its next run does what the last one left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from saq import CronJob, Worker

from marketplace import clock, outbox, wiring
from marketplace.ids import FactId
from marketplace.jobs import runner
from marketplace.jobs.schedule import JOBS
from marketplace.lab.lockstep import following

log = structlog.get_logger()

Context = dict[str, Any]
CONCURRENCY = 16


async def deliver_fact(_: Context, *, id: str) -> bool:
    return await outbox.deliver(FactId(id), clock.now())


deliver_fact.__qualname__ = wiring.DELIVER


def _recurring(name: str) -> Callable[[Context], Awaitable[int]]:
    async def run(_: Context) -> int:
        return await runner.run(name, clock.now())

    run.__qualname__ = name  # the queue knows functions by this name
    return run


class _QuietWorker(Worker[Any]):
    """Leaves signals to the process that it lives in."""

    SIGNALS = []  # noqa: RUF012 - overrides the base class's list


def new_worker(concurrency: int = CONCURRENCY) -> Worker[Any]:
    """A worker of this process's queue with every function and every recurring job."""
    return _QuietWorker(
        wiring.queue(),
        functions=[deliver_fact],
        cron_jobs=[CronJob(function=_recurring(job.name), cron=job.cron, timeout=120) for job in JOBS.values()],
        concurrency=concurrency,
        dequeue_timeout=2.0,
        # Stuck jobs of a dead worker are found after their timeout; the facts themselves are found by our own sweep.
        timers={"schedule": 1, "sweep": 5, "worker_info": 10, "abort": 5},
        shutdown_grace_period_s=2,  # what does not finish in time is found again, by another worker
    )


@asynccontextmanager
async def working() -> AsyncIterator[None]:
    """A worker beside whatever else this process does; it comes back by itself when it stumbles."""
    task = asyncio.create_task(_work_for_good())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work_for_good() -> None:
    while True:
        worker = new_worker()
        try:
            await worker.start()
            return
        except Exception:
            log.exception("worker.stumbled")
            await asyncio.sleep(1)
        finally:
            await worker.stop()


async def run_worker(stop: asyncio.Event) -> None:
    """Work until `stop` is set: the body of `marketplace worker`."""
    async with wiring.house(), following(), working():
        log.info("worker.ready")
        await stop.wait()
