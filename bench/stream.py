"""How soon everybody who looks at a hall sees a change, and what a viewer costs.

    python -m bench.stream

Viewers listen to the live stream of one hall; a buyer holds seats one by one. A change has arrived with the first batch
whose version is at least its own. Measured with 50 viewers, then with 500, in one run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import uvloop

from bench.client import Viewer, connect, request
from bench.findings import Finding, percentile, table
from bench.house import House, house, seat, visitor

CHANGES = 40
PAUSE = 0.15
FEW, MANY = 50, 500
PATIENCE = 30.0


async def measure() -> list[Finding]:
    async with house(halls=2) as home:
        few_delays, few_work = await _watch(home, FEW, hall=0)
        many_delays, many_work = await _watch(home, MANY, hall=1)
    each = (many_work - few_work) / (MANY - FEW) / CHANGES
    return [
        Finding(
            f"a change reaches {MANY} viewers: median, p95, last",
            " / ".join(f"{percentile(many_delays, at) * 1000:.0f} ms" for at in (50, 95, 100)),
        ),
        Finding(
            f"  the same with {FEW}",
            " / ".join(f"{percentile(few_delays, at) * 1000:.0f} ms" for at in (50, 95, 100)),
        ),
        Finding(f"  work of the server for one more viewer and change, {FEW} → {MANY}", f"{each * 1e6:.0f} µs"),
    ]


async def _watch(home: House, viewers: int, *, hall: int) -> tuple[list[float], float]:
    """Every viewer's delay of every change, and the server's work meanwhile, in seconds."""
    loop = asyncio.get_running_loop()
    watching = [(await loop.create_connection(Viewer, "127.0.0.1", home.port))[1] for _ in range(viewers)]
    for viewer in watching:
        viewer.look(request("GET", f"/api/v1/listings/{home.halls[hall]}/seats/stream", Accept="text/event-stream"))
    await _until(lambda: all(viewer.arrived for viewer in watching))
    [buyer] = await connect(home.port, 1)
    worked, delays = home.cpu_seconds(), list[float]()
    for number in range(CHANGES):
        before = [viewer.arrived[-1][0] for viewer in watching]
        wish = {"listing_id": home.halls[hall], "seats": [seat(number)]}
        began = time.perf_counter()
        answer = await buyer.ask(request("POST", "/api/v1/holds", wish, X_Cart_Token=visitor()))
        if answer.status != 201:
            raise RuntimeError(f"{answer.status} {answer.body[:300]!r}")
        await _until(
            lambda before=before: all(
                viewer.arrived[-1][0] > known for viewer, known in zip(watching, before, strict=True)
            )
        )
        delays += [viewer.arrived[-1][1] - began for viewer in watching]
        await asyncio.sleep(PAUSE)
    worked = home.cpu_seconds() - worked
    buyer.close()
    for viewer in watching:
        viewer.close()
    return delays, worked


async def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE
    while not is_so():
        if time.perf_counter() > deadline:
            raise RuntimeError("Some viewers never heard of it.")
        await asyncio.sleep(0.005)


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
