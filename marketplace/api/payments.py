"""Payments, refunds and what providers send us."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from marketplace import clock, limits
from marketplace.api.auth_context import Asking
from marketplace.api.idempotency import Idempotent, KeyRequired
from marketplace.api.problems import refuses
from marketplace.api.shapes import ChallengeAnswer, PaymentShape, RefundRequest, RefundShape
from marketplace.bookings import actions as bookings
from marketplace.db import transaction
from marketplace.ids import PaymentId
from marketplace.payments import actions as payments

router = APIRouter(tags=["Payments"], route_class=Idempotent)
webhooks = APIRouter(tags=["Webhooks"])


@router.get("/payments/{id}")
async def show_payment(id: str, actor: Asking) -> PaymentShape:
    async with transaction(reading=True) as session:
        return PaymentShape.of(await bookings.payment(session, actor, PaymentId(id)))


@router.post("/payments/{id}/challenge")
async def answer_challenge(id: str, answer: ChallengeAnswer, actor: Asking) -> PaymentShape:
    """Answer the simulator's 3-D Secure challenge. A real provider asks on its own page."""
    async with transaction(reading=True) as session:
        await bookings.payment(session, actor, PaymentId(id))
    return PaymentShape.of(await payments.answer_challenge(PaymentId(id), approve=answer.approve, now=clock.now()))


@router.post("/payments/{id}/refunds", status_code=201)
async def refund(
    id: str,
    wanted: RefundRequest,
    actor: Asking,
    idempotency_key: Annotated[str | None, Header(max_length=limits.IDEMPOTENCY_KEY)] = None,
) -> RefundShape:
    """Send money back: the seller's or an operator's to do. Needs an `Idempotency-Key`."""
    if not idempotency_key:
        raise KeyRequired
    amount = None if wanted.amount is None else wanted.amount.money()
    async with transaction() as session:
        view = await bookings.refund(
            session, actor, PaymentId(id), amount, reason=wanted.reason, key=idempotency_key, now=clock.now()
        )
    return RefundShape.of(view)


@webhooks.post("/webhooks/{provider}", status_code=202, response_class=Response, responses=refuses(400))
async def receive(provider: str, request: Request) -> Response:
    """The inbox. Verified, stored once, answered at once; processed afterwards."""
    await payments.receive_webhook(provider, await request.body(), dict(request.headers), clock.now())
    return Response(status_code=202)
