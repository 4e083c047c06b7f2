"""Codes beside the password: switching them on, logging in with them, switching them off."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from marketplace import settings
from marketplace.accounts import actions, codes, queries, tokens
from marketplace.accounts.errors import (
    AlreadyOn,
    NotBegun,
    SecondFactorNeeded,
    SessionEnded,
    TokenRefused,
    WrongCode,
    WrongCredentials,
    WrongPassword,
)
from marketplace.accounts.events import SecondFactorChanged
from marketplace.accounts.models import RecoveryCode, SecondFactor
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import Actor, SecondFactorMissing, Tokens
from marketplace.db import transaction
from marketplace.errors import Unauthenticated
from marketplace.ids import AccountId
from tests.accounts.people import Person, actor_of, events

pytestmark = pytest.mark.usefixtures("database")

STEP = timedelta(seconds=30)


async def half_way(person: Person, now: datetime) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        await person.logs_in(now)
    return needed.value.half_way


async def codes_left(person: Person, now: datetime) -> int:
    async with transaction(reading=True) as session:
        return (await queries.second_factor_view(session, person.actor, now)).recovery_codes


async def test_it_is_on_once_a_first_code_confirms_it(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.begins(now)
    assert await ada.logs_in(now)
    await ada.confirms(ada.code(now), now)
    async with transaction(reading=True) as session:
        shown = await queries.second_factor_view(session, ada.actor, now)
        assert (await queries.own_view(session, ada.actor, now)).has_second_factor
    assert (shown.is_on, shown.since, shown.recovery_codes) == (True, now, 10)
    assert len(set(ada.codes)) == 10
    assert await events(SecondFactorChanged) == 1


async def test_what_an_app_scans_names_us_and_the_account(now: datetime) -> None:
    ada = await Person.arrives(now)
    async with transaction() as session:
        begun = await actions.begin_second_factor(session, ada.actor, password=ada.password, now=now)
    assert begun.uri.startswith("otpauth://totp/Holdfast:ada%40example.org?")
    assert f"secret={begun.secret}" in begun.uri
    assert "issuer=Holdfast" in begun.uri
    assert codes.qr_svg(begun.uri).startswith("<svg")


async def test_neither_the_secret_nor_a_recovery_code_is_kept_readable(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    async with transaction(reading=True) as session:
        kept = (await session.exec(select(SecondFactor.secret))).one()
        digests = (await session.exec(select(RecoveryCode.digest))).all()
    assert ada.secret not in kept
    assert tokens.unsealed(kept) == ada.secret
    assert not {code for code in ada.codes if any(code in digest for digest in digests)}
    settings.use(
        settings.current().model_copy(
            update={"secret_key": settings.SecretStr("another secret key, as long as a key has to be")}
        )
    )
    with pytest.raises(TokenRefused):
        tokens.unsealed(kept)


async def test_beginning_again_replaces_what_was_never_confirmed(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.begins(now)
    stale = ada.code(now)
    await ada.begins(now)
    if stale != ada.code(now):
        with pytest.raises(WrongCode):
            await ada.confirms(stale, now)
    await ada.confirms(ada.code(now), now)


async def test_it_begins_with_the_password_and_only_once(now: datetime) -> None:
    ada = await Person.arrives(now)
    with pytest.raises(NotBegun):
        await ada.confirms("123456", now)
    ada.password = "wrong horse battery"
    with pytest.raises(WrongPassword):
        await ada.begins(now)
    ada.password = "correct horse battery"
    await ada.switches_on(now)
    with pytest.raises(AlreadyOn):
        await ada.begins(now)
    with pytest.raises(AlreadyOn):
        await ada.confirms(ada.code(now + STEP), now + STEP)


async def test_then_the_password_alone_logs_nobody_in(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    first_half = await half_way(ada, now)
    later = now + 2 * STEP
    given = await ada.finishes(first_half, ada.code(later), later)
    assert tokens.read_access(given.access, later).is_proved
    ada.password = "wrong horse battery"
    with pytest.raises(WrongCredentials):
        await ada.logs_in(now)


async def test_a_code_is_taken_once_and_none_before_it_afterwards(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    first_half = await half_way(ada, now)
    with pytest.raises(WrongCode):
        await ada.finishes(first_half, ada.code(now), now)  # this one has confirmed it
    later = now + 3 * STEP
    await ada.finishes(first_half, ada.code(later), later)
    for at in (later, later - STEP):
        with pytest.raises(WrongCode):
            await ada.finishes(first_half, ada.code(at), later)


async def test_of_many_who_send_one_code_at_once_one_is_let_in(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    first_half, later = await half_way(ada, now), now + 2 * STEP
    for code in (ada.code(later), ada.codes[0]):
        outcomes = await asyncio.gather(
            *(ada.finishes(first_half, code, later) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Tokens) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, WrongCode) for outcome in outcomes) == 4


@pytest.mark.parametrize(("drift", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_devices_clock_may_be_one_step_off(drift: int, is_taken: bool, now: datetime) -> None:
    person = Person(Actor(), "", secret=codes.new_secret())
    step = codes.step_of(person.secret, person.code(now + drift * STEP), now)
    assert (step is not None) == is_taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\ud800", "१२३४५६", "x" * 1000, "AAAAA-AAAAA"])
async def test_what_is_no_code_is_refused(code: str, now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    with pytest.raises(WrongCode):
        await ada.finishes(await half_way(ada, now), code, now)


async def test_spaces_in_a_code_do_not_matter(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.begins(now)
    code = ada.code(now)
    await ada.confirms(f" {code[:3]} {code[3:]}", now)


async def test_a_recovery_code_works_once_however_it_is_typed(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    first_half = await half_way(ada, now)
    typed = ada.codes[3].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    await ada.finishes(first_half, typed, now)
    with pytest.raises(WrongCode):
        await ada.finishes(first_half, ada.codes[3], now)
    assert await codes_left(ada, now) == 9


async def test_one_accounts_recovery_code_opens_no_other(now: datetime) -> None:
    ada, grace = await Person.arrives(now), await Person.arrives(now, email="grace@example.org")
    await ada.switches_on(now)
    await grace.switches_on(now)
    with pytest.raises(WrongCode):
        await grace.finishes(await half_way(grace, now), ada.codes[0], now)


async def test_the_first_half_is_good_for_five_minutes_and_one_password(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    first_half = await half_way(ada, now)
    late = now + timedelta(minutes=5)
    with pytest.raises(TokenRefused):
        await ada.finishes(first_half, ada.code(late), late)
    async with transaction() as session:
        await actions.change_password(
            session, ada.actor, password=ada.password, new_password="another horse battery", now=now
        )
    with pytest.raises(TokenRefused):
        await ada.finishes(first_half, ada.codes[0], now)


async def test_a_first_half_without_an_account_or_a_factor_opens_nothing(now: datetime) -> None:
    ada = await Person.arrives(now)
    nobody = tokens.issue_step(Purpose.HALF_WAY, AccountId.new(), "", now)
    with pytest.raises(TokenRefused):
        await ada.finishes(nobody, "123456", now)
    async with transaction(reading=True) as session:
        kept = (await queries.account(session, ada.actor.must_have_account())).password_hash
    forged = tokens.issue_step(Purpose.HALF_WAY, ada.actor.must_have_account(), kept, now)
    with pytest.raises(NotBegun):
        await ada.finishes(forged, "123456", now)
    await ada.begins(now)
    with pytest.raises(NotBegun):
        await ada.finishes(forged, ada.code(now), now)


async def test_it_goes_off_with_password_and_code_and_comes_on_anew(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    with pytest.raises(WrongPassword):
        await ada.switches_off(ada.codes[0], now, password="wrong horse battery")
    with pytest.raises(WrongCode):
        await ada.switches_off("000000x", now)
    await ada.switches_off(ada.codes[0], now)
    assert await ada.logs_in(now)
    assert await codes_left(ada, now) == 0
    assert await events(SecondFactorChanged) == 2
    old = ada.codes
    await ada.switches_on(now + STEP)
    assert not set(old) & set(ada.codes)
    with pytest.raises(WrongCode):
        await ada.finishes(await half_way(ada, now), old[1], now)


async def test_an_operator_is_one_only_with_the_second_factor(now: datetime) -> None:
    olga = await Person.arrives(now, is_operator=True)
    assert olga.actor.label.startswith("account")
    with pytest.raises(SecondFactorMissing):
        olga.actor.must_operate()
    await olga.switches_on(now)
    later = now + 2 * STEP
    operator = actor_of(await olga.finishes(await half_way(olga, now), olga.code(later), later), later)
    operator.must_operate()
    assert not operator.lacks_second_factor


async def test_the_log_in_that_switches_it_on_has_shown_it_until_it_is_off(now: datetime) -> None:
    olga = await Person.arrives(now, is_operator=True)
    given = await olga.logs_in(now)
    olga.actor = actor_of(given, now)
    await olga.switches_on(now)
    async with transaction() as session:
        given = await actions.refresh(session, given.refresh, now)
    actor_of(given, now).must_operate()
    await olga.switches_off(olga.codes[0], now)
    async with transaction() as session:
        given = await actions.refresh(session, given.refresh, now)
    with pytest.raises(SecondFactorMissing):
        actor_of(given, now).must_operate()


async def test_nobody_but_a_living_log_in_may_touch_it(now: datetime) -> None:
    ada = await Person.arrives(now)
    await ada.switches_on(now)
    async with transaction() as session:
        await actions.end_log_in(session, ada.actor, ada.actor.session, now)
    with pytest.raises(SessionEnded):
        await ada.switches_off(ada.codes[0], now)
    ada.actor = Actor()
    with pytest.raises(Unauthenticated):
        await ada.begins(now)
