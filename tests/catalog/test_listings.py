"""A listing from its draft to its end, and who may do what to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace import settings
from marketplace.accounts import actions as accounts
from marketplace.accounts.views import SYSTEM, Actor
from marketplace.catalog import actions, queries
from marketplace.catalog.errors import ListingFrozen, ListingRefused, NotReady, UnlawfulStatus
from marketplace.catalog.models import LAWFUL, Listing
from marketplace.catalog.views import ListingChange, ListingPage, Place, Status
from marketplace.db import transaction
from marketplace.errors import Forbidden, NotFound
from marketplace.ids import ListingId, PlanId
from marketplace.kinds.seats import actions as plans
from marketplace.kinds.seats.kind import SeatTerms
from marketplace.money import Money
from tests.makers.accounts import guest, make_seller
from tests.makers.catalog import BERLIN, listing_draft, make_listing, make_plan, plan_document
from tests.makers.events import kinds

OPERATOR = Actor(is_operator=True)


async def page(id: str, now: datetime, actor: Actor | None = None) -> ListingPage:
    async with transaction(reading=True) as session:
        return await queries.listing_page(session, id, now, actor)


class TestDrafts:
    async def test_a_draft_holds_what_was_written(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        plan = await make_plan(now, shop, standing=5)
        draft = listing_draft(
            shop.id, now, plan_id=plan.id, prices={"Premium": 0, "Standing": 900}, title="  An   Evening\nof Chekhov ",
            place=replace(BERLIN, country=" de "),
        )  # fmt: skip
        async with transaction() as session:
            made = await actions.create_listing(session, actor, draft, now)
        assert made == await page(made.id, now, actor) == await page("an-evening-of-chekhov", now, actor)
        assert (made.title, made.place.country, made.status) == ("An Evening of Chekhov", "DE", Status.DRAFT)
        assert made.paragraphs == ("Three sisters, two hours.", "One interval.")
        assert [(price.category, price.price) for price in made.prices] == [
            ("Premium", Money(0, "EUR")), ("Standard", None), ("Standing", Money(900, "EUR")),
        ]  # fmt: skip
        assert (made.price_from, made.price_to) == (Money(0, "EUR"), Money(900, "EUR"))
        assert (made.capacity, made.seller) == (23, shop)
        assert (made.commission_bp, made.guest_surcharge_bp) == (1000, 1000)
        assert not made.is_on_sale

    async def test_a_draft_may_do_without_plan_and_prices(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        async with transaction() as session:
            made = await actions.create_listing(session, actor, listing_draft(shop.id, now), now)
        assert (made.terms, made.prices, made.capacity, made.price_from) == (SeatTerms(), (), 0, None)

    async def test_fees_are_those_of_the_day(self, database: str, now: datetime) -> None:
        settings.use(settings.current().model_copy(update={"commission_bp": 700}))
        before = await make_listing(now)
        settings.use(settings.current().model_copy(update={"commission_bp": 900}))
        assert (await page(before.id, now)).commission_bp == 700

    async def test_two_listings_of_one_title_have_two_addresses(self, database: str, now: datetime) -> None:
        one, other = await make_listing(now), await make_listing(now)
        assert one.slug == "an-evening-of-chekhov"
        assert other.slug.startswith("an-evening-of-chekhov-")

    async def test_two_that_take_one_address_at_once_both_succeed(
        self, database: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = await make_listing(now)

        async def not_yet(*_: Any) -> bool:
            return False

        monkeypatch.setattr(queries, "slug_is_taken", not_yet)
        other = await make_listing(now)
        assert other.slug != one.slug
        assert (await page(other.slug, now)).id == other.id

    async def test_titles_in_other_scripts_have_an_address(self, database: str, now: datetime) -> None:
        assert (await make_listing(now, title="Вишнёвый сад")).slug == "listing"
        assert (await make_listing(now, title="Über Müßiggänger")).slug == "uber-mussigganger"

    async def test_every_error_is_named_at_once(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        draft = listing_draft(
            shop.id, now, title="ab", story="x" * 20_001, category="knitting", currency="EURO", policy="kind",
            max_per_buyer=0, plan_id=PlanId.new(), prices={"Premium": 100}, ends_at=now,
            doors_at=now + timedelta(days=15), sale_starts_at=now + timedelta(days=15),
            place=Place(name="", city="a\x07", country="Germany", zone="Europe/Atlantis", latitude=91, longitude=float("nan")),
        )  # fmt: skip
        with pytest.raises(ListingRefused) as refused:
            async with transaction() as session:
                await actions.create_listing(session, actor, draft, now)
        assert {field_error.field for field_error in refused.value.errors} == {
            "title", "story", "category", "currency", "policy", "max_per_buyer", "plan_id", "prices.Premium",
            "ends_at", "doors_at", "sale_starts_at", "place.name", "place.city", "place.country", "place.zone",
            "place.latitude", "place.longitude",
        }  # fmt: skip

    @pytest.mark.parametrize("minor", [-1, 10**12, True, 1.5])
    async def test_a_price_is_a_sane_number(self, database: str, now: datetime, minor: Any) -> None:
        with pytest.raises(ListingRefused) as refused:
            await make_listing(now, prices={"Premium": minor, "Standard": 0})
        assert [field_error.field for field_error in refused.value.errors] == ["prices.Premium"]

    async def test_times_need_their_zone_and_a_sane_length(self, database: str, now: datetime) -> None:
        with pytest.raises(ListingRefused) as refused:
            await make_listing(now, starts_at=datetime(2030, 1, 1), ends_at=datetime(2030, 1, 2))
        assert [field_error.field for field_error in refused.value.errors] == ["starts_at", "ends_at"]
        with pytest.raises(ListingRefused) as refused:
            await make_listing(now, ends_at=now + timedelta(days=365))
        assert [field_error.field for field_error in refused.value.errors] == ["ends_at"]

    async def test_another_shops_plan_cannot_be_used(self, database: str, now: datetime) -> None:
        other, _ = await make_seller(now)
        plan = await make_plan(now, other)
        with pytest.raises(ListingRefused) as refused:
            await make_listing(now, plan_id=plan.id, prices={})
        assert [field_error.field for field_error in refused.value.errors] == ["plan_id"]

    async def test_a_draft_does_not_exist_for_strangers(self, database: str, now: datetime) -> None:
        shop, owner = await make_seller(now)
        _, stranger = await make_seller(now)
        draft = await make_listing(now, seller=shop, is_published=False)
        for actor in (None, guest(), stranger):
            with pytest.raises(NotFound):
                await page(draft.id, now, actor)
            with pytest.raises(NotFound):
                await page(draft.slug, now, actor)
        for actor in (owner, OPERATOR, SYSTEM):
            assert (await page(draft.id, now, actor)).id == draft.id
        with pytest.raises(NotFound):
            await queries.offer(draft.id)
        async with transaction() as session:
            with pytest.raises(NotFound):
                await actions.publish(session, stranger, draft.id, now)
            with pytest.raises(NotFound):
                await actions.change_listing(session, stranger, ListingId.new(), ListingChange(), now)

    async def test_only_the_shop_writes(self, database: str, now: datetime) -> None:
        listing = await make_listing(now)
        _, stranger = await make_seller(now)
        async with transaction() as session:
            with pytest.raises(Forbidden):
                await actions.create_listing(session, stranger, listing_draft(listing.seller.id, now), now)
            with pytest.raises(Forbidden):
                await actions.change_listing(session, stranger, listing.id, ListingChange(title="Mine"), now)
            for verb in (actions.publish, actions.close, actions.cancel):
                with pytest.raises(Forbidden):
                    await verb(session, stranger, listing.id, now)
            with pytest.raises(Forbidden):
                await actions.set_fees(session, stranger, listing.id, commission_bp=0, guest_surcharge_bp=0, now=now)


class TestPublishing:
    async def test_a_published_listing_is_there_for_everybody(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        draft = await make_listing(now, seller=shop, is_published=False)
        async with transaction() as session:
            published = await actions.publish(session, actor, draft.id, now)
        assert (published.status, published.published_at) == (Status.ON_SALE, now)
        assert published == await page(draft.slug, now)
        assert (await queries.offer(draft.id)).is_on_sale(now)
        assert kinds() == ["ListingPublished"]

    async def test_everything_that_is_missing_is_named_at_once(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        draft = await make_listing(now, seller=shop, is_published=False, prices={"Standard": 100}, story="")
        later = now + timedelta(days=30)
        async with transaction() as session:
            await accounts.suspend_shop(session, SYSTEM, shop.id, now)
        with pytest.raises(NotReady) as refused:
            async with transaction() as session:
                await actions.publish(session, actor, draft.id, later)
        assert {field_error.field for field_error in refused.value.errors} == {
            "story",
            "prices.Premium",
            "starts_at",
            "seller_id",
        }
        assert (await page(draft.id, now, actor)).status is Status.DRAFT

    async def test_without_a_plan_it_cannot_be_published(self, database: str, now: datetime) -> None:
        with pytest.raises(NotReady) as refused:
            await make_listing(now, plan_id=None, prices={})
        assert [field_error.field for field_error in refused.value.errors] == ["plan_id"]

    async def test_a_category_without_places_needs_no_price(self, database: str, now: datetime) -> None:
        document = plan_document()
        document["categories"].append({"name": "Ghost", "color": "#000"})
        made = await make_listing(now, document=document, prices={"Premium": 100, "Standard": 50})
        assert made.price_to == Money(100, "EUR")

    async def test_seats_may_be_free(self, database: str, now: datetime) -> None:
        made = await make_listing(now, prices={"Premium": 0, "Standard": 0})
        assert (await queries.offer(made.id)).line("seat:A-1").price == Money(0, "EUR")

    async def test_it_goes_on_sale_when_its_time_has_come(self, database: str, now: datetime) -> None:
        begins = now + timedelta(days=3)
        made = await make_listing(now, sale_starts_at=begins)
        offer = await queries.offer(made.id)
        assert (made.status, made.is_on_sale, offer.is_on_sale(now)) == (Status.PUBLISHED, False, False)
        after = await page(made.id, begins)
        assert (after.status, after.is_on_sale, offer.is_on_sale(begins)) == (Status.ON_SALE, True, True)

    async def test_sales_end_when_it_starts(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        offer = await queries.offer(made.id)
        assert not offer.is_on_sale(made.starts_at)
        assert (await page(made.id, made.starts_at)).status is Status.CLOSED

    async def test_a_suspended_shop_sells_nothing(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        async with transaction() as session:
            await accounts.suspend_shop(session, SYSTEM, made.seller.id, now)
        assert not (await queries.offer(made.id)).is_on_sale(now)
        assert not (await page(made.id, now)).is_on_sale


class TestStatuses:
    @pytest.mark.parametrize("was", list(Status))
    @pytest.mark.parametrize(
        ("verb", "to"),
        [
            ("publish", Status.PUBLISHED), ("put_back_on_sale", Status.ON_SALE), ("sell_out", Status.SOLD_OUT),
            ("close", Status.CLOSED), ("cancel", Status.CANCELLED),
        ],
    )  # fmt: skip
    def test_a_row_goes_only_where_the_table_lets_it(self, was: Status, verb: str, to: Status, now: datetime) -> None:
        row = Listing(
            status=was,
            version=1,
            sale_starts_at=now + timedelta(1),
            starts_at=now + timedelta(2),
            ends_at=now + timedelta(3),
        )
        asked = ("a reason", now) if verb == "cancel" else (now,)
        if to in LAWFUL[was]:
            getattr(row, verb)(*asked)
            assert (row.status, row.version) == (to, 2)
        else:
            with pytest.raises(UnlawfulStatus):
                getattr(row, verb)(*asked)
            assert (row.status, row.version) == (was, 1)

    def test_the_table_knows_every_status(self) -> None:
        assert set(LAWFUL) == set(Status)

    async def test_sold_out_and_back(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        for _ in range(2):
            async with transaction() as session:
                await actions.mark_sold_out(session, made.id, now)
        assert (await page(made.id, now)).status is Status.SOLD_OUT
        assert not (await queries.offer(made.id)).is_on_sale(now)
        for _ in range(2):
            async with transaction() as session:
                await actions.put_back_on_sale(session, made.id, now)
        assert (await queries.offer(made.id)).is_on_sale(now)
        assert sorted(kinds()) == ["ListingBackOnSale", "ListingPublished", "ListingSoldOut"]

    async def test_it_cannot_sell_out_before_its_sale(self, database: str, now: datetime) -> None:
        made = await make_listing(now, sale_starts_at=now + timedelta(days=1))
        with pytest.raises(UnlawfulStatus):
            async with transaction() as session:
                await actions.mark_sold_out(session, made.id, now)

    async def test_closing_ends_the_sale(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        async with transaction() as session:
            closed = await actions.close(session, OPERATOR, made.id, now)
        assert (closed.status, closed.is_on_sale) == (Status.CLOSED, False)
        assert "ListingClosed" in kinds()

    async def test_cancelling_is_told_with_its_reason(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        async with transaction() as session:
            cancelled = await actions.cancel(session, OPERATOR, made.id, now, reason=" The  roof leaks. ")
        assert (cancelled.status, cancelled.cancel_reason) == (Status.CANCELLED, "The roof leaks.")
        assert "ListingCancelled" in kinds()

    async def test_throwing_a_draft_away_is_no_news(self, database: str, now: datetime) -> None:
        made = await make_listing(now, is_published=False)
        async with transaction() as session:
            await actions.cancel(session, OPERATOR, made.id, now)
        assert kinds() == []

    async def test_what_is_over_cannot_be_cancelled(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        with pytest.raises(UnlawfulStatus):
            async with transaction() as session:
                await actions.cancel(session, OPERATOR, made.id, made.ends_at)


class TestChanging:
    async def change(self, made: ListingPage, now: datetime, actor: Actor = OPERATOR, **changes: Any) -> ListingPage:
        async with transaction() as session:
            return await actions.change_listing(session, actor, made.id, ListingChange(**changes), now)

    async def test_a_change_is_kept_and_told(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        place = replace(BERLIN, city="München")
        changed = await self.change(made, now, title="Three Sisters", place=place, prices={"Premium": 3000})
        assert changed == await page(made.id, now)
        assert (changed.title, changed.place.city, changed.slug) == ("Three Sisters", "München", made.slug)
        assert [price.price for price in changed.prices] == [Money(3000, "EUR"), Money(1500, "EUR")]
        assert changed.version > made.version
        assert (await queries.offer(made.id)).prices["Premium"] == Money(3000, "EUR")
        assert "ListingChanged" in kinds()

    async def test_changing_nothing_is_no_news(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        assert await self.change(made, now, title=made.title, prices={"Premium": 2000}) == made
        assert kinds() == ["ListingPublished"]

    async def test_a_drafts_plan_may_change_and_takes_its_prices_along(self, database: str, now: datetime) -> None:
        shop, actor = await make_seller(now)
        made = await make_listing(now, seller=shop, is_published=False)
        document = plan_document()
        document["categories"][0]["name"] = document["zones"][0]["rows"][0]["seats"][0]["category"] = "Gold"
        for seat in document["zones"][0]["rows"][0]["seats"]:
            seat["category"] = "Gold"
        async with transaction() as session:
            plan = await plans.import_plan(session, actor, shop.id, document, now)
        changed = await self.change(made, now, actor, terms={"plan_id": plan.id})
        assert [(price.category, price.price) for price in changed.prices] == [
            ("Gold", None),
            ("Standard", Money(1500, "EUR")),
        ]
        assert "ListingChanged" not in kinds()

    async def test_plan_and_currency_are_fixed_once_published(self, database: str, now: datetime) -> None:
        shop, _ = await make_seller(now)
        made = await make_listing(now, seller=shop)
        plan = await make_plan(now, shop, rows=5)
        with pytest.raises(ListingFrozen) as refused:
            await self.change(made, now, terms={"plan_id": plan.id}, currency="CHF")
        assert refused.value.details["fields"] == ["currency", "plan_id"]

    async def test_a_cancelled_listing_no_longer_changes(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        async with transaction() as session:
            await actions.cancel(session, OPERATOR, made.id, now)
        with pytest.raises(ListingFrozen):
            await self.change(made, now, title="Resurrection")
        with pytest.raises(ListingFrozen):
            await self.change(made, now, prices={"Premium": 1})

    async def test_what_has_begun_no_longer_changes(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        with pytest.raises(ListingFrozen):
            await self.change(made, made.starts_at, title="Too late")

    async def test_a_published_listing_stays_fit_to_be_seen(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        with pytest.raises(NotReady):
            await self.change(made, now, starts_at=now - timedelta(hours=1), sale_starts_at=now - timedelta(days=1))
        with pytest.raises(ListingRefused):
            await self.change(made, now, title="")
        assert await page(made.id, now) == made

    async def test_operators_agree_on_fees(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        async with transaction() as session:
            changed = await actions.set_fees(
                session, OPERATOR, made.id, commission_bp=600, guest_surcharge_bp=0, now=now
            )
        assert (changed.commission_bp, changed.guest_surcharge_bp) == (600, 0)
        async with transaction() as session:
            with pytest.raises(ListingRefused):
                await actions.set_fees(session, OPERATOR, made.id, commission_bp=5001, guest_surcharge_bp=-1, now=now)

    async def test_two_changes_at_once_are_both_kept(self, database: str, now: datetime) -> None:
        made = await make_listing(now)
        await asyncio.gather(
            self.change(made, now, prices={"Premium": 100}), self.change(made, now, prices={"Standard": 200})
        )
        assert [price.price for price in (await page(made.id, now)).prices] == [Money(100, "EUR"), Money(200, "EUR")]
