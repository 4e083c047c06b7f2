"""What a crowd on few seats does to the slowest answers.

    python -m bench.contention

200 buyers on as many connections ask for one of 50 seats each, all at once; before it, and as many times, the same
buyers ask for 50 times as many seats, so that nobody is in anybody's way. The crowd is the same, only the seats differ.
"""

from __future__ import annotations

import random

import uvloop

from bench.client import Connection, connect, request, together
from bench.findings import Finding, at_most, percentile, table
from bench.house import ROWS, SEATS, House, house, seat, visitor

ROUNDS = 7
BUYERS = 200
WANTED = 50


async def measure() -> list[Finding]:
    dice = random.Random(7)
    async with house(halls=ROUNDS + 2) as home:
        connections = await connect(home.port, BUYERS)
        ratios, sold = [], 0
        for at in range(ROUNDS + 1):
            apart, _ = await _p99(home, connections, [at * BUYERS + one for one in range(BUYERS)], hall=0)
            crowd = [dice.randrange(WANTED) for _ in range(BUYERS)]
            close, granted = await _p99(home, connections, crowd, hall=at + 1)
            if granted > len(set(crowd)):
                raise RuntimeError(f"{granted} holds on {len(set(crowd))} seats.")
            if at:  # the first round warms up
                ratios.append(close / apart)
                sold += granted
        for connection in connections:
            connection.close()
    return [
        at_most(f"p99 of {BUYERS} buyers on {WANTED} seats, in relation to enough seats for all", ratios, 3),
        Finding("  holds granted among them, per round", f"{sold / ROUNDS:.0f}"),
    ]


async def _p99(home: House, connections: list[Connection], seats: list[int], *, hall: int) -> tuple[float, int]:
    work = [
        request(
            "POST", "/api/v1/holds", {"listing_id": home.halls[hall], "seats": [seat(number % (ROWS * SEATS))]},
            X_Cart_Token=visitor(),
        )
        for number in seats
    ]  # fmt: skip
    answers, _ = await together(connections, work)
    strange = [answer for answer in answers if answer.status not in {201, 409}]
    if strange:
        raise RuntimeError(f"{strange[0].status}: {strange[0].body[:300]!r}")
    granted = sum(answer.status == 201 for answer in answers)
    return percentile([answer.seconds for answer in answers], 99), granted


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
