"""Accounts and sessions, for programs (JSON) and for the pages' own forms (form-encoded, answered with a redirect)."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from marketplace import clock, settings
from marketplace.accounts import actions as accounts
from marketplace.accounts import inputs, throttle, tokens
from marketplace.accounts.errors import SecondFactorNeeded, TokenRefused
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import AccountView, Tokens
from marketplace.addresses import RENEWAL, SESSION
from marketplace.api import languages
from marketplace.api.auth_context import (
    actor_of,
    cart_of,
    client_ip,
    enter,
    give_half_way,
    give_language,
    give_session,
    keep_typed,
    known_device,
    leave,
    remember_device,
    take_half_way,
    take_language,
)
from marketplace.api.credentials import ACCESS, HALF_WAY, REFRESH
from marketplace.api.forms import LongText, Text, back
from marketplace.api.problems import refuses
from marketplace.api.same_origin import must_be_our_form, must_be_ours
from marketplace.api.shapes import (
    AccountShape,
    CodeLogin,
    EmailAddress,
    Login,
    PasswordReset,
    RefreshRequest,
    Registration,
    SessionShape,
    Verification,
)
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Unauthenticated
from marketplace.i18n import LANGUAGES, own_page, page_at, read_address, spoken

router = APIRouter(prefix="/auth", tags=["Accounts"])
forms = APIRouter(prefix=SESSION, include_in_schema=False)


def _session(given: Tokens) -> SessionShape:
    return SessionShape(
        account=AccountShape.of(given.account), access_token=given.access, refresh_token=given.refresh,
        expires_at=given.access_expires_at,
    )  # fmt: skip


async def _log_in(request: Request, email: str, password: str) -> Tokens:
    """One way in for both doors."""
    kept, network = inputs.parse_email(email) or "", throttle.network_of(client_ip(request))
    device = known_device(request, kept)
    await throttle.log_in(kept, network, device)
    try:
        async with transaction() as session:
            given = await accounts.login(
                session, email=email, password=password, device=_device(request), cart=cart_of(request), now=clock.now()
            )
    except SecondFactorNeeded:
        await throttle.right(kept, network, device)
        raise
    await throttle.right(kept, network, device)
    return given


async def _finish_log_in(request: Request, half_way: str, code: str) -> Tokens:
    """The second half, for both doors. Guesses are counted by the account that the first half has named."""
    now = clock.now()
    await throttle.guess(tokens.read_step(Purpose.HALF_WAY, half_way, now).account)
    async with transaction() as session:
        return await accounts.finish_login(
            session, half_way, code=code, device=_device(request), cart=cart_of(request), now=now
        )


def _device(request: Request) -> str:
    return request.headers.get("user-agent", "")[:200]


async def _forgot(request: Request, email: str) -> None:
    """Takes the same way whether there is such an account or not."""
    await throttle.hit("forgot-address", client_ip(request), settings.current().login_limit)
    await throttle.hit("forgot", inputs.parse_email(email) or "", "5/hour")
    async with transaction() as session:
        await accounts.ask_for_reset(session, email, clock.now())


async def _reset(request: Request, token: str, new_password: str) -> AccountView:
    await throttle.hit("reset-address", client_ip(request), settings.current().login_limit)
    async with transaction() as session:
        return await accounts.reset_password(session, token, new_password=new_password, now=clock.now())


async def _register(request: Request, email: str, name: str, password: str) -> None:
    """Takes the same way whether there is such an account or not."""
    await throttle.hit("register", client_ip(request), settings.current().login_limit)
    await throttle.hit("register-address", inputs.parse_email(email) or "", "5/hour")
    async with transaction() as session:
        await accounts.sign_up(session, email=email, name=name, password=password, language=spoken(), now=clock.now())


async def _refresh(token: str) -> Tokens:
    async with transaction() as session:
        return await accounts.refresh(session, token, clock.now())


@router.post("/register", status_code=202, responses=refuses(429))
async def register(wanted: Registration, request: Request) -> Response:
    """Make an account, and send its address a link that confirms it.

    The answer is the same whether there is an account with this address or not: its owner is told by mail.
    """
    await _register(request, wanted.email, wanted.name, wanted.password)
    return Response(status_code=202)


@router.post("/login", responses=refuses(401, 429))
async def login(wanted: Login, request: Request, response: Response) -> SessionShape:
    """401 `second_factor_needed`, with `half_way` for POST /auth/login/code, where a code is wanted, too."""
    given = await _log_in(request, wanted.email, wanted.password)
    enter(response, given)
    return _session(given)


@router.post("/login/code", responses=refuses(401, 429))
async def login_with_code(wanted: CodeLogin, request: Request, response: Response) -> SessionShape:
    """The second half of a log-in."""
    given = await _finish_log_in(request, wanted.half_way, wanted.code)
    enter(response, given)
    return _session(given)


@router.post("/verify", status_code=204, responses=refuses(401))
async def verify(wanted: Verification) -> Response:
    """Confirm an e-mail address with the link that was sent to it."""
    async with transaction() as session:
        await accounts.verify(session, wanted.token, clock.now())
    return Response(status_code=204)


@router.post("/password/forgot", status_code=202, response_class=Response, responses=refuses(429))
async def forgot_password(wanted: EmailAddress, request: Request) -> Response:
    """Have a link sent that sets a new password. The answer is the same whether there is such an account or not."""
    await _forgot(request, wanted.email)
    return Response(status_code=202)


@router.post("/password/reset", status_code=204, responses=refuses(401, 429))
async def reset_password(wanted: PasswordReset, request: Request) -> Response:
    """Set a new password with the link from the mail, once. It ends every log-in."""
    account = await _reset(request, wanted.token, wanted.new_password)
    response = Response(status_code=204)
    remember_device(response, account.email)
    return response


@router.post("/refresh", responses=refuses(401, 403))
async def refresh(request: Request, response: Response, wanted: RefreshRequest | None = None) -> SessionShape:
    """Rotate the refresh token. One that was used before ends the whole session."""
    token = wanted.refresh_token if wanted is not None else None
    if token is None:
        must_be_ours(request)
        token = request.cookies.get(REFRESH, "")
    given = await _refresh(token)
    give_session(response, given)
    return _session(given)


@router.post("/logout", status_code=204, responses=refuses(401, 403))
async def logout(request: Request, wanted: RefreshRequest | None = None) -> Response:
    token = wanted.refresh_token if wanted is not None else None
    if token is None:
        must_be_ours(request)
        token = request.cookies.get(REFRESH, "")
    response = Response(status_code=204)
    async with transaction() as session:
        await accounts.logout(session, token, clock.now())
    leave(response)
    return response


# The pages' forms. A browser without scripts can use them, and a script never sees the cookies.


@forms.post("/login")
async def login_form(
    request: Request, email: Text = "", password: Text = "", csrf: Text = "", next: Text = "/"
) -> Response:
    page = own_page(next)
    try:
        must_be_our_form(request, csrf)
        given = await _log_in(request, email, password)
    except SecondFactorNeeded as needed:
        response = RedirectResponse(f"{page_at('/login/code')}?{urlencode({'next': page})}", 303)
        give_half_way(response, needed.half_way)
        return response
    except HoldfastError as error:
        return back("/login", error, {"email": email}, next=page)
    response = RedirectResponse(_desk_or(page, given), 303)
    enter(response, given)
    return response


@forms.post("/code")
async def code_form(request: Request, code: Text = "", csrf: Text = "", next: Text = "/") -> Response:
    page = own_page(next)
    try:
        must_be_our_form(request, csrf)
        given = await _finish_log_in(request, request.cookies.get(HALF_WAY, ""), code)
    except TokenRefused as error:
        return back("/login", error, next=page)
    except HoldfastError as error:
        return back("/login/code", error, next=page)
    response = RedirectResponse(_desk_or(page, given), 303)
    take_half_way(response)
    enter(response, given)
    return response


def _desk_or(page: str, given: Tokens) -> str:
    """Where somebody lands who has just logged in: an operator who was not on the way to anywhere, at the desk."""
    return page_at("/operate") if given.account.is_operator and read_address(page)[1] == "/" else page


@forms.post("/forgot")
async def forgot_form(request: Request, email: Text = "", csrf: Text = "") -> Response:
    try:
        must_be_our_form(request, csrf)
        await _forgot(request, email)
    except HoldfastError as error:
        return back("/forgot", error, {"email": email})
    return RedirectResponse(f"{page_at('/forgot')}?sent=1", 303)


@forms.post("/reset")
async def reset_form(request: Request, token: LongText = "", new_password: Text = "", csrf: Text = "") -> Response:
    try:
        must_be_our_form(request, csrf)
        account = await _reset(request, token, new_password)
    except HoldfastError as error:
        return back("/reset", error, token=token)
    response = RedirectResponse(f"{page_at('/reset')}?done=1", 303)
    remember_device(response, account.email)
    leave(response)
    return response


@forms.post("/erase")
async def erase_form(request: Request, password: Text = "", csrf: Text = "") -> Response:
    try:
        must_be_our_form(request, csrf)
        actor = await actor_of(request)
        await throttle.guess(actor.must_have_account())
        async with transaction() as session:
            await accounts.erase(session, actor, password=password, now=clock.now())
    except HoldfastError as error:
        return back("/account", error)
    response = RedirectResponse(f"{page_at('/account')}?erased=1", 303)
    leave(response)
    return response


@forms.post("/register")
async def register_form(
    request: Request, email: Text = "", name: Text = "", password: Text = "", csrf: Text = "", next: Text = "/"
) -> Response:
    page = own_page(next)
    try:
        must_be_our_form(request, csrf)
        await _register(request, email, name, password)
    except HoldfastError as error:
        return back("/register", error, {"email": email, "name": name}, next=page)
    response = RedirectResponse(f"{page_at('/login')}?{urlencode({'registered': 1, 'next': page})}", 303)
    keep_typed(response, {"email": email})
    return response


@forms.post("/logout")
async def logout_form(request: Request, csrf: Text = "") -> Response:
    response = RedirectResponse(page_at("/"), 303)
    try:
        must_be_our_form(request, csrf)
    except HoldfastError as error:
        return back("/login", error)
    async with transaction() as session:
        await accounts.logout(session, request.cookies.get(REFRESH, ""), clock.now())
    leave(response)
    return response


@forms.get(RENEWAL.removeprefix(SESSION))
async def renew(request: Request, next: str = "/") -> Response:
    """A page whose access token has run out comes by here for a fresh one; who was logged out elsewhere is a new visitor."""
    response = RedirectResponse(own_page(next), 303)
    try:
        give_session(response, await _refresh(request.cookies.get(REFRESH, "")))
    except (TokenRefused, Unauthenticated):
        was_somebody = request.cookies.keys() & {ACCESS, REFRESH}
        if was_somebody:
            leave(response)
    return response


@forms.get("/language")
async def choose_language(request: Request, to: str = "") -> Response:
    """Speak this language from now on, on the page that led here first; the browser's own if it is none of ours.

    A plain link may do so: it changes no more than that.
    """
    language = to if to in LANGUAGES else languages.preferred(request.headers.get("accept-language", ""))
    _, page = read_address(languages.came_from(request.headers))
    response = RedirectResponse(own_page(page, language), 303)
    if to in LANGUAGES:
        give_language(response, to)
    else:
        take_language(response)
    return response
