"""What becomes of an event that fails: it is told, in words, to whoever caused it."""

# No postponed annotations here: Reflex evaluates those of the exception handler in a module of its own.
from collections import deque

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from reflex.event import EventSpec
from reflex_base.event.context import EventContext

from marketplace.accounts.errors import SessionEnded, TokenRefused
from marketplace.api import sockets
from marketplace.errors import HoldfastError
from marketplace.i18n import _, read_address, speak
from marketplace.state.viewer import ViewerState

log = structlog.get_logger()

_told: deque[str] = deque(maxlen=1000)
"""The last events whose failure was told."""


def tell_or_log(exception: Exception) -> EventSpec | None:
    """What we refuse on purpose is told in its own words; anything else is logged and told in ours."""
    if isinstance(exception, RedisConnectionError | RedisTimeoutError):
        # Telling needs the tab's state, which lies in Redis. The browser says by itself that it has lost us.
        log.warning("page.without_redis", error=repr(exception))
        sockets.hang_up()
        return None
    if _is_about_telling():
        log.error("page.not_told", error=repr(exception))
        return None
    # It runs in a task of its own, which knows nothing of what the event's was speaking.
    speak(read_address(str(EventContext.get().router_data.get("pathname", "")))[0])
    if isinstance(exception, TokenRefused | SessionEnded):
        return ViewerState.renew()
    if isinstance(exception, HoldfastError):
        return ViewerState.tell(exception.message)
    log.error("page.failed", exc_info=exception)
    return ViewerState.tell(_("Something went wrong on our side. Nothing was lost; please try again."))


def _is_about_telling() -> bool:
    """Whether what failed was begun by telling of an earlier failure: telling of that as well would never end."""
    event = EventContext.get()
    if event.parent_txid in _told:
        return True
    _told.append(event.txid)
    return False
