"""Which language somebody reads: what they chose, and without a choice what their browser asks for.

A page's address says its language. A visitor who comes to one that says none (`/browse`) is sent on to the page in
their own language (`/de/browse`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from marketplace.addresses import API, NO_PAGES
from marketplace.api import same_origin
from marketplace.api.auth_context import LANGUAGE
from marketplace.i18n import LANGUAGES, page_at, read_address

WHAT_DECIDES = "Accept-Language, Cookie"
"""The headers that decide where somebody is sent who comes to an address that says no language."""


def preferred(accept_language: str) -> str:
    """The one of ours that stands highest in an Accept-Language header (RFC 9110, 12.5.4); else English."""
    best, weight = "en", 0.0
    for wish in accept_language.split(","):
        tag, _, quality = wish.replace(" ", "").lower().partition(";q=")
        language = tag.partition("-")[0]
        try:
            wanted = float(quality or 1)
        except ValueError:
            continue
        if language in LANGUAGES and wanted > weight:
            best, weight = language, wanted
    return best


def wanted_by(headers: Headers) -> str:
    """What this visitor reads: the language they chose, or else the one that their browser asks for."""
    chosen = cookie_parser(headers.get("cookie", "")).get(LANGUAGE, "")
    return chosen if chosen in LANGUAGES else preferred(headers.get("accept-language", ""))


def came_from(headers: Headers) -> str:
    """The address, without its host, of the page of ours that led here; else that of the home page."""
    page = urlsplit(headers.get("referer", ""))
    if not same_origin.is_ours(headers, page.geturl()):
        return "/"
    return f"{page.path or '/'}?{page.query}" if page.query else page.path or "/"


def of_request(scope: Scope) -> str:
    """The language in which a request is answered: a form's is that of its page, the API's is asked for by header."""
    headers = Headers(scope=scope)
    if not scope["path"].startswith(f"{API}/"):
        return read_address(came_from(headers))[0]
    return preferred(headers.get("accept-language", ""))


def way_to_own(scope: Scope) -> Response | None:
    """The redirect to the page in the visitor's own language, for an address that says none; else nothing."""
    headers = Headers(scope=scope)
    if not _is_page(scope, headers) or read_address(scope["path"])[0] != "en":
        return None
    wanted = wanted_by(headers)
    if wanted == "en":
        return None
    query = scope["query_string"].decode("latin-1")
    # Starlette quotes what must be quoted, and leaves what is quoted already.
    own = page_at(scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0], wanted)
    return RedirectResponse(f"{own}?{query}" if query else own, 302, {"Vary": WHAT_DECIDES})


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Whether a person looks at what is asked for here: not a program, a file, or what a page fetches."""
    path: str = scope["path"]
    return (
        scope["method"] in {"GET", "HEAD"}
        and "text/html" in headers.get("accept", "")
        and "." not in path.rpartition("/")[2]
        and not path.startswith((*NO_PAGES, "/ping", "/_"))
    )
