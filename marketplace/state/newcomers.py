"""Nobody goes on with what a browser tab has kept of somebody else.

Every log-in and log-out brings the browser another cart. A tab's State belongs to the cart that it began with; a tab whose
cart is another one is emptied before anything of it is sent, and asked to come back if that cannot be done at once. Pages
also do this by themselves (`VISITS` in marketplace.py); this is what holds where they do not.
"""

from __future__ import annotations

from reflex.app import App
from reflex.event import Event, get_hydrate_event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate

from marketplace import clock
from marketplace.state.viewer import ViewerState


class Newcomers(Middleware):
    """Stands before every other middleware: the one that fills a page sends the whole State."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        viewer = await state.get_state(ViewerState)
        # Only when a page is filled is all of the State at hand, and can be emptied.
        is_filling = event.name == get_hydrate_event(state)
        if viewer._turns_away(clock.now(), may_begin_anew=is_filling):  # noqa: SLF001 - no event of a browser's
            return StateUpdate(delta=viewer.get_delta())
        return None
