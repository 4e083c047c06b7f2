"""Nobody goes on with what a browser tab has kept of somebody else.

Every log-in and log-out brings the browser another cart. A tab's State belongs to the cart that it began with; a tab whose
cart is another one is emptied before anything of it is sent, and asked to come back if that cannot be done at once. Pages
also do this by themselves (`VISITS` in marketplace.py); this is what holds where they do not.
"""

from __future__ import annotations

from reflex.app import App
from reflex.event import Event, get_event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate

from marketplace import clock
from marketplace.state.viewer import ViewerState

FILLING = ("hydrate", "hydrate_and_load")
"""Reflex' own events that send a page the whole of its State."""


class Newcomers(Middleware):
    """Stands before every other middleware: the one that fills a page sends the whole State."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        viewer = await state.get_state(ViewerState)
        if viewer._is_of_another():  # noqa: SLF001 - no event of a browser's, as are those below
            # Only when a page is filled are all States at hand, and can be emptied.
            if event.name not in {get_event(state, name) for name in FILLING}:
                viewer._come_back(clock.now())  # noqa: SLF001
                return StateUpdate(delta=viewer.get_delta())
            state.reset()  # type: ignore[no-untyped-call]  # Reflex has not typed it
        viewer._begin()  # noqa: SLF001
        return None
