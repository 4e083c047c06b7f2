"""The caller's own account: profile, log-ins, second factor, data. Every call asks whether the log-in still lives."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from marketplace import clock
from marketplace.accounts import actions as accounts
from marketplace.accounts import exports, queries, throttle
from marketplace.api.auth_context import Guarded, Member, leave
from marketplace.api.problems import refuses
from marketplace.api.shapes import (
    AccountShape,
    CodeProof,
    EnrolmentShape,
    LoginPage,
    LoginShape,
    PasswordAndCode,
    PasswordChange,
    PasswordProof,
    ProfileChange,
    RecoveryCodesShape,
    SecondFactorShape,
)
from marketplace.db import transaction
from marketplace.ids import SessionId

router = APIRouter(tags=["Accounts"], route_class=Guarded)


@router.get("/me")
async def who_am_i(actor: Member) -> AccountShape:
    async with transaction(reading=True) as session:
        return AccountShape.of(await queries.own_view(session, actor, clock.now()))


@router.patch("/me")
async def change_profile(wanted: ProfileChange, actor: Member) -> AccountShape:
    now = clock.now()
    async with transaction() as session:
        mine = await queries.own_view(session, actor, now)
        name = mine.name if wanted.name is None else wanted.name
        language = mine.language if wanted.language is None else wanted.language
        return AccountShape.of(await accounts.change_profile(session, actor, name=name, language=language, now=now))


@router.delete("/me", status_code=204, responses=refuses(429))
async def erase(proof: PasswordProof, actor: Member) -> Response:
    """Erase the account for good. Orders for later stay valid; their links come by mail."""
    await throttle.guess(actor.must_have_account())
    async with transaction() as session:
        await accounts.erase(session, actor, password=proof.password, now=clock.now())
    response = Response(status_code=204)
    leave(response)
    return response


@router.get("/me/export")
async def export(actor: Member, response: Response) -> dict[str, Any]:
    """Everything that we know of the caller, as a file."""
    response.headers["Content-Disposition"] = 'attachment; filename="holdfast-account.json"'
    async with transaction(reading=True) as session:
        return await exports.export(session, actor, clock.now())


@router.post("/me/verification", status_code=202, response_class=Response, responses=refuses(429))
async def ask_to_verify(actor: Member) -> Response:
    """Have the link that confirms the caller's address sent once more."""
    await throttle.hit("verification", actor.must_have_account(), "5/hour")
    async with transaction() as session:
        await accounts.ask_to_verify(session, actor, clock.now())
    return Response(status_code=202)


@router.post("/auth/password/change", status_code=204, responses=refuses(429))
async def change_password(wanted: PasswordChange, actor: Member) -> Response:
    """Ends every other log-in."""
    await throttle.guess(actor.must_have_account())
    async with transaction() as session:
        await accounts.change_password(
            session, actor, password=wanted.password, new_password=wanted.new_password, now=clock.now()
        )
    return Response(status_code=204)


@router.get("/me/sessions")
async def log_ins(actor: Member) -> LoginPage:
    """Where the caller is logged in, the last seen first."""
    async with transaction(reading=True) as session:
        rows = await queries.log_ins(session, actor, clock.now())
    return LoginPage(items=[LoginShape.of(row) for row in rows])


@router.delete("/me/sessions", status_code=204)
async def end_other_log_ins(actor: Member) -> Response:
    """All but the one that asks."""
    async with transaction() as session:
        await accounts.end_other_log_ins(session, actor, clock.now())
    return Response(status_code=204)


@router.delete("/me/sessions/{id}", status_code=204)
async def end_log_in(id: str, actor: Member) -> Response:
    async with transaction() as session:
        await accounts.end_log_in(session, actor, SessionId(id), clock.now())
    return Response(status_code=204)


@router.get("/me/second-factor")
async def second_factor(actor: Member) -> SecondFactorShape:
    async with transaction(reading=True) as session:
        return SecondFactorShape.of(await queries.second_factor_view(session, actor, clock.now()))


@router.post("/me/second-factor", status_code=201, responses=refuses(409, 429))
async def begin_second_factor(proof: PasswordProof, actor: Member) -> EnrolmentShape:
    """Get a secret for an authenticator app. Nothing changes until its first code confirms it."""
    await throttle.guess(actor.must_have_account())
    async with transaction() as session:
        begun = await accounts.begin_second_factor(session, actor, password=proof.password, now=clock.now())
    return EnrolmentShape(secret=begun.secret, uri=begun.uri)


@router.post("/me/second-factor/confirm", responses=refuses(409, 429))
async def confirm_second_factor(proof: CodeProof, actor: Member) -> RecoveryCodesShape:
    """Switch it on. This log-in has shown it from its next access token on."""
    await throttle.guess(actor.must_have_account())
    async with transaction() as session:
        codes = await accounts.confirm_second_factor(session, actor, code=proof.code, now=clock.now())
    return RecoveryCodesShape(recovery_codes=list(codes))


@router.delete("/me/second-factor", status_code=204, responses=refuses(409, 429))
async def switch_off_second_factor(proof: PasswordAndCode, actor: Member) -> Response:
    await throttle.guess(actor.must_have_account())
    async with transaction() as session:
        await accounts.switch_off_second_factor(
            session, actor, password=proof.password, code=proof.code, now=clock.now()
        )
    return Response(status_code=204)
