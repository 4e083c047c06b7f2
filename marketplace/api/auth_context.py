"""Who is asking: from cookies, bearer tokens and keys to an Actor."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from marketplace import clock, limits, settings
from marketplace.accounts import queries, throttle, tokens
from marketplace.accounts.errors import TokenRefused
from marketplace.accounts.views import Actor, Tokens
from marketplace.addresses import API, SESSION
from marketplace.api import same_origin
from marketplace.api.credentials import ACCESS, CART, CART_HEADER, HALF_WAY, KEY_HEADER, REFRESH
from marketplace.db import transaction
from marketplace.errors import TooMany, Unavailable
from marketplace.ids import CartId, ulid

log = structlog.get_logger()

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

VISIT = "visit"
"""The cookie that changes whenever somebody logs in or out."""

LANGUAGE = "language"
"""The cookie with the language that a visitor chose; without one, their browser is asked."""

LOG_IN_PATHS = (SESSION, f"{API}/v1/auth")
"""The refresh token is sent to these only, never along with every request."""

DEVICE = "device"
"""The cookie of a browser in which somebody has logged in before."""

TYPED = "typed"
"""The cookie with what was typed into a form that is shown again."""

TYPED_LIFE = timedelta(minutes=5)

ACTOR = "holdfast.actor"
"""Where in the scope the actor is kept, once it is known."""

RATE = "holdfast.rate"
"""Where in the scope a rate limit leaves its headers: every answer carries them, a refusal like a success."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def actor_of(connection: HTTPConnection) -> Actor:
    """Whoever the request's tokens vouch for; found out once for each request.

    Raises TokenRefused for a token that is forged or has run out, SessionEnded where its log-in has ended before it,
    and CrossSite for a change that a browser was talked into by another site.
    """
    if ACTOR not in connection.scope:
        connection.scope[ACTOR] = await _read_actor(connection, clock.now())
    actor: Actor = connection.scope[ACTOR]
    return actor


async def _read_actor(connection: HTTPConnection, now: datetime) -> Actor:
    bearer = connection.headers.get("authorization", "")
    access = bearer[7:].strip() if bearer[:7].lower() == "bearer " else ""
    cart_token = connection.headers.get(CART_HEADER, "")
    key = connection.headers.get(KEY_HEADER) or connection.query_params.get("key") or ""
    if not (access or cart_token):
        access, cart_token = connection.cookies.get(ACCESS, ""), connection.cookies.get(CART, "")
        if (access or cart_token) and connection.scope.get("method") not in _SAFE:
            same_origin.must_be_ours(connection)
    cart = tokens.read_cart(cart_token, now) if cart_token else None
    link = tokens.read_booking_key(key, now) if key else None
    network = throttle.network_of(client_ip(connection))
    if not access:
        return Actor(cart=cart, link=link, network=network)
    claims = tokens.read_access(access, now)
    async with transaction(reading=True) as session:
        own_cart = await queries.cart_of_log_in(session, claims.session, now)
    return replace(claims.actor(cart=own_cart or cart, link=link), network=network)


def cart_of(connection: HTTPConnection) -> CartId | None:
    """The visitor's cart, whoever they are; one that has run out or is not ours counts as none."""
    token = connection.headers.get(CART_HEADER) or connection.cookies.get(CART, "")
    try:
        return tokens.read_cart(token, clock.now())
    except TokenRefused:
        return None


async def actor_from(request: Request) -> Actor:
    return await actor_of(request)


Asking = Annotated[Actor, Depends(actor_from)]


async def member_from(request: Request) -> Actor:
    """The actor of a request that only somebody who is logged in may make. Raises Unauthenticated."""
    actor = await actor_of(request)
    actor.must_have_account()
    return actor


Member = Annotated[Actor, Depends(member_from)]


class Guarded(APIRoute):
    """A route that asks who is asking before it reads a body: where a `Member` must be, a stranger's is not read."""

    def get_route_handler(self) -> Handler:
        handle = self.wrapped(super().get_route_handler())
        if all(dependency.call is not member_from for dependency in self.dependant.dependencies):
            return handle

        async def guarded(request: Request) -> Response:
            await member_from(request)
            return await handle(request)

        return guarded

    def wrapped(self, handle: Handler) -> Handler:
        """What a kind of route does around its handler, behind the guard."""
        return handle


async def shopper(request: Request, response: Response) -> Actor:
    """The actor with a cart: a fresh one is issued, in the answer's cookie and header, to whoever has none."""
    actor = await actor_of(request)
    if actor.cart is not None:
        return actor
    cart = CartId.new()
    give_cart(response, cart)
    return replace(actor, cart=cart)


def give_cart(response: Response, cart: CartId) -> None:
    """A cart, and the sign by which open pages see that whoever sits before them has changed (`VISITS` in marketplace.py)."""
    token = tokens.issue_cart(cart, clock.now())
    life = int(tokens.CART_LIFE.total_seconds())
    response.headers[CART_HEADER] = token
    _set_cookie(response, CART, token, life, "/")
    # Says nothing of the cart and opens nothing: scripts may read it.
    response.set_cookie(VISIT, ulid(), max_age=life, secure=_is_secure(), samesite="lax")


