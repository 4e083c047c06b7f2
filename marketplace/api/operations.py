"""For those who run the marketplace: jobs, health, metrics."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from marketplace import clock, db, outbox, redis, settings
from marketplace.api import money
from marketplace.api.problems import answers_with, refuses
from marketplace.bookings import queries as bookings
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Unauthenticated
from marketplace.i18n import _, gettext_noop
from marketplace.jobs import runner
from marketplace.payments import queries as payments
from marketplace.settings import Environment

router = APIRouter(tags=["Operations"])

SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""Where the launcher names the folder in which its processes keep their figures for one another."""

PATIENCE = 1.5
"""Seconds that a probe gives SQL and Redis: one that waits for longer is taken for one that failed."""


class WrongJobSecret(Unauthenticated):
    code = "wrong_job_secret"
    title = gettext_noop("Wrong job secret")

    def __init__(self) -> None:
        super().__init__(_("Jobs need the right X-Job-Secret; they are closed while JOB_SECRET is not set."))


JobSecret = Annotated[str, Header(max_length=500)]


def _must_know_the_secret(said: str) -> None:
    secret = settings.current().job_secret.get_secret_value()
    if not secret or not hmac.compare_digest(secret.encode(), said.encode()):
        raise WrongJobSecret


def for_operators(x_job_secret: JobSecret = "", authorization: JobSecret = "") -> None:
    """In production, figures are for whoever knows JOB_SECRET, also as a bearer token: Prometheus says it so."""
    if settings.current().environment is Environment.PRODUCTION:
        _must_know_the_secret(x_job_secret or authorization.removeprefix("Bearer ").strip())


@router.get("/jobs/health", dependencies=[Depends(for_operators)], responses=refuses(401))
async def jobs_health() -> dict[str, Any]:
    """Each job's last run, how long it took, and how much waits to be done."""
    now = clock.now()
    async with transaction(reading=True) as session:
        backlog = {
            "events": await outbox.backlog(session, now),
            "overdue_bookings": await bookings.overdue_count(session, now),
            "webhooks": (await payments.inbox_health(session, now)).waiting,
        }
    return {"jobs": [asdict(run) for run in await runner.last_runs()], "backlog": backlog}


@router.post("/jobs/{job}", responses=refuses(401))
async def run_job(job: str, x_job_secret: JobSecret = "") -> dict[str, str | int]:
    _must_know_the_secret(x_job_secret)
    return {"job": job, "did": await runner.run(job, clock.now())}


@router.get("/health/live")
async def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@router.get("/health/ready", responses={503: {"description": "One does not.", "content": {"application/json": {}}}})
async def ready(response: Response) -> dict[str, Any]:
    """Whether SQL and Redis answer, said within two seconds; 503 if one does not."""
    names = ("database", "redis")
    said = await asyncio.gather(_state_of(db.ping), _state_of(redis.ping))
    checks = dict(zip(names, said, strict=True))
    is_ready = all(state == "ok" for state in checks.values())
    response.status_code = 200 if is_ready else 503
    return {"status": "ok" if is_ready else "unavailable", "checks": checks}


async def _state_of(ping: Callable[[float], Awaitable[None]]) -> str:
    try:
        await ping(PATIENCE)
    except HoldfastError as error:
        return error.message
    return "ok"


@router.get("/health/webhooks", dependencies=[Depends(for_operators)], responses=refuses(401))
async def webhook_health() -> dict[str, Any]:
    """How the inbox is doing: events that wait, are parked, or were given up."""
    async with transaction(reading=True) as session:
        return asdict(await payments.inbox_health(session, clock.now()))


router.add_api_route(
    "/health/money", money.health, dependencies=[Depends(for_operators)],
    responses=refuses(401) | {503: {"description": "An alarm.", "content": {"application/json": {}}}},
)  # fmt: skip


@router.get(
    "/metrics", response_class=Response, dependencies=[Depends(for_operators)],
    responses=answers_with("text/plain") | refuses(401),
)  # fmt: skip
async def metrics() -> Response:
    """Prometheus text, of every web process on this machine whichever of them is asked."""
    registry = REGISTRY
    if SHARED_FIGURES in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return Response(generate_latest(registry) + await money.figures(), media_type=CONTENT_TYPE_LATEST)
