"""Those who buy in a storm: what each of them means to do is drawn beforehand; what becomes of it is not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from tests.storm.caller import Caller
from tests.storm.town import ROWS, SEATS, Show, Town

GOOD, DECLINED, POOR, CHALLENGED, CHALLENGED_THEN_DECLINED, BY_CHANCE, DISPUTED = (
    "4242424242424242", "4000000000000002", "4000000000009995", "4000002500003155", "4000008400001629",
    "4000000000000010", "4000000000000259",
)  # fmt: skip
CARDS = {GOOD: 60, DECLINED: 8, POOR: 6, CHALLENGED: 12, CHALLENGED_THEN_DECLINED: 3, BY_CHANCE: 9, DISPUTED: 2}
LOOKS = 12
"""How often somebody looks at an order before doing something else."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one visit is to be."""

    show: Show
    holds: tuple[dict[str, Any], ...]
    """Bodies of POST /holds, one after the other."""
    tabs: int
    """In how many tabs everything is done at once."""
    extends: bool
    clicks: int
    """How often a button is pressed at once."""
    ends: str
    """walks away, releases, gives up, pays, pays and cancels."""
    cards: tuple[str, ...]
    """One after the other, until one is taken."""
    challenge: str
    """approves, refuses, ignores."""
    pause: float
    """Seconds before and between all that."""

    @classmethod
    def drawn(cls, dice: Random, town: Town) -> Wish:
        show = dice.choice(town.shows)
        return cls(
            show=show,
            holds=tuple(_hold(dice, show) for _ in range(dice.choice((1, 1, 1, 2)))),
            tabs=dice.choice((1, 1, 1, 2)),
            extends=dice.random() < 0.1,
            clicks=dice.choice((1, 1, 2, 3)),
            ends=dice.choices(
                ("walks away", "releases", "gives up", "pays", "pays and cancels"), (10, 8, 6, 46, 30)
            )[0],
            cards=tuple(dice.choices(list(CARDS), list(CARDS.values()), k=3)),
            challenge=dice.choices(("approves", "refuses", "ignores"), (70, 15, 15))[0],
            pause=dice.uniform(0.5, 3),
        )  # fmt: skip


def _hold(dice: Random, show: Show) -> dict[str, Any]:
    match dice.choice(("seats", "best", "best", "standing")):
        case "seats":  # those that everybody wants
            row, first = dice.choice("ABCDEFGH"[:ROWS]), dice.randint(1, SEATS - 1)
            return {"listing_id": show.id, "seats": [f"{row}-{first}", f"{row}-{first + 1}"]}
        case "best":
            return {"listing_id": show.id, "quantity": dice.randint(1, 4), "together": True}
        case _:
            return {"listing_id": show.id, "quantity": dice.randint(1, 3), "area": "pit"}


