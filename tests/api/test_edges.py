"""What every endpoint has in common: problems, limits, keys, cookies, and what is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product

import httpx
import pytest
from jose import jwt
from sqlmodel import func, select
from starlette.exceptions import HTTPException

from marketplace import clock, db, limits, settings
from marketplace import redis as redis_room
from marketplace.accounts import tokens
from marketplace.accounts.views import AccountView, Actor
from marketplace.api import holds, middleware
from marketplace.bookings import holding
from marketplace.bookings.models import Booking
from marketplace.db import transaction
from marketplace.ids import AccountId, BookingId, CartId, SessionId
from marketplace.payments.models import Payment
from tests.api.client import BUYER, Client, booking_of, is_problem, wrong_fields
from tests.makers.bookings import Market
from tests.makers.payments import SUCCESS
from tests.waiting import eventually


async def count(table) -> int:
    async with transaction(reading=True) as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


class TestMethods:
    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("/listings", "GET, HEAD, OPTIONS, POST"), ("/bookings", "GET, HEAD, OPTIONS, POST"),
            ("/me", "DELETE, GET, HEAD, OPTIONS, PATCH"), ("/holds", "OPTIONS, POST"),
            ("/listings/lst_x", "GET, HEAD, OPTIONS, PATCH"), ("/jobs/health", "GET, HEAD, OPTIONS"),
            ("/jobs/expire", "OPTIONS, POST"), ("/docs", "GET, HEAD, OPTIONS"), ("/openapi.json", "GET, HEAD, OPTIONS"),
        ],
    )  # fmt: skip
    async def test_an_address_names_all_its_methods(self, api: Client, path: str, methods: str) -> None:
        refused = await api.request("PUT", path)
        is_problem(refused, 405, "method_not_allowed")
        assert refused.headers["Allow"] == methods
        asked = await api.options(path)
        assert (asked.status_code, asked.content, asked.headers["Allow"]) == (204, b"", methods)

    async def test_head_is_get_without_its_body(self, api: Client, market: Market) -> None:
        for path in (f"/listings/{market.listing.id}", "/listings/nowhere", "/health/live", "/openapi.json"):
            whole, head = await api.get(path), await api.head(path)
            assert (head.status_code, head.content) == (whole.status_code, b""), path
            for name in ("content-type", "content-length"):
                assert head.headers[name] == whole.headers[name], path
        assert (await api.head("/auth/login")).status_code == 405

    async def test_head_of_a_stream_ends(self, api: Client, market: Market) -> None:
        async with asyncio.timeout(10):
            head = await api.head(f"/listings/{market.listing.id}/seats/stream")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "image/png", "", "json"])
    async def test_a_body_that_is_not_json_is_named_so(self, api: Client, media_type: str) -> None:
        headers = {"Content-Type": media_type} if media_type else {}
        for path in ("/auth/login", "/auth/logout", "/holds", "/lab/clock"):
            is_problem(await api.post(path, content=b"{}", headers=headers), 415, "unsupported_media_type")

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"", b"[" * 50_000, b"NaN", b'{"email": "\\ud800"}'])
    async def test_a_body_that_cannot_be_read_is_refused(self, api: Client, body: bytes) -> None:
        refused = await api.post("/auth/login", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code in {400, 422}, refused.text
        assert refused.headers["content-type"] == "application/problem+json"


class TestRequests:
    async def test_a_request_id_is_given_back_or_made(self, api: Client, market: Market) -> None:
        given = await api.get("/health/live", headers={"X-Request-ID": "trace-0123.abc_Z"})
        assert given.headers["X-Request-ID"] == "trace-0123.abc_Z"
        for odd in ("short", "x" * 65, "with space in it", "naïve-request"):
            made = await api.get("/health/live", headers={"X-Request-ID": odd.encode()})
            assert len(made.headers["X-Request-ID"]) == 26
        assert given.headers["Cache-Control"] == "no-store"
        assert given.headers["X-Content-Type-Options"] == "nosniff"

    async def test_an_unknown_path_and_a_wrong_method_are_problems(self, api: Client, market: Market) -> None:
        is_problem(await api.get("/nowhere"), 404, "not_found")
        wrong = await api.delete("/listings")
        is_problem(wrong, 405, "method_not_allowed")
        assert wrong.headers["Allow"]

    async def test_too_long_a_body_is_not_read(self, api: Client, market: Market) -> None:
        whole = await api.post("/holds", content=b"x" * (limits.BODY + 1))
        is_problem(whole, 413, "too_large")

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield b"x" * 32_768

        for path in ("/holds", "/webhooks/simulator", f"/bookings/{'x' * 9}/cancel"):
            headers = {"Idempotency-Key": "key"}
            is_problem(await api.post(path, content=endless(), headers=headers), 413, "too_large")
        for length in ("nonsense", "²".encode("latin-1")):
            is_problem(await api.post("/holds", content=b"{}", headers={"Content-Length": length}), 413, "too_large")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"text"',
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"listing_id": "\\ud800"}',
            b'{"listing_id": NaN}',
        ],
        ids=["empty", "torn", "list", "null", "text", "not UTF-8", "deep", "surrogate", "NaN"],
    )
    async def test_what_is_no_request_is_refused_in_words(self, api: Client, market: Market, body: bytes) -> None:
        answer = await api.post("/holds", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}
        is_problem(answer, answer.status_code, {400: "bad_request", 422: "invalid"}[answer.status_code])

    @pytest.mark.parametrize(
        ("wanted", "fields"),
        [
            ({"seats": []}, ["seats"]),
            ({"seats": [""]}, ["seats.0"]),
            ({"seats": ["x"] * 101}, ["seats"]),
            ({"seats": ["x" * 101]}, ["seats.0"]),
            ({"seats": "A-1"}, ["seats"]),
            ({"quantity": 0}, ["quantity"]),
            ({"quantity": "2"}, ["quantity"]),
            ({"quantity": 2**63}, ["quantity"]),
            ({"quantity": 1, "surprise": True}, ["surprise"]),
            ({"quantity": 1, "max_price": {"amount": 1.5, "currency": "eur"}}, ["max_price.amount", "max_price.currency"]),
        ],
    )  # fmt: skip
    async def test_each_wrong_field_is_named(
        self, api: Client, market: Market, wanted: dict, fields: list[str]
    ) -> None:
        answer = await api.post("/holds", json={"listing_id": market.listing.id} | wanted)
        assert wrong_fields(is_problem(answer, 422, "invalid")) == fields
        assert await market.seats() == {}

    async def test_seats_that_cannot_be_had(self, api: Client, market: Market) -> None:
        unknown = is_problem(await api.hold(market, "A-1", "Z-9", "\x00"), 422, "unknown_units")
        assert unknown["units"] == ["seat:Z-9", "seat:\x00"]
        assert (await api.hold(market, "A-1", "A-1")).status_code == 422
        assert (await api.post("/holds", json={"listing_id": market.listing.id})).status_code == 422
        both = {"listing_id": market.listing.id, "seats": ["A-1"], "quantity": 1}
        assert (await api.post("/holds", json=both)).status_code == 422
        assert (await api.hold(market, quantity=1, area="nowhere")).status_code in {409, 422}
        rows = [f"{row}-{n}" for row in "AB" for n in range(1, 7)]
        assert (await api.hold(market, *rows)).status_code in {409, 422}
        await api.hold(market, *rows[:10])
        assert is_problem(await api.hold(market, *rows[10:]), 409, "too_many_units")["most"] == 10
        await api.delete(f"/holds/{(await api.hold(market, 'A-1')).json()['id']}")
        sold = await api.without_cart().book(market, "C-1")
        assert sold["status"] == "pending_payment"
        assert is_problem(await api.hold(market, "C-1", "C-2"), 409, "seats_taken")["seats"] == ["C-1"]
        assert (await market.seats()) == {"seat:C-1": "held"}

    async def test_no_text_breaks_the_database(self, api: Client, market: Market) -> None:
        for path in ("/listings/%00", "/listings/a%00b", "/listings/%ff"):
            assert (await api.get(path)).status_code in {404, 422}
        for name in ("text", "place", "category", "kind"):
            assert (await api.get("/listings", params={name: "a\x00b"})).status_code in {200, 422}
        is_problem(await api.get("/listings", params={"seller_id": "x"}), 404, "not_found")
        is_problem(await api.get("/listings", params={"price_from": 1}), 422, "invalid")
        for path, odd in product(
            ("/listings", "/bookings", "/lab/payments", "/lab/mailbox"),
            ("nonsense", "0.5", "0", "-1", "NaN", str(2**63), "2026-01-01T00:00:00Z", "\x00", "é", "A" * 500, ""),
        ):
            refused = is_problem(await api.get(path, params={"cursor": odd}), 422, "invalid")
            assert wrong_fields(refused) in (["cursor"], ["query.cursor"]), (path, odd)
        for odd in (
            "0.5",
            "0",
            "1700000000",
            "-1",
            "NaN",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "0001-01-01T00:00:00+14:00",
        ):
            refused = is_problem(await api.get("/listings", params={"starts_from": odd}), 422, "invalid")
            assert wrong_fields(refused) == ["query.starts_from"], odd
        held = (await api.hold(market, "A-1")).json()
        nameless = booking_of(held, {"name": "A\x00", "email": "a\x00@b.c"})
        answer = await api.post("/bookings", json=nameless)
        assert wrong_fields(is_problem(answer, 422, "buyer_refused")) == ["buyer.name", "buyer.email"]


class TestKeys:
    async def test_an_answer_is_given_again_cart_included(self, api: Client, market: Market) -> None:
        wanted = {"json": {"listing_id": market.listing.id, "seats": ["A-1"]}, "headers": {"Idempotency-Key": "once"}}
        stranger, again = api.without_cart(), api.without_cart()
        first = await stranger.post("/holds", **wanted)
        second = await again.post("/holds", **wanted)
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers["X-Cart-Token"] == first.headers["X-Cart-Token"]
        assert second.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers

    async def test_a_refusal_is_given_again_as_the_problem_it_was(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        headers = {"Idempotency-Key": "k"}
        misshapen = await api.post("/bookings", json={}, headers=headers)
        assert is_problem(misshapen, 422, "invalid") == is_problem(
            await api.post("/bookings", json={}, headers=headers), 422, "invalid"
        )
        path, headers = f"/bookings/{booking['id']}/accept", {"Idempotency-Key": "accept"}
        refused = is_problem(await api.post(path, headers=headers), 409, "unlawful_transition")
        await api.post(f"/bookings/{booking['id']}/cancel")
        assert is_problem(await api.post(path, headers=headers), 409, "unlawful_transition") == refused

    async def test_our_own_failure_is_given_again_too(
        self, api: Client, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        wanted = {"json": {"listing_id": market.listing.id, "seats": ["A-1"]}, "headers": {"Idempotency-Key": "once"}}
        with monkeypatch.context() as patch:
            patch.setattr(holds.holding, "hold", broken)
            failed = is_problem(await api.post("/holds", **wanted), 500, "internal")
        assert "bug" not in failed["detail"]
        assert is_problem(await api.post("/holds", **wanted), 500, "internal") == failed
        assert await market.seats() == {}

    async def test_not_now_releases_the_key(self, api: Client, market: Market) -> None:
        wanted = {"json": {"listing_id": market.listing.id, "seats": ["A-1"]}, "headers": {"Idempotency-Key": "once"}}
        url = redis_room.url()
        await redis_room.close()
        redis_room.use("unix:///nowhere/redis.sock")
        try:
            is_problem(await api.post("/holds", **wanted), 503, "unavailable")
        finally:
            await redis_room.close()
            redis_room.use(url)
        held = await api.post("/holds", **wanted)
        assert held.status_code == 201, held.text
        assert "Idempotency-Replayed" not in held.headers

    @pytest.mark.parametrize("status", [429, 503])
    async def test_not_now_releases_the_key_whoever_says_it(
        self, api: Client, market: Market, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        async def busy(*_: object) -> None:
            raise HTTPException(status)

        wanted = {"json": {"listing_id": market.listing.id, "seats": ["A-1"]}, "headers": {"Idempotency-Key": "once"}}
        with monkeypatch.context() as patch:
            patch.setattr(holds.holding, "hold", busy)
            assert (await api.post("/holds", **wanted)).status_code == status
        assert (await api.post("/holds", **wanted)).status_code == 201

    async def test_another_body_under_the_same_key_is_refused(self, api: Client, market: Market) -> None:
        await api.hold(market, "B-1")
        headers = {"Idempotency-Key": "once"}
        for seat, status in (("A-1", 201), ("A-2", 422), ("A-1", 201)):
            answer = await api.post("/holds", json={"listing_id": market.listing.id, "seats": [seat]}, headers=headers)
            assert answer.status_code == status
        assert "seat:A-2" not in await market.seats()

    async def test_a_key_is_its_resource_s_own(self, api: Client, market: Market) -> None:
        headers = {"Idempotency-Key": "1"}
        first, second = await api.book(market, "A-1"), await api.without_cart().book(market, "B-1")
        held = await api.post("/holds", json={"listing_id": market.listing.id, "seats": ["C-1"]}, headers=headers)
        assert held.status_code == 201
        ended = await api.post(f"/bookings/{first['id']}/cancel", headers=headers)
        assert ended.json()["status"] == "cancelled_by_buyer"
        assert second["id"] != first["id"]

    async def test_those_who_follow_links_have_keys_of_their_own(self, api: Client, market: Market) -> None:
        one, other = await api.without_cart().book(market, "A-1"), await api.without_cart().book(market, "B-1")
        stranger = api.without_cart()
        for booking in (one, other):
            for email, status in ((BUYER["email"], 200), ("grace@example.org", 404)):
                key = tokens.issue_booking_key(BookingId(booking["id"]), email, market.now)
                headers = {"Idempotency-Key": "1", "X-Booking-Key": key}
                answer = await stranger.post(f"/bookings/{booking['id']}/cancel", headers=headers)
                assert answer.status_code == status, answer.text
                if status == 200:
                    assert answer.json()["id"] == booking["id"]

    @pytest.mark.parametrize("key", ["", "with space", "x" * 256])
    async def test_a_malformed_key_is_refused(self, api: Client, market: Market, key: str) -> None:
        booking = await api.book(market, "A-1")
        assert (await api.pay(booking, key=key)).status_code == 422
        assert await count(Payment) == 0

    async def test_of_the_same_request_in_parallel_one_runs(
        self, api: Client, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        booking = await api.book(market, "A-1")
        entered, go = asyncio.Event(), asyncio.Event()
        hold = holding.hold

        async def slow(*what: object) -> object:
            entered.set()
            await go.wait()
            return await hold(*what)

        monkeypatch.setattr(holds.holding, "hold", slow)
        wanted = {"json": {"listing_id": market.listing.id, "seats": ["B-1"]}, "headers": {"Idempotency-Key": "k"}}
        first = asyncio.create_task(api.post("/holds", **wanted))
        await entered.wait()
        second = await api.post("/holds", **wanted)
        is_problem(second, 409, "idempotency_key_in_progress")
        assert int(second.headers["Retry-After"]) >= 1
        go.set()
        assert (await first).status_code == 201
        assert (await api.post("/holds", **wanted)).headers["Idempotency-Replayed"] == "true"
        assert booking

    async def test_a_key_that_is_used_again_after_a_day_still_books_a_hold_once(
        self, api: Client, market: Market
    ) -> None:
        held = (await api.hold(market, "A-1")).json()
        wanted = {"json": booking_of(held), "headers": {"Idempotency-Key": "book"}}
        first = await api.post("/bookings", **wanted)
        await market.skip(hours=25)
        second = await api.post("/bookings", **wanted)
        assert "Idempotency-Replayed" not in second.headers
        assert second.json()["id"] == first.json()["id"]
        assert await count(Booking) == 1

    async def test_strangers_do_not_share_keys(self, app, market: Market) -> None:
        carts = []
        for address in ("198.51.100.1", "198.51.100.2"):
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with Client(transport=transport, base_url="http://test/api/v1") as visitor:
                wanted = {"listing_id": market.listing.id, "quantity": 1}
                answer = await visitor.post("/holds", json=wanted, headers={"Idempotency-Key": "1"})
                assert answer.status_code == 201
                carts.append(answer.headers["X-Cart-Token"])
        assert carts[0] != carts[1]


class TestTokens:
    async def test_forged_misused_and_worn_out_tokens_are_refused(self, api: Client, market: Market) -> None:
        now, account = market.now, AccountView(AccountId.new(), "", "", False, (), market.now)
        cart, old = tokens.issue_cart(CartId.new(), now), tokens.issue_cart(CartId.new(), now - timedelta(days=31))
        access = tokens.issue_access(account, SessionId.new(), now)
        claims = jwt.get_unverified_claims(access)
        body = access.split(".")[1]
        without_end = {name: claim for name, claim in claims.items() if name != "exp"}
        bad = [
            "nonsense", cart[:-2], cart + "x", old, access[:-2], f"eyJhbGciOiJub25lIn0.{body}.", "x" * 5000,
            tokens.issue_access(account, SessionId.new(), now - timedelta(hours=2)),
            *(jwt.encode(told, key, algorithm="HS256") for told in (claims, without_end) for key in ("", "x" * 40)),
        ]  # fmt: skip
        wanted = {"listing_id": market.listing.id, "seats": ["A-1"]}
        for token in bad:
            for headers in ({"X-Cart-Token": token}, {"Authorization": f"Bearer {token}"}, {"X-Booking-Key": token}):
                answer = await api.post("/holds", json=wanted, headers=headers)
                is_problem(answer, 401, "token_refused")
                assert answer.headers["WWW-Authenticate"] == "Bearer"
        is_problem(await api.get("/me", headers={"Authorization": f"Bearer {cart}"}), 401, "token_refused")
        is_problem(await api.get("/bookings", headers={"X-Cart-Token": access}), 401, "token_refused")
        assert await market.seats() == {}

    async def test_cookies_change_nothing_for_another_site(self, api: Client, market: Market) -> None:
        cart = tokens.issue_cart(CartId.new(), market.now)
        wanted = {"json": {"listing_id": market.listing.id, "seats": ["A-1"]}}

        async def hold(**headers: str) -> int:
            return (await api.post("/holds", **wanted, headers={"Cookie": f"cart={cart}", **headers})).status_code

        assert await hold(Origin="https://evil.example") == 403
        assert await hold(Origin="null") == 403
        assert await hold(**{"Sec-Fetch-Site": "cross-site"}) == 403
        assert await hold(**{"Sec-Fetch-Mode": "no-cors"}) == 403
        assert await hold(Referer="https://evil.example/") == 403
        for form in ("text/plain", "application/x-www-form-urlencoded; charset=utf-8", "multipart/form-data", ""):
            sent = {"Cookie": f"cart={cart}", "Content-Type": form}
            is_problem(
                await api.post("/auth/logout", content=b"", headers=sent | {"Content-Length": "1"}), 403, "cross_site"
            )
        assert await market.seats() == {}
        assert await hold(Origin="http://test") == 201
        assert await hold(Origin=settings.current().origin) == 201
        assert await hold(**{"Sec-Fetch-Site": "same-origin"}) == 201
        assert await hold(**{"X-CSRF-Token": tokens.csrf_for(cart)}) == 201
        assert (await api.get("/bookings", headers={"Cookie": f"cart={cart}"})).status_code == 200

    async def test_a_small_client_that_keeps_cookies_buys(self, app, market: Market) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
            wanted = {"listing_id": market.listing.id, "seats": ["A-1", "A-2"]}
            held = (await client.post("/holds", json=wanted)).json()
            assert (await client.post(f"/holds/{held['id']}/extend")).status_code == 200
            booked = await client.post("/bookings", json=booking_of(held))
            assert booked.status_code == 201, booked.text
            card = {"number": SUCCESS, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
            paid = await client.post(
                f"/bookings/{booked.json()['id']}/payments",
                json={"total": booked.json()["total"], "provider": "simulator", "method": "card", "card": card},
                headers={"Idempotency-Key": "first"},
            )
            assert paid.status_code == 201, paid.text
            await market.let_pass(4)
            assert (await client.get(f"/bookings/{booked.json()['id']}")).json()["status"] == "confirmed"


class TestAway:
    async def test_without_redis_reads_work_and_say_that_holds_are_paused(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        held = (await api.hold(market, "B-1")).json()
        url = redis_room.url()
        await redis_room.close()
        redis_room.use("unix:///nowhere/redis.sock")
        try:
            for path in ("", f"/{market.listing.id}", f"/{market.listing.id}/plan", f"/{market.listing.id}/poster.svg"):
                assert (await api.get(f"/listings{path}")).status_code == 200
            seats = (await api.get(f"/listings/{market.listing.id}/seats")).json()
            assert seats == {"version": 0, "status": {"seat:A-1": "held"}, "is_paused": True}
            assert (await api.get(f"/bookings/{booking['id']}")).json()["status"] == "pending_payment"
            for call in (
                api.hold(market, "A-2"),
                api.get(f"/holds/{held['id']}"),
                api.post(f"/holds/{held['id']}/extend"),
                api.post("/bookings", json=booking_of(held)),
            ):
                paused = await call
                assert "Holds are paused" in is_problem(paused, 503, "unavailable")["detail"]
                assert int(paused.headers["Retry-After"]) >= 1
            ready = await api.get("/health/ready")
            assert ready.status_code == 503
            assert ready.json()["checks"]["database"] == "ok"
            assert (await api.get("/health/live")).status_code == 200
            # What SQL guards goes on.
            assert (await api.pay(booking)).status_code == 201
            await market.let_pass(4)
            assert (await api.get(f"/bookings/{booking['id']}")).json()["status"] == "confirmed"
        finally:
            redis_room.use(url)
        assert await count(Booking) == 1
        await eventually(lambda: _answers(market))
        assert (await market.seats())["seat:A-1"] == "held" or (await market.seats())["seat:A-1"] == "sold"

    async def test_without_a_database_it_is_said_and_nothing_is_done(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        working = db.engine()
        db.use(db.connect("sqlite+aiosqlite:////nowhere/at/all.db"))
        try:
            for call in (
                api.get("/listings"),
                api.post("/bookings", json=booking_of(held)),
                api.post("/holds", json={"listing_id": market.listing.id}, headers={"Idempotency-Key": "k"}),
            ):
                answer = await call
                is_problem(answer, 503, "unavailable")
                assert answer.headers["Retry-After"]
            ready = await api.get("/health/ready")
            assert (ready.status_code, ready.json()["checks"]["redis"]) == (503, "ok")
        finally:
            await db.engine().dispose()
            db.use(working)
        assert await count(Booking) == 0


async def _answers(market: Market) -> bool:
    return bool(await market.seats())


async def test_forwarded_addresses_are_believed_from_our_own_proxies_only(
    app, market: Market, own_settings: settings.Settings
) -> None:
    from starlette.requests import Request

    from marketplace.api.auth_context import actor_of, client_ip

    def request(forwarded: str = "", client: tuple[str, int] | None = ("10.0.0.1", 1), **headers: str) -> Request:
        raw = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
        raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return Request({"type": "http", "method": "GET", "headers": raw, "client": client, "query_string": b""})

    assert client_ip(request("203.0.113.9")) == "10.0.0.1"
    assert client_ip(request(client=None)) == "unknown"
    settings.use(own_settings.model_copy(update={"trusted_proxy_hops": 2}))
    assert client_ip(request("6.6.6.6, 203.0.113.9, 10.0.0.2")) == "203.0.113.9"
    assert client_ip(request("203.0.113.9")) == "10.0.0.1"
    assert await actor_of(request(authorization="Basic x")) == Actor()
    assert clock.now()
    assert AccountId.new()


async def test_what_breaks_after_the_answer_has_begun_is_not_answered_twice() -> None:
    async def torn(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("the cable was pulled")

    async def unheard() -> dict:
        return {"type": "http.disconnect"}

    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/api/v1/x", "headers": []}
    with pytest.raises(RuntimeError):
        await middleware.Edge(torn)(scope, unheard, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_the_edge_leaves_pages_and_websockets_alone() -> None:
    seen = []

    async def page(scope, receive, send) -> None:
        seen.append(scope["path"])

    for scope in ({"type": "websocket", "path": "/_event"}, {"type": "http", "path": "/orders"}):
        await middleware.Edge(page)(scope, None, None)
    assert seen == ["/_event", "/orders"]
