"""Loops that show a tab how something goes: one of a kind for each tab, and none without its tab.

A browser may start a background event as often as it likes, and leave at any moment. A loop asks before each round
whether it still goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from reflex_base.registry import RegistrationContext

_loops: dict[tuple[str, str], Loop] = {}


class Loop:
    """One loop of a tab, which is known by its connection. `about` tells it from one of the same kind over something else."""

    def __init__(self, tab: str, about: str) -> None:
        self._tab, self._about = tab, about
        self._is_replaced = False

    async def goes_on(self, after: float) -> bool:
        """Wait so many seconds; False where the tab has gone, or looks at something else by now."""
        await asyncio.sleep(after)
        return not self._is_replaced and is_open(self._tab)

    def gives_way_to(self, about: str) -> bool:
        self._is_replaced = self._about != about
        return self._is_replaced


@contextmanager
def begun(kind: str, tab: str, about: str) -> Iterator[Loop | None]:
    """A loop for as long as the block lasts. None where the same one runs already; another of its kind is ended."""
    key = (kind, tab)
    earlier = _loops.get(key)
    if earlier is not None and not earlier.gives_way_to(about):
        yield None
        return
    _loops[key] = mine = Loop(tab, about)
    try:
        yield mine
    finally:
        if _loops.get(key) is mine:
            del _loops[key]


def is_open(tab: str) -> bool:
    """Whether this connection is still there. A tab that connects again, here or elsewhere, has its page loaded anew."""
    namespace = RegistrationContext.get().app.event_namespace
    return namespace is not None and tab in namespace.sid_to_token
