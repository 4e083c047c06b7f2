"""Real processes, really killed and really stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from marketplace import clock, db, settings, wiring
from marketplace import redis as redis_room
from marketplace.api.app import create_app
from marketplace.bookings.transitions import Status
from marketplace.db import transaction
from marketplace.notifications import queries as mail
from tests.api.test_listings import served
from tests.makers.bookings import ADA, GRACE, Market, guest
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(
    script: str, *arguments: str, database: str, port: int = 1, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process of the marketplace, on the test's database and Redis."""
    chosen = settings.current()
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(script), *arguments,
        cwd=folder, stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ, "PYTHONPATH": str(ROOT), "ENVIRONMENT": "test", "SECRET_KEY": chosen.signing_key,
            "DATABASE_URL": database.replace("+psycopg", "").replace("+aiosqlite", ""), "REDIS_URL": redis_room.url(),
            "PORT": str(port), "SIMULATOR_FAILURE_RATE": "0", "DATA_DIR": str(chosen.data_dir), "LOG_LEVEL": "ERROR",
            # Each has a clock of its own.
            "LAB": "false",
        },
    )  # fmt: skip
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


WORKER = """
    import asyncio, os, signal, sys
    from datetime import timedelta
    from marketplace import clock
    from marketplace.jobs.worker import run_worker
    from marketplace.payments.gateways.simulator import SimulatorGateway

    is_fatal, ahead = sys.argv[1:]
    clock.advance(timedelta(seconds=int(ahead)))
    charge = SimulatorGateway.charge

    async def fatal(*args, **kwargs):
        await charge(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    if is_fatal == "yes":
        SimulatorGateway.charge = fatal
    asyncio.run(run_worker(asyncio.Event()))
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_worker_that_is_killed_while_it_charges_loses_nothing(
    market: Market, database: str, tmp_path: Path
) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.behave(processing_seconds=0.1)
    async with served(create_app()) as url, wiring.app_context():
        port = int(url.split(":")[2].split("/")[0])
        async with process(WORKER, "yes", "0", database=database, port=port, folder=tmp_path) as killed:
            payment = await market.begin_to_pay(ada, order)
            assert await asyncio.wait_for(killed.wait(), 40) == -signal.SIGKILL
        assert (await market.look(payment.id)).reference is None
        # Its leases have run out by the time that another one comes by.
        async with process(WORKER, "no", "70", database=database, port=port, folder=tmp_path):
            await wiring.queue().enqueue("deliver-events")

            async def is_confirmed() -> bool:
                return (await market.see(ada, order.id)).status is Status.CONFIRMED

            async def is_shown_as_sold() -> bool:
                return await market.seats() == {"seat:A-1": "sold"}

            await eventually(is_confirmed, within=60)
            await eventually(is_shown_as_sold)
        assert await market.bank() == ([22_00], [])
        assert len((await market.see(ada, order.id)).tickets) == 1


DYING = """
    import asyncio, os, signal, sys
    from datetime import timedelta
    from marketplace import clock, outbox
    from marketplace.bookings import actions as bookings
    from marketplace.jobs.worker import run_worker

    where, ahead = sys.argv[1:]
    clock.advance(timedelta(seconds=int(ahead)))
    deliver, confirm = outbox._deliver, bookings._confirm

    async def fatal(leased, now):
        if where in {one.kind for one in leased}:
            os.kill(os.getpid(), signal.SIGKILL)
        return await deliver(leased, now)

    async def confirm_and_die(*given):
        await confirm(*given)
        if where == "before the commit":
            os.kill(os.getpid(), signal.SIGKILL)

    outbox._deliver, bookings._confirm = fatal, confirm_and_die
    asyncio.run(run_worker(asyncio.Event()))
