"""Two hundred people, and everything that can go wrong, fall upon a marketplace; then its books are checked.

    make storm SEED=7
    python -m tests.storm --seed 7 --actors 200 --seconds 120

The seed decides what everybody means to do and what breaks; how it all meets is up to the machine. Ends with 0 only if
every promise is kept (see tests/promises.py). The journal and what the processes said lie in test-results/storm/.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from random import SystemRandom

from marketplace import clock, wiring
from marketplace.lab.cluster_sync import following
from marketplace.redis import EmbeddedRedis
from tests import promises
from tests.storm import town
from tests.storm.buyers import Buyer
from tests.storm.caller import Caller, Line
from tests.storm.chaos import Chaos
from tests.storm.instance import ROOT, Instance, services
from tests.storm.journal import Journal
from tests.storm.quiet import come_to_rest
from tests.storm.sellers import Seller

RESULTS = ROOT / "test-results" / "storm"
WITH_ACCOUNT = 0.4
"""The share of buyers who have an account."""


async def storm(seed: str, actors: int, seconds: float, server: EmbeddedRedis, journal: Journal) -> list[str]:
    """Let it rage and blow over; what is wrong then."""
    async with wiring.app_context(), following():
        place = await town.build(clock.now(), people=max(1, round(actors * WITH_ACCOUNT / 2)))
        instance = Instance(RESULTS / "processes.log")
        try:
            instance.wait_until_ready()
            print(f"Open at {instance.url}; {actors} actors for {seconds:.0f} s.", flush=True)
            line = Line(instance.url)
            # Whoever breaks things does not queue up behind those who suffer from it.
            tester = Caller("tester", Line(instance.url), journal)
            journal.begin()
            await _rage(seed, actors, seconds, place, Chaos(instance, server, tester, journal, seed), line, journal)
            instance.wait_until_ready()
            await come_to_rest(tester)
            await line.http.aclose()
            return [*journal.faults, *await _nothing_sold(), *await promises.broken(clock.now())]
        finally:
            await asyncio.to_thread(instance.end)


async def _rage(
    seed: str, actors: int, seconds: float, place: town.Town, chaos: Chaos, line: Line, journal: Journal
) -> None:
    sellers = [
        Seller(Caller(f"seller-{number}", line, journal, show.email), show, f"{seed} seller {number}")
        for number, show in enumerate(place.shows)
    ]
    lives = [seller.live() for seller in sellers]
    for number in range(actors):
        # Two devices share each account.
        email = place.people[number // 2 % len(place.people)] if number < actors * WITH_ACCOUNT else ""
        buyer = Buyer(Caller(f"buyer-{number}", line, journal, email), place, f"{seed} buyer {number}")
        lives.append(buyer.live())
    everybody = [asyncio.create_task(life) for life in (*lives, chaos.rage())]
    done, _ = await asyncio.wait(everybody, timeout=seconds * 0.6, return_when=asyncio.FIRST_EXCEPTION)
    if not done:
        with suppress(Exception):
            await sellers[town.CALLED_OFF].call_off()
        done, _ = await asyncio.wait(everybody, timeout=seconds * 0.4, return_when=asyncio.FIRST_EXCEPTION)
    for task in everybody:
        task.cancel()
    ended = await asyncio.gather(*everybody, return_exceptions=True)
    for error in ended:
        if not isinstance(error, asyncio.CancelledError):
            raise error if isinstance(error, BaseException) else RuntimeError("Somebody's life has ended.")
    await chaos.calm()


async def _nothing_sold() -> list[str]:
    """A storm in which nobody got a ticket has proved nothing."""
    books = await promises.read(clock.now())
    sold = [booking for booking in books.bookings.values() if booking.confirmed_at]
    print(f"{len(books.bookings)} orders, {len(sold)} of them paid for.")
    return [] if sold else ["nobody bought anything"]


def verdict(seed: str, wrong: Sequence[str]) -> int:
    """Say how it ended; the exit code."""
    for breach in wrong:
        print(f"BROKEN {breach}")
    print(f"Seed {seed}: {f'{len(wrong)} things are wrong; see {RESULTS}/' if wrong else 'every promise is kept'}.")
    return 1 if wrong else 0


def main() -> int:
    read = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__.partition("\n")[0])
    read.add_argument("--seed", default="", help="what everything follows from; none: by chance")
    read.add_argument("--actors", type=int, default=200)
    read.add_argument("--seconds", type=float, default=120)
    chosen = read.parse_args()
    seed = chosen.seed or str(SystemRandom().randint(1, 10**6))
    print(f"Storm with seed {seed}.", flush=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    with services() as server:
        journal = Journal()
        try:
            wrong = asyncio.run(storm(seed, chosen.actors, chosen.seconds, server, journal))
        finally:
            journal.save(RESULTS / "journal.txt")
    for kind, times in sorted(journal.done.items()):
        print(f"  {times:6} {kind}")
    return verdict(seed, wrong)


if __name__ == "__main__":
    sys.exit(main())
