"""The one place that decides whether a request comes from our own pages.

A browser lends every site its visitor's cookies, and says where a request comes from; programs say nothing of the kind.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.api.credentials import CART, CSRF_HEADER
from marketplace.errors import Forbidden
from marketplace.i18n import _, gettext_noop

_BROWSER_SIGNS = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
"""Headers that no script can take away from a browser's request to another site, all at once."""

_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""What a browser sends to another site without asking it first (the Fetch standard's safelisted types)."""


class CrossSite(Forbidden):
    code = "cross_site"
    title = gettext_noop("Cross-site request refused")

    def __init__(self) -> None:
        super().__init__(_("This request came from another site. Reload the page and try again."))


def is_ours(headers: Headers, address: str) -> bool:
    """Whether an address that a browser names in a header is one of this site's."""
    return urlsplit(address).netloc in {headers.get("host"), urlsplit(settings.current().origin).netloc}


def names_another(headers: Headers) -> bool:
    """Whether a browser says that another site's page, or none that it would name, sends this. No cookie counts here."""
    origin = headers.get("origin")
    return origin is not None and not is_ours(headers, origin)


def must_be_ours(connection: HTTPConnection) -> None:
    """Raises CrossSite for what another site may have talked a browser into, with its visitor's cookies.

    A browser that does not say where a request comes from must show the form's token. A program that keeps cookies says
    nothing and sends no form: nobody could have lent it somebody else's cookies.
    """
    if _is_program(connection):
        return
    origin = connection.headers.get("origin")
    if origin is not None and origin != "null":
        if not is_ours(connection.headers, origin):
            raise CrossSite
        return
    if connection.headers.get("sec-fetch-site") in {"same-origin", "none"}:
        return
    _must_show_token(connection, connection.headers.get(CSRF_HEADER, ""))


def must_be_our_form(connection: HTTPConnection, csrf: str) -> None:
    """A page's own form: from our origin, and with the token that its page was given. Raises CrossSite."""
    must_be_ours(connection)
    _must_show_token(connection, csrf)


def _must_show_token(connection: HTTPConnection, csrf: str) -> None:
    if not tokens.csrf_matches(connection.cookies.get(CART, ""), csrf):
        raise CrossSite


def _is_program(connection: HTTPConnection) -> bool:
    """Whether a request is none that a browser would make for another site's page."""
    media_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_from_browser = any(sign in connection.headers for sign in _BROWSER_SIGNS)
    has_untyped_body = not media_type and connection.headers.get("content-length", "0") != "0"
    return not (is_from_browser or media_type in _FORM_TYPES or has_untyped_body)
