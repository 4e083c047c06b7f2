"""Pauses of a loop that tries again and again: they grow while nothing helps, so that an outage costs next to nothing."""

from __future__ import annotations

import asyncio


class Pauses:
    """Doubling from `shortest` to `longest` seconds; `end` when something has worked again."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest, self._longest = shortest, longest
        self._next = shortest

    def next(self) -> float:
        """How long to pause now, in seconds."""
        seconds, self._next = self._next, min(self._longest, self._next * 2)
        return seconds

    async def wait(self) -> None:
        await asyncio.sleep(self.next())

    def end(self) -> None:
        self._next = self._shortest
