"""Starts a marketplace of its own for the journeys, exactly as `marketplace run` does, and ends it again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from marketplace.redis import die_with_parent
from marketplace.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
"""Longest start: a first build of the pages on a busy machine."""

JOB_SECRET = "a job secret that opens journeys, and nothing else"
HABITS = {
    "ENVIRONMENT": "test",
    "LAB": "true",
    "WEB_WORKERS": "2",
    "JOB_SECRET": JOB_SECRET,
    "SIMULATOR_FAILURE_RATE": "0",
    "SIMULATOR_PROCESSING_SECONDS": "0.3",
    # All journeys come from one address, and log in more often than one person would.
    "LOGIN_LIMIT": "1000/minute",
    "HOLD_LIMIT_PER_NETWORK": "100000/minute",
    "HELD_PER_NETWORK": "10000",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A marketplace that runs: where, and as which processes."""

    url: str
    pid: int
    """Of the launcher."""

    log: Path
    data: Path

    def workers(self) -> list[int]:
        """Process ids of the web workers: the launcher's own forks."""
        return [pid for pid in _children(self.pid) if "redis-server" not in _command(pid)]

    def redis(self) -> int:
        """Process id of the embedded Redis."""
        pid = self.redis_or_none()
        assert pid is not None
        return pid

    def redis_or_none(self) -> int | None:
        """The same; None while there is none."""
        return next((pid for pid in _children(self.pid) if "redis-server" in _command(pid)), None)


@contextmanager
def started(data: Path, log: Path, **settings: str) -> Iterator[Running]:
    """A marketplace with its data in `data` and with these `settings`; what it says goes to `log`.

    It compiles the pages if they have changed.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    ours = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name not in ours} | HABITS
    environment |= {"PORT": str(port), "PUBLIC_URL": url, "DATA_DIR": str(data)} | settings
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "marketplace.cli", "run"], cwd=ROOT, env=environment, stdout=said, stderr=said,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            _wait_until_open(process, url, log)
            yield Running(url, process.pid, log, data)
        finally:
            _end(process)


def _wait_until_open(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/api/v1/health/ready", timeout=5).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The marketplace did not open. {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted({int(child) for task in tasks for child in task.read_text().split()})


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
