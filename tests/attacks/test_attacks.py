"""Attacks on a real instance with its real processes; `python -m tests.attacks` sends the same to any that runs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest
from redis.asyncio import Redis
from sqlmodel import select

from marketplace import clock, db, settings
from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.bookings import actions as bookings
from marketplace.bookings.views import Buyer
from marketplace.ids import BookingId, ulid
from marketplace.payments.gateways.simulator.webhooks import HEADER
from marketplace.payments.models import WebhookEvent
from marketplace.payments.signatures import sign
from tests.attacks.attacks import ATTACKS, Attack
from tests.attacks.target import Target, at_once, new_address, statuses
from tests.conftest import short_folder
from tests.journeys.running import Running, started
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)
RESULTS = Path(__file__).parents[2] / "test-results"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One marketplace for all attacks: what one of them breaks, the next one sees."""
    with short_folder() as folder, started(folder, RESULTS / "attacks.log", HELD_PER_NETWORK="60") as marketplace:
        yield marketplace


@pytest.fixture
async def target(running: Running) -> AsyncIterator[Target]:
    attacked = Target(running.url)
    yield attacked
    await attacked.http.aclose()


@pytest.fixture
async def keys(running: Running) -> AsyncIterator[Redis]:
    """The marketplace's own Redis, which no attacker reaches."""
    client = Redis.from_url(f"unix://{_socket_of(running.redis())}")
    yield client
    await client.aclose()


@pytest.fixture
async def inside(running: Running) -> AsyncIterator[settings.Settings]:
    """The rooms work on the marketplace's own database and with its secrets, which no attacker reaches either."""
    its = settings.read(_env_file=None, environment="test", data_dir=running.data)
    settings.use(its)
    db.use(db.connect(its.database))
    yield its
    await db.close()


def _socket_of(redis: int) -> str:
    command = Path(f"/proc/{redis}/cmdline").read_text().replace("\0", " ")
    return command.partition("unixsocket:")[2].split()[0]


@pytest.mark.parametrize("act", ATTACKS, ids=lambda act: act.__name__)
async def test_it_holds(target: Target, act: Attack) -> None:
    await act(target)


async def test_asking_for_made_up_holds_leaves_nothing_behind(target: Target, keys: Redis) -> None:
    ulid = "01JZZZZZZZZZZZZZZZZZZZZZ{:02}"
    made_up = [f"hld_{ulid.format(at)}_lst_{ulid.format(at)}" for at in range(40)]
    before = await keys.dbsize()
    answers = await at_once(*(target.get(f"/holds/{id}") for id in made_up))
    assert statuses(answers) <= {401, 404}
    # Counters of requests are one for each network, whatever is asked for.
    assert await keys.dbsize() <= before + 5


async def test_whoever_mints_carts_does_not_get_the_whole_hall(target: Target) -> None:
    listing = await target.largest_listing()
    held, whose = 0, []
    for _ in range(40):
        answer = await target.post("/holds", {"listing_id": listing, "quantity": 4, "together": False})
        if answer.status_code != 201:
            break
        held += len(answer.json()["units"])
        whose.append((answer.json()["id"], answer.headers["X-Cart-Token"]))
    assert answer.status_code in {409, 429}, answer.text
    assert answer.json()["code"] == "too_many_from_network", answer.text
    assert 40 <= held <= 60
    for hold, cart in whose:
        await target.http.delete(f"/holds/{hold}", headers={"X-Cart-Token": cart})


async def test_what_the_provider_signed_counts_only_for_minutes(target: Target, inside: settings.Settings) -> None:
    await target.bought((await target.any_listing())["id"])
    async with db.transaction(reading=True) as session:
        heard = (await session.exec(select(WebhookEvent).where(WebhookEvent.kind == "charge.succeeded"))).first()
    assert heard is not None
    new = f"evt_sim_{ulid()}"
    body = heard.body.replace(heard.event_id.encode(), new.encode())

    async def send(*, minutes: float) -> int:
        signed = sign(body, inside.simulator_secret, clock.now() + timedelta(minutes=minutes))
        return (await target.http.post("/webhooks/simulator", content=body, headers={HEADER: signed})).status_code

    async def is_written() -> bool:
        async with db.transaction(reading=True) as session:
            return (await session.exec(select(WebhookEvent).where(WebhookEvent.event_id == new))).first() is not None

    for minutes in (-6, 6, -60 * 24 * 365, 60 * 24 * 365):
        assert await send(minutes=minutes) == 400
        assert not await is_written()
    assert await send(minutes=0) == 202, "its time was all that was wrong"
    assert await is_written()


