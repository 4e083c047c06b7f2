"""One client, fast to fail; an embedded server that keeps what it was told and ends with its parent."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from marketplace import redis as house
from marketplace import settings
from marketplace.errors import Unavailable
from marketplace.redis import EmbeddedRedis, must_answer
from tests.waiting import eventually


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server that a test may stop, kill and start again."""
    server = EmbeddedRedis(tmp_path / "a folder" / ("with a long name " * 8))
    server.start()
    house.use(server.url)
    yield server
    server.remove()


async def test_the_client_is_one_for_all(redis: Redis) -> None:
    assert house.client() is redis
    await redis.set("seat", "12")
    assert await house.client().get("seat") == "12"


async def test_every_test_begins_with_an_empty_redis(redis: Redis) -> None:
    assert await redis.dbsize() == 0


async def test_without_an_address_there_is_no_redis() -> None:
    with pytest.raises(Unavailable, match="REDIS_URL"):
        house.client()


async def test_the_address_comes_from_the_settings(own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"redis_url": "redis://cache.example:7000/3"}))
    reached = house.client().connection_pool.connection_kwargs
    assert (reached["host"], reached["port"], reached["db"]) == ("cache.example", 7000, 3)
    await house.close()


async def test_the_data_survives_an_orderly_stop(own: EmbeddedRedis) -> None:
    await house.client().set("seat", "12")
    own.stop()
    own.start()
    assert await house.client().get("seat") == "12"
    await house.close()


async def test_after_a_power_cut_the_server_starts_again(own: EmbeddedRedis) -> None:
    await house.client().set("seat", "12")
    first = own.pid
    own.stop(kill=True)
    with pytest.raises(Unavailable):
        _ = own.pid
    own.start()
    assert own.pid != first
    # At most the last second may be lost: what is there is whole.
    assert await house.client().get("seat") in {"12", None}
    await house.close()


async def test_a_server_that_is_away_is_unavailable_in_the_askers_words(own: EmbeddedRedis) -> None:
    own.stop(kill=True)
    with pytest.raises(Unavailable, match="The queue is away") as away, must_answer("The queue is away."):
        await house.client().get("seat")
    assert away.value.retry_after == 5
    with pytest.raises(Unavailable, match="seat keeper"), must_answer():
        raise RedisConnectionError
    with pytest.raises(Unavailable):
        await house.ping()
    own.start()
    await house.ping()
    await house.close()


async def test_a_mistake_of_ours_is_no_outage(redis: Redis) -> None:
    await redis.set("seat", "twelve")
    with pytest.raises(ResponseError), must_answer():
        await redis.incr("seat")


def test_a_server_that_was_not_started_has_no_address(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    for question in ("url", "pid"):
        with pytest.raises(Unavailable, match="has not been started"):
            getattr(server, question)
    server.stop()
    server.remove()


def test_removing_a_server_leaves_no_socket(own: EmbeddedRedis) -> None:
    socket = Path(own.url.removeprefix("unix://"))
    assert socket.exists()
    own.remove()
    assert not socket.parent.exists()


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("in the way")
    (tmp_path / "appendonly.aof").mkdir()
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(Unavailable, match=r"(?s)did not start.*append-only"):
        server.start()
    server.remove()


def test_a_server_without_a_word_is_unavailable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "_executable", lambda: "/bin/false")
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(Unavailable, match="did not start"):
        server.start()
    server.remove()


def test_the_systems_server_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert house._executable() == "/usr/bin/redis-server"
    monkeypatch.setattr(house.shutil, "which", lambda _: None)
    assert Path(house._executable()).name == "redis-server"


ROOT = Path(__file__).parents[2]
PARENT = """
import sys
from pathlib import Path
from marketplace.redis import EmbeddedRedis
print(EmbeddedRedis(Path(sys.argv[1])).start(), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
async def test_the_server_ends_with_its_parent_however_that_went(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdin=PIPE, stdout=PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    client = house.connect((await parent.stdout.readline()).decode().strip())
    assert await client.ping()
    parent.kill()
    await parent.wait()

    async def is_gone() -> bool:
        try:
            return not await client.ping()
        except RedisConnectionError:
            return True

    await eventually(is_gone)
    await client.aclose()
