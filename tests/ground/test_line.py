"""The line that a whole process shares: answers in order, whoever leaves, whatever happens to the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from marketplace import line as lines
from marketplace import redis as house
from marketplace.line import Line


@pytest.fixture
async def line(redis: Redis) -> AsyncIterator[Line]:
    shared = Line(redis)
    yield shared
    shared.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[house.EmbeddedRedis]:
    """A server of its own, to be mistreated."""
    own = house.EmbeddedRedis(tmp_path)
    own.start()
    yield own
    own.remove()


async def test_hundreds_who_speak_at_once_get_their_own_answers(line: Line) -> None:
    await asyncio.gather(*(line.ask("SET", f"k{at}", at) for at in range(500)))
    assert await asyncio.gather(*(line.ask("GET", f"k{at}") for at in range(500))) == [str(at) for at in range(500)]


async def test_whoever_leaves_early_takes_nobody_elses_answer(line: Line) -> None:
    await line.ask("SET", "a", "1")
    left = asyncio.create_task(line.ask("GET", "nothing"))
    stays = asyncio.create_task(line.ask("GET", "a"))
    await asyncio.sleep(0)
    left.cancel()
    assert await stays == "1"
    with pytest.raises(asyncio.CancelledError):
        await left
    assert await line.ask("GET", "a") == "1"


async def test_a_wrong_command_is_the_askers_error_alone(line: Line) -> None:
    answers = await asyncio.gather(
        line.ask("SET", "a", "1"), line.ask("NONSENSE"), line.ask("EVALSHA", "0" * 40, 0), line.ask("GET", "a"),
        return_exceptions=True,
    )  # fmt: skip
    assert answers[0] == "OK"
    assert isinstance(answers[1], ResponseError)
    assert isinstance(answers[2], NoScriptError)
    assert answers[3] == "1"


async def test_a_server_that_comes_back_is_spoken_to_again(server: house.EmbeddedRedis) -> None:
    client = house.connect(server.url)
    line = Line(client)
    await line.ask("SET", "a", "1")
    server.stop()
    with pytest.raises((RedisConnectionError, OSError)):
        await line.ask("GET", "a")
    server.start()
    assert await line.ask("GET", "a") == "1"
    line.close()
    await client.aclose()


async def test_a_connection_that_was_cut_is_replaced_without_anybody_noticing(redis: Redis, line: Line) -> None:
    await line.ask("SET", "a", "1")
    await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert await line.ask("GET", "a") == "1"


async def test_who_waits_too_long_is_told(server: house.EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "ANSWER_SECONDS", 0.1)
    client = house.connect(server.url)
    line = Line(client)
    await line.ask("PING")
    with pytest.raises(RedisTimeoutError):
        await line.ask("BLPOP", "nothing", 5)
    assert await line.ask("PING") == "PONG"
    line.close()
    await client.aclose()


async def test_a_line_that_was_silent_for_long_is_opened_anew(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    await line.ask("PING")
    first = await line.ask("CLIENT", "ID")
    monkeypatch.setattr(lines, "STALE_SECONDS", 0)
    assert await line.ask("CLIENT", "ID") != first


async def test_hanging_up_tells_those_who_wait(server: house.EmbeddedRedis) -> None:
    client = house.connect(server.url)
    line = Line(client)
    await line.ask("PING")
    waits = asyncio.create_task(line.ask("BLPOP", "nothing", 5))
    await asyncio.sleep(0)
    server.stop(kill=True)
    with pytest.raises((RedisConnectionError, OSError)):
        await waits
    line.close()
    line.close()
    await client.aclose()


async def test_a_script_travels_whole_only_once(redis: Redis) -> None:
    script = house.Lua("return {KEYS[1], ARGV[1]}")
    assert await script(["k"], 7) == ["k", "7"]
    assert await redis.script_exists(script._digest) == [True]
    assert await script(["k"], "again") == ["k", "again"]
