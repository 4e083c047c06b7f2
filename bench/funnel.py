"""How many purchases a second go all the way, and where their time goes.

    python -m bench.funnel

Each buyer holds a seat, checks out, pays with a card at a provider that takes no time, and looks until the order is
confirmed: the provider's job, its webhook over HTTP, the inbox and the events in between are all the real ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from statistics import median

import uvloop

from bench.client import Answer, Connection, connect, request
from bench.findings import Finding, table
from bench.house import House, house, seat, visitor

BUYERS = 8
EACH = 12
WARM_UP = 2
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}
LOOK_EVERY = 0.25
PATIENCE = 60.0

_free = count()


async def measure() -> list[Finding]:
    spent: dict[str, list[float]] = {"hold": [], "check out": [], "begin to pay": [], "until confirmed": []}
    async with house(jobs=True) as home:
        connections = await connect(home.port, BUYERS)
        await asyncio.gather(*(_buy(home, one, {name: [] for name in spent}, WARM_UP) for one in connections))
        began, worked = time.perf_counter(), home.cpu_seconds()
        await asyncio.gather(*(_buy(home, one, spent, EACH) for one in connections))
        seconds, worked = time.perf_counter() - began, home.cpu_seconds() - worked
        for connection in connections:
            connection.close()
    done = BUYERS * EACH
    # What is waited for begins when paying is asked for, and not when that is answered.
    paid = median(begun + waited for begun, waited in zip(spent["begin to pay"], spent["until confirmed"], strict=True))
    whole = sum(median(times) for times in spent.values())
    shares = ", ".join(f"{name} {median(times) / whole:.0%}" for name, times in spent.items())
    return [
        Finding(f"purchases from hold to confirmed, {BUYERS} at a time", f"{done / seconds:.1f}/s"),
        Finding("  where a buyer's time goes (medians)", shares),
        Finding("  from “Pay” to confirmed, median", f"{paid * 1000:.0f} ms"),
        Finding("  work of the one server process for each", f"{worked / done * 1000:.0f} ms"),
    ]


async def _buy(home: House, connection: Connection, spent: dict[str, list[float]], times: int) -> None:
    for _ in range(times):
        cart, number = visitor(), next(_free)

        async def ask(method: str, path: str, body: object, status: int, *, cart: str = cart, **more: str) -> Answer:
            answer = await connection.ask(request(method, f"/api/v1{path}", body, X_Cart_Token=cart, **more))
            if answer.status != status:
                raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
            return answer

        wish = {"listing_id": home.halls[0], "seats": [seat(number)]}
        hold = await _timed(spent["hold"], lambda ask=ask, wish=wish: ask("POST", "/holds", wish, 201))
        held = hold.json()
        buyer = {"name": "Ada", "email": f"ada{number}@example.org"}
        who = {"hold_id": held["id"], "buyer": buyer, "total": held["total"]}
        order = await _timed(spent["check out"], lambda ask=ask, who=who: ask("POST", "/bookings", who, 201))
        path = f"/bookings/{order.json()['id']}"
        pay = {"total": held["total"], "provider": "simulator", "method": "card", "card": CARD}
        await _timed(
            spent["begin to pay"],
            lambda ask=ask, path=path, pay=pay: ask("POST", f"{path}/payments", pay, 201, Idempotency_Key="first"),
        )
        began = time.perf_counter()
        while (await ask("GET", path, None, 200)).json()["status"] != "confirmed":
            if time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"{path} was not confirmed within {PATIENCE:.0f} s.")
            await asyncio.sleep(LOOK_EVERY)
        spent["until confirmed"].append(time.perf_counter() - began)


async def _timed(times: list[float], work: Callable[[], Awaitable[Answer]]) -> Answer:
    began = time.perf_counter()
    answer = await work()
    times.append(time.perf_counter() - began)
    return answer


if __name__ == "__main__":
    print(table(uvloop.run(measure())))
