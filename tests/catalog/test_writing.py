"""A listing written bit by bit: what is typed is kept, what is wrong is named, what is right becomes the listing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace.catalog import drafts, queries, writing
from marketplace.catalog.drafts import price_shown, price_text
from marketplace.catalog.errors import ListingRefused, NoSuchListing, NotReady
from marketplace.catalog.views import DraftView, Status
from marketplace.db import transaction
from marketplace.errors import Forbidden
from marketplace.i18n import speaking
from marketplace.ids import ListingId
from marketplace.money import Money
from tests.makers.accounts import make_seller
from tests.makers.catalog import make_listing, make_plan

WRITTEN = {
    "title": "An Evening of Chekhov",
    "story": "Three sisters, two hours.",
    "place.name": "Volksbühne",
    "place.city": "Berlin",
    "place.country": "DE",
    "ends_at.clock": "22:00",
}


class Desk:
    """A seller at work on one listing."""

    def __init__(self, now: datetime, actor, shop, id: ListingId) -> None:
        self.now, self.actor, self.shop, self.id = now, actor, shop, id

    @classmethod
    async def open(cls, now: datetime) -> Desk:
        shop, actor = await make_seller(now)
        async with transaction() as session:
            id = await writing.begin(session, actor, shop.id, now, zone="Europe/Berlin")
        return cls(now, actor, shop, id)

    async def fill(self, **entries: str) -> DraftView:
        return await self.fill_in(entries)

    async def fill_in(self, entries: dict[str, str]) -> DraftView:
        async with transaction() as session:
            return await writing.fill(session, self.actor, self.id, entries, self.now)

    async def look(self) -> DraftView:
        async with transaction(reading=True) as session:
            return await queries.draft(session, self.actor, self.id, self.now)

    async def write_all(self) -> DraftView:
        plan = await make_plan(self.now, self.shop)
        day = f"{self.now + timedelta(days=14):%Y-%m-%d}"
        return await self.fill_in(
            WRITTEN
            | {"starts_at.day": day, "ends_at.day": day, "plan_id": plan.id}
            | {"prices.Premium": "20.00", "prices.Standard": "15"}
        )


@pytest.fixture
async def desk(database: str, now: datetime) -> Desk:
    return await Desk.open(now)


def fields(errors) -> set[str]:
    return {field_error.field for field_error in errors}


async def test_what_is_typed_is_kept_however_unfinished_it_is(desk: Desk):
    await desk.fill(title="A", story="Not yet")
    view = await desk.look()
    assert (view.entries["title"], view.entries["story"]) == ("A", "Not yet")
    assert view.page is None
    assert {"title", "place.name", "place.city", "place.country", "starts_at", "ends_at"} <= fields(view.errors)


async def test_a_draft_becomes_a_draft_as_soon_as_it_makes_one_and_goes_back_to_nothing_extra(desk: Desk):
    view = await desk.write_all()
    assert view.page is not None
    assert (view.page.id, view.page.status, view.is_ahead) == (desk.id, Status.DRAFT, False)
    assert view.entries["prices.Premium"] == "20.00 EUR"
    async with transaction(reading=True) as session:
        assert await queries.draft_row(session, desk.id) is None
    spoiled = await desk.fill(title="")
    assert spoiled.is_ahead
    assert spoiled.entries["title"] == ""
    assert spoiled.page.title == WRITTEN["title"]


async def test_an_hour_is_told_by_the_clocks_of_the_place(desk: Desk):
    view = await desk.write_all()
    assert view.page.starts_at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "19:30"
    moved = await desk.fill_in({"place.zone": "America/New_York"})
    assert moved.page.starts_at - view.page.starts_at >= timedelta(hours=5)
    assert moved.entries["starts_at.clock"] == "19:30"


def test_a_time_that_a_night_has_not_is_a_fault():
    entries = drafts.blank(zone="Europe/Berlin", currency="EUR")
    entries |= {"starts_at.day": "2027-03-28", "starts_at.clock": "02:30"}
    assert "clocks" in _message(drafts.read(entries, "", None)[1], "starts_at")


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ({"starts_at.day": "tomorrow"}, "starts_at"),
        ({"starts_at.day": "9999-12-31"}, "starts_at"),
        ({"doors_at.clock": "19:00"}, "doors_at"),
        ({"doors_at.day": "2027-03-01"}, "doors_at"),
        ({"sale_starts_at.day": "2027-03-01"}, "sale_starts_at"),
        ({"max_per_buyer": "many"}, "max_per_buyer"),
        ({"max_per_buyer": "0"}, "max_per_buyer"),
        ({"currency": "???"}, "currency"),
        ({"place.zone": "Middle/Earth"}, "place.zone"),
        ({"policy": "none"}, "policy"),
        ({"category": "other"}, "category"),
    ],
)
def test_every_entry_that_cannot_be_read_is_named(entries: dict[str, str], field: str):
    draft = drafts.blank(zone="Europe/Berlin", currency="EUR") | {"starts_at.day": "2027-03-01"} | entries
    assert _message(drafts.read(draft, "", None)[1], field)


async def test_a_price_is_decimal_text_in_the_listing_s_currency(desk: Desk):
    await desk.write_all()
    wrong = await desk.fill_in({"prices.Premium": "12.345", "prices.Standard": "-1"})
    assert {"prices.Premium", "prices.Standard"} == fields(wrong.errors)
    yen = await desk.fill_in({"currency": "JPY", "prices.Premium": "2000", "prices.Standard": "1500"})
    assert not yen.errors
    assert {str(entry.price) for entry in yen.page.prices} == {"2000 JPY", "1500 JPY"}


async def test_a_price_waits_for_its_hall_to_be_picked_again(desk: Desk):
    await desk.write_all()
    other = await make_plan(desk.now, desk.shop, standing=5, name="Other Hall")
    view = await desk.fill_in({"plan_id": other.id})
    assert not view.errors
    assert fields(view.missing) == {"prices.Standing"}


async def test_publishing_names_everything_that_is_wrong_or_missing_at_once(desk: Desk):
    await desk.fill(title="")
    with pytest.raises(NotReady) as refused:
        await publish(desk)
    assert {"title", "place.city", "starts_at", "story", "plan_id"} <= fields(refused.value.errors)


async def test_what_was_written_is_published(desk: Desk):
    await desk.write_all()
    page = await publish(desk)
    assert (page.status, page.is_on_sale) == (Status.ON_SALE, True)


async def test_the_public_sees_a_change_only_once_it_is_taken_over(desk: Desk):
    await desk.write_all()
    await publish(desk)
    view = await desk.fill(title="Three Sisters")
    assert view.is_ahead
    assert view.page.title == WRITTEN["title"]
    async with transaction() as session:
        page = await writing.take_over(session, desk.actor, desk.id, desk.now)
    assert page.title == "Three Sisters"
    after = await desk.look()
    assert not after.is_ahead
    assert after.page.sale_starts_at == view.page.sale_starts_at


async def test_a_faulty_change_of_what_is_public_is_refused_and_can_be_given_up(desk: Desk):
    await desk.write_all()
    await publish(desk)
    await desk.fill(title="")
    with pytest.raises(ListingRefused):
        async with transaction() as session:
            await writing.take_over(session, desk.actor, desk.id, desk.now)
    async with transaction() as session:
        await writing.give_up(session, desk.actor, desk.id, desk.now)
    assert (await desk.look()).entries["title"] == WRITTEN["title"]


async def test_typing_a_change_back_leaves_nothing_to_take_over(desk: Desk):
    await desk.write_all()
    await publish(desk)
    await desk.fill(title="Three Sisters")
    assert not (await desk.fill(title=WRITTEN["title"])).is_ahead


async def test_a_draft_that_a_program_wrote_can_be_written_on(database: str, now: datetime):
    shop, actor = await make_seller(now)
    page = await make_listing(now, seller=shop, is_published=False)
    desk = Desk(now, actor, shop, page.id)
    view = await desk.look()
    assert not view.errors
    assert not view.missing
    assert (await desk.fill(title="Another Evening")).page.title == "Another Evening"


async def test_a_draft_that_nobody_wrote_on_is_handed_out_again(desk: Desk):
    async with transaction() as session:
        again = await writing.begin(session, desk.actor, desk.shop.id, desk.now, zone="UTC")
    assert again == desk.id
    desk.now += timedelta(seconds=1)
    await desk.fill(title="Taken")
    async with transaction() as session:
        fresh = await writing.begin(session, desk.actor, desk.shop.id, desk.now, zone="UTC")
        assert [card.title for card in await queries.unlisted_drafts(session, desk.actor, desk.shop.id)] == ["Taken"]
    assert fresh != desk.id


async def begun_with(now: datetime, shop, actor, *, zone: str) -> str:
    """The currency on a shop's fresh draft."""
    async with transaction() as session:
        id = await writing.begin(session, actor, shop.id, now, zone=zone)
        return (await queries.draft(session, actor, id, now)).entries["currency"]


