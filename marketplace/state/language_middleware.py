"""Every event is answered in the language of the page that it comes from."""

from __future__ import annotations

from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState

from marketplace.i18n import read_address, speak


class LanguageMiddleware(Middleware):
    """Runs in an event's own task, before its handler: what is spoken there holds until the handler has ended."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> None:
        speak(read_address(state.router.url.path)[0])
