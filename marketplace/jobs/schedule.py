"""Which jobs recur, and how often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

from marketplace.errors import NotFound
from marketplace.jobs import (
    clean_up,
    deliver_events,
    expire,
    read_webhooks,
    remind,
    send_mail,
    send_refunds,
    settle_kept_money,
    settle_payments,
    simulate,
)
from marketplace.queues import MAIL, WORK


@dataclass(frozen=True, slots=True)
class Job:
    """`cron` has six fields, the last being seconds. `run(now)` returns how much it did; `queue` is where it waits."""

    name: str
    cron: str
    about: str
    run: Callable[[datetime], Awaitable[int]]
    queue: str = WORK


def _job(module: ModuleType, cron: str, queue: str = WORK) -> Job:
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    return Job(name, cron, (module.__doc__ or "").strip(), module.run, queue)


JOBS = {
    job.name: job
    for job in (
        _job(expire, "* * * * * */30"),
        _job(remind, "* * * * * */30"),
        _job(deliver_events, "* * * * * */15"),
        _job(read_webhooks, "* * * * * */15"),
        _job(simulate, "* * * * * */15"),
        _job(settle_payments, "* * * * * 20"),
        _job(send_mail, "* * * * * 40", MAIL),
        _job(send_refunds, "*/10 * * * * 50"),
        _job(settle_kept_money, "*/10 * * * * 55"),
        _job(clean_up, "17 3 * * * 0"),
    )
}


def named(name: str) -> Job:
    """Raises NotFound that lists what there is."""
    if name not in JOBS:
        raise NotFound(f"There is no job “{name[:40]}”. There are: {', '.join(JOBS)}.")
    return JOBS[name]