@pytest.mark.parametrize(("zone", "currency"), [("Europe/Zurich", "CHF"), ("Asia/Calcutta", "INR"), ("UTC", "EUR")])
async def test_a_first_listing_is_priced_in_what_the_seller_pays_with(
    database: str, now: datetime, zone: str, currency: str
):
    shop, actor = await make_seller(now)
    assert await begun_with(now, shop, actor, zone=zone) == currency


async def test_a_shop_goes_on_in_the_currency_that_it_used_last(database: str, now: datetime):
    shop, actor = await make_seller(now)
    await make_listing(now - timedelta(days=2), seller=shop, currency="CZK")
    await make_listing(now - timedelta(days=1), seller=shop, currency="GBP", is_published=False)
    assert await begun_with(now, shop, actor, zone="Europe/Zurich") == "GBP"


async def test_a_currency_that_nobody_chose_follows_the_country(desk: Desk):
    assert (await desk.fill_in({"place.country": "CH"})).entries["currency"] == "CHF"
    assert (await desk.fill_in({"place.country": "DE"})).entries["currency"] == "EUR"
    await desk.write_all()
    assert (await desk.fill_in({"place.country": "CH"})).entries["currency"] == "EUR", "there are prices in it by now"


async def test_a_chosen_currency_and_a_shop_s_habit_stay_wherever_it_is(desk: Desk):
    await desk.fill(currency="USD")
    assert (await desk.fill_in({"place.country": "CH"})).entries["currency"] == "USD"
    await make_listing(desk.now, seller=desk.shop)
    await desk.fill(currency="CHF")
    assert (await desk.fill_in({"place.country": "SE"})).entries["currency"] == "CHF"