def give_language(response: Response, language: str) -> None:
    _set_cookie(response, LANGUAGE, language, 365 * 24 * 3600, "/")


def take_language(response: Response) -> None:
    _delete_cookie(response, LANGUAGE, "/")


def enter(response: Response, given: Tokens) -> None:
    """Somebody has logged in: their tokens, a fresh cart for what comes after them, and the device is known from now on."""
    give_session(response, given)
    remember_device(response, given.account.email)
    keep_typed(response, {})
    give_cart(response, CartId.new())


def leave(response: Response) -> None:
    """Somebody has gone: the next person at this browser is given nothing of theirs."""
    take_session(response)
    keep_typed(response, {})
    give_cart(response, CartId.new())


def give_session(response: Response, given: Tokens) -> None:
    """Put both tokens into HttpOnly cookies, and the language that the account has chosen.

    The access token's cookie outlives its token: a page that finds one that has run out has it renewed, where one that
    finds none takes its viewer for a stranger.
    """
    if given.account.language:
        give_language(response, given.account.language)
    life = int((given.refresh_expires_at - clock.now()).total_seconds())
    _set_cookie(response, ACCESS, given.access, life, "/")
    for path in LOG_IN_PATHS:
        _set_cookie(response, REFRESH, given.refresh, life, path)


def take_session(response: Response) -> None:
    """Make the browser forget who it was."""
    _delete_cookie(response, ACCESS, "/")
    for path in LOG_IN_PATHS:
        _delete_cookie(response, REFRESH, path)


def known_device(request: Request, email: str) -> str | None:
    """The name of this browser, if the owner of `email` has logged in here before."""
    try:
        device = tokens.read_device(request.cookies.get(DEVICE, ""), clock.now())
    except TokenRefused:
        return None
    return device.id if device.knows(email) else None


def remember_device(response: Response, email: str) -> None:
    """Outlives the log-in: it opens nothing, and counts this browser's wrong guesses apart from strangers'."""
    token, life = tokens.issue_device(email, clock.now()), int(tokens.DEVICE_LIFE.total_seconds())
    for path in LOG_IN_PATHS:
        _set_cookie(response, DEVICE, token, life, path)


def keep_typed(response: Response, typed: dict[str, str]) -> None:
    """For the page that shows a form again: what was typed into it, sealed. Nothing is kept of an empty form."""
    if typed:
        # A browser keeps cookies of 4 KB at most.
        text = json.dumps({name: value[: limits.EMAIL] for name, value in typed.items()}, ensure_ascii=False)
        sealed = tokens.sealed(text.encode("utf-8", "replace").decode())
        _set_cookie(response, TYPED, sealed, int(TYPED_LIFE.total_seconds()), "/")
    else:
        _delete_cookie(response, TYPED, "/")


def give_half_way(response: Response, token: str) -> None:
    """For as long as the code may be typed, and to the forms only."""
    life = int(tokens.STEP_LIFE[tokens.Purpose.HALF_WAY].total_seconds())
    _set_cookie(response, HALF_WAY, token, life, SESSION)


def take_half_way(response: Response) -> None:
    _delete_cookie(response, HALF_WAY, SESSION)


def _set_cookie(response: Response, name: str, value: str, life: int, path: str) -> None:
    response.set_cookie(name, value, max_age=life, path=path, secure=_is_secure(), httponly=True, samesite="lax")


def _delete_cookie(response: Response, name: str, path: str) -> None:
    response.delete_cookie(name, path=path, secure=_is_secure(), httponly=True, samesite="lax")


def _is_secure() -> bool:
    return settings.current().origin.startswith("https://")


def client_ip(connection: HTTPConnection) -> str:
    """The caller's address; forwarded ones are believed from as many proxies as the settings name, no more."""
    hops = settings.current().trusted_proxy_hops
    peer = connection.client.host if connection.client else "unknown"
    if not hops:
        if "x-forwarded-for" in connection.headers:
            _warn_of_a_proxy()
        return peer
    chain = [part.strip() for part in connection.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    return chain[-hops] if len(chain) >= hops else peer


@cache
def _warn_of_a_proxy() -> None:
    """Once in a process."""
    log.warning("asking.proxy_not_trusted", mend="Set TRUSTED_PROXY_HOPS if there is a proxy of ours in front.")


async def limit_holds(request: Request, actor: Actor) -> None:
    """Let each cart, account and network ask for seats only so often, and say how often. Raises TooMany."""
    try:
        state = await throttle.pick(actor)
    except TooMany as refused:
        _tell_rate(
            request, throttle.RateState(refused.details["limit"], 0, refused.retry_after, refused.details["window"])
        )
        raise
    except Unavailable:
        # Redis is away. What is limited here cannot be done without it, and says so in better words.
        return
    _tell_rate(request, state)


def _tell_rate(request: Request, state: throttle.RateState) -> None:
    """Leave the headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers) for the answer."""
    request.scope[RATE] = {
        "RateLimit-Policy": f'"holds";q={state.limit};w={state.window}',
        "RateLimit": f'"holds";r={state.remaining};t={state.reset_after}',
    }
