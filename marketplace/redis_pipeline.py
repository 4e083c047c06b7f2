"""One connection to Redis that everybody in a process speaks over at once.

A pool lends a connection to one caller for the length of one command: several checks, locks and timers each time, which
cost the process more than what it asks for. On a line, whatever is said in one turn of the event loop leaves in one
write, and the answers, which Redis gives in order, are handed out in order (pipelining across callers). It is for short
commands: what blocks would hold everybody up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import hiredis
from redis._parsers.base import BaseParser
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

ANSWER_SECONDS = 5
"""Who has waited so long is told that Redis does not answer, and the line is given up."""
STALE_SECONDS = 30
"""A line that was silent so long may be dead without anybody having noticed: a fresh one costs a millisecond."""

Word = str | int | bytes


class MultiplexedConnection:
    """Opens its connection with the first command, and a new one whenever that is lost. Belongs to one event loop.

    `client` is asked how to connect: address, TLS, password and database are as it was given them.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._wire: _Protocol | None = None
        self._opening: asyncio.Task[_Protocol] | None = None

    async def ask(self, *command: Word) -> Any:
        """The answer to a command.

        Raises what redis-py raises: ResponseError and its kin, ConnectionError, TimeoutError. Where the connection is lost
        before the answer has come, the command is sent once more on a new one: it must be safe to run twice.
        """
        wire = await self._open()
        try:
            return await wire.send(command)
        except RedisConnectionError:
            return await (await self._open()).send(command)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.hang_up()
            self._wire = None

    async def _open(self) -> _Protocol:
        if self._wire is not None and self._wire.is_fit:
            return self._wire
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect())
        # Shared, so that many who wait for a server that is away wait no longer than one would.
        return await asyncio.shield(self._opening)

    async def _connect(self) -> _Protocol:
        try:
            self.close()
            self._wire = await _Protocol.connect(self._client)
            return self._wire
        finally:
            self._opening = None


class _Protocol(asyncio.Protocol):
    """A connection once it is open, and who waits for an answer on it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._transport = writer.transport
        self._loop = asyncio.get_running_loop()
        self._parser = hiredis.Reader(replyError=BaseParser.parse_error, encoding="utf-8")
        self._unsent: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._last_heard = self._loop.time()

    @classmethod
    async def connect(cls, client: Redis) -> _Protocol:
        """redis-py opens the connection and introduces us; then the wire is ours."""
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # it has no types
        await connection.connect()
        wire = cls(connection._writer)  # noqa: SLF001 - there is no public way to take a connection over
        connection._reader = connection._writer = None  # noqa: SLF001
        wire._transport.set_protocol(wire)
        return wire

    @property
    def is_fit(self) -> bool:
        is_stale = not self._waiting and self._loop.time() - self._last_heard > STALE_SECONDS
        return not (self._transport.is_closing() or is_stale)

    def send(self, command: tuple[Word, ...]) -> asyncio.Future[Any]:
        """Its answer, some time."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(hiredis.pack_command(cast("Any", command)))  # its stub asks for a tuple of one
        self._waiting.append((answer, self._loop.time() + ANSWER_SECONDS))
        if self._watch is None:
            self._watch = self._loop.call_later(ANSWER_SECONDS, self._check)
        return answer

    def data_received(self, data: bytes) -> None:
        self._last_heard = self._loop.time()
        self._parser.feed(data)
        while self._waiting and (said := self._parser.gets()) is not False:
            answer, _ = self._waiting.popleft()
            if answer.done():  # whoever asked has left
                continue
            if isinstance(said, Exception):
                answer.set_exception(said)
            else:
                answer.set_result(said)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(RedisConnectionError("The connection to Redis was lost."))

    def hang_up(self) -> None:
        self._fail(RedisConnectionError("The connection to Redis was closed."))

    def _flush(self) -> None:
        if not self._transport.is_closing():
            self._transport.writelines(self._unsent)
        self._unsent.clear()

    def _check(self) -> None:
        """Whether anybody has waited too long; look again when the next one would have."""
        self._watch = None
        if not self._waiting:
            return
        _, deadline = self._waiting[0]
        if deadline <= self._loop.time():
            self._fail(RedisTimeoutError("Redis did not answer in time."))
        else:
            self._watch = self._loop.call_at(deadline, self._check)

    def _fail(self, error: Exception) -> None:
        self._transport.close()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        while self._waiting:
            answer, _ = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(error)
