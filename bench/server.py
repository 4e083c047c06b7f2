"""The server that is measured: the API as `marketplace run` serves it, without the pages, and a POST that does nothing.

    python -m bench.server

Configured by the environment, like the marketplace. One process, so that what is compared has one core.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from starlette.types import ASGIApp

from marketplace import settings, wiring
from marketplace.api import holds
from marketplace.api.app import create_app
from marketplace.api.html_middleware import HtmlMiddleware
from marketplace.cli.serving import CONNECTIONS, LettingGo, Lifeline, rest_the_collector
from marketplace.jobs.worker import working
from marketplace.redis import die_with_parent


async def do_nothing(body: dict[str, Any]) -> dict[str, bool]:
    """Reads a body of JSON and answers with some: what any endpoint costs before it does anything."""
    return {"ok": True}


@asynccontextmanager
async def _open_house(_: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(wiring.app_context())
        if settings.current().jobs_in_web:
            await stack.enter_async_context(working())
        yield


def _application(lifeline: Lifeline) -> ASGIApp:
    die_with_parent()
    lifeline.hold()
    app = create_app()
    _add_beside_holds(app)
    app.router.lifespan_context = _open_house
    return LettingGo(HtmlMiddleware(app, Path("no-pages")), lifeline)


def _add_beside_holds(app: FastAPI) -> None:
    """Routes are tried one after the other: the no-op stands beside what it is compared with, not behind everything."""
    nothing = APIRouter(prefix="/api/v1")
    nothing.add_api_route("/noop", do_nothing, methods=["POST"], status_code=201)
    app.include_router(nothing)
    routes = app.router.routes
    place = next(at for at, route in enumerate(routes) if getattr(route, "original_router", None) is holds.router)
    routes.insert(place, routes.pop())


def main() -> None:
    multiprocessing.set_start_method("fork", force=True)
    rest_the_collector()
    lifeline = Lifeline()
    server = MPServer(
        "bench.server", address="127.0.0.1", port=settings.current().port, interface=Interfaces.ASGI, workers=1,
        backpressure=CONNECTIONS, log_level=LogLevels.warning, workers_kill_timeout=5,
    )  # fmt: skip
    server.serve(target_loader=lambda: _application(lifeline), wrap_loader=False)


if __name__ == "__main__":
    main()