"""


@pytest.mark.parametrize(
    "where", ["PaymentStarted", "WebhookReceived", "before the commit", "BookingConfirmed"],
    ids=["on lease", "webhook on lease", "confirmed and not committed", "committed and not delivered"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_worker_that_is_killed_on_the_way_to_the_tickets_loses_nothing_and_does_nothing_twice(
    market: Market, database: str, tmp_path: Path, where: str
) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.behave(processing_seconds=0.1)
    async with served(create_app()) as url, wiring.app_context():
        port = int(url.split(":")[2].split("/")[0])
        async with process(DYING, where, "0", database=database, port=port, folder=tmp_path) as killed:
            await market.begin_to_pay(ada, order)
            assert await asyncio.wait_for(killed.wait(), 60) == -signal.SIGKILL
        is_committed = where == "BookingConfirmed"
        assert ((await market.see(ada, order.id)).status is Status.CONFIRMED) == is_committed
        async with process(DYING, "nowhere", "70", database=database, port=port, folder=tmp_path):
            for job in ("deliver-events", "simulate"):
                await wiring.queue().enqueue(job)

            async def is_confirmed_and_told() -> bool:
                async with transaction(reading=True) as session:
                    mailbox = await mail.mailbox(session, about=order.id)
                kinds = [card.kind for card in mailbox.items]
                return (await market.see(ada, order.id)).status is Status.CONFIRMED and "confirmed" in kinds

            async def is_shown_as_sold() -> bool:
                return await market.seats() == {"seat:A-1": "sold"}

            await eventually(is_confirmed_and_told, within=60)
            await eventually(is_shown_as_sold)
        async with transaction(reading=True) as session:
            mailbox = await mail.mailbox(session, about=order.id)
        assert [card.kind for card in mailbox.items].count("confirmed") == 1
        assert await market.bank() == ([22_00], [])
        assert len((await market.see(ada, order.id)).tickets) == 1


CHECK_OUT = """
    import asyncio, os, signal, sys
    from marketplace import clock, wiring
    from marketplace.accounts.views import Actor
    from marketplace.bookings import actions
    from marketplace.bookings.views import Buyer
    from marketplace.db import transaction
    from marketplace.errors import HoldfastError
    from marketplace.ids import CartId, HoldId
    from marketplace.inventory import actions as inventory
    from marketplace.money import Money

    cart, hold, name, email, minor = sys.argv[1:]
    check_out = inventory.check_out

    async def slow(session, claim, *more):
        print("holds", claim.fence, flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        await check_out(session, claim, *more)

    inventory.check_out = slow
    wiring.wire()

    async def main():
        try:
            async with transaction() as session:
                who, total = Actor(CartId(cart)), Money(int(minor), "EUR")
                await actions.check_out(session, who, HoldId(hold), Buyer(name, email), total, clock.now())
        except HoldfastError as refused:
            print(refused.code)
        else:
            print("booked")

    asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("then", "told"), [("the other has paid", b"seats_taken\n"), ("the other has given it back", b"stale_hold\n")]
)
async def test_a_process_that_was_stopped_past_its_deadline_is_refused_when_it_goes_on(
    fresh_postgres, redis: Redis, now, tmp_path: Path, then: str, told: bytes
) -> None:
    # PostgreSQL only: a process that is stopped while it writes to SQLite stops every other writer, too.
    with fresh_postgres() as url:
        db.use(db.connect(url))
        market = await Market.open(now)
        ada, grace = guest(), guest()
        held = await market.hold(ada, "A-1")
        names = (ada.must_have_cart(), held.id, ADA.name, ADA.email, str(held.total.minor))
        async with process(CHECK_OUT, *names, database=url, folder=tmp_path) as stopped:
            assert stopped.stdout is not None
            assert (await asyncio.wait_for(stopped.stdout.readline(), 40)).startswith(b"holds")
            clock.advance(timedelta(minutes=16))
            theirs = await market.order(grace, "A-1", buyer=GRACE)
            if then == "the other has paid":
                await market.pay_for(grace, theirs)
            else:
                await market.cancel(grace, theirs)
            stopped.send_signal(signal.SIGCONT)
            assert await asyncio.wait_for(stopped.stdout.readline(), 40) == told
            assert await stopped.wait() == 0
        seats = await market.seats()
        assert seats == ({"seat:A-1": "sold"} if then == "the other has paid" else {})
        await db.close()