async def test_to_strangers_a_draft_does_not_exist(desk: Desk):
    _, stranger = await make_seller(desk.now, name="Other House")
    for verb in (writing.publish, writing.take_over, writing.give_up, queries.draft, queries.own_listing):
        with pytest.raises(NoSuchListing):
            async with transaction() as session:
                await verb(session, stranger, desk.id, desk.now)
    with pytest.raises(NoSuchListing):
        async with transaction() as session:
            await writing.fill(session, stranger, desk.id, {"title": "Mine"}, desk.now)
    with pytest.raises(Forbidden):
        async with transaction() as session:
            await writing.begin(session, stranger, desk.shop.id, desk.now, zone="UTC")


async def test_entries_that_no_form_of_ours_has_are_refused(desk: Desk):
    for entries in ({"commission_bp": "0"}, {"story": "x" * 50_000}, {f"prices.{at}": "1" for at in range(300)}):
        with pytest.raises(ListingRefused):
            await desk.fill_in(entries)


async def publish(desk: Desk):
    async with transaction() as session:
        return await writing.publish(session, desk.actor, desk.id, desk.now)


def _message(errors, field: str) -> str:
    return next((field_error.message for field_error in errors if field_error.field == field), "")


async def test_doors_and_end_move_along_with_the_day_of_the_start(desk: Desk):
    await desk.fill_in({"starts_at.day": "2027-03-30", "ends_at.day": "2027-03-31", "doors_at.day": "2027-03-30"})
    moved = (await desk.fill(**{"starts_at.day": "2027-04-02"})).entries
    assert (moved["doors_at.day"], moved["ends_at.day"]) == ("2027-04-02", "2027-04-03")
    chosen = (await desk.fill(**{"starts_at.day": "2027-04-05", "doors_at.day": "2027-04-04"})).entries
    assert (chosen["doors_at.day"], chosen["ends_at.day"]) == ("2027-04-04", "2027-04-06")
    emptied = (await desk.fill(**{"starts_at.day": "", "doors_at.day": ""})).entries
    assert (emptied["doors_at.day"], emptied["ends_at.day"]) == ("", "2027-04-06")
    # The last day that there is moves nothing further.
    await desk.fill(**{"starts_at.day": "2027-04-05"})
    assert (await desk.fill(**{"starts_at.day": "9999-12-31"})).entries["ends_at.day"] == "2027-04-06"


async def test_a_german_seller_types_prices_with_a_comma_and_every_reader_sees_the_same_amount(desk: Desk):
    await desk.write_all()
    with speaking("de"):
        view = await desk.fill_in({"prices.Premium": "1.234,50", "prices.Standard": "12,50"})
        assert not view.errors
        assert price_shown(view.entries["prices.Premium"]) == "1.234,50"
        assert price_text(view.entries["prices.Premium"]) == "1.234,50\u00a0€"
    seen = await desk.look()
    assert {entry.category: entry.price for entry in seen.page.prices if entry.price} == {
        "Premium": Money(123450, "EUR"), "Standard": Money(1250, "EUR"),
    }  # fmt: skip
    assert price_shown(seen.entries["prices.Premium"]) == "1,234.50"


async def test_a_price_that_can_be_read_in_two_ways_is_refused_and_stays_as_it_was_typed(desk: Desk):
    await desk.write_all()
    with speaking("de"):
        view = await desk.fill_in({"prices.Premium": "1,234"})
    assert fields(view.errors) == {"prices.Premium"}
    assert view.entries["prices.Premium"] == "1,234"
