"""What a journey knows and does behind the pages: which seats are free, the lab's levers, the provider's books, the mail.

Everything goes through the public API of a marketplace whose lab is open, so this works with any running one:

    async with Market.at("http://localhost:3000") as market:
        seats = await market.free_seats("on-repair", 2)
        await market.decide_next_payment("insufficient_funds")
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.waiting import eventually

MAGIC_LINK = re.compile(r'href="([^"]*/o/[^"]*key=[^"]*)"')


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat of a plan: its guid, where it is in the words of map and tickets, its category."""

    guid: str
    where: str
    category: str


class Market:
    """A running marketplace, seen from its API. `job_secret` lets `run_job` in."""

    def __init__(self, client: httpx.AsyncClient, job_secret: str = "") -> None:
        self.client = client
        self.url = str(client.base_url).rstrip("/")
        self._job_secret = job_secret

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, job_secret: str = "") -> AsyncIterator[Self]:
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            yield cls(client, job_secret)

    async def listing(self, slug: str) -> dict[str, Any]:
        return await self._get(f"/listings/{slug}")

    async def free_seats(self, slug: str, count: int = 1, *, category: str | None = None) -> list[Seat]:
        """So many free seats that can be bought, from the back of the plan, side by side where that is possible."""
        seats, free = await self._seats(slug)
        wanted = [place for place, seat in enumerate(seats) if category in {None, seat.category}]
        for end in range(len(wanted), count - 1, -1):
            group = wanted[end - count : end]
            if group[-1] - group[0] == count - 1 and all(seats[place].guid in free for place in group):
                return [seats[place] for place in group]
        raise AssertionError(f"{slug} has no {count} free seats together: let this journey go elsewhere")

    async def standing_areas(self, slug: str) -> list[str]:
        """The guids of its standing areas."""
        plan = await self._get(f"/listings/{(await self.listing(slug))['id']}/plan")
        return [area["guid"] for area in plan["areas"] if area.get("capacity")]

    async def state_of(self, slug: str, seat: Seat) -> str:
        """free, held or sold."""
        id = (await self.listing(slug))["id"]
        return (await self._get(f"/listings/{id}/seats"))["status"].get(f"seat:{seat.guid}", "free")

    async def _seats(self, slug: str) -> tuple[list[Seat], set[str]]:
        listing = await self.listing(slug)
        plan = await self._get(f"/listings/{listing['id']}/plan")
        gone = (await self._get(f"/listings/{listing['id']}/seats"))["status"]
        columns = plan["seats"]
        zones, rows = plan["zones"], plan["rows"]
        seats = []
        for guid, number, row, category in zip(
            columns["guid"], columns["number"], columns["row"], columns["category"], strict=True
        ):
            zone, label, *is_name = rows[row]
            parts = [zones[zone]["name"], label if is_name or not label else f"row {label}", f"seat {number}"]
            where = ", ".join(filter(None, parts))
            seats.append(Seat(guid, where[:1].upper() + where[1:], plan["categories"][category]["name"]))
        return seats, {seat.guid for seat in seats if f"seat:{seat.guid}" not in gone}

    async def until_ready(self) -> None:
        """Wait until it answers and can work, such as after its processes were killed."""

        async def is_ready() -> bool:
            try:
                return (await self.client.get("/api/v1/health/ready")).is_success
            except httpx.TransportError:
                return False

        await eventually(is_ready, within=30)

    # The lab.

    async def advance(self, *, minutes: float = 0, hours: float = 0) -> None:
        """Let time go past, in every process; `real_time` goes back."""
        await self._send("POST", "/lab/clock", {"seconds": minutes * 60 + hours * 3600})

    async def real_time(self) -> None:
        await self._send("DELETE", "/lab/clock")

    async def decide_next_payment(self, outcome: str) -> None:
        """Queue what becomes of the next payment, such as success, card_declined, challenge."""
        await self._send("POST", "/lab/simulator/forced-outcomes", {"outcome": outcome})

    async def simulator_settings(self) -> dict[str, Any]:
        """How the simulated provider behaves: failure_rate, processing_seconds, forced_outcomes, faults."""
        return await self._get("/lab/simulator")

    async def change_simulator_settings(self, **changed: Any) -> None:
        await self._send("PUT", "/lab/simulator", {**await self.simulator_settings(), **changed})

    async def payments_of(self, booking: str) -> list[dict[str, Any]]:
        """Every payment that was ever made for the booking, newest first."""
        return (await self._get("/lab/payments", text=booking))["items"]

    async def latest_payment(self) -> dict[str, Any]:
        """The one that was begun last."""
        found: dict[str, Any] = (await self._get("/lab/payments"))["items"][0]
        return found

    async def run_job(self, name: str) -> None:
        """Have a recurring job run now instead of at its time."""
        answer = await self.client.post(f"/api/v1/jobs/{name}", headers={"X-Job-Secret": self._job_secret})
        answer.raise_for_status()

    async def mail_to(self, address: str, *, about: str = "", within: float = 20) -> dict[str, Any]:
        """The newest mail to this address whose subject holds `about`, as soon as it is there."""
        found: list[dict[str, Any]] = []

        async def has_come() -> bool:
            cards = (await self._get("/lab/mailbox"))["items"]
            found[:] = [card for card in cards if card["to"] == address and about in card["subject"]]
            return bool(found)

        await eventually(has_come, within)
        return await self._get(f"/lab/mailbox/{found[0]['id']}")

    async def magic_link_to(self, address: str, *, about: str = "") -> str:
        """The link in a mail that opens its order in any browser."""
        link = MAGIC_LINK.search((await self.mail_to(address, about=about))["html"])
        assert link, "the mail has no magic link"
        return link[1].replace("&amp;", "&")

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        answer = await self.client.request(method, f"/api/v1{path}", json=body)
        answer.raise_for_status()
