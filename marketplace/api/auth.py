"""Accounts and sessions, for programs (JSON) and for the pages' own forms (form-encoded, answered with a redirect)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from marketplace import clock, settings
from marketplace.accounts import actions as accounts
from marketplace.accounts import queries, throttle, tokens
from marketplace.accounts.errors import TokenRefused
from marketplace.accounts.views import AccountView, Tokens
from marketplace.api.asking import (
    CART,
    REFRESH,
    Asking,
    CrossSite,
    address_of,
    give_session,
    must_be_same_site,
    take_session,
)
from marketplace.api.shapes import AccountShape, Login, RefreshRequest, Registration, SessionShape
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Unauthenticated

router = APIRouter(prefix="/auth", tags=["Accounts"])
me = APIRouter(tags=["Accounts"])
forms = APIRouter(prefix="/session", include_in_schema=False)


def _account(view: AccountView) -> AccountShape:
    return AccountShape(
        id=view.id, email=view.email, name=view.name, is_operator=view.is_operator, sellers=[s.id for s in view.sellers]
    )


def _session(given: Tokens, response: Response) -> SessionShape:
    give_session(response, given)
    return SessionShape(
        account=_account(given.account), access_token=given.access, refresh_token=given.refresh,
        expires_at=given.access_expires_at,
    )  # fmt: skip


async def _log_in(request: Request, email: str, password: str) -> Tokens:
    """One way in for both doors, counted by account and by address."""
    rate = settings.current().login_limit
    await throttle.hit("login-address", address_of(request), rate)
    await throttle.hit("login-account", email.strip().lower(), rate)
    device = request.headers.get("user-agent", "")[:200]
    async with transaction() as session:
        return await accounts.login(session, email=email, password=password, device=device, now=clock.now())


async def _register(request: Request, email: str, name: str, password: str) -> AccountView:
    await throttle.hit("register", address_of(request), settings.current().login_limit)
    async with transaction() as session:
        return await accounts.register(session, email=email, name=name, password=password, now=clock.now())


async def _refresh(token: str) -> Tokens:
    async with transaction() as session:
        return await accounts.refresh(session, token, clock.now())


@router.post("/register", status_code=201)
async def register(wanted: Registration, request: Request) -> AccountShape:
    """409 `email_taken` if there is an account with this address."""
    return _account(await _register(request, wanted.email, wanted.name, wanted.password))


@router.post("/login")
async def login(wanted: Login, request: Request, response: Response) -> SessionShape:
    return _session(await _log_in(request, wanted.email, wanted.password), response)


@router.post("/refresh")
async def refresh(request: Request, response: Response, wanted: RefreshRequest | None = None) -> SessionShape:
    """Rotate the refresh token. One that was used before ends the whole session."""
    token = wanted.refresh_token if wanted is not None else None
    if token is None:
        must_be_same_site(request)
        token = request.cookies.get(REFRESH, "")
    return _session(await _refresh(token), response)


@router.post("/logout", status_code=204)
async def logout(request: Request, wanted: RefreshRequest | None = None) -> Response:
    token = wanted.refresh_token if wanted is not None else None
    if token is None:
        must_be_same_site(request)
        token = request.cookies.get(REFRESH, "")
    response = Response(status_code=204)
    async with transaction() as session:
        await accounts.logout(session, token, clock.now())
    take_session(response)
    return response


@me.get("/me")
async def who_am_i(actor: Asking) -> AccountShape:
    async with transaction(reading=True) as session:
        return _account(await queries.account_view(session, actor.must_have_account()))


# The pages' forms. A browser without scripts can use them, and a script never sees the cookies.


def _inside(next_page: str) -> str:
    """A redirect stays on this site: an address that begins with two slashes, of either kind, would not."""
    is_inside = next_page.startswith("/") and not next_page.startswith(("//", "/\\")) and next_page.isprintable()
    return next_page if is_inside else "/"


def _must_be_our_form(request: Request, csrf: str) -> None:
    must_be_same_site(request)
    if not tokens.csrf_matches(request.cookies.get(CART, ""), csrf):
        raise CrossSite


def _back(page: str, error: HoldfastError, **kept: str) -> Response:
    """Back to the form with the problem's code and what was typed, except the password."""
    query = urlencode({"problem": error.code, **kept})
    return RedirectResponse(f"{page}?{query}", 303)


Text = Annotated[str, Form(max_length=1000)]


@forms.post("/login")
async def login_form(
    request: Request, email: Text = "", password: Text = "", csrf: Text = "", next: Text = "/"
) -> Response:
    page = _inside(next)
    try:
        _must_be_our_form(request, csrf)
        given = await _log_in(request, email, password)
    except HoldfastError as error:
        return _back("/login", error, email=email, next=page)
    response = RedirectResponse(page, 303)
    give_session(response, given)
    return response


@forms.post("/register")
async def register_form(
    request: Request, email: Text = "", name: Text = "", password: Text = "", csrf: Text = "", next: Text = "/"
) -> Response:
    page = _inside(next)
    try:
        _must_be_our_form(request, csrf)
        await _register(request, email, name, password)
        given = await _log_in(request, email, password)
    except HoldfastError as error:
        return _back("/register", error, email=email, name=name, next=page)
    response = RedirectResponse(page, 303)
    give_session(response, given)
    return response


@forms.post("/logout")
async def logout_form(request: Request, csrf: Text = "") -> Response:
    response = RedirectResponse("/", 303)
    _must_be_our_form(request, csrf)
    async with transaction() as session:
        await accounts.logout(session, request.cookies.get(REFRESH, ""), clock.now())
    take_session(response)
    return response


@forms.get("/renew")
async def renew(request: Request, next: str = "/") -> Response:
    """A page whose access token has run out comes by here for a fresh one; a session that has ended becomes a visitor."""
    response = RedirectResponse(_inside(next), 303)
    try:
        give_session(response, await _refresh(request.cookies.get(REFRESH, "")))
    except (TokenRefused, Unauthenticated):
        take_session(response)
    return response
