"""How callers say who they are: the names of cookies and headers, and what the OpenAPI document tells of them.

`auth_context` is where they are read.
"""

from __future__ import annotations

from typing import Any

ACCESS, REFRESH, CART, HALF_WAY = "access", "refresh", "cart", "half_way"
CART_HEADER, KEY_HEADER, CSRF_HEADER = "X-Cart-Token", "X-Booking-Key", "X-CSRF-Token"

SCHEMES: dict[str, dict[str, str]] = {
    "cart": {
        "type": "apiKey",
        "in": "header",
        "name": CART_HEADER,
        "description": "A guest's basket: owns holds and what is bought with them. The first `POST /holds` returns it "
        "in a header of this name and as the cookie `cart`; send back either.",
    },
    "cart_cookie": {"type": "apiKey", "in": "cookie", "name": CART, "description": "The same as a cookie."},
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Somebody with an account, by `access_token` of `POST /auth/login`.",
    },
    "access_cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS, "description": "The same as a cookie."},
    "booking_key": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "The key in a magic link: opens exactly one booking. As a query parameter it is called `key`.",
    },
}

COOKIES = (
    "Cookies count in changes (POST, PUT, PATCH, DELETE) only where no other site can have sent them. A program sends "
    "none of `Origin`, `Referer` and `Sec-Fetch-*`, and a body as JSON: nothing else is asked of it. A browser is "
    f"believed on our own origin, or with `{CSRF_HEADER}`. Everything else is refused with 403 `cross_site`."
)

CART_GIVEN: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            CART_HEADER: {
                "description": "For a caller who sent no cart: the one that owns this hold. Send it with every later call.",
                "required": False,
                "schema": {"type": "string"},
            }
        }
    }
}
"""How an operation documents that its answer may bring a cart."""


def describe(document: dict[str, Any]) -> None:
    """Add all of it to an OpenAPI document. None of it is needed everywhere, so `{}` comes first."""
    document["info"]["description"] = COOKIES
    document.setdefault("components", {})["securitySchemes"] = SCHEMES
    document["security"] = [{}, *({name: []} for name in SCHEMES)]
