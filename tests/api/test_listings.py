"""Listings, plans, and seats as they change."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import uvicorn

from marketplace import redis as redis_room
from marketplace.ids import ListingId
from tests.api.client import Client, is_problem, wrong_fields
from tests.makers.accounts import bearer
from tests.makers.bookings import Market, guest
from tests.makers.catalog import make_listing, plan_document
from tests.waiting import eventually


class TestBrowsing:
    async def test_what_is_on_is_found_page_by_page(self, api: Client, market: Market) -> None:
        await make_listing(
            market.now,
            title="A Second Evening",
            starts_at=market.now + timedelta(days=20),
            ends_at=market.now + timedelta(days=21),
        )
        first = (await api.get("/listings", params={"limit": 1})).json()
        assert [card["id"] for card in first["items"]] == [market.listing.id]
        assert first["items"][0]["price_from"] == {"amount": 10_00, "currency": "EUR"}
        rest = (await api.get("/listings", params={"limit": 1, "cursor": first["next_cursor"]})).json()
        assert [card["title"] for card in rest["items"]] == ["A Second Evening"]
        assert rest["next_cursor"] is None
        for filters, found in (
            ({"text": "second"}, 1), ({"place": "berlin"}, 2), ({"category": "music"}, 0), ({"kind": "seats"}, 2),
            ({"price_from": 15_00, "price_to": 16_00, "currency": "EUR"}, 2), ({"price_from": 1, "currency": "USD"}, 0),
            ({"only_available": True}, 2), ({"seller_id": market.listing.seller.id}, 1),
            ({"starts_from": (market.now + timedelta(days=18)).isoformat()}, 1),
            ({"starts_before": (market.now + timedelta(days=18)).isoformat()}, 1),
        ):  # fmt: skip
            answer = await api.get("/listings", params=filters)
            assert len(answer.json()["items"]) == found, filters
        naive = await api.get("/listings", params={"starts_from": "2026-01-01T00:00:00", "limit": 0})
        assert wrong_fields(is_problem(naive, 422, "invalid")) == ["query.starts_from", "query.limit"]

    async def test_one_listing_by_id_or_slug(self, api: Client, market: Market) -> None:
        by_id = (await api.get(f"/listings/{market.listing.id}")).json()
        assert by_id == (await api.get(f"/listings/{market.listing.slug}")).json()
        assert by_id["starts_at"].endswith("Z")
        assert [price["price"]["amount"] for price in by_id["prices"]] == [20_00, 15_00, 10_00]
        is_problem(await api.get(f"/listings/{ListingId.new()}"), 404, "not_found")
        poster = await api.get(f"/listings/{market.listing.id}/poster.svg")
        assert poster.headers["content-type"].startswith("image/svg+xml")
        german = await api.get(f"/listings/{market.listing.id}/poster.svg?lang=de")
        assert german.text != poster.text
        picture = await api.get(f"/listings/{market.listing.id}/poster.png")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")

    @pytest.mark.parametrize("kind", ["svg", "png"])
    async def test_a_poster_is_kept_for_good_under_its_version(self, api: Client, market: Market, kind: str) -> None:
        path = f"/listings/{market.listing.id}/poster.{kind}"
        kept = await api.get(f"{path}?v={market.listing.version}")
        assert "immutable" in kept.headers["cache-control"]
        for other in ("", "?v=0", f"?v={market.listing.version + 1}"):
            assert (await api.get(path + other)).headers["cache-control"] == "public, max-age=3600"
        again = await api.get(path, headers={"If-None-Match": kept.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        german = await api.get(f"{path}?lang=de", headers={"If-None-Match": kept.headers["etag"]})
        assert german.status_code == 200

    async def test_a_draft_is_seen_by_its_shop_only(self, api: Client, market: Market) -> None:
        draft = await make_listing(market.now, seller=market.listing.seller, is_published=False)
        for path in ("", "/plan", "/seats", "/seats/stream", "/poster.svg", "/poster.png"):
            is_problem(await api.get(f"/listings/{draft.id}{path}"), 404, "not_found")
        mine = await api.get(f"/listings/{draft.id}", headers=await bearer(market.seller, market.now))
        assert mine.json()["status"] == "draft"


class TestSelling:
    async def test_from_a_plan_to_a_published_listing(self, api: Client, market: Market) -> None:
        api.headers.update(await bearer(market.seller, market.now))
        shop = market.listing.seller.id
        plan = await api.post("/plans", params={"seller_id": shop}, json=plan_document(rows=2, seats=4, name="Cellar"))
        assert plan.status_code == 201
        assert {name: plan.json()[name] for name in ("name", "seats", "standing")} == {
            "name": "Cellar",
            "seats": 8,
            "standing": 0,
        }
        draft = {
            "seller_id": shop, "title": "Late Show", "story": "Late.", "category": "comedy", "currency": "EUR",
            "place": {"name": "Cellar", "city": "Berlin", "country": "DE", "zone": "Europe/Berlin"},
            "starts_at": (market.now + timedelta(days=3)).isoformat(),
            "ends_at": (market.now + timedelta(days=3, hours=1)).isoformat(),
            "plan_id": plan.json()["id"], "prices": {"Premium": 9_00},
        }  # fmt: skip
        made = await api.post("/listings", json=draft, headers={"Idempotency-Key": "make"})
        assert made.status_code == 201
        id = made.json()["id"]
        early = await api.post(f"/listings/{id}/publish")
        assert wrong_fields(is_problem(early, 422, "listing_not_ready")) == ["prices.Standard"]
        place = draft["place"] | {"name": "The Cellar"}
        changed = await api.patch(
            f"/listings/{id}", json={"prices": {"Standard": 0}, "place": place, "plan_id": draft["plan_id"]}
        )
        assert changed.json()["place"]["name"] == "The Cellar"
        published = await api.post(f"/listings/{id}/publish")
        assert published.json()["status"] in {"published", "on_sale"}
        is_problem(await api.post(f"/listings/{id}/publish"), 409, "listing_status")
        stranger = await bearer(guest_with_account(), market.now)
        is_problem(await api.patch(f"/listings/{id}", json={"title": "Mine"}, headers=stranger), 403, "forbidden")
        is_problem(await api.post("/listings", json=draft, headers=stranger), 403, "forbidden")

    async def test_every_error_of_a_plan_is_named(self, api: Client, market: Market) -> None:
        api.headers.update(await bearer(market.seller, market.now))
        where = {"seller_id": market.listing.seller.id}
        document = plan_document()
        document["zones"][0]["rows"][0]["seats"][1]["seat_guid"] = "A-1"
        document["zones"][0]["rows"][1]["seats"][0]["category"] = "Nowhere"
        refused = is_problem(await api.post("/plans", params=where, json=document), 422, "plan_refused")
        assert [field for field in wrong_fields(refused) if field.startswith("$.zones[0].rows")] == wrong_fields(
            refused
        )
        assert len(refused["errors"]) == 2
        empty = await api.post("/plans", params=where)
        assert wrong_fields(is_problem(empty, 422, "invalid")) == ["$"]
        is_problem(await api.post("/plans", params=where, content=b"{" * 9), 422, "plan_refused")
        big = await api.post("/plans", params=where, content=b" " * (2 << 20))
        is_problem(big, 422, "plan_refused")

    async def test_each_wrong_field_of_a_listing_is_named(self, api: Client, market: Market) -> None:
        api.headers.update(await bearer(market.seller, market.now))
        answer = await api.patch(
            f"/listings/{market.listing.id}", json={"prices": {"Premium": "9", "Standard": True}, "policy": 1}
        )
        assert set(wrong_fields(is_problem(answer, 422, "invalid"))) == {"prices.Premium", "prices.Standard", "policy"}
        answer = await api.patch(f"/listings/{market.listing.id}", json={"prices": {"Premium": -1, "Nowhere": 5}})
        assert set(wrong_fields(is_problem(answer, 422, "listing_refused"))) == {"prices.Premium", "prices.Nowhere"}


class TestPlans:
    async def test_a_plan_is_compressed_and_not_sent_twice(self, api: Client, market: Market) -> None:
        path = f"/listings/{market.listing.id}/plan"
        plain = await api.get(path, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        packed = await api.get(path, headers={"Accept-Encoding": "br, gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.json() == plain.json()
        assert int(packed.headers["Content-Length"]) < len(gzip.decompress(gzip.compress(plain.content)))
        assert len(plain.json()["seats"]["guid"]) == 18
        assert packed.headers["Vary"] == "Accept-Encoding, Accept-Language"
        assert "max-age" in packed.headers["Cache-Control"]
        etag = packed.headers["ETag"]
        for seen in (etag, f'"other", {etag}', "*", etag.removeprefix("W/")):
            answer = await api.get(path, headers={"If-None-Match": seen})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
        assert (await api.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


@asynccontextmanager
async def served(app, outermost=None) -> AsyncIterator[str]:
    """A real server on a free port, of `app` or of what is laid around it."""
    server = uvicorn.Server(
        uvicorn.Config(outermost or app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    )
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    finally:
        server.should_exit = True
        await app.state.hub.close()
        await task


class Events:
    """Reads server-sent events (WHATWG HTML, 9.2)."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, str, dict]:
        """(id, event, data) of the next event."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                fields[name] = value
        return fields.get("id", ""), fields["event"], json.loads(fields["data"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestStream:
    async def test_it_begins_with_a_snapshot_and_tells_every_change(self, app, market: Market) -> None:
        held = await market.hold(guest(), "A-1")
        async with served(app) as url, httpx.AsyncClient(base_url=url) as browser:
            async with browser.stream("GET", f"/listings/{market.listing.id}/seats/stream") as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert answer.headers["X-Accel-Buffering"] == "no"
                assert answer.headers["X-Request-ID"]
                events = Events(answer)
                id, kind, data = await events.next()
                assert (kind, data["status"]) == ("snapshot", {"seat:A-1": "held"})
                assert id == str(data["version"])
                await market.hold(guest(), "B-1", "B-2")
                last, kind, data = await events.next()
                assert (kind, data["changes"]) == ("changes", {"seat:B-1": "held", "seat:B-2": "held"})
            await market.hold(guest(), "C-1")
            headers = {"Last-Event-ID": last}
            path = f"/listings/{market.listing.id}/seats/stream"
            async with browser.stream("GET", path, headers=headers) as answer:
                _, kind, data = await Events(answer).next()
                assert (kind, data["changes"]) == ("changes", {"seat:C-1": "held"})
            for odd in ("nonsense", "9" * 17, "9" * 30, "-1", "²".encode("latin-1"), "x" * 500):
                async with browser.stream("GET", path, headers={"Last-Event-ID": odd}) as answer:
                    _, kind, data = await Events(answer).next()
                    assert kind == "snapshot"
                    assert len(data["status"]) == 4
        assert held

    async def test_while_redis_is_away_it_says_so(self, app, market: Market) -> None:
        url = redis_room.url()
        await redis_room.close()
        redis_room.use("unix:///nowhere/redis.sock")
        path = f"/listings/{market.listing.id}/seats/stream"
        async with (
            served(app) as address,
            httpx.AsyncClient(base_url=address) as browser,
            browser.stream("GET", path) as answer,
        ):
            events = Events(answer)
            assert (await events.next())[1] == "paused"
            redis_room.use(url)
            assert (await events.next())[1] == "snapshot"


def guest_with_account():
    from marketplace.accounts.views import Actor
    from marketplace.ids import AccountId

    return Actor(account=AccountId.new())
