"""What the pages' own forms have in common: sent by the browser itself, answered with a redirect to a page.

They work without scripts, and cookies come back HttpOnly.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Response
from fastapi.responses import RedirectResponse

from marketplace import limits
from marketplace.accounts import tokens
from marketplace.api.auth_context import keep_typed
from marketplace.errors import HoldfastError
from marketplace.i18n import page_at

Text = Annotated[str, Form(max_length=limits.LINE)]
LongText = Annotated[str, Form(max_length=tokens.LONGEST)]


def back(page: str, error: HoldfastError, typed: dict[str, str] | None = None, **asked: str) -> Response:
    """Back to the form with the problem's code; `asked` is of the page's address.

    What was `typed` travels in a cookie: names and addresses of people do not belong into an address, which is kept in
    histories and logs. A password travels nowhere.
    """
    response = RedirectResponse(f"{page_at(page)}?{urlencode({'problem': error.code, **asked})}", 303)
    keep_typed(response, typed or {})
    return response