@pytest.mark.usefixtures("inside")
async def test_a_link_to_a_mistyped_address_opens_and_repeats_nothing_once_it_is_corrected(
    target: Target,
) -> None:
    order, who = await target.order((await target.any_listing())["id"])
    id, now = BookingId(order["id"]), clock.now()
    stale = {"status": "confirmed", "refund": order["total"]}
    reader = await target.link_to(order)

    async def ends(link: dict[str, str], key: str) -> tuple[int, bool]:
        answer = await target.post(f"/bookings/{id}/cancel", stale, link, key=key)
        return answer.status_code, "Idempotency-Replayed" in answer.headers

    assert (await target.get(f"/bookings/{id}", reader)).status_code == 200
    assert [await ends(reader, "reader's") for _ in range(2)] == [(409, False), (409, True)]
    right = Buyer("Eve Adams", new_address())
    async with db.transaction() as session:
        await bookings.correct_buyer(session, Actor(tokens.read_cart(who["X-Cart-Token"], now)), id, right, now)
    assert (await target.get(f"/bookings/{id}", reader)).status_code == 404
    owner = {"X-Booking-Key": tokens.issue_booking_key(id, right.email, now)}
    assert (await target.get(f"/bookings/{id}", owner)).status_code == 200
    assert [await ends(owner, "reader's"), await ends(owner, "owner's")] == [(409, False)] * 2
    assert await ends(reader, "owner's") == (404, False)


async def test_holds_that_a_flush_took_are_not_sold_twice(target: Target, keys: Redis) -> None:
    listing = (await target.listing_of((await target.any_listing())["seller_id"]))["id"]
    holds = [await target.hold(listing) for _ in range(5)]
    await keys.flushall()
    buyer = {"name": "Eve Adams", "email": "eve@example.org"}
    answers = await at_once(
        *(
            target.post("/bookings", {"hold_id": held["id"], "buyer": buyer, "total": held["total"]}, who)
            for held, who in holds
            for _ in range(8)
        )
    )
    assert statuses(answers) <= {201, 404, 409, 503}, statuses(answers)
    orders = {answer.json()["id"]: answer.json() for answer in answers if answer.status_code == 201}
    units = [line["unit"] for order in orders.values() for line in order["lines"] if line["unit"]]
    assert len(units) == len(set(units))


async def test_killed_processes_are_replaced_and_orders_outlive_them(target: Target, running: Running) -> None:
    order, who = await target.order((await target.any_listing())["id"])
    for _ in range(2):
        victims = running.workers()
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        await eventually(lambda gone=frozenset(victims): len(set(running.workers()) - gone) >= 2, within=60)
    await eventually(lambda: _is_ready(target), within=60)
    assert (await target.get(f"/bookings/{order['id']}", who)).json()["status"] == "pending_payment"


async def test_a_redis_that_has_stopped_stops_nobody_else(target: Target, running: Running) -> None:
    said = running.log.stat().st_size
    os.kill(running.redis(), signal.SIGSTOP)
    try:
        began = monotonic()
        ready, live, listings = await at_once(
            target.get("/health/ready"), target.get("/health/live"), target.get("/listings")
        )
        assert (ready.status_code, live.status_code, listings.status_code) == (503, 200, 200)
        assert monotonic() - began < 25, "an answer that takes so long is none"
    finally:
        os.kill(running.redis(), signal.SIGCONT)
    await eventually(lambda: _is_ready(target), within=60)
    assert running.log.stat().st_size - said < 1 << 20


async def test_the_next_one_is_served_while_somebody_talks_nonsense(target: Target) -> None:
    """Two hundred tiny messages that are none of the protocol's, over one websocket."""
    from simple_websocket import Client, ConnectionClosed

    def talk() -> None:
        address = target.url.replace("http", "ws", 1)
        client = Client.connect(f"{address}/_event/?EIO=4&transport=websocket", ping_interval=None)
        try:
            for number in range(200):
                client.send(("4", "42", "42[", '42["', "40/nowhere,", "45", "6", "x", "\x00")[number % 9])
        except (ConnectionClosed, OSError):
            pass  # shown the door: just as well
        finally:
            client.close()

    talking = asyncio.create_task(asyncio.to_thread(talk))
    answers = await at_once(*(target.get("/listings") for _ in range(10)))
    assert statuses(answers) == {200}
    await talking


async def _is_ready(target: Target) -> bool:
    try:
        return (await target.get("/health/ready")).is_success
    except httpx.TransportError:
        return False
