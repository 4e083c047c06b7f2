"""Makers of seat plans and listings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marketplace.accounts.views import SYSTEM, SellerView
from marketplace.catalog import actions
from marketplace.catalog.views import ListingContent, ListingPage, Offer, Place, Policy, Status
from marketplace.db import transaction
from marketplace.ids import ListingId, PlanId, SellerId
from marketplace.kinds.seats import actions as plans
from marketplace.kinds.seats.kind import Seats, SeatTerms
from marketplace.kinds.seats.plans import read_plan
from marketplace.kinds.seats.seating import SeatPlan
from marketplace.kinds.seats.views import PlanView
from marketplace.money import Money
from tests.makers.accounts import make_seller

BERLIN = Place(name="Volksbühne", city="Berlin", country="DE", zone="Europe/Berlin", address="Linienstraße 227")


def plan_document(*, rows: int = 3, seats: int = 6, standing: int = 0, name: str = "Small Hall") -> dict[str, Any]:
    """A document of `rows` rows A, B, C… in the zone Stalls; seats are called A-1, A-2….

    The first row is Premium, the others Standard; with `standing`, an area “pit” of that capacity is Standing.
    """
    rows_of_seats = [
        {
            "row_number": chr(ord("A") + row),
            "position": {"x": 0, "y": row * 30},
            "seats": [
                {
                    "seat_guid": f"{chr(ord('A') + row)}-{at}",
                    "seat_number": str(at),
                    "position": {"x": at * 25, "y": 0},
                    "category": "Standard" if row else "Premium",
                }
                for at in range(1, seats + 1)
            ],
        }
        for row in range(rows)
    ]
    pit = {
        "shape": "rectangle",
        "rectangle": {"width": 100, "height": 40},
        "position": {"x": 10, "y": 10},
        "color": "#eeeeee",
        "text": {"text": "Pit", "color": "#333333", "position": {"x": 50, "y": 20}},
        "area_guid": "pit",
        "capacity": standing,
        "category": "Standing",
    }
    categories = [{"name": "Premium", "color": "#b3263c"}, {"name": "Standard", "color": "#1f7a6d"}]
    return {
        "name": name,
        "size": {"width": 400, "height": 300},
        "categories": categories + ([{"name": "Standing", "color": "#d9a441"}] if standing else []),
        "zones": [
            {
                "name": "Stalls",
                "position": {"x": 20, "y": 100},
                "rows": rows_of_seats,
                "areas": [pit] if standing else [],
            }
        ],
    }


def prices_for(document: dict[str, Any]) -> dict[str, int]:
    """Twenty, fifteen, ten… euros, by the order of the document's categories."""
    return {category["name"]: 2000 - at * 500 for at, category in enumerate(document["categories"])}


def listing_draft(seller_id: SellerId, now: datetime, **changes: Any) -> ListingContent:
    """A draft that is right, without a plan; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "seller_id": seller_id,
        "title": "An Evening of Chekhov",
        "story": "Three sisters, two hours.\n\nOne interval.",
        "category": "theatre",
        "place": BERLIN,
        "starts_at": now + timedelta(days=14),
        "ends_at": now + timedelta(days=14, hours=2),
        "currency": "EUR",
        "kind": Seats.name,
    }
    return ListingContent(**_with_terms(fields | changes))


def _with_terms(fields: dict[str, Any]) -> dict[str, Any]:
    """The same with what only seats have as their terms."""
    own = {name: fields.pop(name) for name in SeatTerms.model_fields if name in fields}
    return {"terms": SeatTerms(**own)} | fields


async def make_plan(now: datetime, seller: SellerView, **shape: Any) -> PlanView:
    async with transaction() as session:
        return await plans.import_plan(session, SYSTEM, seller.id, plan_document(**shape), now)


async def make_listing(
    now: datetime,
    *,
    seller: SellerView | None = None,
    document: dict[str, Any] | None = None,
    is_published: bool = True,
    **changes: Any,
) -> ListingPage:
    """A listing with a small plan, on sale unless it shall stay a draft; `changes` replace fields of its draft."""
    shop = seller or (await make_seller(now))[0]
    document = document or plan_document()
    async with transaction() as session:
        plan = await plans.import_plan(session, SYSTEM, shop.id, document, now)
        fields = {"plan_id": plan.id, "prices": prices_for(document)} | changes
        page = await actions.create_listing(session, SYSTEM, listing_draft(shop.id, now, **fields), now)
        return await actions.publish(session, SYSTEM, page.id, now) if is_published else page


def seat_offer(now: datetime, plan: SeatPlan | None = None, **changes: Any) -> Offer:
    """An offer on sale that needs no database; `changes` replace its fields."""
    hall = plan or read_plan(plan_document(standing=10))
    fields: dict[str, Any] = {
        "listing_id": ListingId.new(),
        "seller_id": SellerId.new(),
        "seller_name": "Theatre Royal",
        "slug": "chekhov",
        "kind": "seats",
        "title": "An Evening of Chekhov",
        "place_name": BERLIN.name,
        "address": BERLIN.address,
        "city": BERLIN.city,
        "currency": "EUR",
        "status": Status.ON_SALE,
        "plan_id": PlanId.new(),
        "stock": hall,
        "version": 2,
        "prices": {name: Money(2000 - at * 500, "EUR") for at, name in enumerate(hall.capacities)},
        "max_per_buyer": 8,
        "commission_bp": 1000,
        "guest_surcharge_bp": 1000,
        "policy": Policy.MODERATE,
        "starts_at": now + timedelta(days=14),
        "ends_at": now + timedelta(days=14, hours=2),
        "doors_at": None,
        "sale_starts_at": now,
        "zone": BERLIN.zone,
        "is_suspended": False,
    }
    return Offer(**_with_terms(fields | changes))
