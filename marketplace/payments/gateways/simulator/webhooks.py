"""The simulator's webhooks: written beside the change that they tell of, sent over HTTP as often as it takes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import col, select, update

from marketplace import settings
from marketplace.db import Session, transaction
from marketplace.ids import ulid
from marketplace.money import AmountRefused, Money
from marketplace.outbox import record
from marketplace.payments.errors import UnreadableWebhook
from marketplace.payments.gateway import Charge, Notice, WebhookFaults
from marketplace.payments.gateways.simulator.events import SimulatorDue
from marketplace.payments.gateways.simulator.models import SimulatorCharge, SimulatorDelivery, SimulatorStep
from marketplace.payments.signatures import sign
from marketplace.payments.status import FailureReason, PaymentStatus

HEADER = "Simulator-Signature"
PATH = "/api/v1/webhooks/simulator"
MOST_ATTEMPTS = 8
HELD_BACK = timedelta(seconds=3)
"""How long early news is kept so that final news overtakes it, beside the time that the payment takes."""

_LEASE = timedelta(seconds=30)


class _Object(BaseModel, strict=True):
    """A charge on the wire."""

    id: str
    amount: int
    captured: int
    currency: str
    status: str
    reason: str | None = None
    next_action: dict[str, Any] | None = None
    method_label: str = ""
    disputed: bool = False


class _Event(BaseModel):
    id: str = Field(pattern=r"^evt_sim_\w{1,60}$")
    type: str
    at: AwareDatetime
    object: _Object


def write(charge: SimulatorCharge, event_id: str) -> bytes:
    """The body of the event that tells how `charge` stands."""
    what = "disputed" if charge.is_disputed else charge.status
    event = _Event(
        id=event_id,
        type=f"charge.{what}",
        at=charge.changed_at,
        object=_Object(
            id=charge.reference,
            amount=charge.amount_minor,
            captured=charge.captured_minor,
            currency=charge.currency,
            status=charge.status,
            reason=charge.reason,
            next_action=charge.snapshot().next_action,
            method_label=charge.method_label,
            disputed=charge.is_disputed,
        ),
    )
    return event.model_dump_json().encode()


def read(body: bytes) -> Notice:
    """Raises UnreadableWebhook for whatever the simulator would not have written."""
    try:
        event = _Event.model_validate_json(body)
        said = event.object
        charge = Charge(
            reference=said.id,
            amount=Money(said.amount, said.currency),
            captured=Money(said.captured, said.currency),
            status=PaymentStatus(said.status),
            at=event.at,
            reason=FailureReason(said.reason) if said.reason else None,
            next_action=said.next_action,
            method_label=said.method_label,
            is_disputed=said.disputed,
        )
    except (AmountRefused, ValueError) as error:
        raise UnreadableWebhook("This is not an event of the simulator.") from error
    return Notice(event.id, event.type, charge)


def announce(session: Session, charge: SimulatorCharge, faults: WebhookFaults, takes: timedelta, now: datetime) -> None:
    """Queue the news of `charge`, with whatever the testers want to go wrong."""
    event_id = f"evt_sim_{ulid()}"
    body = write(charge, event_id)
    if faults.drop:
        session.add(SimulatorDelivery(charge=charge.reference, event_id=event_id, body=body, last_answer="dropped"))
        return
    due = now + timedelta(seconds=faults.delay_seconds)
    if faults.reorder and not charge.state.is_final:
        due += takes + HELD_BACK
    for _ in range(1 + faults.duplicates):
        session.add(SimulatorDelivery(charge=charge.reference, event_id=event_id, body=body, due_at=due))
    if faults.forge:
        session.add(_forged(charge, body, due))
    record(session, SimulatorDue(charge.reference), now, due_at=due)


async def send_due(post: httpx.AsyncClient, secret: str, now: datetime, charge: str | None = None) -> int:
    """Send what is due, of one charge or of all, each with a fresh signature. Returns how many were taken."""
    wanted = select(SimulatorDelivery.id).where(col(SimulatorDelivery.due_at) <= now)
    if charge is not None:
        wanted = wanted.where(col(SimulatorDelivery.charge) == charge)
    async with transaction(reading=True) as session:
        due = await session.exec(wanted.order_by(col(SimulatorDelivery.due_at), col(SimulatorDelivery.id)).limit(200))
        ids = list(due)
    return sum([await _send(post, id, secret, now) for id in ids])


async def _send(post: httpx.AsyncClient, id: str, secret: str, now: datetime) -> bool:
    async with transaction() as session:
        leased = await session.execute(
            update(SimulatorDelivery)
            .where(col(SimulatorDelivery.id) == id, col(SimulatorDelivery.due_at) <= now)
            .values(due_at=now + _LEASE, attempts=col(SimulatorDelivery.attempts) + 1)
            .returning(col(SimulatorDelivery.body), col(SimulatorDelivery.is_forged))
        )
        found = leased.first()
    if found is None:
        return False
    body, is_forged = found
    header = sign(body, "not the secret" if is_forged else secret, now)
    try:
        answer = await post.post(
            settings.current().own_url + PATH,
            content=body,
            headers={HEADER: header, "Content-Type": "application/json"},
        )
        said, is_taken = str(answer.status_code), answer.is_success
    except httpx.HTTPError as error:
        said, is_taken = repr(error), False
    async with transaction() as session:
        delivery = await session.get(SimulatorDelivery, id, with_for_update=True)
        assert delivery is not None
        _settle(session, delivery, said, now, is_taken=is_taken)
    return is_taken


def _settle(session: Session, delivery: SimulatorDelivery, said: str, now: datetime, *, is_taken: bool) -> None:
    """Write down what the receiver said; try again later if it was not thanks."""
    delivery.last_answer, delivery.due_at = said, None
    if is_taken:
        delivery.delivered_at = now
    elif delivery.attempts < MOST_ATTEMPTS and not delivery.is_forged:
        delivery.due_at = now + timedelta(seconds=2**delivery.attempts)
        record(session, SimulatorDue(delivery.charge), now, due_at=delivery.due_at)
    kind = "Forged webhook" if delivery.is_forged else "Webhook"
    session.add(SimulatorStep(charge=delivery.charge, at=now, label=f"{kind} sent", detail=f"answer: {said}"))


def _forged(charge: SimulatorCharge, body: bytes, due: datetime) -> SimulatorDelivery:
    """The same news, bettered: a success of the full amount."""
    event = json.loads(body)
    event["id"] = f"evt_sim_{ulid()}"
    event["type"] = "charge.succeeded"
    event["object"] |= {"status": "succeeded", "captured": charge.amount_minor, "reason": None}
    return SimulatorDelivery(
        charge=charge.reference, event_id=event["id"], body=json.dumps(event).encode(), is_forged=True, due_at=due
    )
