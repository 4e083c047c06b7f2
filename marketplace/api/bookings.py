"""Bookings: from a hold to tickets, or to an end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from marketplace import clock, limits, settings
from marketplace.accounts import throttle
from marketplace.addresses import SESSION
from marketplace.api.auth_context import Asking, client_ip
from marketplace.api.forms import Text, back
from marketplace.api.idempotency import Idempotent, KeyRequired
from marketplace.api.problems import answers_with, refuses
from marketplace.api.same_origin import must_be_our_form
from marketplace.api.shapes import (
    BookingPage,
    BookingRequest,
    BookingShape,
    CancelQuoteShape,
    CancelRequest,
    Cursor,
    EmailAddress,
    PaymentRequest,
    PaymentShape,
)
from marketplace.bookings import actions as bookings
from marketplace.bookings import documents, queries
from marketplace.bookings.views import Buyer
from marketplace.db import transaction
from marketplace.errors import FieldError, HoldfastError, Invalid
from marketplace.i18n import _, page_at, spoken
from marketplace.ids import BookingId, HoldId
from marketplace.money import Amount
from marketplace.paging import MOST_PER_PAGE
from marketplace.payments import actions as payments

router = APIRouter(tags=["Bookings"], route_class=Idempotent)
forms = APIRouter(prefix=SESSION, include_in_schema=False)


@router.post("/bookings", status_code=201, responses=refuses(404))
async def check_out(wanted: BookingRequest, actor: Asking) -> BookingShape:
    """Turn a hold into a booking with its line items. The same hold always answers with the same booking.

    409 `total_changed` brings the total that it would be by now, where that is not the one that the buyer was shown.
    """
    buyer = Buyer(wanted.buyer.name, wanted.buyer.email, wanted.buyer.language or spoken())
    async with transaction() as session:
        order = await bookings.check_out(
            session, actor, HoldId(wanted.hold_id), buyer, wanted.total.money(), clock.now()
        )
    return BookingShape.of(order)


@router.get("/bookings")
async def my_bookings(
    actor: Asking, limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50, cursor: Cursor | None = None
) -> BookingPage:
    """The caller's own, newest first."""
    async with transaction(reading=True) as session:
        return BookingPage.of(await queries.orders(session, actor, cursor, limit))


@router.post("/bookings/links", status_code=202, response_class=Response, responses=refuses(429))
async def ask_for_links(wanted: EmailAddress, request: Request) -> Response:
    """Send the links to what was bought with this address, without an account and for later, to that address.

    The answer is the same whether anything was bought. At most three times an hour.
    """
    await _ask_for_links(request, wanted.email)
    return Response(status_code=202)


@forms.post("/links")
async def links_form(request: Request, email: Text = "", csrf: Text = "") -> Response:
    try:
        must_be_our_form(request, csrf)
        await _ask_for_links(request, email)
    except HoldfastError as error:
        return back("/orders", error, {"email": email})
    return RedirectResponse(f"{page_at('/orders')}?sent=1", 303)


async def _ask_for_links(request: Request, email: str) -> None:
    await throttle.hit("links-address", client_ip(request), settings.current().login_limit)
    async with transaction() as session:
        await bookings.ask_for_links(session, email, clock.now())


@router.get("/bookings/{id}")
async def show_booking(id: str, actor: Asking) -> BookingShape:
    async with transaction(reading=True) as session:
        return BookingShape.of(await queries.order(session, actor, BookingId(id)))


@router.get("/bookings/{id}/cancel", responses=refuses(409))
async def quote_cancelling(id: str, actor: Asking) -> CancelQuoteShape:
    """What cancelling now would bring back."""
    async with transaction(reading=True) as session:
        quote = await bookings.cancel_quote(session, actor, BookingId(id), clock.now())
    return CancelQuoteShape(
        status=quote.status, refund=Amount.of(quote.refund), kept=Amount.of(quote.kept), words=quote.words
    )


@router.post("/bookings/{id}/cancel", responses=refuses(409))
async def cancel(id: str, actor: Asking, seen: CancelRequest | None = None) -> BookingShape:
    """End a booking, as `GET` of the same address quotes it: send the quote's `status` and `refund`.

    409 `order_moved_on` if either is otherwise by now; nothing is cancelled then. Without a body only a booking that waits
    for its money is given up.
    """
    booking_id, now = BookingId(id), clock.now()
    async with transaction() as session:
        if seen is None:
            order = await bookings.give_up(session, actor, booking_id, now)
        else:
            order = await bookings.cancel(
                session, actor, booking_id, now, status=seen.status, refund=seen.refund.money()
            )
        return BookingShape.of(order)


@router.post("/bookings/{id}/mail", status_code=202, response_class=Response, responses=refuses(429))
async def send_tickets_again(id: str, actor: Asking) -> Response:
    """Send the mail with the tickets once more, to the buyer's address; at most three times an hour."""
    async with transaction() as session:
        await bookings.send_tickets_again(session, actor, BookingId(id), clock.now())
    return Response(status_code=202)


@router.post("/bookings/{id}/payments", status_code=201)
async def pay(
    id: str,
    wanted: PaymentRequest,
    actor: Asking,
    idempotency_key: Annotated[str | None, Header(max_length=limits.IDEMPOTENCY_KEY)] = None,
) -> PaymentShape:
    """Begin to pay the total. Needs an `Idempotency-Key`; follow the payment at `GET /payments/{id}`."""
    if not idempotency_key:
        raise KeyRequired
    now = clock.now()
    if wanted.card is not None:
        async with transaction(reading=True) as session:
            await queries.seen_by(session, actor, BookingId(id))
        # The card goes to the provider before our transaction begins: no provider is called inside one.
        method = (await payments.keep_card(wanted.provider, wanted.card.card(), now)).token
    elif wanted.method == "card":
        raise Invalid(_("A card payment needs a card."), [FieldError("card", _("Give the card to pay with."))])
    else:
        method = wanted.method
    async with transaction() as session:
        payment = await bookings.pay(
            session,
            actor,
            BookingId(id),
            total=wanted.total.money(),
            provider=wanted.provider,
            method=method,
            key=idempotency_key,
            now=now,
        )
    return PaymentShape.of(payment)


@router.post("/bookings/{id}/accept")
async def accept_for_free(id: str, actor: Asking) -> BookingShape:
    """Confirm a booking that costs nothing."""
    async with transaction() as session:
        return BookingShape.of(await bookings.accept_for_free(session, actor, BookingId(id), clock.now()))


@router.get(
    "/bookings/{id}/tickets.pdf", response_class=Response, responses=refuses(409) | answers_with("application/pdf")
)
async def tickets_pdf(id: str, actor: Asking) -> Response:
    async with transaction(reading=True) as session:
        order = await queries.order_as_bought(session, actor, BookingId(id))
    return _file(await documents.draw(documents.tickets_pdf, order), "application/pdf", f"tickets-{id[-8:]}.pdf")


@router.get("/bookings/{id}/event.ics", response_class=Response, responses=refuses(409) | answers_with("text/calendar"))
async def calendar_file(id: str, actor: Asking) -> Response:
    async with transaction(reading=True) as session:
        order = await queries.order_as_bought(session, actor, BookingId(id))
    return _file(documents.calendar_file(order, clock.now()), "text/calendar; charset=utf-8", f"event-{id[-8:]}.ics")


def _file(body: bytes, media_type: str, name: str) -> Response:
    return Response(body, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
