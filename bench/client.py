"""An HTTP client that costs little: with two cores, a comfortable one would be the bottleneck of what it measures."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_EVENT_ID = re.compile(rb"id: (\d+)\n")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        return orjson.loads(self.body)


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection; one request at a time. Reads bodies with a Content-Length only."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("The server hung up."))

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        found = _LENGTH.search(self._received, 0, end)
        whole = end + 4 + (int(found[1]) if found else 0)
        if len(self._received) >= whole:
            self._answer.set_result((int(self._received[9:12]), bytes(self._received[end + 4 : whole])))
            del self._received[:whole]

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request (see `request`) and wait for its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        status, body = await self._answer
        return Answer(status, body, time.perf_counter() - began)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Viewer(asyncio.Protocol):
    """Listens to a stream of events and notes when each version arrived."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""
        self.arrived: list[tuple[int, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        text = self._rest + data
        self.arrived += [(int(id), now) for id in _EVENT_ID.findall(text)]
        self._rest = text[-40:] if not text.endswith(b"\n") else b""

    def look(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """The bytes of a request; header names are written with underscores."""
    content = b"" if body is None else orjson.dumps(body)
    named = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body is not None:
        named["Content-Type"] = "application/json"
    named["Content-Length"] = str(len(content))
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


async def connect(port: int, count: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def together(connections: Iterable[Connection], work: Iterable[bytes]) -> tuple[list[Answer], float]:
    """Send all of `work`, each connection taking the next request when it has its answer; answers, and seconds taken."""
    waiting, answers = iter(list(work)), list[Answer]()

    async def caller(connection: Connection) -> None:
        for one in waiting:
            answers.append(await connection.ask(one))

    seconds = await timed(lambda: asyncio.gather(*(caller(connection) for connection in connections)))
    return answers, seconds


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
