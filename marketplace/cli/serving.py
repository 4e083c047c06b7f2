"""The web processes: forked from one that has imported everything, and never left behind.

A stopping process waits for its requests to end, but a stream or a websocket ends only when its viewer leaves. So
each process holds one end of a pipe, the *lifeline*. When the launcher stops, or is killed, the other end closes; the
process then lets go of its streams (browsers come back by themselves) and ends in order.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.pauses import Pauses
from marketplace.redis import die_with_parent
from marketplace.settings import Settings

GRACE_SECONDS = 5
"""How long a stopping process may finish what it is doing."""

SHORTEST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.1, 30.0, 60.0
"""A process that ends is replaced after a pause, a longer one each time until the last has lived for a while."""

CONNECTIONS = 4096
"""Connections that one process serves at a time. A page that is being looked at holds two: a websocket and a stream."""


def serve(chosen: Settings, greet: Callable[[], None]) -> None:
    """Serve with WEB_WORKERS processes until told to stop; `greet` is called when they are about to start."""
    from reflex_base.constants import Env  # noqa: PLC0415 - Reflex takes seconds to import; nobody else here needs it
    from reflex_base.environment import environment  # noqa: PLC0415

    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    share_figures(chosen.data_dir / "figures")
    # Imported once and forked: the processes share the memory of all that code, and start at once.
    multiprocessing.set_start_method("fork", force=True)
    import marketplace.marketplace  # noqa: F401, PLC0415

    rest_the_collector()
    lifeline = Lifeline()
    server = Server(
        lifeline,
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.ASGI,
        workers=chosen.web_workers,
        backpressure=CONNECTIONS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    )
    server.on_startup(greet)
    server.serve(target_loader=lambda: _application(lifeline), wrap_loader=False)


def share_figures(folder: Path) -> None:
    """Have the web processes count into files that each of them can add up. Before the first figure is made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.absolute())


def rest_the_collector() -> None:
    """Keep what was imported out of garbage collection, and look for cycles less often.

    A request leaves hardly any behind, yet by default the collector looks for them with nearly every one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Lifeline:
    """A pipe from the launcher to each of its processes."""

    def __init__(self) -> None:
        self.launcher = os.getpid()
        self.far_end, self._near_end = os.pipe()

    def hold(self) -> None:
        """In a process that was forked: keep only the end that notices."""
        os.close(self._near_end)

    def cut(self) -> None:
        """In the launcher: let every process notice. Being killed does the same."""
        if self._near_end >= 0:
            os.close(self._near_end)
            self._near_end = -1


class LettingGo:
    """An ASGI application whose streams and websockets end when the lifeline is cut."""

    def __init__(self, app: ASGIApp, lifeline: Lifeline) -> None:
        self.app, self.lifeline = app, lifeline
        self._open: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            asyncio.get_running_loop().add_reader(self.lifeline.far_end, self._let_go)
            await self.app(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None

        async def noticed_send(message: Message) -> None:
            if _is_endless(message):
                self._open.add(task)
            await send(message)

        try:
            await self.app(scope, receive, noticed_send)
        except asyncio.CancelledError:
            if task not in self._open:
                raise
        finally:
            self._open.discard(task)

    def _let_go(self) -> None:
        asyncio.get_running_loop().remove_reader(self.lifeline.far_end)
        for task in tuple(self._open):
            task.cancel()
        if os.getppid() != self.lifeline.launcher:
            # It was killed, and Redis ended with it: nobody is left who would stop us, or end us if we cannot stop.
            threading.Thread(target=_end_after_grace, daemon=True).start()
            signal.raise_signal(signal.SIGTERM)


def _is_endless(message: Message) -> bool:
    if message["type"] == "websocket.accept":
        return True
    headers = dict(message.get("headers", ())) if message["type"] == "http.response.start" else {}
    return bytes(headers.get(b"content-type", b"")).startswith(b"text/event-stream")


def _end_after_grace() -> None:
    time.sleep(GRACE_SECONDS)
    os._exit(1)


class Server(MPServer):
    """Granian's server of several processes, with our ways to begin again and to end."""

    def __init__(self, lifeline: Lifeline, **how: Any) -> None:
        super().__init__("marketplace.marketplace:app", **how)
        self.lifeline, self.told_to_stop = lifeline, threading.Event()

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """Replace each process that ends. Granian would end the site where one does so twice within seconds."""
        pauses = Pauses(SHORTEST_PAUSE, LONGEST_PAUSE)
        while True:
            self.main_loop_interrupt.wait()
            if self.interrupt_signal:
                return
            self.main_loop_interrupt.clear()
            # A thread for each process notes its end here.
            ended = sorted({self.interrupt_children.pop() for _ in range(len(self.interrupt_children))})
            if all(time.monotonic() - self.wrks[number].birth > STEADY_SECONDS for number in ended):
                pauses.end()
            if self.told_to_stop.wait(pauses.next()):
                return
            self._respawn_workers(ended, spawn_target, target_loader)

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        self.lifeline.cut()
        self.told_to_stop.set()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]  # it has no types


def _application(lifeline: Lifeline) -> ASGIApp:
    """In each web process: end with the launcher, and make the ASGI application."""
    die_with_parent()
    lifeline.hold()
    from marketplace.marketplace import app  # noqa: PLC0415

    return LettingGo(app(), lifeline)
