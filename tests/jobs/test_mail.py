"""Mail waits for its server without anything else waiting for mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from marketplace import clock, outbox, settings, wiring
from marketplace.db import transaction
from marketplace.ids import EventId, MailId
from marketplace.jobs import worker
from marketplace.notifications import actions, queries
from marketplace.notifications.layout import Button, EmailTemplate
from marketplace.notifications.views import MailStatus
from marketplace.outbox import DomainEvent, OutboxEvent
from marketplace.queues import MAIL, WORK
from tests.waiting import eventually

EMAIL = EmailTemplate(
    "greeting", "Hello", "Just so.", "Hello", ("How are you?",), Button("Open", "https://example.org/o/1")
)
MANY = worker.MOST_HERE + worker.CONCURRENCY[WORK] + worker.CONCURRENCY[MAIL]


@dataclass(frozen=True)
class MailWanted(DomainEvent):
    key: str


@dataclass(frozen=True)
class MoneyCame(DomainEvent):
    """What must not wait."""


@asynccontextmanager
async def hanging_server() -> AsyncIterator[Callable[[], int]]:
    """A mail server that lets everybody in and never says a word; tells how many wait for one."""
    waiting, over = set[asyncio.StreamWriter](), asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.add(writer)
        await over.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings.use(settings.current().model_copy(update={"smtp_url": SecretStr(url)}))
    try:
        yield lambda: len(waiting)
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def record(event: DomainEvent) -> EventId:
    async with transaction() as session:
        return outbox.record(session, event, clock.now())


async def is_delivered(id: EventId) -> bool:
    async with transaction(reading=True) as session:
        row = await session.get(OutboxEvent, id)
        return row is not None and row.delivered_at is not None


async def write(key: str, now: datetime) -> MailId:
    async with transaction() as session:
        return await actions.write(session, to="ada@example.org", email=EMAIL, key=key, about=None, now=now)


async def heard(event: MoneyCame, now: datetime) -> None: ...


@pytest.fixture
def reactions(monkeypatch: pytest.MonkeyPatch) -> dict[type[DomainEvent], list[outbox.After]]:
    mine: dict[type[DomainEvent], list[outbox.After]] = {MoneyCame: [heard]}
    monkeypatch.setattr(outbox, "_after", mine)
    monkeypatch.setattr(wiring, "wire", lambda: None)
    return mine


async def test_a_payment_does_not_wait_behind_mail_for_a_server_that_hangs(
    database: str, redis: Redis, reactions: dict[type[DomainEvent], list[outbox.After]]
) -> None:
    async def write_only(event: MailWanted, now: datetime) -> None:
        await write(event.key, now)

    reactions[MailWanted] = [write_only]
    async with hanging_server() as waiting, wiring.app_context(), worker.working():
        wanted = [await record(MailWanted(str(number))) for number in range(MANY)]
        await eventually(lambda: waiting() >= worker.CONCURRENCY[MAIL])
        paid = await record(MoneyCame())
        await eventually(lambda: is_delivered(paid))
        for mail in wanted:
            await eventually(lambda mail=mail: is_delivered(mail))
        assert waiting() == worker.CONCURRENCY[MAIL]


async def test_where_reactions_send_it_does(
    database: str, redis: Redis, reactions: dict[type[DomainEvent], list[outbox.After]]
) -> None:
    async def write_and_send(event: MailWanted, now: datetime) -> None:
        await actions.send(await write(event.key, now), now)

    reactions[MailWanted] = [write_and_send]
    async with hanging_server() as waiting, wiring.app_context():
        actions.wake_with(None)
        async with worker.working():
            for number in range(MANY):
                await record(MailWanted(str(number)))
            await eventually(lambda: waiting() == worker.MOST_HERE + worker.CONCURRENCY[WORK])
            paid = await record(MoneyCame())
            assert await wiring.queue().count("queued") > 0  # it stands in line
            assert not await is_delivered(paid)


async def test_a_mail_that_is_written_is_sent_at_once(database: str, redis: Redis) -> None:
    async with hanging_server() as waiting, wiring.app_context(), worker.working():
        id = await write("k", clock.now())
        await eventually(lambda: waiting() == 1)
        async with transaction(reading=True) as session:
            assert (await queries.mail(session, id)).card.status is MailStatus.WAITING
