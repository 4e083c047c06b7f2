"""Check-out: who buys, how they pay, and the payment as it happens.

Nothing of a card is kept here: it goes from the form to the provider, which answers with a token.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from marketplace import clock, datetimes
from marketplace.accounts import queries as accounts
from marketplace.accounts.views import SYSTEM
from marketplace.bookings import actions as bookings
from marketplace.bookings import holding
from marketplace.bookings import queries as orders
from marketplace.bookings.errors import TotalChanged
from marketplace.bookings.views import Buyer, Order, Status
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import Policy
from marketplace.components.values import PriceLine, Step
from marketplace.db import transaction
from marketplace.errors import Conflict, FieldError, HoldfastError, Invalid, Unavailable
from marketplace.i18n import _, page_at, spoken
from marketplace.ids import BookingId, HoldId, ListingId, PaymentId
from marketplace.inventory.errors import HoldExpired, HoldReleased
from marketplace.money import Money
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.gateway import Card, KeptCard
from marketplace.payments.status import PaymentStatus
from marketplace.payments.views import PaymentView
from marketplace.state import formatting, loops
from marketplace.state.viewer import ViewerState, actor_of, part_of

PROVIDER = "simulator"
LOOK_EVERY = 0.35
"""Seconds between two looks at a payment under way: quick enough to feel live, one indexed read each."""
OVERTAKEN = {"hold_expired", "hold_released", "payment_time_over", "nothing_to_pay", "payment_in_progress"}
"""Refusals that mean that this page shows what is no longer so: it is filled anew."""
WATCH_EVERY = 1.0
"""Seconds between two looks at whether the seats of an open check-out are still held: one call of Redis each."""


@dataclass(frozen=True, slots=True)
class _Bill:
    """What is to be paid, from a hold or from the booking that it has become."""

    listing_id: ListingId
    lines: list[PriceLine]
    total: Money
    policy: Policy
    fee_share: str
    """What buying without an account adds, where it still could be saved."""
    fee: Money
    """The same as an amount, whether it could be saved or not: it never comes back."""
    expires_at: str


@dataclass(frozen=True)
class Bought:
    """What the seats are for."""

    title: str = ""
    when_text: str = ""
    place: str = ""
    href: str = ""


NOTHING = Bought()


class CheckoutState(rx.State):
    """`stage`: loading, form, paying, gone (the time is over), missing."""

    stage: str = "loading"
    bought: Bought = NOTHING
    lines: list[PriceLine] = []  # noqa: RUF012 - a Reflex var
    total: str = ""
    expires_at: str = ""
    server_now: str = ""
    buyer_name: str = ""
    buyer_email: str = ""
    is_free: bool = False
    is_guest: bool = True
    """Whether logging in would save the fee."""
    surcharge_text: str = ""
    policy: str = ""
    can_extend: bool = False
    steps: list[Step] = []  # noqa: RUF012
    problem: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    is_busy: bool = False
    needs_challenge: bool = False
    login_href: str = ""

    _order: str = ""
    _payment: str = ""
    _fence: int | None = None
    _total_minor: int = 0
    """What this page shows, and all that it may charge."""
    _currency: str = ""

    @rx.event
    async def load(self) -> Any:
        """Fill the page from the hold in the address, or from the booking that it has become."""
        self._clear()
        address = part_of(self, "checkout_hold")
        try:
            actor = await actor_of(self)
            hold_id = HoldId(address)
            self.login_href = page_at(f"/login?next=/checkout/{hold_id}")
            async with transaction(reading=True) as session:
                order = await orders.by_hold(session, actor, hold_id)
            if order is None:
                await self._show_hold(hold_id)
                return CheckoutState.watch
            return await self._show_order(order)
        except HoldfastError as refused:
            # A hold that somebody has paid for is not one that ran out, whoever asks.
            is_gone = isinstance(refused, HoldExpired) and not await _is_order(HoldId(address))
            self.stage = "gone" if is_gone else "missing"
            if isinstance(refused, HoldReleased):
                self.problem = refused.message
        return None

    @rx.event(temporal=True)  # sent now or never
    async def pay(self, form: dict[str, str]) -> Any:
        """Make the booking if there is none yet, and begin to pay for it."""
        if self.is_busy:
            return
        self.problem, self.errors, self.is_busy = "", {}, True
        yield
        try:
            await self._begin_to_pay(form)
        except Invalid as refused:
            self.problem = refused.message
            self.errors = {_asked_as(field_error.field): field_error.message for field_error in refused.errors}
        except TotalChanged as refused:
            await self._show_anew()
            self.problem = refused.message
        except HoldfastError as refused:
            self.problem = refused.message
            if refused.code in OVERTAKEN:
                yield CheckoutState.load
        else:
            yield CheckoutState.follow if self._payment else _to_order(self._order)
        finally:
            self.is_busy = False

    @rx.event(background=True)
    async def follow(self) -> Any:
        """Show each step of the payment as it happens, until it is decided and the order knows."""
        async with self:
            payment_id, order_id = PaymentId(self._payment), BookingId(self._order)
            tab = self.router.session.session_id
        with loops.begun("payment", tab, payment_id) as loop:
            if loop is None:
                return
            async for event in self._follow(loop, payment_id, order_id):
                yield event

    async def _follow(self, loop: loops.Loop, payment_id: PaymentId, order_id: BookingId) -> AsyncIterator[Any]:
        version = -1
        while await loop.goes_on(after=0 if version < 0 else LOOK_EVERY):
            async with transaction(reading=True) as session:
                payment = await payment_queries.payment_view(session, payment_id)
                status = await orders.status_of(session, order_id)
            if payment.version != version:
                version = payment.version
                async with self:
                    if self._payment != payment_id:
                        return
                    self._show_payment(payment)
            if status is Status.CONFIRMED:
                yield _to_order(order_id)
                return
            if payment.status in {PaymentStatus.FAILED, PaymentStatus.CANCELED} or status is not Status.PENDING_PAYMENT:
                async with self:
                    if payment.status is PaymentStatus.SUCCEEDED:
                        self.stage, self.problem = (
                            "gone",
                            _("Your payment came too late and goes back to you in full."),
                        )
                    elif status is not Status.PENDING_PAYMENT:
                        self.stage = "gone"
                return

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Notice at once when the seats are no longer held, whatever the clock in the browser says."""
        async with self:
            actor, tab = await actor_of(self), self.router.session.session_id
            hold_id = HoldId(part_of(self, "checkout_hold"))
        with loops.begun("hold", tab, hold_id) as loop:
            while loop is not None and await loop.goes_on(after=WATCH_EVERY):
                try:
                    await holding.claim_of(actor, hold_id)
                except Unavailable:
                    continue
                except HoldfastError:
                    yield CheckoutState.time_is_up
                    return

    @rx.event
    async def answer_challenge(self, is_approved: bool) -> None:
        """Pass the answer to the bank's question on."""
        self.needs_challenge = False
        async with transaction(reading=True) as session:
            await bookings.payment(session, await actor_of(self), PaymentId(self._payment))
        await payments.answer_challenge(PaymentId(self._payment), approve=is_approved, now=clock.now())

    @rx.event
    async def cancel(self) -> Any:
        """Give the seats back before anything is paid."""
        actor = await actor_of(self)
        try:
            if self._order:
                async with transaction() as session:
                    await bookings.give_up(session, actor, BookingId(self._order), clock.now())
            else:
                await holding.release(actor, HoldId(part_of(self, "checkout_hold")), fence=self._fence)
        except Conflict as refused:
            # Another tab has paid for it or added to it meanwhile: show that, instead of what is no longer so.
            return [CheckoutState.load, ViewerState.tell(refused.message)]
        return rx.redirect(self.bought.href, replace=True)

    @rx.event
    async def extend(self) -> None:
        """More time, once, and none for an order: that one has its own."""
        held = await holding.extend(await actor_of(self), HoldId(part_of(self, "checkout_hold")))
        self.expires_at, self.server_now = held.expires_at.isoformat(), clock.now().isoformat()
        self.can_extend = False

    @rx.event
    def time_is_up(self) -> Any:
        """The countdown has ended: see what is still ours."""
        return CheckoutState.load

    async def _show_anew(self) -> None:
        """Show what is to be paid by now, above the form that is being filled in."""
        actor, hold_id = await actor_of(self), HoldId(part_of(self, "checkout_hold"))
        async with transaction(reading=True) as session:
            order = await orders.by_hold(session, actor, hold_id)
        if order is None:
            await self._show_hold(hold_id)
        else:
            self._order = order.id
            await self._show_bill(_bill_of(order))

    async def _begin_to_pay(self, form: dict[str, str]) -> None:
        actor, now, total = await actor_of(self), clock.now(), Money(self._total_minor, self._currency)
        buyer = Buyer(form.get("name", ""), form.get("email", ""), spoken())
        kept = await self._checked(form, buyer, now)
        async with transaction() as session:
            order = await bookings.check_out(session, actor, HoldId(part_of(self, "checkout_hold")), buyer, total, now)
            order = await bookings.correct_buyer(session, actor, order.id, buyer, now)
        self._order = order.id
        await self._show_bill(_bill_of(order))
        if kept is None:
            async with transaction() as session:
                await bookings.accept_for_free(session, actor, order.id, now)
            return
        async with transaction() as session:
            tried = len(await payment_queries.payments_of(session, order.id))
            # Two clicks, or two tabs, see the same number of earlier tries and so make one payment, not two.
            payment = await bookings.pay(
                session, actor, order.id, total=total, provider=PROVIDER, method=kept.token, key=f"try-{tried + 1}",
                now=now,
            )  # fmt: skip
        self._payment, self.stage = payment.id, "paying"
        self._show_payment(payment)

    async def _checked(self, form: dict[str, str], buyer: Buyer, now: datetime) -> KeptCard | None:
        """The card to pay with, none where it is free. Raises Invalid with everything that is wrong with the form."""
        if self.stage != "form":
            raise Invalid(_("Nothing to pay"))
        errors: list[FieldError] = []
        kept = None
        try:
            bookings.known(buyer)
        except Invalid as refused:
            errors += refused.errors
        if not self.is_free:
            card = _card(form)
            try:
                kept = await payments.keep_card(PROVIDER, card, now)
            except Invalid as refused:
                errors += refused.errors
            if not card.exp_month:
                errors.append(FieldError("expiry", _("Use month and year, such as 12/30.")))
        if form.get("terms") != "on":
            errors.append(FieldError("terms", _("Please accept the terms to continue.")))
        if errors:
            raise Invalid(_("Please check the marked fields. Nothing was charged."), errors)
        return kept

    async def _show_hold(self, hold_id: HoldId) -> None:
        actor = await actor_of(self)
        held = await holding.show(actor, hold_id)
        self._fence = held.fence
        lines = [_line(line.label, line.price, line.category) for line in held.lines]
        share = formatting.share_text(held.guest_surcharge_bp)
        if held.surcharge:
            lines.append(_line(_("Fee for buying without an account"), held.surcharge, share))
        await self._show_bill(
            _Bill(held.listing_id, lines, held.total, held.policy, share, held.surcharge, held.expires_at.isoformat())
        )
        self.can_extend = not held.is_extended
        if actor.account is not None:
            async with transaction(reading=True) as session:
                account = await accounts.account_view(session, actor.account)
            self.buyer_name, self.buyer_email = account.name, account.email
        self.stage = "form"

    async def _show_order(self, order: Order) -> Any:
        if order.status is Status.CONFIRMED:
            return _to_order(order.id)
        self._order = order.id
        self.buyer_name, self.buyer_email = order.buyer_name, order.buyer_email
        await self._show_bill(_bill_of(order))
        if order.status is not Status.PENDING_PAYMENT:
            self.stage = "gone"
            return None
        async with transaction(reading=True) as session:
            latest = next(iter(await payment_queries.payments_of(session, order.id)), None)
        self.stage = "form"
        if latest is None:
            return CheckoutState.watch
        self._payment = latest.id
        self._show_payment(latest)
        return CheckoutState.follow if latest.status.is_live else CheckoutState.watch

    async def _show_bill(self, bill: _Bill) -> None:
        actor = await actor_of(self)
        offer = await catalog.offer(bill.listing_id)
        self.bought = Bought(
            title=offer.title, place=f"{offer.place_name}, {offer.city}", href=page_at(f"/l/{offer.slug}"),
            when_text=f"{datetimes.short(offer.starts_at, offer.zone)} {datetimes.zone_text(offer.zone)}",
        )  # fmt: skip
        self.policy = f"{formatting.policy_text(bill.policy)} {formatting.fee_text(bill.fee)}".strip()
        self.can_extend = False
        self.lines, self.total = bill.lines, bill.total.text()
        self._total_minor, self._currency = bill.total.minor, bill.total.currency
        # An order keeps the fee that it was made with.
        self.is_free, self.is_guest = not bill.total, actor.account is None and not self._order
        self.surcharge_text = bill.fee_share
        self.expires_at, self.server_now = bill.expires_at, clock.now().isoformat()

    def _show_payment(self, payment: PaymentView) -> None:
        last = len(payment.steps) - 1
        is_over = payment.status.is_final
        self.steps = [
            Step(
                label=step.label, detail=step.detail,
                state="done" if at < last or payment.status is PaymentStatus.SUCCEEDED else "failed" if is_over else "now",
            )
            for at, step in enumerate(payment.steps)
        ]  # fmt: skip
        self.needs_challenge = payment.status is PaymentStatus.REQUIRES_ACTION
        if payment.status in {PaymentStatus.FAILED, PaymentStatus.CANCELED}:
            self.stage = "form"
            self.problem = payment.failure_message or _("The payment did not go through. Nothing was charged.")
        else:
            self.stage = "paying"

    def _clear(self) -> None:
        self.stage, self.problem, self.errors, self.steps = "loading", "", {}, []
        self.needs_challenge = self.is_busy = False
        self._order = self._payment = ""


