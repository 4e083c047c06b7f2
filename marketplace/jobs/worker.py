"""The worker: takes jobs off the queue and runs them; any number of machines may have one, or several.

A killed worker loses nothing. An event is marked as delivered with its reactions or after them, so another worker's sweep
finds it; a recurring job derives its work from the tables, so its next run does what the last one left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from saq import CronJob, Worker

from marketplace import clock, db, outbox, wiring
from marketplace.background import beside, end
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


MOST_HERE = 8
"""How many commits' events a process delivers at a time by itself, beside those jobs; more go through the queue."""

GRACE_SECONDS = 2
"""How long a process that is told to stop goes on with what it has begun."""


async def deliver_events(_: Context, *, batch: str) -> int:
    return await outbox.deliver(EventId(batch), clock.now())


async def send_one_mail(_: Context, *, id: str) -> bool:
    return await notifications.send(MailId(id), clock.now())


deliver_events.__qualname__ = wiring.DELIVER
send_one_mail.__qualname__ = wiring.SEND
FUNCTIONS: dict[str, Callable[..., Awaitable[Any]]] = {WORK: deliver_events, MAIL: send_one_mail}


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
        shutdown_grace_period_s=GRACE_SECONDS,  # what does not finish in time is found again, by another worker
    )


@asynccontextmanager
async def working() -> AsyncIterator[None]:
    """A worker of each queue beside whatever else this process does; they come back by themselves when they stumble.

    What the process records it delivers itself, while it has room for that.
    """
    async with beside(*(_work_for_good(queue) for queue in FUNCTIONS)):
        here = _Here()
        outbox.deliver_here(here)
        try:
            yield
        finally:
            outbox.deliver_here(None)
            await here.finish()


class _Here:
    """Deliveries that begin at the commit. What is lost with the process lies on lease in its table, until a sweep finds it."""

    def __init__(self) -> None:
        self._going = set[asyncio.Task[object]]()

    def has_room(self) -> bool:
        return len(self._going) < MOST_HERE

    def start(self, delivery: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(delivery, context=db.outside())
        self._going.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[object]) -> None:
        self._going.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # Written down where it failed; its turn comes again.
            log.debug("outbox.delivery_failed", error=repr(task.exception()))

    async def finish(self) -> None:
        """Let what is going on come to its end, for a while."""
        if self._going:
            await asyncio.wait(self._going, timeout=GRACE_SECONDS)
        await end(*self._going)


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
