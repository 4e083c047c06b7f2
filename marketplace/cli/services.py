"""What must be running before anything else can: settings that hold, one Redis, a database of today's shape.

Everything that is started here ends with the process that started it, even if that one is killed.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import redis as sync_redis
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from marketplace import settings, wiring
from marketplace.cli.refusals import DataInUse
from marketplace.errors import Unavailable
from marketplace.lab import world
from marketplace.pauses import Pauses
from marketplace.redis import EmbeddedRedis
from marketplace.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OLD_SERVER_SECONDS = 10
SHORTEST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.2, 10.0, 30.0
"""An embedded server that ends is started again after a pause, a longer one each time until it has run for a while."""

log = structlog.get_logger()


@contextmanager
def own_data(chosen: Settings) -> Iterator[Settings]:
    """Have the data folder to ourselves, with a Redis in it where none is configured. Raises DataInUse."""
    with ExitStack() as stack:
        stack.enter_context(_locked(chosen.data_dir / "in-use"))
        if not chosen.redis_url:
            chosen = stack.enter_context(_embedded_redis(chosen))
        yield chosen


@contextmanager
def reached_data(chosen: Settings) -> Iterator[Settings]:
    """The same, or a share in the Redis of the run that has the folder: for commands beside a running marketplace."""
    url = _running_redis(chosen.data_dir)
    if chosen.redis_url or url is None:
        with own_data(chosen) if not chosen.redis_url else ExitStack():
            yield settings.current()
        return
    yield _with_redis(url)


def migrate() -> None:
    """Bring the database to today's shape. Safe to run again, and by several at once on PostgreSQL.

    An SQLite file is its owner's alone; the files that SQLite lays beside it follow it in that.
    """
    url = make_url(settings.current().database)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.chmod(0o600)
    command.upgrade(Config(str(ROOT / "alembic.ini")), "head")


def seed_if_empty() -> bool:
    """Build the demo world in a database without listings. True if it did."""
    return asyncio.run(_seeded())


async def _seeded() -> bool:
    async with wiring.app_context():
        return await world.build_world_if_empty()


@contextmanager
def _embedded_redis(chosen: Settings) -> Iterator[Settings]:
    _wait_until_gone(chosen.data_dir)
    server = EmbeddedRedis(chosen.data_dir / "redis")
    note = _note(chosen.data_dir)
    try:
        url = server.start()
        note.write_text(url)
        with _kept_alive(server):
            yield _with_redis(url)
    finally:
        note.unlink(missing_ok=True)
        server.remove()


@contextmanager
def _kept_alive(server: EmbeddedRedis) -> Iterator[None]:
    """Start the server again, at the same address, whenever it ends before we do."""
    stop, starting = threading.Event(), threading.Lock()

    def keep() -> None:
        pauses = Pauses(SHORTEST_PAUSE, LONGEST_PAUSE)
        while True:
            began = time.monotonic()
            server.wait()
            if time.monotonic() - began > STEADY_SECONDS:
                pauses.end()
            if stop.wait(pauses.next()):
                return
            with starting:
                if stop.is_set():
                    return
                log.warning("redis.started_again")
                with suppress(Unavailable):  # its own log says why; it is tried again
                    server.start()

    # A server is told to end with the thread that has started it: this one lives as long as the process.
    threading.Thread(target=keep, name="redis-keeper", daemon=True).start()
    try:
        yield
    finally:
        with starting:
            stop.set()


def _with_redis(url: str) -> Settings:
    # Through the environment, so that every process that we start is told.
    os.environ["REDIS_URL"] = url
    chosen = settings.read()
    settings.use(chosen)
    return chosen


def _note(folder: Path) -> Path:
    return folder / "redis.url"


def _running_redis(folder: Path) -> str | None:
    """The address of a run's embedded server, if one is alive."""
    try:
        url = _note(folder).read_text()
        with sync_redis.Redis.from_url(url) as probe:
            probe.ping()
    except (OSError, sync_redis.RedisError):
        return None
    return url


def _wait_until_gone(folder: Path) -> None:
    """A run that was killed leaves a server that is still writing its file: two must not share it."""
    deadline = time.monotonic() + OLD_SERVER_SECONDS
    while _running_redis(folder) and time.monotonic() < deadline:
        time.sleep(0.05)


@contextmanager
def _locked(place: Path) -> Iterator[IO[str]]:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.parent.chmod(0o700)  # secrets and people's names lie in it
    with place.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DataInUse(str(place.parent), file.read().strip() or "?") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file
