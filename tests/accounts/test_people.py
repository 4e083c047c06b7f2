"""Registering, opening shops, and who may do what."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from marketplace.accounts import actions, queries, tokens
from marketplace.accounts.errors import AddressUnverified, EmailTaken
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import SYSTEM, Actor, Link
from marketplace.db import transaction
from marketplace.errors import Forbidden, Invalid, NotFound, Unauthenticated
from marketplace.ids import AccountId, BookingId, CartId, SellerId
from tests.makers.accounts import PASSWORD, guest, make_account, make_seller

pytestmark = pytest.mark.usefixtures("database")


async def register(now: datetime, **changes: str) -> AccountId:
    given = {"email": "ada@example.org", "name": "Ada Lovelace", "password": PASSWORD} | changes
    async with transaction() as session:
        return (await actions.register(session, **given, now=now)).id


async def open_shop(account: AccountId, now: datetime, name: str, about: str = "") -> str:
    async with transaction() as session:
        return (await actions.open_shop(session, account, name=name, about=about, now=now)).slug


async def test_an_address_is_kept_in_one_spelling(now: datetime) -> None:
    id = await register(now, email="  Ada@Example.ORG ", name="  Ada   Lovelace ")
    async with transaction(reading=True) as session:
        view = await queries.account_view(session, id)
    assert (view.email, view.name, view.sellers, view.created_at) == ("ada@example.org", "Ada Lovelace", (), now)
    assert not view.is_operator


async def test_an_address_registers_once_however_it_is_spelled(now: datetime) -> None:
    await register(now)
    with pytest.raises(EmailTaken):
        await register(now, email="ADA@example.org")


async def test_of_many_who_register_one_address_at_once_one_does(now: datetime) -> None:
    outcomes = await asyncio.gather(*(register(now) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, AccountId) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 4


async def test_the_unique_index_decides_where_the_look_beforehand_missed(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> None:
        return None

    await register(now)
    monkeypatch.setattr(queries, "account_by_email", nobody)
    with pytest.raises(EmailTaken):
        await register(now)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@exa\x00mple.org", "\ud800@example.org"]
)
async def test_what_is_no_address_is_refused(email: str, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        await register(now, email=email)
    assert [field_error.field for field_error in refused.value.errors] == ["email"]


async def test_every_error_is_named_at_once(now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        await register(now, email="nobody", name=" ", password="short")
    assert [field_error.field for field_error in refused.value.errors] == ["email", "name", "password"]


@pytest.mark.parametrize(
    "password", ["nine char", "x" * 201, "Ada.Lovelace@example.org", "ada.lovelace", "PASSWORD123", "1234567890"]
)
async def test_a_weak_password_is_refused(password: str, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        await register(now, email="ada.lovelace@example.org", password=password)
    assert {field_error.field for field_error in refused.value.errors} == {"password"}


@pytest.mark.parametrize("name", ["", "x" * 101, "Ada\x00", "Ada\ud800", "Ada\x1b[2J"])
async def test_a_name_that_cannot_be_kept_is_refused(name: str, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        await register(now, name=name)
    assert [field_error.field for field_error in refused.value.errors] == ["name"]


async def test_names_of_all_scripts_are_kept(now: datetime) -> None:
    for number, name in enumerate(["علی‌رضا", "王小明", "Đặng Thị", "O’Neill", "क्‍ष"]):
        id = await register(now, email=f"{number}@example.org", name=name)
        async with transaction(reading=True) as session:
            assert (await queries.account_view(session, id)).name == name


async def test_a_shop_is_run_by_whoever_opened_it(now: datetime) -> None:
    shop, owner = await make_seller(now, name="Théâtre  Royal", about=" Since 1843.\nComedy mostly. ")
    async with transaction(reading=True) as session:
        account = await queries.account_view(session, owner.must_have_account())
        assert account.sellers == (shop,)
        assert await queries.seller_view(session, shop.id) == shop
        assert await queries.seller_by_slug(session, "theatre-royal") == shop
        assert await queries.seller_views(session, [shop.id, SellerId.new()]) == {shop.id: shop}
        assert await queries.seller_views(session, []) == {}
    assert (shop.name, shop.about, shop.is_suspended) == ("Théâtre Royal", "Since 1843.\nComedy mostly.", False)
    owner.must_run(shop.id)


async def test_shops_may_share_a_name_but_never_an_address(now: datetime) -> None:
    account = (await make_account(now, is_verified=True)).id
    slugs = [await open_shop(account, now, name) for name in ("The Gate", "the gate!", "王", "王")]
    assert slugs[0] == "the-gate"
    assert slugs[1].startswith("the-gate-")
    assert slugs[2] == "shop"
    assert len(set(slugs)) == 4


async def test_shops_that_open_at_the_same_moment_each_get_an_address(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def free(*_: object) -> bool:
        return False

    account = (await make_account(now, is_verified=True)).id
    monkeypatch.setattr(queries, "slug_is_taken", free)
    slugs = {await open_shop(account, now, "The Gate") for _ in range(3)}
    assert len(slugs) == 3


async def test_a_shop_needs_a_name_and_words_that_can_be_shown(now: datetime) -> None:
    account = (await make_account(now, is_verified=True)).id
    with pytest.raises(Invalid) as refused:
        await open_shop(account, now, "", about="\x00")
    assert [field_error.field for field_error in refused.value.errors] == ["name", "about"]
    with pytest.raises(Invalid):
        await open_shop(account, now, "The Gate", about="x" * 2001)


async def test_a_shop_opens_once_mail_reaches_its_owner(now: datetime) -> None:
    account = await register(now)
    with pytest.raises(AddressUnverified):
        await open_shop(account, now, "The Gate")
    async with transaction() as session:
        await actions.verify(session, tokens.issue_step(Purpose.VERIFY, account, "ada@example.org", now), now)
    assert await open_shop(account, now, "The Gate") == "the-gate"


async def test_what_does_not_exist_is_not_found(now: datetime) -> None:
    async with transaction(reading=True) as session:
        with pytest.raises(NotFound):
            await queries.account_view(session, AccountId.new())
        with pytest.raises(NotFound):
            await queries.seller_view(session, SellerId.new())
        with pytest.raises(NotFound):
            await queries.seller_by_slug(session, "nowhere")
    with pytest.raises(NotFound):
        await open_shop(AccountId.new(), now, "The Gate")


async def test_only_operators_suspend_a_shop_and_let_it_back(now: datetime) -> None:
    shop, owner = await make_seller(now)
    operator = Actor(account=AccountId.new(), is_operator=True)
    async with transaction() as session:
        with pytest.raises(Forbidden):
            await actions.suspend_shop(session, owner, shop.id, now)
        assert (await actions.suspend_shop(session, operator, shop.id, now)).is_suspended
        with pytest.raises(Forbidden):
            await actions.reinstate_shop(session, owner, shop.id)
        assert not (await actions.reinstate_shop(session, operator, shop.id)).is_suspended


async def test_only_operators_and_the_system_appoint_operators(now: datetime) -> None:
    account = await make_account(now)
    async with transaction() as session:
        with pytest.raises(Forbidden):
            await actions.appoint_operator(session, Actor(account=account.id), account.id)
        assert (await actions.appoint_operator(session, SYSTEM, account.id)).is_operator


def test_a_shop_is_run_by_its_people_operators_and_the_system() -> None:
    mine, other = SellerId.new(), SellerId.new()
    seller = Actor(account=AccountId.new(), sellers=frozenset({mine}))
    seller.must_run(mine)
    SYSTEM.must_run(other)
    Actor(is_operator=True).must_run(other)
    for actor in (seller, guest(), Actor()):
        with pytest.raises(Forbidden):
            actor.must_run(other)


def test_an_actor_says_what_it_lacks() -> None:
    with pytest.raises(Unauthenticated):
        guest().must_have_account()
    with pytest.raises(Unauthenticated):
        Actor().must_have_cart()
    with pytest.raises(Forbidden):
        guest().must_operate()
    cart, account = CartId.new(), AccountId.new()
    assert Actor(cart=cart).must_have_cart() == cart
    assert Actor(account=account).must_have_account() == account
    SYSTEM.must_operate()


def test_an_actor_signs_audit_trails_as_who_it_was() -> None:
    cart, account, booking = CartId.new(), AccountId.new(), BookingId.new()
    assert SYSTEM.label == "system"
    assert Actor(cart=cart).label == f"guest {cart}"
    assert Actor(cart=cart, account=account).label == f"account {account}"
    assert Actor(account=account, is_operator=True).label == f"operator {account}"
    assert Actor(cart=cart, link=Link(booking, "")).label == f"link {booking}"
    assert Actor().label == "visitor"
