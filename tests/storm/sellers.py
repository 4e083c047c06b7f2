"""Those who sell in a storm: they change prices, keep seats for the box office, give money back, call an event off."""

from __future__ import annotations

import asyncio
import csv
from random import Random
from typing import Any

from marketplace import clock
from marketplace.bookings import sales, selling
from marketplace.db import transaction
from marketplace.errors import HoldfastError
from marketplace.ids import ListingId
from tests.storm.caller import Caller
from tests.storm.town import CATEGORIES, PRICES, ROWS, SEATS, Show

DEEDS = {
    "change prices": 3, "hold back": 3, "give back": 2, "refund a part": 3, "refund twice at once": 2, "cancel an order": 2,
}  # fmt: skip
PAUSE = (2, 5)


class Seller:
    """Of one show. What has no API is done as the desk does it, by the room's own verbs."""

    def __init__(self, caller: Caller, show: Show, seed: str) -> None:
        self._caller, self._show, self._seed = caller, show, seed
        self._id = ListingId(show.id)

    async def live(self) -> None:
        """For ever: ended by whoever started it."""
        deeds = {
            "change prices": self._change_prices, "hold back": self._hold_back, "give back": self._give_back,
            "refund a part": self._refund, "refund twice at once": self._refund_twice, "cancel an order": self._cancel,
        }  # fmt: skip
        turn = 0
        while True:
            turn += 1
            dice = Random(f"{self._seed} {turn}")
            await asyncio.sleep(dice.uniform(*PAUSE))
            deed = dice.choices(list(DEEDS), list(DEEDS.values()))[0]
            self._caller.journal.write(self._caller.name, deed)
            try:
                await deeds[deed](dice)
            except HoldfastError as refused:
                self._caller.journal.write(self._caller.name, f"refused {refused.code}", deed)

    async def call_off(self) -> None:
        async with transaction() as session:
            # However much was sold since anybody looked: in a storm that is every moment.
            cost = (await sales.call_off_quote(session, self._show.seller, self._id, clock.now())).refund
            await selling.call_off(
                session, self._show.seller, self._id, "The conductor is unwell.", clock.now(), refund=cost
            )
        self._caller.journal.write(self._caller.name, "call off", self._show.id)

    async def _change_prices(self, dice: Random) -> None:
        prices = {name: price + dice.randint(-300, 300) for name, price in zip(CATEGORIES, PRICES, strict=True)}
        await self._caller.ask("PATCH", f"/listings/{self._show.id}", {"prices": prices})

    async def _hold_back(self, dice: Random) -> None:
        row, first = dice.choice("ABCDEFGH"[:ROWS]), dice.randint(1, SEATS - 2)
        units = [f"seat:{row}-{first + at}" for at in range(3)]
        async with transaction() as session:
            await selling.hold_back(session, self._show.seller, self._id, units, clock.now())

    async def _give_back(self, dice: Random) -> None:
        async with transaction(reading=True) as session:
            kept = await sales.held_back(session, self._show.seller, self._id, clock.now())
        if kept:
            async with transaction() as session:
                await selling.give_back(session, self._show.seller, self._id, dice.choice(kept).id, clock.now())

    async def _refund(self, dice: Random) -> None:
        await self._refunds(dice, [dice.randint(1, 700)])

    async def _refund_twice(self, dice: Random) -> None:
        """Sixty of a hundred, and sixty more."""
        await self._refunds(dice, [60, 60], are_percent=True)

    async def _refunds(self, dice: Random, amounts: list[int], *, are_percent: bool = False) -> None:
        order = await self._order(dice)
        if order is None or not order["payment_id"]:
            return
        total = order["total"]
        asked = [
            {
                "amount": total | {"amount": max(1, total["amount"] * amount // 100) if are_percent else amount},
                "reason": "a gesture",
            }
            for amount in amounts
        ]
        path, key = f"/payments/{order['payment_id']}/refunds", f"gesture-{dice.getrandbits(48)}"
        await asyncio.gather(
            *(self._caller.ask("POST", path, body, key=f"{key}-{at}") for at, body in enumerate(asked))
        )

    async def _cancel(self, dice: Random) -> None:
        order = await self._order(dice)
        if order is not None:
            path = f"/bookings/{order['id']}/cancel"
            quote = await self._caller.ask("GET", path)
            if quote is not None and quote.is_success:
                seen = quote.json()
                await self._caller.ask("POST", path, {"status": seen["status"], "refund": seen["refund"]})

    async def _order(self, dice: Random) -> dict[str, Any] | None:
        """Some confirmed order of the show."""
        listed = await self._caller.ask("GET", f"/listings/{self._show.id}/orders.csv")
        if listed is None or listed.is_error:
            return None
        rows = csv.DictReader(listed.text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines())
        confirmed = sorted(row["order"] for row in rows if row["status"] == "confirmed")
        if not confirmed:
            return None
        answer = await self._caller.ask("GET", f"/bookings/{dice.choice(confirmed)}")
        return answer.json() if answer is not None and answer.is_success else None
