"""What POST /holds costs beyond what any POST costs.

    python -m bench.api

Two endpoints of one server process in alternating rounds of one run, behind the same layers and with the same body:
`/holds` whole (the visitor's token is verified, the rate is limited, the seats are checked, priced and claimed in
Redis), and a no-op that reads the body and answers. Every hold is a new visitor's first, on a free seat; the hall's map
has been looked at, as a buyer would have before. Reported besides: adding a second, third and fourth seat to it.

Measured with as many callers at once as keep the server busy, and reported with few, where a hold also waits for Redis.
"""

from __future__ import annotations

from itertools import count
from statistics import median

import uvloop

from bench.client import Connection, connect, request, together
from bench.findings import Finding, at_least, spread, table
from bench.house import ROWS, SEATS, House, house, seat, visitor

ROUNDS = 13
WARM_UP = 2
CALLS = 300
CROWD, FEW = 64, 8
"""Callers at once."""
PATH = "/api/v1/holds"

_free = count()


async def measure() -> list[Finding]:
    async with house(halls=2 * (ROUNDS + WARM_UP) * CALLS * 4 // (ROWS * SEATS) + 1) as home:
        crowd, few = await connect(home.port, CROWD), await connect(home.port, FEW)
        await together(few, [request("GET", f"/api/v1/listings/{hall}/seats") for hall in home.halls])
        # In turns, so that whatever else the machine does meanwhile befalls both alike.
        rounds = [(await _round(home, crowd), await _round(home, few)) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
        for connection in crowd + few:
            connection.close()
    of_crowd, of_few = ([rates[at] for rates in rounds] for at in range(2))
    noop, first, more = (median(column) for column in zip(*of_crowd, strict=True))
    return [
        at_least("POST /holds, rate in relation to a no-op POST", [first / noop for noop, first, _ in of_crowd], 0.5),
        Finding("  the same, adding seats to a hold", f"{median(more / noop for noop, _, more in of_crowd):.2f}"),
        Finding("  rates: no-op, first hold, adding", f"{noop:,.0f}/s  {first:,.0f}/s  {more:,.0f}/s"),
        Finding(f"  with {FEW} callers at once", spread([first / noop for noop, first, _ in of_few])),
    ]


async def _round(home: House, connections: list[Connection]) -> tuple[float, float, float]:
    carts = [visitor() for _ in range(CALLS)]
    holds = [[_hold(home, cart) for cart in carts] for _ in range(4)]
    noop = [request("POST", "/api/v1/noop", _wish(home, 0), X_Cart_Token=cart) for cart in carts]
    return (
        await _rate(connections, noop),
        await _rate(connections, holds[0]),
        await _rate(connections, [one for more in holds[1:] for one in more]),
    )


async def _rate(connections: list[Connection], work: list[bytes]) -> float:
    answers, seconds = await together(connections, work)
    refused = [answer for answer in answers if answer.status != 201]
    if refused:
        raise RuntimeError(f"{len(refused)} refused: {refused[0].body[:300]!r}")
    return len(work) / seconds


def _hold(home: House, cart: str) -> bytes:
    return request("POST", PATH, _wish(home, next(_free)), X_Cart_Token=cart)


def _wish(home: House, number: int) -> dict[str, object]:
    hall, at = divmod(number, ROWS * SEATS)
    return {"listing_id": home.halls[hall], "seats": [seat(at)]}


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
