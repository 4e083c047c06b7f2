"""What comes back, to the minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.bookings.policy import refund_due, refunded_share
from marketplace.bookings.transitions import Party
from marketplace.catalog.views import Policy
from marketplace.money import Money

STARTS = datetime(2026, 5, 20, 19, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
ALL, HALF, NOTHING = 10_000, 5_000, 0


@pytest.mark.parametrize(
    ("policy", "left", "share"),
    [
        ("flexible", 24 * HOUR, ALL),
        ("flexible", 24 * HOUR - TICK, HALF),
        ("flexible", 2 * HOUR, HALF),
        ("flexible", 2 * HOUR - TICK, NOTHING),
        ("moderate", 72 * HOUR, ALL),
        ("moderate", 72 * HOUR - TICK, HALF),
        ("moderate", 24 * HOUR, HALF),
        ("moderate", 24 * HOUR - TICK, NOTHING),
        ("strict", 72 * HOUR, HALF),
        ("strict", 72 * HOUR - TICK, NOTHING),
        ("flexible", -HOUR, NOTHING),
    ],
)
def test_each_edge_belongs_to_the_kinder_side(policy: str, left: timedelta, share: int) -> None:
    booked_at = STARTS - timedelta(days=30)
    assert refunded_share(policy, starts_at=STARTS, booked_at=booked_at, now=STARTS - left) == share


@pytest.mark.parametrize(
    ("out", "after", "share"),
    [
        (timedelta(days=30), HOUR, ALL),
        (timedelta(days=30), HOUR + TICK, HALF),
        (timedelta(days=7) + HOUR, HOUR, ALL),
        (timedelta(days=7) + HOUR - TICK, HOUR, HALF),
        (timedelta(days=2), timedelta(), NOTHING),
    ],
)
def test_strict_forgives_within_the_first_hour_a_week_ahead(out: timedelta, after: timedelta, share: int) -> None:
    booked_at = STARTS - out
    assert refunded_share("strict", starts_at=STARTS, booked_at=booked_at, now=booked_at + after) == share


def test_a_policy_that_does_not_exist_is_no_policy() -> None:
    with pytest.raises(KeyError):
        refunded_share("whatever", starts_at=STARTS, booked_at=STARTS, now=STARTS)


moments = st.timedeltas(timedelta(0), timedelta(days=40))


@given(st.sampled_from(Policy), st.integers(0, 10**9), st.integers(0, 10**8), moments, moments, moments)
def test_waiting_never_pays_and_nobody_gets_more_than_was_paid(
    policy: Policy, price: int, surcharge: int, lead: timedelta, wait: timedelta, longer: timedelta
) -> None:
    def due(by: Party, after: timedelta) -> Money:
        return refund_due(
            by, policy, price=Money(price, "EUR"), surcharge=Money(surcharge, "EUR"), starts_at=STARTS,
            booked_at=STARTS - lead, now=STARTS - lead + after,
        )  # fmt: skip

    soon, later = due(Party.BUYER, wait), due(Party.BUYER, wait + longer)
    assert Money(0, "EUR") <= later <= soon <= Money(price, "EUR")
    for by in (Party.SELLER, Party.OPERATOR):
        assert due(by, wait) == Money(price + surcharge, "EUR")
