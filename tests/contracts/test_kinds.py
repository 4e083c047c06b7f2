"""What every kind of listing promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace.catalog.errors import UnknownUnits
from marketplace.catalog.kinds import KINDS, AnyOf, BestOf, Kind, These, UnitRequest, kind
from marketplace.catalog.kinds.seats import Seats, business_days_after
from marketplace.catalog.views import SeatOffer
from marketplace.errors import Invalid, NotFound
from marketplace.money import Money
from tests.makers.catalog import seat_offer


@pytest.fixture
def offer(now: datetime) -> SeatOffer:
    return seat_offer(now)


class KindContract:
    """Inherit, and say which kind, and what one may ask it for."""

    subject: Kind
    good: UnitRequest
    units: tuple[str, ...]

    def test_it_is_registered_under_its_name(self) -> None:
        assert type(kind(self.subject.name)) is type(self.subject)

    def test_what_it_wants_exists(self, offer: SeatOffer) -> None:
        assert self.subject.units_for(offer, self.good) == These(self.units)
        offer.check(self.units)

    def test_it_names_and_prices_units_in_the_order_given(self, offer: SeatOffer) -> None:
        lines = self.subject.lines(offer, self.units)
        assert [line.unit for line in lines] == list(self.units)
        assert all(line.price.currency == offer.currency and line.label for line in lines)
        assert self.subject.lines(offer, self.units[::-1]) == lines[::-1]

    def test_it_prices_nothing_that_is_not_there(self, offer: SeatOffer) -> None:
        with pytest.raises(UnknownUnits):
            self.subject.lines(offer, [*self.units, "nothing"])

    def test_an_empty_request_is_refused(self, offer: SeatOffer) -> None:
        with pytest.raises(Invalid):
            self.subject.units_for(offer, UnitRequest())

    def test_the_seller_is_paid_after_the_end_and_never_before(self) -> None:
        for day in range(14):
            ends_at = datetime(2026, 3, 20, 21, tzinfo=UTC) + timedelta(days=day)
            assert self.subject.paid_out_at(ends_at=ends_at, zone="Europe/Berlin") > ends_at

    def test_it_says_how_it_is_held_paid_and_shown(self) -> None:
        assert 30 <= self.subject.hold_seconds <= 1800
        assert 0 < self.subject.payment.deposit_bp <= 10_000
        assert self.subject.shows


class TestSeats(KindContract):
    subject = Seats()
    good = UnitRequest(seats=("A-1", "B-2"))
    units = ("seat:A-1", "seat:B-2")

    def test_standing_places_are_any_of_their_pool(self, offer: SeatOffer) -> None:
        wanted = self.subject.units_for(offer, UnitRequest(quantity=3, area="pit"))
        assert wanted == AnyOf("stand:pit", 3, 10)

    def test_the_best_seats_are_looked_for_where_one_can_afford_them(self, offer: SeatOffer) -> None:
        every = self.subject.units_for(offer, UnitRequest(quantity=2))
        cheap = self.subject.units_for(offer, UnitRequest(quantity=2, price_to=Money(1500, "EUR"), together=False))
        premium = self.subject.units_for(offer, UnitRequest(quantity=2, category="Premium"))
        assert isinstance(every, BestOf)
        assert isinstance(cheap, BestOf)
        assert isinstance(premium, BestOf)
        assert ["".join(row.number for row in found.rows) for found in (every, cheap, premium)] == ["ABC", "BC", "A"]
        assert (every.together, cheap.together, every.focal) == (True, False, offer.plan.focal)

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (UnitRequest(seats=("A-1",), quantity=1), "seats"),
            (UnitRequest(seats=("A-1",), area="pit"), "seats"),
            (UnitRequest(seats=("A-1", "A-1")), "seats"),
            (UnitRequest(quantity=-1), "quantity"),
            (UnitRequest(quantity=1, price_to=Money(100, "EUR")), "category"),
            (UnitRequest(quantity=1, category="Gold"), "category"),
            (UnitRequest(quantity=1, price_to=Money(100, "CHF")), None),
            (UnitRequest(seats=("Z-1",)), "units"),
            (UnitRequest(quantity=1, area="bar"), "units"),
        ],
    )
    def test_what_can_never_be_had_is_refused(self, offer: SeatOffer, request_: UnitRequest, field: str | None) -> None:
        with pytest.raises(Invalid) as refused:
            self.subject.units_for(offer, request_)
        assert [field_error.field for field_error in refused.value.errors] == ([field] if field else [])


@pytest.mark.parametrize(
    ("ends", "paid"),
    [
        ("2026-11-20 22:00", "2026-11-25 22:00"),  # Friday: the weekend does not count
        ("2026-11-21 23:30", "2026-11-25 23:30"),  # Saturday
        ("2026-11-22 10:00", "2026-11-25 10:00"),  # Sunday
        ("2026-11-23 10:00", "2026-11-26 10:00"),  # Monday
        ("2026-03-27 20:00", "2026-04-01 20:00"),  # summer time begins on the 29th
        ("2026-10-23 20:00", "2026-10-28 20:00"),  # and ends on the 25th
    ],
)
def test_three_business_days_by_the_clock_on_the_wall(ends: str, paid: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    ends_at, paid_at = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (ends, paid))
    assert business_days_after(ends_at.astimezone(UTC), 3, "Europe/Berlin") == paid_at


def test_weekends_are_those_of_the_place() -> None:
    friday_in_london_saturday_in_auckland = datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert business_days_after(friday_in_london_saturday_in_auckland, 1, "Europe/London").day == 23
    assert business_days_after(friday_in_london_saturday_in_auckland, 1, "Pacific/Auckland").day == 22


def test_an_unknown_kind_is_not_found() -> None:
    assert set(KINDS) >= {"seats"}
    with pytest.raises(NotFound):
        kind("barter")
