"""The marketplace that a storm falls upon: PostgreSQL, Redis, web processes and workers, each of them ours to stop or kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from marketplace import settings
from marketplace.redis import EmbeddedRedis, die_with_parent
from tests.conftest import short_folder
from tests.schema import build_schema

ROOT = Path(__file__).resolve().parents[2]
WEB_WORKERS, JOB_WORKERS = 2, 2
START_SECONDS = 120
"""Longest start, on a busy machine."""
JOB_SECRET = "a job secret that opens storms, and nothing else"


@contextmanager
def services() -> Iterator[EmbeddedRedis]:
    """PostgreSQL with empty tables and a Redis, to which the environment leads this process and those that it starts."""
    with warnings.catch_warnings(action="ignore"):
        import pgserver  # here, because its import looks for a folder and warns where there is none

    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        postgres = stack.enter_context(pgserver.get_server(folder / "pg", cleanup_mode="stop"))
        _make_fast(postgres.get_uri())
        redis = EmbeddedRedis(folder / "redis")
        redis.start()
        stack.callback(redis.remove)
        for name in settings.Settings.model_fields:
            os.environ.pop(name.upper(), None)
        os.environ |= _current_settings(folder, postgres.get_uri(), redis.url)
        settings.use(settings.read(_env_file=None))
        build_schema(settings.current().database)
        yield redis


class Instance:
    """`marketplace run` with its web workers, and job workers beside it. What they say goes to `log`."""

    def __init__(self, log: Path) -> None:
        self.url = settings.current().origin
        self.log = log
        log.write_bytes(b"")
        self._launcher = self._start("tests.storm.serve")
        self._workers: list[subprocess.Popen[bytes]] = []
        self.start_workers()

    def web_workers(self) -> list[int]:
        """Process ids; the launcher replaces those that die."""
        tasks = Path(f"/proc/{self._launcher.pid}/task").glob("*/children")
        return sorted({int(child) for task in tasks for child in task.read_text().split()})

    def job_workers(self) -> list[int]:
        return [worker.pid for worker in self._workers]

    def start_workers(self) -> None:
        """As many as there should be, whatever has become of those before."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < JOB_WORKERS:
            self._workers.append(self._start("marketplace.cli", "worker"))

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline or self._launcher.poll() is not None:
                raise RuntimeError(f"The marketplace does not open. {self.log.read_text()[-2000:]}")
            time.sleep(0.2)

    def end(self) -> None:
        for pid in (*self.web_workers(), *self.job_workers()):
            tell(pid, signal.SIGCONT)
        for process in (*self._workers, self._launcher):
            process.terminate()
        for process in (*self._workers, self._launcher):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/api/v1/health/ready", timeout=5).is_success
        return False

    def _start(self, *module: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", *module], cwd=ROOT, stdout=said, stderr=said,
                preexec_fn=die_with_parent,
            )  # fmt: skip


def tell(pid: int, number: int) -> None:
    """Send a signal to a process that may have gone meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _make_fast(url: str) -> None:
    """Durable against nothing: no storm pulls the database's plug."""
    with psycopg.connect(url, autocommit=True) as connection:
        for habit in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {}").format(sql.SQL(habit)))
        connection.execute("SELECT pg_reload_conf()")


def _current_settings(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "ENVIRONMENT": "test", "LAB": "true", "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATA_DIR": str(folder), "DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOG_LEVEL": "WARNING",
        "SECRET_KEY": "a secret that signs for storms, and for nothing else", "JOB_SECRET": JOB_SECRET,
        "WEB_WORKERS": str(WEB_WORKERS), "JOBS_IN_WEB": "false",
        # Everybody comes from one address.
        "LOGIN_LIMIT": "100000/minute", "HOLD_LIMIT": "100000/minute", "HOLD_LIMIT_PER_NETWORK": "100000/minute",
        "HELD_PER_NETWORK": "10000",
        "SIMULATOR_FAILURE_RATE": "0.1", "SIMULATOR_PROCESSING_SECONDS": "0.5", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
