"""Everybody's commands over one connection: each gets its own answer, whatever happens to the others or to the wire."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from marketplace import redis as house
from marketplace import redis_pipeline as lines
from marketplace.redis import EmbeddedRedis
from marketplace.redis_pipeline import MultiplexedConnection
from tests.waiting import eventually


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server that a test may stop, freeze and start again."""
    server = EmbeddedRedis(tmp_path)
    house.use(server.start())
    yield server
    server.remove()


@pytest.fixture
async def line(own: EmbeddedRedis) -> AsyncIterator[MultiplexedConnection]:
    client = house.client()
    made = MultiplexedConnection(client)
    yield made
    made.close()
    await house.close()


async def test_everybody_gets_the_answer_to_their_own_command(line: MultiplexedConnection) -> None:
    answers = await asyncio.gather(*(line.ask("ECHO", f"seat {number}") for number in range(500)))
    assert answers == [f"seat {number}" for number in range(500)]


async def test_all_speak_over_one_connection(line: MultiplexedConnection) -> None:
    ids = await asyncio.gather(*(line.ask("CLIENT", "ID") for _ in range(20)))
    assert len(set(ids)) == 1


async def test_answers_are_text_numbers_lists_and_nothing(line: MultiplexedConnection) -> None:
    await line.ask("SET", "seat", "Reihe Ä")
    assert await line.ask("GET", "seat") == "Reihe Ä"
    assert await line.ask("STRLEN", "seat") == len("Reihe Ä".encode())
    assert await line.ask("MGET", "seat", "other") == ["Reihe Ä", None]


async def test_an_answer_of_many_pieces_is_put_together(line: MultiplexedConnection) -> None:
    long = "x" * 3_000_000
    echoed, pong = await asyncio.gather(line.ask("ECHO", long), line.ask("PING"))
    assert (echoed, pong) == (long, "PONG")


async def test_a_mistake_is_told_to_nobody_but_who_made_it(line: MultiplexedConnection) -> None:
    first, wrong, unknown, last = await asyncio.gather(
        line.ask("ECHO", "a"), line.ask("HGET", "too few"), line.ask("EVALSHA", "0" * 40, 0), line.ask("ECHO", "b"),
        return_exceptions=True,
    )  # fmt: skip
    assert (first, last) == ("a", "b")
    assert isinstance(wrong, ResponseError)
    assert isinstance(unknown, NoScriptError)


async def test_who_leaves_does_not_get_the_others_answers_mixed_up(line: MultiplexedConnection) -> None:
    await line.ask("PING")
    asked = [asyncio.create_task(line.ask("ECHO", str(number))) for number in range(5)]
    await asyncio.sleep(0)
    asked[1].cancel()
    asked[3].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, str)] == ["0", "2", "4"]


async def test_a_lost_connection_is_opened_anew(line: MultiplexedConnection, own: EmbeddedRedis) -> None:
    await line.ask("SET", "seat", "12")
    own.stop()
    own.start()
    assert await line.ask("GET", "seat") == "12"


async def test_a_command_whose_connection_breaks_under_it_is_sent_again(line: MultiplexedConnection) -> None:
    id = await line.ask("CLIENT", "ID")
    blocked = asyncio.create_task(line.ask("BLPOP", "queue", 10))

    async def is_blocked() -> bool:
        clients = await house.client().client_list()
        return any(one["id"] == str(id) and one["cmd"] == "blpop" for one in clients)

    await eventually(is_blocked)
    await house.client().client_kill_filter(_id=str(id))
    await house.client().rpush("queue", "seat")
    assert await blocked == ["queue", "seat"]


async def test_while_the_server_is_away_everybody_is_told(line: MultiplexedConnection, own: EmbeddedRedis) -> None:
    await line.ask("PING")
    own.stop()
    told = await asyncio.gather(*(line.ask("PING") for _ in range(50)), return_exceptions=True)
    assert {type(one) for one in told} == {RedisConnectionError}


async def test_a_server_that_keeps_silent_is_given_up_after_a_while(
    line: MultiplexedConnection, own: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "ANSWER_SECONDS", 0.05)
    await line.ask("PING")
    os.kill(own.pid, signal.SIGSTOP)
    try:
        told = await asyncio.gather(*(line.ask("PING") for _ in range(3)), return_exceptions=True)
    finally:
        os.kill(own.pid, signal.SIGCONT)
    assert {type(one) for one in told} == {RedisTimeoutError}
    monkeypatch.undo()
    assert await line.ask("PING") == "PONG"


async def test_a_line_that_lay_idle_is_not_trusted(
    line: MultiplexedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await line.ask("CLIENT", "ID")
    assert await line.ask("CLIENT", "ID") == before
    monkeypatch.setattr(lines, "STALE_SECONDS", -1)
    assert await line.ask("CLIENT", "ID") != before


async def test_after_closing_it_opens_again_when_asked(line: MultiplexedConnection) -> None:
    waiting = asyncio.create_task(line.ask("BLPOP", "nothing", 10))
    await eventually(lambda: line._wire is not None and bool(line._wire._waiting))
    line.close()
    waiting.cancel()
    assert await line.ask("PING") == "PONG"


async def test_a_script_travels_whole_only_once(own: EmbeddedRedis) -> None:
    script = house.Lua("return {KEYS[1], ARGV[1]}")
    assert await script(["seat"], "12") == ["seat", "12"]
    assert await script(["seat"], "13") == ["seat", "13"]
    stats = await house.client().info("commandstats")
    assert (stats["cmdstat_eval"]["calls"], stats["cmdstat_evalsha"]["calls"]) == (1, 2)
    await house.close()
