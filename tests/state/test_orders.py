"""What the page of an order says of its trail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketplace.bookings.transitions import Status
from marketplace.bookings.views import CALLED_OFF, EVENT_CHANGED, Step
from marketplace.catalog.views import EVENT_DETAILS
from marketplace.i18n import speaking
from marketplace.state.orders import _told

AT = datetime(2026, 5, 20, 17, 30, tzinfo=UTC)


def step(target: Status, why: str) -> Step:
    return Step(Status.CONFIRMED, target, "system", AT, why)


@pytest.mark.parametrize(
    ("told", "english", "german"),
    [
        (
            step(Status.CONFIRMED, f"{EVENT_CHANGED}starts_at, ends_at, city"),
            ("The event has changed", "New time · New place"),
            ("Die Veranstaltung hat sich geändert", "Neue Zeit · Neuer Ort"),
        ),
        (
            step(Status.CANCELLED_BY_SELLER, f"{CALLED_OFF}: Das Dach ist eingestürzt."),
            ("Cancelled by the seller", "Das Dach ist eingestürzt."),
            ("Vom Veranstalter storniert", "Das Dach ist eingestürzt."),
        ),
        (step(Status.CONFIRMED, "payment came in"), ("Confirmed", ""), ("Bestätigt", "")),
    ],
)  # fmt: skip
def test_a_step_is_told_with_what_more_there_is_to_say(
    told: Step, english: tuple[str, str], german: tuple[str, str]
) -> None:
    assert _told(told) == english
    with speaking("de"):
        assert _told(told) == german


def test_whatever_changes_of_an_event_has_words() -> None:
    assert (
        _told(step(Status.CONFIRMED, f"{EVENT_CHANGED}{', '.join(EVENT_DETAILS)}"))[1]
        == "New title · New place · New time"
    )
