"""News of a payment ends in the same place, whatever order it comes in and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Conflict
from marketplace.ids import BookingId
from marketplace.money import Money
from marketplace.payments.gateway import Charge
from marketplace.payments.models import Payment
from marketplace.payments.status import LIVE, FailureReason, PaymentStatus

START = datetime(2030, 1, 1, tzinfo=UTC)
HUNDRED = Money(100, "EUR")


def fresh(captured: int = 0) -> Payment:
    payment = Payment.begin(
        booking=BookingId.new(), amount=HUNDRED, provider="simulator", method="pm", key="k", now=START
    )
    if captured:
        payment.status, payment.captured_minor = PaymentStatus.SUCCEEDED.value, captured
    return payment


def said(status: PaymentStatus, second: int, *, is_disputed: bool = False) -> Charge:
    """What a provider says in that second; the same each time that it is asked about the same second."""
    return Charge(
        reference="ch_sim_1",
        amount=HUNDRED,
        captured=HUNDRED if status is PaymentStatus.SUCCEEDED else Money.zero("EUR"),
        status=status,
        at=START + timedelta(seconds=second),
        reason=FailureReason.CARD_DECLINED if status is PaymentStatus.FAILED else None,
        next_action={"type": "challenge"} if status is PaymentStatus.REQUIRES_ACTION else None,
        is_disputed=is_disputed,
    )


news = st.builds(said, st.sampled_from(PaymentStatus), st.integers(0, 5), is_disputed=st.booleans())


def end_of(story: list[Charge]) -> tuple[object, ...]:
    payment = fresh()
    for charge in story:
        payment.apply(charge, START)
    return (
        payment.status,
        payment.said_at,
        payment.failure_reason,
        payment.action and payment.action["type"],
        payment.captured,
        payment.is_disputed,
    )


@given(st.data(), st.lists(news, min_size=1, max_size=8))
def test_any_order_and_any_repetition_of_events_ends_in_the_same_state(
    data: st.DataObject, story: list[Charge]
) -> None:
    repeated = story + data.draw(st.lists(st.sampled_from(story), max_size=5))
    assert end_of(data.draw(st.permutations(repeated))) == end_of(story)


@given(st.lists(news, max_size=8))
def test_reported_success_is_never_overlooked(story: list[Charge]) -> None:
    has_succeeded = any(charge.status is PaymentStatus.SUCCEEDED for charge in story)
    assert (end_of(story)[0] == "succeeded") == has_succeeded


@given(st.lists(st.integers(-10, 120), max_size=30), st.integers(1, 100))
def test_refunds_never_exceed_what_was_captured(amounts: list[int], captured: int) -> None:
    payment, promised = fresh(captured), 0
    for minor in amounts:
        try:
            payment.reserve_refund(Money(minor, "EUR"))
            promised += minor
        except Conflict:
            assert minor <= 0 or minor > captured - payment.refunded_minor
        assert 0 <= payment.refunded_minor == promised <= captured


def test_a_challenge_answered_moves_on_and_its_old_news_does_not_bring_it_back() -> None:
    payment = fresh()
    asks, works = said(PaymentStatus.REQUIRES_ACTION, 1), said(PaymentStatus.PROCESSING, 2)
    assert payment.apply(asks, START)
    assert payment.apply(works, START)
    assert not payment.apply(asks, START)
    assert payment.state is PaymentStatus.PROCESSING


def test_an_answer_lost_at_the_challenge_is_healed_by_the_same_challenge() -> None:
    payment = fresh()
    asks = said(PaymentStatus.REQUIRES_ACTION, 1)
    payment.apply(asks, START)
    assert payment.doubt(START)
    assert not payment.doubt(START), "no news"
    assert payment.apply(asks, START)
    assert payment.state is PaymentStatus.REQUIRES_ACTION


def test_a_reserved_amount_is_looked_at_again_within_the_hour() -> None:
    payment = fresh()
    payment.apply(said(PaymentStatus.AUTHORIZED, 1), START)
    assert payment.check_at == START + timedelta(hours=1)
    assert not payment.doubt(START)
    assert payment.state is PaymentStatus.AUTHORIZED


def test_every_status_is_either_live_or_has_taken_nothing() -> None:
    dead = {status for status in PaymentStatus if not status.is_live}
    assert dead == {PaymentStatus.REQUIRES_PAYMENT_METHOD, PaymentStatus.FAILED, PaymentStatus.CANCELED}
    assert len(LIVE) + len(dead) == len(PaymentStatus)


def test_every_reason_tells_the_payer_that_nothing_was_charged() -> None:
    assert all("Nothing was charged" in reason.message for reason in FailureReason)
