"""A program buys seats: listings, holds, bookings, payments, tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.catalog import actions as listings
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingChange
from marketplace.db import transaction
from marketplace.ids import AccountId, BookingId, CartId, HoldId, PaymentId, ResourceId
from marketplace.notifications import queries as mailbox
from tests.api.client import BUYER, Client, booking_of, is_problem, wrong_fields
from tests.makers.accounts import bearer, make_account
from tests.makers.bookings import Market, guest
from tests.makers.payments import CARD_DECLINED, CHALLENGE


class TestHolds:
    async def test_the_first_hold_brings_a_cart_and_says_everything(self, api: Client, market: Market) -> None:
        answer = await api.hold(market, "A-1", "B-2")
        assert answer.status_code == 201
        held = answer.json()
        assert held["listing_id"] == market.listing.id
        assert sorted(held["seats"]) == ["A-1", "B-2"]
        assert held["price"] == {"amount": 35_00, "currency": "EUR"}
        assert held["fence"] >= 1
        assert not held["is_extended"]
        assert held["expires_at"].endswith("Z")
        left = datetime.fromisoformat(held["expires_at"]) - market.now
        assert timedelta(minutes=14) < left <= timedelta(minutes=15)
        assert {unit["label"] for unit in held["units"]} == {"Stalls, row A, seat 1", "Stalls, row B, seat 2"}
        cart = tokens.read_cart(answer.headers["X-Cart-Token"], market.now)
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        again = await api.hold(market, "C-1")
        assert again.json()["id"] == held["id"]
        assert again.json()["expires_at"] == held["expires_at"]
        assert again.json()["fence"] > held["fence"]
        assert "X-Cart-Token" not in again.headers
        assert HoldId(held["id"]).resource == market.listing.id
        assert cart

    async def test_what_somebody_has_is_named(self, api: Client, market: Market) -> None:
        await api.hold(market, "A-1", "A-2")
        refused = await api.without_cart().hold(market, "A-2", "A-3")
        assert is_problem(refused, 409, "seats_taken")["seats"] == ["A-2"]

    async def test_the_best_together_and_standing_places(self, api: Client, market: Market) -> None:
        best = (await api.hold(market, quantity=3, together=True)).json()
        assert [seat[0] for seat in sorted(best["seats"])] == ["A"] * 3
        cheap = (await api.without_cart().hold(market, quantity=2, category="Standard")).json()
        assert {unit["category"] for unit in cheap["units"]} == {"Standard"}
        below = await api.without_cart().hold(market, quantity=2, max_price={"amount": 15_00, "currency": "EUR"})
        assert all(unit["price"]["amount"] <= 15_00 for unit in below.json()["units"])
        pit = await api.without_cart().hold(market, quantity=4, area="pit")
        assert [unit["unit"] for unit in pit.json()["units"]] == [f"stand:pit:{n}" for n in range(1, 5)]
        crowd = await api.without_cart().hold(market, quantity=7, area="pit")
        assert is_problem(crowd, 409, "not_enough_left")["left"] == 6
        assert is_problem(await api.without_cart().hold(market, quantity=7), 409, "no_such_seats")

    async def test_a_hold_is_shown_extended_once_and_let_go(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        assert (await api.get(f"/holds/{held['id']}")).json() == held
        longer = await api.post(f"/holds/{held['id']}/extend")
        assert longer.status_code == 200
        assert longer.json()["is_extended"]
        assert longer.json()["expires_at"] > held["expires_at"]
        is_problem(await api.post(f"/holds/{held['id']}/extend"), 409, "already_extended")
        released = await api.delete(f"/holds/{held['id']}")
        assert (released.status_code, released.content) == (204, b"")
        assert await market.seats() == {}
        is_problem(await api.get(f"/holds/{held['id']}"), 409, "hold_released")
        assert (await api.delete(f"/holds/{held['id']}")).status_code == 204

    async def test_others_find_no_such_hold(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        other = api.without_cart()
        is_problem(await other.get(f"/holds/{held['id']}"), 401, "unauthenticated")
        await other.hold(market, "B-1")
        for call in (
            other.get(f"/holds/{held['id']}"),
            other.post(f"/holds/{held['id']}/extend"),
            other.delete(f"/holds/{held['id']}"),
            other.post("/bookings", json=booking_of(held)),
            other.get("/holds/nonsense"),
        ):
            is_problem(await call, 404, "not_found")

    async def test_a_hold_that_ran_out_says_so(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        await market.skip(minutes=16)
        is_problem(await api.get(f"/holds/{held['id']}"), 409, "hold_expired")
        booked = await api.post("/bookings", json=booking_of(held))
        is_problem(booked, 409, "hold_expired")

    async def test_every_answer_says_how_the_limit_stands_and_429_when_to_come_back(
        self, api: Client, market: Market, own_settings: settings.Settings
    ) -> None:
        settings.use(own_settings.model_copy(update={"hold_limit": "3/minute"}))
        first = await api.hold(market, "A-1")
        assert first.headers["RateLimit-Policy"] == '"holds";q=3;w=60'
        assert first.headers["RateLimit"].startswith('"holds";r=2;t=')
        cart = {"X-Cart-Token": first.headers["X-Cart-Token"]}
        for at in range(2):
            answer = await api.hold(market, "A-1")
            assert answer.headers["RateLimit"].startswith(f'"holds";r={1 - at};t=')
        refused = await api.post(
            "/holds", json={"listing_id": market.listing.id, "seats": ["A-1"]}, headers={"Idempotency-Key": "k"} | cart
        )
        is_problem(refused, 429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["RateLimit"] == f'"holds";r=0;t={refused.headers["Retry-After"]}'
        await market.skip(seconds=61)
        again = await api.post(
            "/holds", json={"listing_id": market.listing.id, "seats": ["A-1"]}, headers={"Idempotency-Key": "k"} | cart
        )
        assert again.status_code == 201
        taken = await api.without_cart().hold(market, "A-1")
        is_problem(taken, 409, "seats_taken")
        assert taken.headers["RateLimit"].startswith('"holds";r=')

    async def test_fresh_carts_and_made_up_ones_do_not_get_round_the_limit(
        self, api: Client, market: Market, own_settings: settings.Settings
    ) -> None:
        settings.use(own_settings.model_copy(update={"hold_limit": "2/minute", "hold_limit_per_network": "4/minute"}))
        shop = await make_account(market.now)
        known = await bearer(Actor(account=shop.id), market.now)
        wanted = {"listing_id": market.listing.id, "seats": ["A-1"]}
        for at in range(2):
            made_up = {"Cookie": f"cart=made-up-{at}", **known}
            assert (await api.without_cart().post("/holds", json=wanted, headers=made_up)).status_code in {201, 409}
        refused = await api.without_cart().post("/holds", json=wanted, headers={"Cookie": "cart=another", **known})
        is_problem(refused, 429, "too_many_requests")
        await api.without_cart().post("/holds", json=wanted)
        is_problem(await api.without_cart().post("/holds", json=wanted), 429, "too_many_requests")

    async def test_one_network_does_not_get_the_whole_hall(
        self, api: Client, market: Market, own_settings: settings.Settings
    ) -> None:
        settings.use(own_settings.model_copy(update={"held_per_network": 3}))
        for at in (1, 2, 3):
            assert (await api.without_cart().hold(market, f"A-{at}")).status_code == 201
        refused = is_problem(await api.without_cart().hold(market, "A-4"), 409, "too_many_from_network")
        assert refused["most"] == 3


class TestTheTotal:
    async def test_a_hold_says_what_its_booking_will_cost_and_keeps_its_word(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        assert (held["price"]["amount"], held["surcharge"]["amount"], held["total"]["amount"]) == (20_00, 2_00, 22_00)
        prices = {
            category: 900 * price.minor for category, price in (await catalog.offer(market.listing.id)).prices.items()
        }
        async with transaction() as session:
            change = ListingChange(prices=prices)
            await listings.change_listing(session, market.seller, market.listing.id, change, market.now)
        catalog.forget(market.listing.id)
        assert (await api.get(f"/holds/{held['id']}")).json() == held
        booking = (await api.post("/bookings", json=booking_of(held))).json()
        assert booking["total"] == held["total"]

    async def test_another_total_is_a_conflict_that_carries_the_new_one(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        wrong = {"amount": 21_00, "currency": "EUR"}
        refused = await api.post("/bookings", json=booking_of(held | {"total": wrong}))
        assert is_problem(refused, 409, "total_changed")["total"] == held["total"]
        booking = (await api.post("/bookings", json=booking_of(held))).json()
        refused = await api.pay(booking, total={"amount": 22_00, "currency": "USD"})
        assert is_problem(refused, 409, "total_changed")["total"] == booking["total"]
        assert (await api.pay(booking, key="second")).status_code == 201

    async def test_no_total_at_all_is_refused(self, api: Client, market: Market) -> None:
        held = (await api.hold(market, "A-1")).json()
        without = {name: value for name, value in booking_of(held).items() if name != "total"}
        assert wrong_fields(is_problem(await api.post("/bookings", json=without), 422, "invalid")) == ["total"]


class TestBookings:
    async def test_lost_links_are_sent_without_a_word_on_whether_there_are_any(
        self, api: Client, market: Market
    ) -> None:
        await api.book(market, "A-1")
        await market.work()
        for email in (BUYER["email"], "nobody@example.org"):
            asked = await api.post("/bookings/links", json={"email": email})
            assert (asked.status_code, asked.content) == (202, b"")
        await market.work()
        async with transaction(reading=True) as session:
            emails = (await mailbox.mailbox(session)).items
        assert [email.to for email in emails if email.kind == "link_again"] == [BUYER["email"]]
        is_problem(await api.post("/bookings/links", json={"email": "nobody"}), 422, "invalid")

    async def test_from_a_hold_to_tickets(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1", "A-2")
        assert booking["status"] == "pending_payment"
        assert booking["total"] == {"amount": 44_00, "currency": "EUR"}
        assert [(line["kind"], line["amount"]["amount"]) for line in booking["lines"]] == [
            ("unit", 20_00), ("unit", 20_00), ("guest_surcharge", 4_00),
        ]  # fmt: skip
        assert booking["buyer"] == {**BUYER, "language": "en"}
        paid = await api.pay(booking)
        assert paid.status_code == 201
        payment = paid.json()
        assert payment["status"] == "processing"
        assert payment["next_action"] is None
        await market.let_pass(4)
        payment = (await api.get(f"/payments/{payment['id']}")).json()
        assert (payment["status"], payment["method_label"]) == ("succeeded", "Visa •••• 4242")
        booking = (await api.get(f"/bookings/{booking['id']}")).json()
        assert (booking["status"], booking["payment_id"]) == ("confirmed", payment["id"])
        assert [ticket["unit"] for ticket in booking["tickets"]] == ["seat:A-1", "seat:A-2"]
        assert (await api.get(f"/listings/{market.listing.id}/seats")).json()["status"] == {
            "seat:A-1": "sold", "seat:A-2": "sold",
        }  # fmt: skip
        pdf = await api.get(f"/bookings/{booking['id']}/tickets.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.content.startswith(b"%PDF-")
        assert pdf.headers["content-disposition"].endswith('.pdf"')
        event = await api.get(f"/bookings/{booking['id']}/event.ics")
        assert event.headers["content-type"] == "text/calendar; charset=utf-8"
        assert b"BEGIN:VEVENT" in event.content

    async def test_there_are_no_tickets_before_it_is_paid(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        for file in ("tickets.pdf", "event.ics"):
            is_problem(await api.get(f"/bookings/{booking['id']}/{file}"), 409, "no_tickets_yet")

    async def test_mine_are_listed_page_by_page(self, api: Client, market: Market) -> None:
        ids = [(await api.book(market, seat))["id"] for seat in ("A-1", "A-2", "A-3")]
        first = (await api.get("/bookings", params={"limit": 2})).json()
        assert [card["id"] for card in first["items"]] == [ids[2], ids[1]]
        rest = (await api.get("/bookings", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert [card["id"] for card in rest["items"]] == [ids[0]]
        assert rest["next_cursor"] is None
        whole = (await api.get("/bookings", params={"limit": 3})).json()
        assert whole["next_cursor"] is None

    async def test_cancelling_is_quoted_and_done(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        await api.pay(booking)
        await market.let_pass(4)
        quote = (await api.get(f"/bookings/{booking['id']}/cancel")).json()
        assert quote == {
            "status": "confirmed",
            "refund": {"amount": 20_00, "currency": "EUR"},
            "kept": {"amount": 2_00, "currency": "EUR"},
            "words": "You get €20.00 back; €2.00 is kept.",
        }
        cancelled = await api.post(
            f"/bookings/{booking['id']}/cancel", json={k: quote[k] for k in ("status", "refund")}
        )
        assert cancelled.json()["status"] == "cancelled_by_buyer"
        refused = is_problem(await api.post(f"/bookings/{booking['id']}/cancel"), 409, "unlawful_transition")
        assert (refused["source"], refused["party"]) == ("cancelled_by_buyer", "buyer")

    async def test_what_has_changed_since_it_was_seen_is_not_cancelled(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        path, nothing = f"/bookings/{booking['id']}/cancel", {"amount": 0, "currency": "EUR"}
        assert (await api.get(path)).json()["status"] == "pending_payment"
        await api.pay(booking)
        await market.let_pass(4)
        for body in (
            None,
            {"status": "pending_payment", "refund": nothing},
            {"status": "confirmed", "refund": nothing},
        ):
            refused = is_problem(await api.post(path, json=body), 409, "order_moved_on")
            assert refused["booking_status"] == "confirmed"
            assert refused["refund"] == {"amount": 20_00, "currency": "EUR"}
        assert (await api.get(f"/bookings/{booking['id']}")).json()["status"] == "confirmed"

    async def test_a_stranger_finds_nothing_and_a_magic_link_one_booking(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        paid = (await api.pay(booking)).json()
        other = await api.without_cart().book(market, "B-1")
        stranger = api.without_cart()
        for headers in ({}, await bearer(Actor(account=AccountId.new()), market.now)):
            for path in (f"/bookings/{booking['id']}", f"/bookings/{booking['id']}/cancel"):
                is_problem(await stranger.get(path, headers=headers), 404, "booking_not_found")
            is_problem(
                await stranger.post(f"/bookings/{booking['id']}/cancel", headers=headers), 404, "booking_not_found"
            )
            is_problem(await stranger.get(f"/payments/{paid['id']}", headers=headers), 404, "payment_not_found")
        key = tokens.issue_booking_key(BookingId(booking["id"]), BUYER["email"], market.now)
        for how in ({"headers": {"X-Booking-Key": key}}, {"params": {"key": key}}):
            assert (await stranger.get(f"/bookings/{booking['id']}", **how)).status_code == 200
            is_problem(await stranger.get(f"/bookings/{other['id']}", **how), 404, "booking_not_found")

    async def test_an_account_pays_no_surcharge_and_sees_its_bookings_anywhere(
        self, api: Client, market: Market
    ) -> None:
        account = await make_account(market.now)
        api.headers.update(await bearer(Actor(account=account.id), market.now))
        booking = await api.book(market, "A-1")
        assert booking["total"]["amount"] == 20_00
        elsewhere = api.without_cart()
        elsewhere.headers.update(await bearer(Actor(account=account.id), market.now))
        assert [card["id"] for card in (await elsewhere.get("/bookings")).json()["items"]] == [booking["id"]]

    async def test_what_is_free_is_accepted_without_paying(self, api: Client, market: Market) -> None:
        from marketplace.catalog import actions as catalog
        from marketplace.catalog.views import ListingChange
        from marketplace.db import transaction

        async with transaction() as session:
            change = ListingChange(prices={"Standard": 0})
            await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        booking = await api.book(market, "B-1")
        is_problem(await api.pay(booking), 422, "amount_refused")
        accepted = await api.post(f"/bookings/{booking['id']}/accept")
        assert accepted.json()["status"] == "confirmed"


class TestPayments:
    async def test_a_key_is_asked_for(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        paid = await api.post(f"/bookings/{booking['id']}/payments", json={"total": booking["total"], "method": "card"})
        is_problem(paid, 422, "idempotency_key_required")

    async def test_a_declined_card_says_why_and_another_one_may_follow(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        declined = (await api.pay(booking, CARD_DECLINED)).json()
        await market.let_pass(4)
        seen = (await api.get(f"/payments/{declined['id']}")).json()
        assert (seen["status"], seen["failure_reason"]) == ("failed", "card_declined")
        assert seen["failure_message"]
        assert seen["steps"][0]["label"] == "Payment started"
        assert (await api.pay(booking, key="second")).status_code == 201
        is_problem(await api.pay(booking, key="third"), 409, "payment_in_progress")
        await market.let_pass(4)
        assert (await api.get(f"/bookings/{booking['id']}")).json()["status"] == "confirmed"
        is_problem(await api.pay(booking, key="fourth"), 409, "nothing_to_pay")

    async def test_a_challenge_is_shown_and_answered(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        asked = (await api.pay(booking, CHALLENGE)).json()
        await market.work()
        seen = (await api.get(f"/payments/{asked['id']}")).json()
        assert seen["status"] == "requires_action"
        assert seen["next_action"] == {"type": "challenge", "payment_id": asked["id"]}
        is_problem(
            await api.without_cart().post(f"/payments/{asked['id']}/challenge", json={"approve": True}),
            404,
            "payment_not_found",
        )
        assert (await api.post(f"/payments/{asked['id']}/challenge", json={"approve": True})).status_code == 200
        await market.let_pass(4)
        assert (await api.get(f"/payments/{asked['id']}")).json()["status"] == "succeeded"

    async def test_a_token_of_the_provider_will_do_instead_of_a_card(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        token = await market.token()
        assert (await api.pay(booking, method=token, card=None)).status_code == 201
        nothing = await api.pay(booking, card=None, key="other")
        assert wrong_fields(is_problem(nothing, 422, "invalid")) == ["card"]

    async def test_each_wrong_field_of_a_card_is_named(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        refused = await api.pay(
            booking, card={"number": "4242424242424241", "exp_month": 1, "exp_year": 2020, "cvc": "abc"}
        )
        assert set(wrong_fields(is_problem(refused, 422, "card_refused"))) == {"number", "exp_year", "cvc"}

    async def test_the_seller_refunds_and_the_buyer_cannot(self, api: Client, market: Market) -> None:
        booking = await api.book(market, "A-1")
        payment = (await api.pay(booking)).json()
        await market.let_pass(4)
        path = f"/payments/{payment['id']}/refunds"
        key = {"Idempotency-Key": "give-back"}
        is_problem(await api.post(path, json={}), 422, "idempotency_key_required")
        is_problem(await api.post(path, json={}, headers=key), 403, "forbidden")
        seller = api.without_cart()
        seller.headers.update(await bearer(market.seller, market.now))
        five = {"amount": {"amount": 5_00, "currency": "EUR"}, "reason": "goodwill"}
        given = await seller.post(path, json=five, headers=key)
        assert given.status_code == 201
        assert (given.json()["amount"], given.json()["reason"]) == (five["amount"], "goodwill")
        again = await seller.post(path, json=five, headers=key)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (given.json(), "true")
        too_much = {"amount": {"amount": 17_01, "currency": "EUR"}}
        refused = is_problem(
            await seller.post(path, json=too_much, headers={"Idempotency-Key": "more"}), 409, "refund_too_large"
        )
        assert refused["left"] == {"amount": 17_00, "currency": "EUR"}
        rest = await seller.post(path, json={}, headers={"Idempotency-Key": "rest"})
        assert rest.json()["amount"]["amount"] == 17_00
        await market.work()
        assert await market.bank() == ([22_00], [5_00, 17_00])

    @pytest.mark.parametrize(
        "amount",
        ["-1", "0", str(2**63), "NaN", "1e9", "10.50", '"100"', "true", "null"],
    )
    async def test_nonsense_is_no_amount(self, api: Client, market: Market, amount: str) -> None:
        booking = await api.book(market, "A-1")
        payment = (await api.pay(booking)).json()
        await market.let_pass(4)
        for currency in ("EUR", "JPY"):
            answer = await api.post(
                f"/payments/{payment['id']}/refunds",
                content=f'{{"amount": {{"amount": {amount}, "currency": "{currency}"}}}}',
                headers={"Content-Type": "application/json", "Idempotency-Key": f"k{currency}"}
                | await bearer(market.seller, market.now),
            )
            assert answer.status_code == 422, answer.text
        assert await market.bank() == ([22_00], [])


async def test_what_does_not_exist_is_not_found(api: Client, market: Market) -> None:
    await api.hold(market, "A-1")
    nowhere = HoldId.on(ResourceId(market.listing.id))
    for path, code in (
        (f"/holds/{nowhere}", "hold_expired"),
        (f"/bookings/{BookingId.new()}", "booking_not_found"),
        (f"/payments/{PaymentId.new()}", "payment_not_found"),
        (f"/bookings/{CartId.new()}", "not_found"),
        ("/bookings/%00", "not_found"),
        ("/nowhere", "not_found"),
    ):
        answer = await api.get(path)
        is_problem(answer, 409 if code == "hold_expired" else 404, code)
    assert guest() != guest()
