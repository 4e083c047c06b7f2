"""Addresses of ours that are no pages, and the one guard before every redirect to where a visitor asks to be led."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, unquote

API = "/api"
SESSION = "/session"
"""The pages' own forms, and the only routes that see a refresh token: a browser sends it nowhere else."""

RENEWAL = f"{SESSION}/renew"
"""Brings fresh cookies, and leads back to the page that is named as `next`."""

NO_PAGES = (f"{API}/", f"{SESSION}/")
"""What stands below these is no page, and has one address whatever the language."""

_QUOTED_AT_MOST = 4
"""How often an address of a page may be quoted: nothing of ours is even quoted twice."""


def renewal(page: str, now: datetime) -> str:
    """By the log-in routes to `page`: with fresh cookies or, where the log-in has ended, without."""
    # The moment makes each address a new one, which the browser follows once.
    return f"{RENEWAL}?next={quote(page)}&at={now.timestamp():.3f}"


def is_page(wish: str) -> bool:
    """Whether an address that came from outside is one of our pages'.

    One that browsers or proxies might read as another site's, or as none of a page, is refused however it is spelled.
    """
    path = re.split(r"[?#]", wish, maxsplit=1)[0]
    if not wish.isprintable() or "\\" in wish or not path.startswith("/"):
        return False
    # A proxy may undo what is quoted, more than once.
    for _ in range(_QUOTED_AT_MOST):
        if "//" in path or "\\" in path or not path.isprintable():
            return False
        path, before = unquote(path), path
        if path == before:
            return not path.startswith(NO_PAGES)
    return False
