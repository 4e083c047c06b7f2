"""The first answer is given again, and the work is done once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from marketplace.db import transaction
from marketplace.payments import actions, idempotency
from marketplace.payments.errors import KeyInProgress, KeyRefused, KeyReused
from marketplace.payments.idempotency import Begun, Fresh, Replay

pytestmark = pytest.mark.usefixtures("database")


async def begin(
    now: datetime, key: str = "k", actor: str = "guest crt_1", body: bytes = b"{}", path: str = "/x"
) -> Begun:
    async with transaction() as session:
        return await idempotency.begin(session, key=key, actor=actor, method="post", path=path, body=body, now=now)


async def finish(now: datetime, status: int = 201, body: bytes = b"done") -> None:
    async with transaction() as session:
        await idempotency.finish(
            session, key="k", actor="guest crt_1", status=status, body=body, headers={"X-One": "1"}, now=now
        )


@pytest.mark.parametrize("status", [201, 409, 500])
async def test_the_first_answer_is_replayed_whatever_it_was(now: datetime, status: int) -> None:
    assert await begin(now) == Fresh()
    await finish(now, status)
    assert await begin(now) == Replay(status, b"done", "application/json", {"X-One": "1"})


async def test_of_parallel_requests_one_runs(now: datetime) -> None:
    tried = await asyncio.gather(*(begin(now) for _ in range(6)), return_exceptions=True)
    assert sum(one == Fresh() for one in tried) == 1
    refused = [one for one in tried if isinstance(one, KeyInProgress)]
    assert len(refused) == 5
    assert refused[0].details == {"retry_after": 1}


@pytest.mark.parametrize("change", [{"body": b"{ }"}, {"path": "/y"}])
async def test_another_request_under_the_same_key_is_refused(now: datetime, change: dict[str, object]) -> None:
    await begin(now)
    with pytest.raises(KeyReused):
        await begin(now, **change)  # type: ignore[arg-type]


async def test_a_key_belongs_to_its_actor(now: datetime) -> None:
    await begin(now)
    assert await begin(now, actor="guest crt_2") == Fresh()


async def test_the_key_of_a_crashed_holder_can_be_taken_over_once(now: datetime) -> None:
    await begin(now)
    later = now + idempotency.LEASE
    assert await begin(later) == Fresh()
    with pytest.raises(KeyInProgress):
        await begin(later)


async def test_where_two_have_worked_the_first_answer_stands(now: datetime) -> None:
    await begin(now)
    await begin(now + idempotency.LEASE)
    await finish(now, 201, b"first")
    await finish(now, 409, b"second")
    replayed = await begin(now)
    assert isinstance(replayed, Replay)
    assert (replayed.status, replayed.body) == (201, b"first")


async def test_after_a_day_a_key_is_fresh_again(now: datetime) -> None:
    await begin(now)
    await finish(now)
    tomorrow = now + timedelta(hours=24)
    assert await begin(tomorrow, body=b"other") == Fresh()
    with pytest.raises(KeyInProgress):
        await begin(tomorrow, body=b"other")


async def test_old_keys_are_forgotten(now: datetime) -> None:
    await begin(now)
    await begin(now + timedelta(hours=2), key="younger")
    async with transaction() as session:
        assert await actions.clean_up(session, now + timedelta(hours=25)) == 1
    assert await begin(now) == Fresh()


@pytest.mark.parametrize("key", ["", "with space", "schlüssel", "x" * 256, "\x7f"])
async def test_a_malformed_key_is_refused(now: datetime, key: str) -> None:
    with pytest.raises(KeyRefused) as refusal:
        await begin(now, key=key)
    assert refusal.value.errors[0].field == "Idempotency-Key"
