"""From a hold to tickets."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from marketplace.accounts.tokens import read_ticket
from marketplace.accounts.views import SYSTEM, Actor
from marketplace.bookings import actions, holding
from marketplace.bookings.errors import (
    BookingNotFound,
    BuyerRefused,
    NothingToPay,
    NotOnSale,
    PaymentTimeOver,
    TooManyForOneBuyer,
    UnlawfulTransition,
)
from marketplace.bookings.views import Buyer, Status
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries as listings
from marketplace.catalog.views import ListingChange
from marketplace.db import transaction
from marketplace.errors import Unauthenticated
from marketplace.ids import BookingId, CartId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import HoldChanged, HoldExpired, HoldNotFound
from marketplace.money import Money
from marketplace.payments.errors import PaymentInProgress
from marketplace.payments.status import PaymentStatus
from tests.makers.accounts import make_account
from tests.makers.bookings import GRACE, Market, guest
from tests.makers.payments import CARD_DECLINED, CHALLENGE


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


class TestCheckOut:
    async def test_a_hold_becomes_an_order_that_waits_for_its_money(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1", "B-1")
        order = await market.check_out(ada, held)
        assert order.status is Status.PENDING_PAYMENT
        assert order.hold_id == held.id
        assert order.expires_at == held.expires_at
        assert order.units == ("seat:A-1", "seat:B-1")
        assert [(step.source, step.target, step.actor) for step in order.steps] == [
            ("held", "pending_payment", f"guest {ada.cart}")
        ]
        assert await market.seats() == {"seat:A-1": "held", "seat:B-1": "held"}

    async def test_a_guest_pays_a_surcharge_and_the_seller_bears_the_commission(self, market: Market) -> None:
        order = await market.order(guest(), "A-1", "B-1")
        assert [(line.kind, line.borne_by, line.amount) for line in order.lines] == [
            ("unit", "buyer", euros(20_00)),
            ("unit", "buyer", euros(15_00)),
            ("guest_surcharge", "buyer", euros(3_50)),
            ("commission", "seller", euros(3_50)),
        ]
        assert order.total == euros(38_50) == Money.sum((line.amount for line in order.bought), "EUR")
        assert order.currency == "EUR"

    async def test_with_an_account_there_is_no_surcharge(self, market: Market) -> None:
        account = await make_account(market.now)
        order = await market.order(Actor(cart=CartId.new(), account=account.id), "A-1")
        assert [line.kind for line in order.lines] == ["unit", "commission"]
        assert order.total == euros(20_00)
        assert order.has_account

    async def test_what_changes_afterwards_changes_nothing_for_the_buyer(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        async with transaction() as session:
            change = ListingChange(prices={"Premium": 99_00}, title="Something else", policy="strict")
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        assert await market.see(ada, order.id) == order

    async def test_a_buyer_is_looked_at_however_often_the_hold_is_checked_out(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        await market.check_out(ada, held)
        with pytest.raises(BuyerRefused):
            await market.check_out(ada, held, Buyer("Ada", "nowhere"))

    async def test_the_same_hold_is_the_same_order(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        assert await market.check_out(ada, held) == await market.check_out(ada, held, GRACE)

    async def test_a_slip_in_the_address_is_mended_until_it_is_paid(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1", buyer=Buyer("Ada", "ada@example.ogr"))
        async with transaction() as session:
            right = Buyer(" Ada  Byron", "ADA@example.org", "de")
            mended = await actions.correct_buyer(session, ada, order.id, right, market.now)
        assert (mended.buyer_name, mended.buyer_email) == ("Ada Byron", "ada@example.org")
        assert (await market.see(ada, order.id)).buyer_email == "ada@example.org"
        with pytest.raises(BuyerRefused):
            await self.correct(market, ada, order.id, Buyer("", "nobody"))
        with pytest.raises(BookingNotFound):
            await self.correct(market, guest(), order.id, GRACE)
        await market.skip(minutes=60)
        with pytest.raises(PaymentTimeOver):
            await self.correct(market, ada, order.id, GRACE)

    async def test_another_address_has_no_more_room_than_any(self, market: Market) -> None:
        async with transaction() as session:
            change = ListingChange(max_per_buyer=2)
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        listings.forget(market.listing.id)
        await market.bought(guest(), "A-1", "A-2", buyer=GRACE)
        ada = guest()
        order = await market.order(ada, "B-1")
        with pytest.raises(TooManyForOneBuyer):
            await self.correct(market, ada, order.id, GRACE)

    @staticmethod
    async def correct(market: Market, actor: Actor, id: BookingId, buyer: Buyer) -> None:
        async with transaction() as session:
            await actions.correct_buyer(session, actor, id, buyer, market.now)

    async def test_a_seat_picked_during_check_out_is_not_lost_without_a_word(
        self, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        check_out = inventory.check_out

        async def slowly(*all_of_it: object) -> None:
            await market.hold(ada, "A-2")
            await check_out(*all_of_it)

        monkeypatch.setattr(inventory, "check_out", slowly)
        with pytest.raises(HoldChanged):
            await market.check_out(ada, held)
        monkeypatch.undo()
        now_held = await holding.show(ada, held.id)
        assert (await market.check_out(ada, now_held)).units == ("seat:A-1", "seat:A-2")

    async def test_somebody_elses_hold_does_not_exist(self, market: Market) -> None:
        ada, eve = guest(), guest()
        held = await market.hold(ada, "A-1")
        with pytest.raises(HoldNotFound):
            await market.check_out(eve, held)
        await market.check_out(ada, held)
        with pytest.raises(BookingNotFound):
            await market.check_out(eve, held)
        with pytest.raises(Unauthenticated):
            await market.check_out(Actor(), held)

    async def test_a_hold_that_ran_out_is_told_so(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        await market.skip(minutes=16)
        with pytest.raises(HoldExpired):
            await market.check_out(ada, held)
        assert await market.seats() == {}

    @pytest.mark.parametrize(
        ("buyer", "fields"),
        [
            (Buyer(" \t ", "ada@example.org"), ["buyer.name"]),
            (Buyer("x" * 121, "ada@example.org"), ["buyer.name"]),
            (Buyer("Ada\x00Byron", "ada@example.org"), ["buyer.name"]),
            (Buyer("Ada", "nobody"), ["buyer.email"]),
            (Buyer("", "a@b@c"), ["buyer.name", "buyer.email"]),
        ],
    )
    async def test_each_error_of_the_buyer_is_named(self, market: Market, buyer: Buyer, fields: list[str]) -> None:
        ada = guest()
        with pytest.raises(BuyerRefused) as refused:
            await market.check_out(ada, await market.hold(ada, "A-1"), buyer)
        assert [field_error.field for field_error in refused.value.errors] == fields

    async def test_a_name_is_tidied(self, market: Market) -> None:
        order = await market.order(guest(), "A-1", buyer=Buyer("  Ada   Byron ", " Ada@Example.ORG "))
        assert (order.buyer_name, order.buyer_email) == ("Ada Byron", "ada@example.org")

    async def test_what_has_gone_off_sale_is_not_sold(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        async with transaction() as session:
            await catalog.close(session, market.seller, market.listing.id, market.now)
        with pytest.raises(NotOnSale):
            await market.check_out(ada, held)

    async def test_nobody_buys_more_than_the_listing_allows_however_many_carts_they_push(self, market: Market) -> None:
        async with transaction() as session:
            change = ListingChange(max_per_buyer=3)
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        listings.forget(market.listing.id)
        await market.bought(guest(), "A-1", "A-2")
        with pytest.raises(TooManyForOneBuyer) as refused:
            await market.order(guest(), "B-1", "B-2")
        assert refused.value.details == {"most": 3, "had": 2}
        carts = [guest(), guest()]
        holds = [await market.hold(cart, guid) for cart, guid in zip(carts, ("C-1", "C-3"), strict=True)]
        ends = await asyncio.gather(
            *(market.check_out(cart, held) for cart, held in zip(carts, holds, strict=True)), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Order", "TooManyForOneBuyer"]


class TestPaying:
    async def test_paid_is_confirmed_and_sold_in_the_same_breath(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1", "A-2")
        payment = await market.pay_for(ada, order)
        paid = await market.see(ada, order.id)
        assert payment.status is PaymentStatus.SUCCEEDED
        assert (paid.status, paid.payment_id) == (Status.CONFIRMED, payment.id)
        assert paid.confirmed_at is not None
        assert await market.seats() == {"seat:A-1": "sold", "seat:A-2": "sold"}
        assert [step.target for step in paid.steps] == ["pending_payment", "confirmed"]
        assert await market.bank() == ([44_00], [])
        assert len(await market.events("BookingConfirmed")) == 1

    async def test_every_seat_has_its_signed_ticket(self, market: Market) -> None:
        order = await market.bought(guest(), "A-1", "A-2")
        assert [ticket.unit for ticket in order.tickets] == ["seat:A-1", "seat:A-2"]
        for ticket in order.tickets:
            assert read_ticket(ticket.code) == ticket.id
            assert not ticket.is_void

    async def test_the_same_key_is_the_same_payment(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        begun = await market.begin_to_pay(ada, order)
        assert (await market.begin_to_pay(ada, order)).id == begun.id
        await market.let_pass(4)
        assert (await market.begin_to_pay(ada, order)).status is PaymentStatus.SUCCEEDED
        assert await market.bank() == ([22_00], [])

    async def test_another_key_meanwhile_is_refused(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        await market.begin_to_pay(ada, order)
        with pytest.raises(PaymentInProgress):
            await market.begin_to_pay(ada, order, key="second")

    async def test_a_declined_card_keeps_the_seats_and_another_card_works(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        assert (await market.pay_for(ada, order, CARD_DECLINED)).status is PaymentStatus.FAILED
        assert (await market.see(ada, order.id)).status is Status.PENDING_PAYMENT
        assert await market.seats() == {"seat:A-1": "held"}
        assert len(await market.events("PaymentDeclined")) == 1
        assert (await market.pay_for(ada, order, key="second")).status is PaymentStatus.SUCCEEDED
        assert (await market.see(ada, order.id)).status is Status.CONFIRMED

    async def test_a_payment_that_begins_late_is_given_five_minutes(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        await market.skip(minutes=13)
        begun_at = market.now
        await market.begin_to_pay(ada, order, CHALLENGE)
        kept = (await market.see(ada, order.id)).expires_at
        assert begun_at + timedelta(minutes=5) <= kept <= begun_at + timedelta(minutes=5, seconds=5)
        await market.skip(minutes=4)
        assert await market.seats() == {"seat:A-1": "held"}

    async def test_a_payment_that_begins_early_takes_nothing_away(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        await market.begin_to_pay(ada, order)
        assert (await market.see(ada, order.id)).expires_at == order.expires_at

    async def test_no_hold_is_kept_for_more_than_half_an_hour_in_all(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        began = market.now
        await market.skip(minutes=14)
        order = await market.check_out(ada, held)
        for at in range(5):
            if market.now >= (await market.see(ada, order.id)).expires_at:
                break
            await market.pay_for(ada, order, CARD_DECLINED, key=f"try-{at}")
            await market.skip(minutes=4)
        kept = (await market.see(ada, order.id)).expires_at
        assert began + timedelta(minutes=29) < kept <= began + timedelta(minutes=30, seconds=5)
        async with transaction(reading=True) as session:
            rows = await inventory.queries.of_hold(session, held.id)
        assert {row.expires_at for row in rows} == {kept}

    async def test_when_the_time_is_over_nothing_can_be_paid(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        await market.skip(minutes=16)
        with pytest.raises(PaymentTimeOver):
            await market.begin_to_pay(ada, order)
        await actions.expire_due(market.now)
        with pytest.raises(NothingToPay):
            await market.begin_to_pay(ada, order)

    async def test_a_paid_order_takes_no_more(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        with pytest.raises(NothingToPay):
            await market.begin_to_pay(ada, order, key="again")

    async def test_what_costs_nothing_is_confirmed_without_a_payment(self, market: Market) -> None:
        async with transaction() as session:
            change = ListingChange(prices={"Standard": 0})
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        ada = guest()
        order = await market.order(ada, "B-1")
        assert [line.kind for line in order.lines] == ["unit"]
        async with transaction() as session:
            accepted = await actions.accept_for_free(session, ada, order.id, market.now)
        assert (accepted.status, accepted.payment_id, len(accepted.tickets)) == (Status.CONFIRMED, None, 1)
        assert await market.seats() == {"seat:B-1": "sold"}

    async def test_what_costs_something_is_not_given_away(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        with pytest.raises(UnlawfulTransition):
            async with transaction() as session:
                await actions.accept_for_free(session, ada, order.id, market.now)


class TestExpiry:
    async def test_the_job_lets_go_of_what_is_not_paid_in_time(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        assert await actions.expire_due(market.now) == 0
        await market.skip(minutes=16)
        async with transaction(reading=True) as session:
            assert await actions.queries.overdue_count(session, market.now) == 1
        assert await actions.expire_due(market.now) == 1
        assert await actions.expire_due(market.now) == 0
        assert (await market.see(ada, order.id)).status is Status.EXPIRED
        assert await market.seats() == {}
        assert len(await market.events("BookingExpired")) == 1

    async def test_the_next_buyer_need_not_wait_for_the_job(self, market: Market) -> None:
        await market.order(guest(), "A-1")
        await market.skip(minutes=16)
        grace = guest()
        assert (await market.bought(grace, "A-1", buyer=GRACE)).buyer_name == "Grace Hopper"

    async def test_what_was_paid_does_not_expire(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        await market.skip(hours=2)
        async with transaction() as session:
            assert not await actions.expire(session, order.id, market.now)
        assert (await market.see(SYSTEM, order.id)).status is Status.CONFIRMED