def _to_order(order_id: str) -> Any:
    """On to the tickets. “Back” then leads to the listing, not to a check-out that has been finished."""
    return rx.redirect(page_at(f"/o/{order_id}"), replace=True)


async def _is_order(hold_id: HoldId) -> bool:
    """Whether a hold has become an order, whoever's."""
    async with transaction(reading=True) as session:
        return await orders.by_hold(session, SYSTEM, hold_id) is not None


def _asked_as(field: str) -> str:
    """What the form calls a field that a room finds fault with: it asks for a card's month and year at once."""
    name = field.rpartition(".")[2]
    return "expiry" if name in {"exp_month", "exp_year"} else name


_EXPIRY = re.compile(r"(\d{1,2})[/.-]?(\d{4}|\d{2})", re.ASCII)


def _card(form: dict[str, str]) -> Card:
    """The card as typed in; an expiry that is no month and year is one that no card has.

    A keypad for digits has no slash: 1230 is 12/30, and so are 12/2030, “12 / 30” and 122030.
    """
    written = _EXPIRY.fullmatch("".join(form.get("expiry", "").split()))
    month, year = (int(written[1]), int(written[2])) if written else (0, 0)
    number = "".join(form.get("number", "").split()).replace("-", "")
    return Card(number, month, year + 2000 if year < 100 else year, form.get("cvc", "").strip())


def _bill_of(order: Order) -> _Bill:
    lines = [_line(line.label, line.amount, line.category or "") for line in order.bought]
    return _Bill(
        order.listing_id, lines, order.total, Policy(order.policy), "", order.surcharge, order.expires_at.isoformat()
    )


def _line(label: str, amount: Money, note: str) -> PriceLine:
    return PriceLine(label=label, text=amount.text(), note=note)
