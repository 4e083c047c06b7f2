"""A whole marketplace for the length of a benchmark: PostgreSQL, Redis, halls on sale, and a server in its own process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pgserver
from alembic import command
from alembic.config import Config

from bench import client
from marketplace import db, settings, wiring
from marketplace.accounts import actions as accounts
from marketplace.accounts import tokens
from marketplace.accounts.views import SYSTEM
from marketplace.catalog import actions as catalog
from marketplace.catalog.views import ListingContent, Place
from marketplace.db import transaction
from marketplace.ids import CartId, ListingId
from marketplace.kinds.seats import actions as plans
from marketplace.kinds.seats.kind import Seats, SeatTerms
from marketplace.redis import EmbeddedRedis, die_with_parent

ROOT = Path(__file__).parent.parent
ROWS, SEATS = 60, 60
PLACE = Place(name="Bench Hall", city="Berlin", country="DE", zone="Europe/Berlin", address="Linienstraße 227")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class House:
    """What runs. `halls` are listings on sale, each with ROWS × SEATS seats called 1-1, 1-2 and so on."""

    port: int
    halls: Sequence[ListingId]
    database_url: str
    redis_url: str
    server: int
    """The process that serves."""
    redis: int

    def cpu_seconds(self) -> float:
        """Seconds that the serving process has worked so far."""
        return cpu_seconds(self.server)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def seat(number: int) -> str:
    """The guid of a hall's seat, counted from 0."""
    return f"{number // SEATS + 1}-{number % SEATS + 1}"


def visitor() -> str:
    """The cart token of somebody new."""
    return tokens.issue_cart(CartId.new(), datetime.now(UTC))


@asynccontextmanager
async def house(*, halls: int = 1, jobs: bool = False) -> AsyncIterator[House]:
    """Everything above, ended at the end."""
    with tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        redis = EmbeddedRedis(folder / "redis")
        with pgserver.get_server(folder / "pg", cleanup_mode="stop") as postgres:
            redis.start()
            try:
                wiring.wire()
                _settle_in(folder, postgres.get_uri(), redis.url, jobs=jobs)
                listings = [await _put_on_sale(number) for number in range(halls)]
                await db.close()
                async with _serving(folder) as (port, pid):
                    yield House(port, listings, postgres.get_uri(), redis.url, pid, redis.pid)
            finally:
                redis.remove()
                settings.use(None)


def _settle_in(folder: Path, database_url: str, redis_url: str, *, jobs: bool) -> None:
    """Put the configuration where this process and the server find it, and make the tables."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {
        "PORT": str(port), "DATA_DIR": str(folder), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
        "SECRET_KEY": "a secret that signs for benchmarks, and for nothing else", "LAB": "false", "WEB_WORKERS": "1",
        "JOBS_IN_WEB": str(jobs), "SIMULATOR_FAILURE_RATE": "0", "SIMULATOR_PROCESSING_SECONDS": "0",
        # All buyers of a benchmark come from one address.
        "HOLD_LIMIT_PER_NETWORK": "1000000/minute", "HELD_PER_NETWORK": "100000",
    }  # fmt: skip
    settings.use(settings.read(_env_file=None))
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = settings.current().database
    command.upgrade(config, "head")


async def _put_on_sale(number: int) -> ListingId:
    now = datetime.now(UTC)
    rows = [
        {
            "row_number": str(row),
            "position": {"x": 0, "y": row * 30},
            "seats": [
                {
                    "seat_guid": f"{row}-{at}", "seat_number": str(at), "position": {"x": at * 25, "y": 0},
                    "category": "Stalls",
                }
                for at in range(1, SEATS + 1)
            ],
        }
        for row in range(1, ROWS + 1)
    ]  # fmt: skip
    document = {
        "name": PLACE.name, "size": {"width": 2000, "height": 2000},
        "categories": [{"name": "Stalls", "color": "#b3263c"}],
        "zones": [{"name": "Stalls", "position": {"x": 0, "y": 0}, "rows": rows, "areas": []}],
    }  # fmt: skip
    async with transaction() as session:
        owner = await accounts.register(
            session, email=f"seller{number}@example.org", name="Seller", password="correct horse battery", now=now
        )
        await accounts.vouch_for(session, owner.id, now)
        shop = await accounts.open_shop(session, owner.id, name=f"Shop {number}", about="", now=now)
        plan = await plans.import_plan(session, SYSTEM, shop.id, document, now)
        draft = ListingContent(
            seller_id=shop.id, title="An Evening of Chekhov", story="Three sisters, two hours.", category="theatre",
            place=PLACE, starts_at=now + timedelta(days=14), ends_at=now + timedelta(days=14, hours=2), currency="EUR",
            kind=Seats.name, terms=SeatTerms(plan_id=plan.id), prices={"Stalls": 2000},
        )  # fmt: skip
        page = await catalog.create_listing(session, SYSTEM, draft, now)
        await catalog.publish(session, SYSTEM, page.id, now)
    return page.id


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """The port of a server that answers, and the process that answers there."""
    port = settings.current().port
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.server"], cwd=ROOT, stdout=log, stderr=log, preexec_fn=die_with_parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        await _until_it_answers(port, server, folder / "server.log")
        yield port, _child_of(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


async def _until_it_answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            [connection] = await client.connect(port, 1)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        await connection.ask(client.request("POST", "/api/v1/noop", {}))
        connection.close()
        return
    raise RuntimeError(f"The server did not start. {log.read_text()[-2000:]}")


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid
