"""What people do with their account: address, password, profile, log-ins, export, erasing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import actions, devices, exports, queries, tokens
from marketplace.accounts.errors import (
    EmailTaken,
    SecondFactorNeeded,
    SessionEnded,
    ShopStillOpen,
    TokenRefused,
    WrongCredentials,
    WrongPassword,
)
from marketplace.accounts.events import AccountErased, PasswordChanged, PasswordResetWanted, VerificationWanted
from marketplace.accounts.models import Account, LoginSession, Membership, RecoveryCode, SecondFactor
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import SYSTEM, AccountView, Actor, LoginView
from marketplace.db import Session, transaction
from marketplace.errors import Invalid, NotFound, Unauthenticated
from marketplace.ids import AccountId, SessionId
from tests.accounts.people import EMAIL, Person, actor_of, events
from tests.makers.accounts import PASSWORD, guest

pytestmark = pytest.mark.usefixtures("database")

NEW = "another horse battery"
HOUR = timedelta(hours=1)


async def view(person: Person, now: datetime) -> AccountView:
    async with transaction(reading=True) as session:
        return await queries.own_view(session, person.actor, now)


async def reset_link(person: Person, now: datetime) -> str:
    """As the mail would bring it."""
    id = person.actor.must_have_account()
    async with transaction(reading=True) as session:
        kept = (await queries.account(session, id)).password_hash
    return tokens.issue_step(Purpose.RESET, id, kept, now)


async def reset(token: str, now: datetime, password: str = NEW) -> None:
    async with transaction() as session:
        await actions.reset_password(session, token, new_password=password, now=now)


async def change(person: Person, now: datetime, old: str = PASSWORD, new: str = NEW) -> None:
    async with transaction() as session:
        await actions.change_password(session, person.actor, password=old, new_password=new, now=now)


async def erase(person: Person, now: datetime, password: str = PASSWORD) -> None:
    async with transaction() as session:
        await actions.erase(session, person.actor, password=password, now=now)


async def log_ins(person: Person, now: datetime) -> list[LoginView]:
    async with transaction(reading=True) as session:
        return await queries.log_ins(session, person.actor, now)


class TestAddress:
    async def test_registering_asks_for_a_link(self, now: datetime) -> None:
        async with transaction() as session:
            account = await actions.register(session, email=EMAIL, name="Ada", password=PASSWORD, now=now)
        assert account.verified_at is None
        assert await events(VerificationWanted) == 1

    async def test_the_link_confirms_the_address_and_may_be_followed_again(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        link = tokens.issue_step(Purpose.VERIFY, ada.actor.must_have_account(), EMAIL, now)
        for at in (now + HOUR, now + 2 * HOUR):
            async with transaction() as session:
                await actions.verify(session, link, at)
        assert (await view(ada, now)).verified_at == now + HOUR

    async def test_a_link_for_another_address_account_purpose_or_day_is_refused(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        id = ada.actor.must_have_account()
        for link, at in (
            (tokens.issue_step(Purpose.VERIFY, id, "grace@example.org", now), now),
            (tokens.issue_step(Purpose.VERIFY, AccountId.new(), EMAIL, now), now),
            (tokens.issue_step(Purpose.RESET, id, EMAIL, now), now),
            (tokens.issue_step(Purpose.VERIFY, id, EMAIL, now), now + timedelta(days=3)),
            ("", now),
        ):
            with pytest.raises(TokenRefused):
                async with transaction() as session:
                    await actions.verify(session, link, at)

    async def test_the_link_is_sent_again_until_it_was_followed(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        async with transaction() as session:
            await actions.ask_to_verify(session, ada.actor, now)
        assert await events(VerificationWanted) == 1
        async with transaction() as session:
            vouched = await actions.vouch_for(session, ada.actor.must_have_account(), now)
            await actions.ask_to_verify(session, ada.actor, now)
        assert vouched.verified_at == now
        assert await events(VerificationWanted) == 1


class TestPassword:
    async def test_a_new_one_replaces_the_old_one_and_ends_every_other_log_in(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        elsewhere = await ada.logs_in(now)
        await change(ada, now)
        assert [row.is_current for row in await log_ins(ada, now)] == [True]
        async with transaction(reading=True) as session:
            assert not await queries.session_is_live(session, elsewhere.session, now)
        with pytest.raises(WrongCredentials):
            await ada.logs_in(now)
        ada.password = NEW
        await ada.logs_in(now)
        assert await events(PasswordChanged) == 1

    async def test_it_takes_the_old_one_and_a_good_new_one(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        with pytest.raises(WrongPassword):
            await change(ada, now, old="wrong horse battery")
        with pytest.raises(Invalid) as refused:
            await change(ada, now, new="short")
        assert [field_error.field for field_error in refused.value.errors] == ["new_password"]
        await ada.logs_in(now)

    async def test_asking_for_a_reset_does_the_same_for_everybody(self, now: datetime) -> None:
        await Person.arrives(now)
        for email in (EMAIL, "nobody@example.org"):
            async with transaction() as session:
                await actions.ask_for_reset(session, email, now)
        assert await events(PasswordResetWanted) == 2
        with pytest.raises(Invalid):
            async with transaction() as session:
                await actions.ask_for_reset(session, "nobody", now)

    async def test_the_link_works_once_and_ends_every_log_in(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        link = await reset_link(ada, now)
        await reset(link, now)
        with pytest.raises(SessionEnded):
            await view(ada, now)
        with pytest.raises(TokenRefused):
            await reset(link, now, "a third horse battery")
        ada.password = NEW
        given = await ada.logs_in(now)
        assert given.account.verified_at == now, "whoever has the link reads the mail"

    async def test_a_link_is_good_for_an_hour_and_until_the_password_changes(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        link = await reset_link(ada, now)
        with pytest.raises(TokenRefused):
            await reset(link, now + HOUR)
        await change(ada, now)
        with pytest.raises(TokenRefused):
            await reset(link, now)
        with pytest.raises(TokenRefused):
            await reset(tokens.issue_step(Purpose.RESET, AccountId.new(), "", now), now)

    async def test_a_squatter_s_second_factor_goes_with_the_address_that_was_never_theirs(self, now: datetime) -> None:
        squatter = await Person.arrives(now)
        await squatter.switches_on(now)
        await reset(await reset_link(squatter, now), now)
        owner = Person(squatter.actor, EMAIL, NEW)
        given = await owner.logs_in(now)
        assert not given.account.has_second_factor
        with pytest.raises(SessionEnded):
            await view(squatter, now)
        for table in (SecondFactor, RecoveryCode):
            async with transaction(reading=True) as session:
                assert (await session.exec(select(table))).all() == []

    async def test_an_owner_s_second_factor_outlives_a_forgotten_password(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        async with transaction() as session:
            await actions.vouch_for(session, ada.actor.must_have_account(), now)
        await ada.switches_on(now)
        await reset(await reset_link(ada, now), now)
        with pytest.raises(SecondFactorNeeded):
            await Person(ada.actor, EMAIL, NEW).logs_in(now)

    async def test_a_weak_password_leaves_the_link_good(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        link = await reset_link(ada, now)
        with pytest.raises(Invalid):
            await reset(link, now, EMAIL)
        await reset(link, now)


class TestProfile:
    async def test_name_and_language_are_ones_own(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        async with transaction() as session:
            changed = await actions.change_profile(session, ada.actor, name="  Ada   Byron ", language="en", now=now)
        assert (changed.name, changed.language) == ("Ada Byron", "en")
        assert await view(ada, now) == changed

    async def test_every_error_is_named(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        with pytest.raises(Invalid) as refused:
            async with transaction() as session:
                await actions.change_profile(session, ada.actor, name="", language="tlh", now=now)
        assert [field_error.field for field_error in refused.value.errors] == ["name", "language"]


class TestLogIns:
    async def test_they_are_listed_with_device_and_times(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        phone = await ada.logs_in(now + HOUR, device="Safari on a phone")
        async with transaction() as session:
            await actions.refresh(session, phone.refresh, now + 2 * HOUR)
        rows = await log_ins(ada, now + 2 * HOUR)
        assert [(row.device, row.started_at, row.seen_at, row.is_current) for row in rows] == [
            ("Safari on a phone", now + HOUR, now + 2 * HOUR, False),
            ("Firefox", now, now, True),
        ]
        assert await log_ins(ada, now + timedelta(days=30) - HOUR) != []

    async def test_one_that_ends_is_refused_at_once_although_its_token_lives(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        phone = await ada.logs_in(now)
        async with transaction() as session:
            await actions.end_log_in(session, ada.actor, phone.session, now)
        with pytest.raises(SessionEnded):
            async with transaction(reading=True) as session:
                await queries.own_view(session, actor_of(phone, now), now)
        assert len(await log_ins(ada, now)) == 1

    async def test_all_others_end_together(self, now: datetime) -> None:
        ada, grace = await Person.arrives(now), await Person.arrives(now, email="grace@example.org")
        for _ in range(3):
            await ada.logs_in(now)
        async with transaction() as session:
            await actions.end_other_log_ins(session, ada.actor, now)
        assert [row.is_current for row in await log_ins(ada, now)] == [True]
        assert len(await log_ins(grace, now)) == 1

    async def test_nobody_ends_somebody_elses(self, now: datetime) -> None:
        ada, grace = await Person.arrives(now), await Person.arrives(now, email="grace@example.org")
        for id in (grace.actor.session, SessionId.new()):
            with pytest.raises(NotFound):
                async with transaction() as session:
                    await actions.end_log_in(session, ada.actor, id, now)
        assert len(await log_ins(grace, now)) == 1

    async def test_whoever_has_no_log_in_sees_none(self, now: datetime) -> None:
        for actor in (guest(), SYSTEM):
            with pytest.raises(Unauthenticated):
                async with transaction(reading=True) as session:
                    await queries.log_ins(session, actor, now)
        with pytest.raises(SessionEnded):
            async with transaction(reading=True) as session:
                await queries.log_ins(session, Actor(account=AccountId.new()), now)

    @pytest.mark.parametrize(
        ("user_agent", "said"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", ("Edge", "Windows")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", ("Safari", "iPhone")),
            ("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
            ("a toaster", ("", "")),
        ],
    )
    def test_a_device_is_named_as_people_would(self, user_agent: str, said: tuple[str, str]) -> None:
        assert devices.recognise(user_agent) == said


class TestExport:
    async def test_it_holds_what_every_room_knows(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        async def shoe_size(session: Session, account: AccountId) -> dict[str, object]:
            return {"of": account, "measured_at": now}

        monkeypatch.setattr(exports, "_parts", {})
        exports.add("shoes", shoe_size)
        ada = await Person.arrives(now)
        await ada.switches_on(now)
        async with transaction() as session:
            await actions.vouch_for(session, ada.actor.must_have_account(), now)
            await actions.open_shop(session, ada.actor.must_have_account(), name="The Gate", about="", now=now)
        async with transaction(reading=True) as session:
            document = await exports.export(session, ada.actor, now)
        said = now.isoformat().replace("+00:00", "Z")
        assert document["account"]["email"] == EMAIL
        assert document["account"]["second_factor_since"] == said
        assert [shop["slug"] for shop in document["account"]["shops"]] == ["the-gate"]
        assert document["account"]["log_ins"][0]["device"] == "Firefox"
        assert document["shoes"] == {"of": ada.actor.account, "measured_at": said}
        assert PASSWORD not in str(document)
        assert ada.secret not in str(document)

    async def test_it_says_nothing_to_a_log_in_that_has_ended(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        async with transaction() as session:
            await actions.end_log_in(session, ada.actor, ada.actor.session, now)
        with pytest.raises(SessionEnded):
            async with transaction(reading=True) as session:
                await exports.export(session, ada.actor, now)


class TestErasing:
    async def test_nothing_but_the_id_is_left(self, now: datetime) -> None:
        ada = await Person.arrives(now, is_operator=True)
        await ada.logs_in(now)
        await ada.switches_on(now)
        await erase(ada, now)
        async with transaction(reading=True) as session:
            row = (await session.exec(select(Account))).one()
            for table in (LoginSession, SecondFactor, RecoveryCode, Membership):
                assert (await session.exec(select(table))).all() == []
        assert (row.id, row.name, row.password_hash, row.is_operator, row.erased_at) == (
            ada.actor.account, "", "", False, now,
        )  # fmt: skip
        assert EMAIL not in row.email
        assert await events(AccountErased) == 1

    async def test_nobody_logs_in_any_more_and_the_address_is_free(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        link = await reset_link(ada, now)
        await erase(ada, now)
        with pytest.raises(SessionEnded):
            await view(ada, now)
        for password in (PASSWORD, ""):
            ada.password = password
            with pytest.raises(WrongCredentials):
                await ada.logs_in(now)
        with pytest.raises(TokenRefused):
            await reset(link, now)
        async with transaction(reading=True) as session:
            with pytest.raises(NotFound):
                await queries.account_view(session, ada.actor.must_have_account())
        async with transaction() as session:
            again = await actions.register(session, email=EMAIL, name="Ada", password=PASSWORD, now=now)
        assert again.id != ada.actor.account
        with pytest.raises(EmailTaken):
            async with transaction() as session:
                await actions.register(session, email=EMAIL, name="Ada", password=PASSWORD, now=now)

    async def test_it_takes_the_password(self, now: datetime) -> None:
        ada = await Person.arrives(now)
        with pytest.raises(WrongPassword):
            await erase(ada, now, "wrong horse battery")
        assert (await view(ada, now)).email == EMAIL

    async def test_a_shop_is_not_left_without_anybody(self, now: datetime) -> None:
        ada, grace = await Person.arrives(now), await Person.arrives(now, email="grace@example.org")
        async with transaction() as session:
            await actions.vouch_for(session, ada.actor.must_have_account(), now)
            shop = await actions.open_shop(session, ada.actor.must_have_account(), name="The Gate", about="", now=now)
        with pytest.raises(ShopStillOpen) as refused:
            await erase(ada, now)
        assert refused.value.details == {"shops": ["The Gate"]}
        async with transaction() as session:
            session.add(Membership(account_id=grace.actor.must_have_account(), seller_id=shop.id, since=now))
        await erase(ada, now)
        with pytest.raises(ShopStillOpen):
            await erase(grace, now)
        async with transaction() as session:
            await actions.suspend_shop(session, SYSTEM, shop.id, now)
        await erase(grace, now)
