"""Many things of one kind done one after the other, where one that fails must not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import TypeVar

import structlog

from marketplace.errors import HoldfastError, Unavailable
from marketplace.i18n import _, gettext_noop

log = structlog.get_logger()

T = TypeVar("T", bound=str)

MOST_PASSED_OVER = 1_000
"""After so many in one run something is wrong with more than single items."""


class Incomplete(HoldfastError):
    """Part of the work failed and the rest was done. `did` counts what was, `failures` has each error by its item."""

    code = "incomplete"
    title = gettext_noop("Information missing")
    most_named = 20

    def __init__(self, did: int, failures: dict[str, Exception]) -> None:
        item, error = next(iter(failures.items()))
        words = _(
            "{did} done, {failed} failed; the first is {item}: {error}",
            did=did, failed=len(failures), item=item, error=repr(error)[:400],
        )  # fmt: skip
        super().__init__(words, did=did, failed=list(failures)[: self.most_named])
        self.did, self.failures = did, failures


async def each(items: Iterable[T], act: Callable[[T], Awaitable[int]]) -> int:
    """Act on every item, whatever becomes of the others. Returns the sum of what came out.

    Raises Incomplete at the end if some failed; Unavailable at once, because it is no single item's fault.
    """
    failures = dict[str, Exception]()
    did = sum([await _try(act, item, failures) for item in items])
    return _result(did, failures)


async def drain(find: Callable[[Collection[str]], Awaitable[Sequence[T]]], act: Callable[[T], Awaitable[int]]) -> int:
    """The same for all that waits, a portion at a time; each item is tried once, so that this ends.

    `find` gives the next portion without the items named to it: those on which nothing could be done.
    """
    did, failures, passed_over = 0, dict[str, Exception](), set[str]()
    while len(passed_over) < MOST_PASSED_OVER and (items := await find(passed_over)):
        for item in items:
            done = await _try(act, item, failures)
            did += done
            if not done:
                passed_over.add(item)
    return _result(did, failures)


async def in_turn(*works: Awaitable[int]) -> int:
    """The same for whole pieces of work: each has its turn, also after one that was incomplete or is unavailable."""
    did, failures = 0, dict[str, Exception]()
    away: Unavailable | None = None
    for work in works:
        try:
            did += await work
        except Incomplete as some:
            did += some.did
            failures |= some.failures
        except Unavailable as error:
            away = away or error
    if away is not None and not failures:
        raise away
    return _result(did, failures)


async def _try(act: Callable[[T], Awaitable[int]], item: T, failures: dict[str, Exception]) -> int:
    try:
        return await act(item)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("batch.item_failed", item=item)
        failures[item] = error
        return 0


def _result(did: int, failures: dict[str, Exception]) -> int:
    if failures:
        raise Incomplete(did, failures)
    return did
