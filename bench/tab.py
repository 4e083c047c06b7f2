"""A browser's tab as the server knows it: one websocket that speaks Reflex' protocol, and the vars it was sent.

Written by hand for the reason of bench/client.py: two hundred comfortable clients would be what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import orjson

NAMESPACE = "/_event,"
TEXT, CLOSE = 0x81, 0x88
_HASHES = re.compile(r"initialStateHashes = (\[[^\]]*\])")


class TabClosed(Exception):
    """The server has hung up."""


def known_states(compiled: Path) -> list[str]:
    """What a page that has just been loaded says of the State that was compiled into it: it is not sent that again."""
    found = _HASHES.search((compiled / "utils" / "context.jsx").read_text())
    assert found is not None
    return list(orjson.loads(found[1]))


class Tab(asyncio.Protocol):
    """One tab on the page at `path`; `parts` are what its address holds. Its vars are merged as the browser merges them."""

    def __init__(self, path: str, parts: dict[str, str], cookie: str, hashes: list[str]) -> None:
        self.vars: dict[str, dict[str, Any]] = {}
        self._path, self._parts, self._cookie, self._hashes = path, parts, cookie, hashes
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._is_upgraded = False
        self._until: Callable[[dict[str, dict[str, Any]]], bool] | None = None
        self._done: asyncio.Future[None] | None = None

    @classmethod
    async def opens(cls, port: int, path: str, parts: dict[str, str], cookie: str, hashes: list[str]) -> Tab:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(lambda: cls(path, parts, cookie, hashes), "127.0.0.1", port))[1]

    def load(self, is_there: Callable[[dict[str, dict[str, Any]]], bool]) -> asyncio.Future[None]:
        """Connect and fill the page; done when `is_there` says so of what one message has brought."""
        done = self._expect(is_there)
        assert self._transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /_event/?EIO=4&transport=websocket&token={uuid.uuid4()} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Cookie: {self._cookie}\r\n\r\n".encode()
        )
        return done

    def send(
        self, name: str, payload: dict[str, Any], is_there: Callable[[dict[str, dict[str, Any]]], bool]
    ) -> asyncio.Future[None]:
        """Send an event; done when `is_there` says so of what one message has brought."""
        done = self._expect(is_there)
        self._write("42", ["event", self._event(name, payload)])
        return done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or TabClosed())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_upgraded:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in self._received[:20]:
                raise RuntimeError(bytes(self._received[:200]).decode("latin-1"))
            del self._received[: end + 4]
            self._is_upgraded = True
        while (message := self._next()) is not None:
            self._read(message)

    def _expect(self, is_there: Callable[[dict[str, dict[str, Any]]], bool]) -> asyncio.Future[None]:
        self._until, self._done = is_there, asyncio.get_running_loop().create_future()
        return self._done

    def _event(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        router = {"pathname": self._path, "asPath": self._path, "query": self._parts}
        return {"name": name, "payload": payload, "router_data": router}

    def _next(self) -> bytes | None:
        """One whole frame's content; none while it is not there yet. Servers send theirs unmasked."""
        if len(self._received) < 2:
            return None
        length, start = self._received[1], 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(self._received[2:start], "big")
        if len(self._received) < start + length:
            return None
        kind, content = self._received[0], bytes(self._received[start : start + length])
        del self._received[: start + length]
        if kind == CLOSE:
            self.close()
        return content if kind == TEXT else b""

    def _read(self, message: bytes) -> None:
        match message[:2]:
            case b"2":
                self._write("3")
            case b"42":
                name, update = orjson.loads(message[2 + len(NAMESPACE) :])
                if name == "event":
                    self._take(update.get("delta") or {})
            case _ if message[:1] == b"0":
                hydrate = self._event("reflex___state____state.hydrate_and_load", {"hashes": self._hashes})
                self._write("40", {"event": hydrate})

    def _take(self, delta: dict[str, dict[str, Any]]) -> None:
        for state, values in delta.items():
            self.vars.setdefault(state, {}).update(values)
        if self._until is not None and self._done is not None and not self._done.done() and self._until(delta):
            self._done.set_result(None)

    def _write(self, kind: str, content: object = None) -> None:
        assert self._transport is not None
        text = kind.encode() if content is None else f"{kind}{NAMESPACE}".encode() + orjson.dumps(content)
        size = len(text)
        head = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        # Browsers must mask what they send; a mask of noughts leaves it as it is.
        self._transport.write(bytes([TEXT]) + head + b"\0\0\0\0" + text)
