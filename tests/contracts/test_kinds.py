"""What every kind of listing promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace.catalog.errors import UnknownUnits
from marketplace.catalog.kind import AnyOf, BestOf, Kind, These, UnitRequest, kind, kinds, request_of, terms_of
from marketplace.catalog.views import Offer, Terms
from marketplace.errors import Invalid, NotFound
from marketplace.ids import PlanId
from marketplace.kinds.seats.kind import SeatRequest, Seats, SeatTerms, business_days_after
from marketplace.money import Amount
from tests.makers.catalog import seat_offer


@pytest.fixture
def offer(now: datetime) -> Offer:
    return seat_offer(now)


class KindContract:
    """Inherit, and say which kind, and what one may ask it for."""

    subject: Kind
    good: UnitRequest
    terms: Terms
    units: tuple[str, ...]

    def test_it_is_registered_under_its_name(self) -> None:
        assert type(kind(self.subject.name)) is type(self.subject)

    def test_what_it_wants_exists(self, offer: Offer) -> None:
        assert self.subject.wanted(offer, self.good) == These(self.units)
        offer.stock.check(self.units)

    def test_it_names_and_prices_units_in_the_order_given(self, offer: Offer) -> None:
        lines = offer.lines(self.units)
        assert [line.unit for line in lines] == list(self.units)
        assert all(line.price.currency == offer.currency and line.label for line in lines)
        assert offer.lines(self.units[::-1]) == lines[::-1]

    def test_it_prices_nothing_that_is_not_there(self, offer: Offer) -> None:
        with pytest.raises(UnknownUnits):
            offer.lines([*self.units, "nothing"])

    def test_an_empty_request_is_refused(self, offer: Offer) -> None:
        with pytest.raises(Invalid):
            self.subject.wanted(offer, self.subject.request())

    def test_the_seller_is_paid_after_the_end_and_never_before(self) -> None:
        for day in range(14):
            ends_at = datetime(2026, 3, 20, 21, tzinfo=UTC) + timedelta(days=day)
            assert self.subject.paid_out_at(ends_at=ends_at, zone="Europe/Berlin") > ends_at

    def test_it_says_how_it_is_held_and_called(self) -> None:
        assert 30 <= self.subject.hold_seconds <= 1800
        assert self.subject.title

    def test_its_terms_can_be_written_down_and_read_again(self) -> None:
        entries = self.subject.write(self.terms)
        assert entries.keys() == self.subject.entries.keys()
        assert self.subject.read(entries) == (self.terms, [])
        assert terms_of(self.subject, self.terms.model_dump(mode="json")) == self.terms

    def test_fresh_entries_say_the_terms_that_nobody_has_touched(self) -> None:
        assert self.subject.read(self.subject.entries) == (self.subject.terms(), [])

    def test_members_that_it_does_not_know_are_named(self) -> None:
        for read in (terms_of, request_of):
            with pytest.raises(Invalid) as refused:
                read(self.subject, {"colour": "red"})
            assert [wrong.field for wrong in refused.value.errors] == ["colour"]


class TestSeats(KindContract):
    subject = Seats()
    good = SeatRequest(seats=("A-1", "B-2"))
    units = ("seat:A-1", "seat:B-2")
    terms = SeatTerms(plan_id=PlanId.new(), no_single_seats=True)

    def test_standing_places_are_any_of_their_pool(self, offer: Offer) -> None:
        wanted = self.subject.wanted(offer, SeatRequest(quantity=3, area="pit"))
        assert wanted == AnyOf("stand:pit", 3, 10)

    def test_the_best_seats_are_looked_for_where_one_can_afford_them(self, offer: Offer) -> None:
        every = self.subject.wanted(offer, SeatRequest(quantity=2))
        cheap = self.subject.wanted(
            offer, SeatRequest(quantity=2, max_price=Amount(amount=1500, currency="EUR"), together=False)
        )
        premium = self.subject.wanted(offer, SeatRequest(quantity=2, category="Premium"))
        assert isinstance(every, BestOf)
        assert isinstance(cheap, BestOf)
        assert isinstance(premium, BestOf)
        rows = [
            {unit.removeprefix("seat:")[0] for units in one.rank(set()) for unit in units}
            for one in (every, cheap, premium)
        ]
        assert rows == [set("ABC"), set("BC"), set("A")]
        assert every.rank({"seat:A-5", "seat:A-6"})[0] == ("seat:A-3", "seat:A-4")

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (SeatRequest(seats=("A-1",), quantity=1), "seats"),
            (SeatRequest(seats=("A-1",), area="pit"), "seats"),
            (SeatRequest(seats=("A-1", "A-1")), "seats"),
            (SeatRequest(), "quantity"),
            (SeatRequest(quantity=1, max_price=Amount(amount=100, currency="EUR")), "category"),
            (SeatRequest(quantity=1, category="Gold"), "category"),
            (SeatRequest(quantity=1, max_price=Amount(amount=100, currency="CHF")), None),
            (SeatRequest(seats=("Z-1",)), "units"),
            (SeatRequest(quantity=1, area="bar"), "units"),
        ],
    )
    def test_what_can_never_be_had_is_refused(self, offer: Offer, request_: UnitRequest, field: str | None) -> None:
        with pytest.raises(Invalid) as refused:
            self.subject.wanted(offer, request_)
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
    assert "seats" in {known.name for known in kinds()}
    with pytest.raises(NotFound):
        kind("barter")
