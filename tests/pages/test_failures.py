"""An event that fails is told of once, whatever becomes of the telling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from reflex.event import Event
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event.context import EventContext
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

from marketplace.api import sockets
from marketplace.errors import Conflict
from marketplace.pages.failures import tell_or_log
from marketplace.state.viewer import ViewerState

MANY = 30


class LostStates(StateManagerMemory):
    """Every tab's state is out of reach, each time for the same reason; counts how often one was asked for."""

    why: Exception
    asked: int = 0

    @asynccontextmanager
    async def modify_state_with_links(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        self.asked += 1
        if self.asked > MANY:
            return
        raise self.why
        yield


async def times_asked(why: Exception, handler: Callable[[Exception], Any]) -> int:
    """How often the state of a tab is asked for after one event has come from it."""
    states = LostStates()
    states.why = why
    RegistrationContext.ensure_context()
    processor = BaseStateEventProcessor(backend_exception_handler=handler, graceful_shutdown_timeout=10)
    async with processor.configure(state_manager=states):
        [event] = Event.from_event_type(ViewerState.dismiss())
        await processor.enqueue("a-tab", event)
        await processor.join()
    return states.asked


@pytest.fixture
def hung_up(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    times: list[bool] = []
    monkeypatch.setattr(sockets, "hang_up", lambda: times.append(True))
    return times


@pytest.mark.parametrize("why", [RedisConnectionError("refused"), RedisTimeoutError("silent")])
async def test_without_redis_nothing_is_emitted_and_the_tabs_are_let_go(why: Exception, hung_up: list[bool]) -> None:
    assert await times_asked(why, tell_or_log) == 1
    assert hung_up == [True]


@pytest.mark.parametrize("why", [RuntimeError("a bug"), Conflict("Not any more.")])
async def test_a_telling_that_fails_is_not_told_of(why: Exception, hung_up: list[bool]) -> None:
    assert await times_asked(why, tell_or_log) == 2  # the event and the one that tells
    assert hung_up == []


async def test_whoever_tells_of_everything_never_ends() -> None:
    assert await times_asked(RuntimeError("a bug"), lambda _: ViewerState.tell("…")) > MANY


async def test_two_failures_of_one_tab_are_both_told() -> None:
    root = EventContext(token="t", state_manager=StateManagerMemory(), enqueue_impl=None, txid="")  # type: ignore[arg-type]
    for _ in range(2):
        EventContext.set(root.fork())
        assert tell_or_log(RuntimeError("a bug")) is not None
