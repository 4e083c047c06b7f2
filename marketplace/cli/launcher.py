"""`marketplace run` and `marketplace dev`: the whole marketplace by one command, on one port.

The launcher starts what is missing (Redis, tables, a demo world, compiled pages), then serves with as many processes as
WEB_WORKERS says. Whatever way it ends, what it started ends with it.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from rich.console import Console

from marketplace import settings
from marketplace.cli import services
from marketplace.cli.frontend import Frontend, tools_environment
from marketplace.redis import die_with_parent
from marketplace.settings import Settings

GRACE_SECONDS = 8
"""How long open streams may keep a stopping process before it is ended anyway."""

CONNECTIONS = 4096
"""Connections that one process keeps open. A page that is being looked at holds two: its websocket and a stream."""

console = Console(highlight=False, soft_wrap=True)


class PortTaken(Exception):  # noqa: N818 - named after what happened, as everywhere in this house
    """Somebody else listens where we should."""


def run() -> None:
    """Serve until told to stop. Raises SettingsRefused, PortTaken, DataInUse, BuildFailed, Unavailable."""
    started = time.monotonic()
    chosen = _prepare_process()
    _refuse_taken(chosen.host, chosen.port)
    with services.own_data(chosen) as chosen:
        with console.status("Looking after the database …"):
            services.migrate()
        if chosen.lab_is_open:
            with console.status("Looking for a world to show …"):
                services.seed_if_empty()
        pages = Frontend(services.ROOT)
        if not pages.is_fresh:
            with console.status("Compiling the pages (half a minute; again only when they change) …"):
                pages.build()
        _serve(chosen, lambda: _greet(chosen, time.monotonic() - started))


def _prepare_process() -> Settings:
    """Work from the project's folder with settings that hold, and leave in order when told to."""
    os.chdir(services.ROOT)
    signal.signal(signal.SIGTERM, _leave)
    chosen = settings.read()
    settings.use(chosen)
    os.environ.update(tools_environment())
    return chosen


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _refuse_taken(host: str, port: int) -> None:
    # The web processes share their port (SO_REUSEPORT), so a second run would silently share it, too.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port} cannot be listened on: {error.strerror}. Choose another with PORT.") from None


def _serve(chosen: Settings, greet: Callable[[], None]) -> None:
    from reflex_base.constants import Env  # noqa: PLC0415 - Reflex takes seconds to import; other commands do without
    from reflex_base.environment import environment  # noqa: PLC0415

    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    # Imported once here and forked: the processes share the memory of all that code.
    multiprocessing.set_start_method("fork", force=True)
    from granian.constants import Interfaces  # noqa: PLC0415 - after the environment and the start method
    from granian.log import LogLevels  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    import marketplace.marketplace  # noqa: F401, PLC0415

    gc.collect()
    gc.freeze()
    server = Server(
        "marketplace.marketplace:app",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.ASGI,
        workers=chosen.web_workers,
        backpressure=CONNECTIONS,
        backlog=1024,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    )
    server.on_startup(greet)
    server.serve(target_loader=_load, wrap_loader=False)


def _load() -> Any:
    """In each web process: end with the launcher, and make the ASGI application."""
    die_with_parent()
    from marketplace.marketplace import app  # noqa: PLC0415

    return app()


def _greet(chosen: Settings, seconds: float) -> None:
    console.print(f"\n  [bold]Holdfast[/bold] is open at [bold]{chosen.origin}[/bold]  ({seconds:.1f} s)")
    console.print(f"  Data: {chosen.data_dir.absolute()}    API: {chosen.origin}/api/v1/docs")
    console.print("  Stop with Ctrl-C.\n")
    sys.stdout.flush()
