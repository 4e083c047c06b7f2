"""`marketplace run` and `marketplace dev`: the whole marketplace by one command, on one port.

The launcher starts what is missing (Redis, tables, a demo world, compiled pages), then serves with as many processes as
WEB_WORKERS says. Whatever way it ends, what it started ends with it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

from rich.console import Console

from marketplace import settings
from marketplace.brand import NAME
from marketplace.cli import services, serving
from marketplace.cli.frontend import Frontend, tools_environment
from marketplace.cli.refusals import PortTaken
from marketplace.lab import world
from marketplace.redis import die_with_parent
from marketplace.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def run() -> None:
    """Serve until told to stop. Raises SettingsRefused, PortTaken, DataInUse, BuildFailed, Unavailable."""
    started = time.monotonic()
    chosen = _prepare_process()
    _refuse_taken(chosen.host, chosen.port)
    with services.own_data(chosen) as chosen:
        _prepare_database(chosen)
        pages = Frontend(services.ROOT)
        if not pages.is_fresh:
            with console.status("Compiling the pages (half a minute; again only when they change) …"):
                pages.build()
        serving.serve(chosen, lambda: _greet(chosen, time.monotonic() - started))


def dev() -> None:
    """The same with hot reload: Vite serves the pages on PORT, and hands what is not a page on to PORT + 1."""
    chosen = _prepare_process()
    for port in (chosen.port, chosen.port + 1):
        _refuse_taken("127.0.0.1", port)
    with services.own_data(chosen) as chosen:
        _prepare_database(chosen)
        ports = ["--frontend-port", str(chosen.port), "--backend-port", str(chosen.port + 1)]
        command = [sys.executable, "-m", "reflex", "run", "--env", "dev", "--backend-host", "127.0.0.1", *ports]
        reflex = subprocess.Popen(command, preexec_fn=die_with_parent)  # noqa: S603, PLW1509 - no threads here
        try:
            raise SystemExit(reflex.wait())
        finally:
            _end_group(reflex)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and whatever it has started."""
    for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def _prepare_process() -> Settings:
    """Work from the project's folder with settings that hold, and leave in order when told to."""
    os.chdir(services.ROOT)
    signal.signal(signal.SIGTERM, _leave)
    chosen = settings.read()
    settings.use(chosen)
    os.environ.update(tools_environment())
    for name, meaning in chosen.warnings.items():
        console.print(f"  [bold]Warning:[/bold] {name} {meaning}.")
    return chosen


def _prepare_database(chosen: Settings) -> None:
    with console.status("Looking after the database …"):
        services.migrate()
    if chosen.lab_is_open:
        with console.status("Building a world to show, if there is none …"):
            services.seed_if_empty()


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
            raise PortTaken(host, port, error.strerror or str(error)) from None


def _greet(chosen: Settings, seconds: float) -> None:
    console.print(f"\n  [bold]{NAME}[/bold] is open at [bold]{chosen.origin}[/bold]  ({seconds:.1f} s)")
    console.print(f"  Data: {chosen.data_dir.absolute()}    API: {chosen.origin}/api/v1/docs")
    if chosen.lab_is_open:
        people = f"{world.BUYER} (buys), {world.SELLER} (sells), {world.OPERATOR} (operates)"
        console.print(f"  In the demo world: {people}; password {world.PASSWORD}")
    console.print("  Stop with Ctrl-C.\n")
    sys.stdout.flush()
