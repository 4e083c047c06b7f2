"""The worker: takes jobs off the queue and runs them; any number of machines may have one, or several.

A killed worker loses nothing. An event is marked as delivered only after its reactions, so another worker's sweep finds
it; a recurring job derives its work from the tables, so its next run does what the last one left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from saq import CronJob, Worker

from marketplace import clock, outbox, wiring
from marketplace.background import beside
from marketplace.ids import EventId, MailId
from marketplace.jobs import runner
from marketplace.jobs.schedule import JOBS
from marketplace.lab.cluster_sync import following
from marketplace.notifications import actions as notifications
from marketplace.queues import MAIL, WORK

log = structlog.get_logger()

Context = dict[str, Any]
CONCURRENCY = {WORK: 16, MAIL: 8}
"""How many jobs of each queue a process runs at a time."""


async def deliver_event(_: Context, *, id: str) -> bool:
    return await outbox.deliver(EventId(id), clock.now())


async def send_one_mail(_: Context, *, id: str) -> bool:
    return await notifications.send(MailId(id), clock.now())


deliver_event.__qualname__ = wiring.DELIVER
send_one_mail.__qualname__ = wiring.SEND
FUNCTIONS = {WORK: deliver_event, MAIL: send_one_mail}


def _recurring(name: str) -> Callable[[Context], Awaitable[int]]:
    async def run(_: Context) -> int:
        return await runner.run(name, clock.now())

    run.__qualname__ = name  # the queue knows functions by this name
    return run


class _QuietWorker(Worker[Any]):
    """Leaves signals to the process that it lives in."""

    SIGNALS = []  # noqa: RUF012 - overrides the base class's list


def new_worker(queue: str) -> Worker[Any]:
    """A worker of one of this process's queues, with its function and its recurring jobs."""
    jobs = [job for job in JOBS.values() if job.queue == queue]
    return _QuietWorker(
        wiring.queue(queue),
        functions=[FUNCTIONS[queue]],
        cron_jobs=[CronJob(function=_recurring(job.name), cron=job.cron, timeout=120) for job in jobs],
        concurrency=CONCURRENCY[queue],
        dequeue_timeout=2.0,
        # Stuck jobs of a dead worker are found after their timeout; the events themselves are found by our own sweep.
        timers={"schedule": 1, "sweep": 5, "worker_info": 10, "abort": 5},
        shutdown_grace_period_s=2,  # what does not finish in time is found again, by another worker
    )


@asynccontextmanager
async def working() -> AsyncIterator[None]:
    """A worker of each queue beside whatever else this process does; they come back by themselves when they stumble."""
    async with beside(*(_work_for_good(queue) for queue in FUNCTIONS)):
        yield


async def _work_for_good(queue: str) -> None:
    while True:
        worker = new_worker(queue)
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
    async with wiring.app_context(), following(), working():
        log.info("worker.ready")
        await stop.wait()
