"""What one process keeps within reach: for a while or for good, so many at most, loaded once however many ask."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from marketplace.db import must_keep_no_connection, outside

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_every: WeakSet[Cache[Any, Any]] = WeakSet()
"""All caches of this process."""


class Cache(Generic[K, V]):
    """Keeps up to `most` values for `seconds` (None: for good); the least recently used makes room.

    When many ask at once for what is not there, one load serves them all. A failed load is not kept: whoever waited
    for it is told, and the next one tries again.
    """

    def __init__(
        self, *, most: int, seconds: float | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._coming: dict[tuple[K, int], asyncio.Task[V]] = {}
        _every.add(self)

    def peek(self, key: K) -> V | None:
        """The value if it is here and fresh."""
        kept = self._kept.get(key)
        if kept is None or (self._seconds is not None and self._monotonic() - kept[0] >= self._seconds):
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, key: K, value: V) -> V:
        self._kept[key] = (self._monotonic(), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The value, loaded where it is not here; raises what `load` raises."""
        value = self.peek(key)
        if value is not None:
            return value
        # A task belongs to its event loop: tests and scripts may have several, one after the other.
        flight = (key, id(asyncio.get_running_loop()))
        must_keep_no_connection()
        task = self._coming.get(flight)
        if task is None:
            task = self._coming[flight] = asyncio.create_task(self._load(flight, load), context=outside())
        # Shielded: one visitor who goes away must not take the others' answer along.
        return await asyncio.shield(task)

    async def _load(self, flight: tuple[K, int], load: Callable[[], Awaitable[V]]) -> V:
        me = asyncio.current_task()
        try:
            value = await load()
            if self._coming.get(flight) is me:
                self.put(flight[0], value)
            return value
        finally:
            if self._coming.get(flight) is me:
                del self._coming[flight]

    def forget(self, key: K) -> None:
        """Drop the value, and do not keep what is being loaded just now: it may be older than the change."""
        self._kept.pop(key, None)
        for flight in [flight for flight in self._coming if flight[0] == key]:
            del self._coming[flight]

    def clear(self) -> None:
        """Forget everything, as `forget` does."""
        self._kept.clear()
        self._coming.clear()


def clear_all() -> None:
    """Empty every cache of this process: nothing that was loaded before is true any more."""
    for cache in _every:
        cache.clear()