class Buyer:
    """Comes again and again, each time with another wish."""

    def __init__(self, caller: Caller, town: Town, seed: str) -> None:
        self._caller, self._town, self._seed = caller, town, seed
        self._visits = 0

    async def live(self) -> None:
        """For ever: ended by whoever started it."""
        while True:
            self._visits += 1
            wish = Wish.drawn(Random(f"{self._seed} {self._visits}"), self._town)
            await asyncio.sleep(wish.pause)
            await self._visit(wish)

    async def _visit(self, wish: Wish) -> None:
        held = await self._hold(wish)
        if held is None or wish.ends == "walks away":
            return
        path = f"/holds/{held['id']}"
        if wish.extends:
            await self._press(wish, "POST", f"{path}/extend")
        await asyncio.sleep(wish.pause)
        if wish.ends == "releases":
            await self._press(wish, "DELETE", path)
            return
        order = await self._check_out(wish, held)
        if order is None:
            return
        self._note("checked out", order["id"])
        if wish.ends == "gives up":
            await self._cancel(wish, order["id"])
            return
        for number, card in enumerate(wish.cards):
            await asyncio.sleep(wish.pause)
            if await self._pay(wish, order, card, f"{order['id'][-8:]}-{number}"):
                break
        if wish.ends == "pays and cancels":
            await asyncio.sleep(wish.pause)
            await self._cancel(wish, order["id"])

    async def _hold(self, wish: Wish) -> dict[str, Any] | None:
        """The hold, as its last answer describes it."""
        held = None
        for body in wish.holds:
            # Tabs share the cart of the first page that was looked at: it comes with the first hold here.
            is_known = "X-Cart-Token" in self._caller.headers
            answers = await self._press(wish, "POST", "/holds", body, times=wish.tabs if is_known else 1)
            held = next((answer.json() for answer in answers if answer.is_success), held)
        return held

    async def _check_out(self, wish: Wish, held: dict[str, Any]) -> dict[str, Any] | None:
        name = self._caller.name
        email = self._caller.email or f"{name}@example.net"
        body = {"hold_id": held["id"], "buyer": {"name": f"Buyer {name}", "email": email}, "total": held["total"]}
        answers = await self._press(wish, "POST", "/bookings", body)
        orders = [answer.json() for answer in answers if answer.is_success]
        if len({order["id"] for order in orders}) > 1:
            self._caller.journal.fault(name, f"one hold became several orders: {orders}")
        return orders[0] if orders else None

    async def _pay(self, wish: Wish, order: dict[str, Any], card: str, key: str) -> bool:
        """Whether there is no need of another card."""
        body = {
            "provider": "simulator", "method": "card", "total": order["total"],
            "card": {"number": card, "exp_month": 12, "exp_year": 2040, "cvc": "123"},
        }  # fmt: skip
        path = f"/bookings/{order['id']}/payments"
        # A second tab has a key of its own; a second click has not.
        keys = [f"{key}-{tab}" for tab in range(wish.tabs) for _ in range(wish.clicks)]
        answers = await asyncio.gather(*(self._caller.ask("POST", path, body, key=one) for one in keys))
        payment = next((answer.json() for answer in answers if answer is not None and answer.is_success), None)
        if payment is None:
            return False
        self._note("began to pay", f"{order['id']} {payment['id']} {card}")
        return await self._wait_for(wish, order["id"], payment["id"])

    async def _wait_for(self, wish: Wish, booking: str, payment: str) -> bool:
        has_answered = False
        for _ in range(LOOKS):
            await asyncio.sleep(1)
            seen = await self._caller.ask("GET", f"/bookings/{booking}")
            if seen is None or seen.is_error or seen.json()["status"] != "pending_payment":
                break
            paid = await self._caller.ask("GET", f"/payments/{payment}")
            status = paid.json()["status"] if paid is not None and paid.is_success else ""
            if status == "failed":
                return False
            if status == "requires_action" and wish.challenge != "ignores" and not has_answered:
                has_answered = True
                answer = {"approve": wish.challenge == "approves"}
                await self._press(wish, "POST", f"/payments/{payment}/challenge", answer)
        return True

    async def _cancel(self, wish: Wish, booking: str) -> None:
        self._note("cancels", booking)
        path = f"/bookings/{booking}/cancel"
        quote = await self._caller.ask("GET", path)
        if quote is not None and quote.is_success:
            seen = quote.json()
            await self._press(wish, "POST", path, {"status": seen["status"], "refund": seen["refund"]})

    async def _press(
        self, wish: Wish, method: str, path: str, body: dict[str, Any] | None = None, *, times: int = 0
    ) -> list[httpx.Response]:
        """The same again and again at once; every answer that there is."""
        asked = [self._caller.ask(method, path, body) for _ in range(times or wish.clicks)]
        return [answer for answer in await asyncio.gather(*asked) if answer is not None]

    def _note(self, kind: str, detail: str) -> None:
        self._caller.journal.write(self._caller.name, kind, detail)
