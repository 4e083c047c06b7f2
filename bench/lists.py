"""How many lists of listings are answered a second, in relation to a POST that does nothing.

    python -m bench.lists

Callers ask for the first page of what is on, as a program or a crawler does, and some of them narrow it down. Rounds
alternate within one run, on one server process.
"""

from __future__ import annotations

from statistics import median

import uvloop

from bench.client import Connection, connect, request, together
from bench.findings import Finding, at_least, table
from bench.house import house

ROUNDS, WARM_UP = 9, 2
CALLS, CALLERS = 1_500, 32
LISTINGS = 30
LISTS = [request("GET", f"/api/v1/listings{which}") for which in ("", "?category=theatre", "?place=Berlin&limit=12")]
NOTHING = [request("POST", "/api/v1/noop", {})]
GOAL = 1_500
"""A second, on two cores with the callers on them."""


async def measure() -> list[Finding]:
    async with house(halls=LISTINGS) as home:
        connections = await connect(home.port, CALLERS)
        before = home.cpu_seconds()
        rounds = [(await _rate(connections, NOTHING), await _rate(connections, LISTS)) for _ in range(WARM_UP + ROUNDS)]
        worked = (home.cpu_seconds() - before) / (2 * CALLS * len(rounds))
        for connection in connections:
            connection.close()
    measured = rounds[WARM_UP:]
    return [
        at_least("GET /listings, answers a second", [lists for _, lists in measured], GOAL),
        Finding("  of the rate of a no-op", f"{median(one / other for other, one in measured):.2f}"),
        Finding("  work of the server for both, each", f"{1e6 * worked:.0f} µs"),
    ]


async def _rate(connections: list[Connection], requests: list[bytes]) -> float:
    work = [requests[at % len(requests)] for at in range(CALLS)]
    answers, seconds = await together(connections, work)
    if refused := [answer for answer in answers if answer.status not in {200, 201}]:
        raise RuntimeError(f"{len(refused)} refused: {refused[0].body[:300]!r}")
    return len(work) / seconds


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
