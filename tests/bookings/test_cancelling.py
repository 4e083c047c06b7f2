"""The end of an order: who may, what comes back, who sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.accounts import tokens
from marketplace.accounts.views import SYSTEM, Actor, Link
from marketplace.bookings import actions, queries
from marketplace.bookings.errors import BookingNotFound, OrderMovedOn, UnlawfulTransition
from marketplace.bookings.transitions import Status
from marketplace.bookings.views import CancelQuote, Order
from marketplace.catalog import actions as catalog
from marketplace.catalog.views import ListingChange
from marketplace.db import transaction
from marketplace.errors import Forbidden
from marketplace.ids import AccountId, BookingId, CartId, HoldId, ResourceId
from marketplace.money import Money
from marketplace.payments.errors import PaymentNotFound, RefundTooLarge
from marketplace.payments.views import RefundView
from tests.makers.accounts import make_account, make_seller
from tests.makers.bookings import ADA, GRACE, Market, guest

OPERATOR = Actor(account=AccountId.new(), is_operator=True)


async def quote(market: Market, actor: Actor, order: Order) -> CancelQuote:
    async with transaction(reading=True) as session:
        return await actions.cancel_quote(session, actor, order.id, market.now)


async def refund(market: Market, actor: Actor, order: Order, minor: int | None, key: str = "r") -> RefundView:
    amount = None if minor is None else Money(minor, "EUR")
    async with transaction() as session:
        view = await actions.refund(
            session, actor, order.payment_id, amount, reason="goodwill", key=key, now=market.now
        )
    await market.work()
    return view


class TestCancelling:
    async def test_before_payment_the_seats_are_free_at_once(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        assert await quote(market, ada, order) == CancelQuote(
            Status.PENDING_PAYMENT, Money(0, "EUR"), Money(0, "EUR"), "Nothing has been paid, and nothing is kept."
        )
        cancelled = await market.cancel(ada, order)
        assert cancelled.status is Status.CANCELLED_BY_BUYER
        assert cancelled.steps[-1].actor == f"guest {ada.cart}"
        assert await market.seats() == {}
        await market.hold(guest(), "A-1")

    @pytest.mark.parametrize(
        ("left", "back"),
        [
            (timedelta(hours=72, minutes=5), 40_00),
            (timedelta(hours=71), 20_00),
            (timedelta(hours=24, minutes=5), 20_00),
            (timedelta(hours=23), 0),
        ],
    )
    async def test_afterwards_the_policy_decides_and_the_surcharge_stays(
        self, market: Market, left: timedelta, back: int
    ) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1", "A-2")
        await market.skip(seconds=(order.starts_at - left - market.now).total_seconds())
        promised = await quote(market, ada, order)
        assert (promised.refund.minor, promised.kept.minor) == (back, 44_00 - back)
        cancelled = await market.cancel(ada, order)
        assert all(ticket.is_void for ticket in (await market.see(ada, order.id)).tickets)
        assert cancelled.status is Status.CANCELLED_BY_BUYER
        assert await market.bank() == ([44_00], [back] if back else [])
        assert await market.seats() == {}

    async def test_a_seller_or_an_operator_gives_everything_back(self, market: Market) -> None:
        for canceller, seat, end in (
            (market.seller, "A-1", Status.CANCELLED_BY_SELLER),
            (OPERATOR, "A-2", Status.CANCELLED_BY_OPERATOR),
        ):
            order = await market.bought(guest(), seat)
            assert (await quote(market, canceller, order)).words == "The buyer gets €22.00 back."
            assert (await market.cancel(canceller, order)).status is end
        assert await market.bank() == ([22_00, 22_00], [22_00, 22_00])
        assert [event.partition('"by":"')[2] for event in await market.events("BookingCancelled")] == [
            'seller"}',
            'operator"}',
        ]

    async def test_the_system_cancels_as_an_operator_would(self, market: Market) -> None:
        order = await market.order(guest(), "A-1")
        with pytest.raises(UnlawfulTransition):
            await market.cancel(SYSTEM, order)

    async def test_never_more_than_what_is_left_after_an_earlier_refund(self, market: Market) -> None:
        order = await market.bought(guest(), "A-1")
        await refund(market, market.seller, order, 7_00)
        assert (await quote(market, market.seller, order)).refund == Money(15_00, "EUR")
        await market.cancel(market.seller, order)
        assert await market.bank() == ([22_00], [7_00, 15_00])

    async def test_once_is_enough(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        await market.cancel(ada, order)
        for call in (quote(market, ada, order), market.cancel(ada, order), market.cancel(market.seller, order)):
            with pytest.raises(UnlawfulTransition):
                await call
        assert await market.bank() == ([22_00], [20_00])

    async def test_once_it_has_begun_a_buyer_cannot_cancel_but_the_seller_can(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        await market.skip(days=14, seconds=5)
        with pytest.raises(UnlawfulTransition):
            await market.cancel(ada, order)
        assert (await market.cancel(market.seller, order)).status is Status.CANCELLED_BY_SELLER

    async def test_what_was_free_costs_nothing_to_cancel(self, market: Market) -> None:
        async with transaction() as session:
            change = ListingChange(prices={"Standard": 0})
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        ada = guest()
        order = await market.order(ada, "B-1")
        async with transaction() as session:
            await actions.accept_for_free(session, ada, order.id, market.now)
        await market.cancel(ada, order)
        assert await market.bank() == ([], [])
        assert await market.seats() == {}


class TestRefunding:
    async def test_a_seller_and_an_operator_may_refund_in_part(self, market: Market) -> None:
        order = await market.bought(guest(), "A-1")
        assert (await refund(market, market.seller, order, 5_00, "one")).amount == Money(5_00, "EUR")
        assert (await refund(market, OPERATOR, order, None, "two")).amount == Money(17_00, "EUR")
        with pytest.raises(RefundTooLarge):
            await refund(market, market.seller, order, 1, "three")
        assert await market.bank() == ([22_00], [5_00, 17_00])
        assert (await market.see(SYSTEM, order.id)).status is Status.CONFIRMED

    async def test_a_buyer_may_not_and_a_stranger_learns_nothing(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        with pytest.raises(Forbidden):
            await refund(market, ada, order, 1)
        with pytest.raises(PaymentNotFound):
            await refund(market, guest(), order, 1)


class TestSeeing:
    async def test_only_its_people_see_an_order(self, market: Market) -> None:
        account = await make_account(market.now)
        ada = Actor(cart=CartId.new(), account=account.id)
        order = await market.order(ada, "A-1")
        _, stranger = await make_seller(market.now, name="Another House")
        for eyes in (ada, Actor(account=account.id), market.seller, OPERATOR, SYSTEM):
            assert (await market.see(eyes, order.id)).id == order.id
        for eyes in (
            guest(),
            Actor(),
            Actor(cart=ada.cart),
            stranger,
            Actor(account=AccountId.new()),
            Actor(link=Link(BookingId.new(), "")),
        ):
            with pytest.raises(BookingNotFound):
                await market.see(eyes, order.id)
            async with transaction(reading=True) as session:
                assert await queries.by_hold(session, eyes, order.hold_id) is None

    async def test_a_magic_link_opens_exactly_one_order(self, market: Market) -> None:
        ada = guest()
        one, other = await market.order(ada, "A-1"), await market.order(ada, "A-2")
        opened = tokens.read_booking_key(tokens.issue_booking_key(one.id, ADA.email, market.now), market.now)
        link = Actor(link=opened)
        assert (await market.see(link, one.id)).id == one.id
        assert (await market.cancel(link, one)).steps[-1].actor == f"link {one.id}"
        with pytest.raises(BookingNotFound):
            await market.see(link, other.id)

    async def test_a_magic_link_opens_nothing_once_it_was_sent_to_a_wrong_address(self, market: Market) -> None:
        ada = guest()
        mistyped = await market.order(ada, "A-1", buyer=GRACE)
        links = {
            email: Actor(
                link=tokens.read_booking_key(tokens.issue_booking_key(mistyped.id, email, market.now), market.now)
            )
            for email in (GRACE.email, ADA.email)
        }
        assert (await market.see(links[GRACE.email], mistyped.id)).id == mistyped.id
        async with transaction() as session:
            await actions.correct_buyer(session, ada, mistyped.id, ADA, market.now)
        assert (await market.see(links[ADA.email], mistyped.id)).buyer_email == ADA.email
        with pytest.raises(BookingNotFound):
            await market.see(links[GRACE.email], mistyped.id)

    async def test_what_does_not_exist_is_not_found(self, market: Market) -> None:
        nowhere = BookingId.new()
        with pytest.raises(BookingNotFound):
            await market.see(SYSTEM, nowhere)
        async with transaction() as session:
            for look in (queries.status_of, queries.order_for_mail, queries.locked):
                with pytest.raises(BookingNotFound):
                    await look(session, nowhere)
            assert await queries.by_hold(session, SYSTEM, HoldId.on(ResourceId(market.listing.id))) is None

    async def test_my_orders_are_those_of_my_account_and_my_cart_newest_first(self, market: Market) -> None:
        account = await make_account(market.now)
        at_home, on_the_way = Actor(CartId.new(), account.id), Actor(CartId.new(), account.id)
        first = await market.order(at_home, "A-1")
        second = await market.order(on_the_way, "B-1", "B-2")
        third = await market.order(Actor(at_home.cart), "C-1", buyer=GRACE)
        await market.order(guest(), "C-2", buyer=GRACE)
        async with transaction(reading=True) as session:
            mine = await queries.orders(session, at_home)
            assert [(card.id, card.quantity) for card in mine.items] == [(third.id, 1), (second.id, 2), (first.id, 1)]
            newest = await queries.orders(session, at_home, limit=1)
            middle = await queries.orders(session, at_home, newest.next_cursor, limit=1)
            assert [card.id for card in middle.items] == [second.id]
            assert [card.id for card in (await queries.orders(session, Actor(at_home.cart))).items] == [third.id]
            assert (await queries.orders(session, Actor())).items == ()

    async def test_what_waits_to_be_paid_can_be_found_again(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        async with transaction(reading=True) as session:
            found = await queries.unpaid_of_cart(session, ada, market.listing.id, market.now)
            assert found == await queries.by_hold(session, ada, order.hold_id) == order
            assert await queries.unpaid_of_cart(session, guest(), market.listing.id, market.now) is None
            assert await queries.status_of(session, order.id) is Status.PENDING_PAYMENT
            assert await queries.order_for_mail(session, order.id) == order
        await market.skip(minutes=16)
        async with transaction(reading=True) as session:
            assert await queries.unpaid_of_cart(session, ada, market.listing.id, market.now) is None


class TestWhatWasSeen:
    """Whoever ends an order ends the one that they saw: another tab, or time itself, may have changed it since."""

    async def test_seats_are_not_given_back_once_they_are_paid_for(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        await market.pay_for(ada, order)
        with pytest.raises(OrderMovedOn) as refused:
            async with transaction() as session:
                await actions.give_up(session, ada, order.id, market.now)
        assert refused.value.details["booking_status"] == "confirmed"
        assert (await market.see(ada, order.id)).status is Status.CONFIRMED
        assert await market.bank() == ([22_00], [])

    async def test_what_brings_back_less_than_was_quoted_is_not_cancelled(self, market: Market) -> None:
        ada = guest()
        order = await market.bought(ada, "A-1")
        seen = await quote(market, ada, order)
        assert seen.refund == Money(20_00, "EUR")
        later = order.starts_at - timedelta(hours=30)
        with pytest.raises(OrderMovedOn) as refused:
            async with transaction() as session:
                await actions.cancel(session, ada, order.id, later, status=seen.status, refund=seen.refund)
        assert refused.value.details["refund"] == {"amount": 10_00, "currency": "EUR"}
        assert (await market.see(ada, order.id)).status is Status.CONFIRMED

    async def test_what_is_as_it_was_quoted_is_cancelled(self, market: Market) -> None:
        """The control: nothing but the change keeps the two above from being cancelled."""
        ada = guest()
        order = await market.bought(ada, "A-1")
        assert (await market.cancel(ada, order)).status is Status.CANCELLED_BY_BUYER
