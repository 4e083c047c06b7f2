"""How States lie beside one another: what one event has to load, and send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import BaseState, State

from marketplace import marketplace as door
from marketplace.state.listing import ListingState
from marketplace.state.viewer import ViewerState

MOST_VARS = 25


def heirs(state: type[BaseState]) -> Iterator[type[BaseState]]:
    for heir in state.__subclasses__():
        yield heir
        yield from heirs(heir)


OURS = [state for state in heirs(State) if state.__module__.startswith("marketplace.")]


def own_vars(state: type[BaseState]) -> list[str]:
    """What it declares itself, also for the server alone, and what it computes."""
    computed = [name for name in vars(state) if name in state.computed_vars and name not in State.computed_vars]
    return [name for name in state.__annotations__ if name in state.get_fields()] + computed


def test_the_states_of_all_pages_are_looked_at() -> None:
    assert door.app is not None
    assert {ViewerState, ListingState} < set(OURS)
    assert own_vars(ViewerState)[0] == "name"
    assert "seats_url" in own_vars(ListingState)


@pytest.mark.parametrize("state", OURS, ids=lambda state: state.__name__)
def test_a_state_has_one_concern(state: type[BaseState]) -> None:
    assert len(own_vars(state)) <= MOST_VARS


@pytest.mark.parametrize("state", OURS, ids=lambda state: state.__name__)
def test_a_screen_is_a_sibling_of_the_viewer(state: type[BaseState]) -> None:
    assert state.get_parent_state() is State
    assert not state.get_substates()


@pytest.mark.parametrize("state", OURS, ids=lambda state: state.__name__)
def test_an_event_loads_its_own_state_and_the_root(state: type[BaseState]) -> None:
    class Looked(StateManagerRedis):
        def __post_init__(self) -> None:
            """Connects to nothing."""

    required = Looked(redis=None)._get_required_state_classes(state, subclasses=True)  # type: ignore[arg-type]
    assert {loaded for loaded in required if loaded.__module__.startswith("marketplace.")} == {state}
