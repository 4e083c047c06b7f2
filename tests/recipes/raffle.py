"""A kind of listing as somebody would add one: a raffle, so many equal tickets, no plan and no seats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from marketplace.catalog.errors import UnknownUnits
from marketplace.catalog.kind import AnyOf, UnitRequest, Wanted
from marketplace.catalog.views import PriceCategory, Terms
from marketplace.errors import FieldError, Invalid
from marketplace.ids import ResourceId, SellerId

if TYPE_CHECKING:
    from marketplace.catalog.views import Offer, Stock
    from marketplace.db import Session

TICKET = PriceCategory("Ticket", "#3d6fb4")


class RaffleTerms(Terms):
    frozen: ClassVar[frozenset[str]] = frozenset({"tickets"})

    tickets: Annotated[int, Field(ge=0, le=10_000)] = 0


class RaffleRequest(UnitRequest):
    tickets: Annotated[int, Field(ge=1, le=100)] = 1


@dataclass(frozen=True)
class Ticket:
    number: int
    category: str = TICKET.name

    @property
    def label(self) -> str:
        return f"Ticket {self.number}"


@dataclass(frozen=True)
class Drum:
    """All the tickets."""

    capacity: int
    name: str = "Raffle"
    categories: Sequence[PriceCategory] = (TICKET,)

    @property
    def capacities(self) -> Mapping[str, int]:
        return {TICKET.name: self.capacity}

    def find(self, unit: str) -> Ticket | None:
        pool, _, number = unit.partition(":")
        is_one = pool == "ticket" and number.isdecimal() and 1 <= int(number) <= self.capacity
        return Ticket(int(number)) if is_one else None

    def place(self, unit: str) -> Ticket:
        self.check([unit])
        return Ticket(int(unit.partition(":")[2]))

    def check(self, units: Iterable[str]) -> None:
        if strangers := [unit for unit in units if self.find(unit) is None]:
            raise UnknownUnits(strangers)


class Raffle:
    name, title, hold_seconds = "raffle", "Raffle", 300
    terms, request = RaffleTerms, RaffleRequest
    entries: Mapping[str, str] = {"tickets": "0"}

    async def stock(self, session: Session, terms: RaffleTerms, seller: SellerId | None = None) -> Drum | None:
        return Drum(terms.tickets) if terms.tickets else None

    def errors(self, terms: RaffleTerms, stock: Stock | None) -> list[FieldError]:
        return []

    def missing(self, terms: RaffleTerms, stock: Stock | None) -> list[FieldError]:
        return [] if stock else [FieldError("tickets", "Say how many tickets there are.")]

    def write(self, terms: RaffleTerms) -> Mapping[str, str]:
        return {"tickets": str(terms.tickets)}

    def read(self, entries: Mapping[str, str]) -> tuple[RaffleTerms, list[FieldError]]:
        text = entries.get("tickets", "")
        if not text.isdecimal() or int(text) > 10_000:
            return RaffleTerms(), [FieldError("tickets", "Use a whole number up to 10000.")]
        return RaffleTerms(tickets=int(text)), []

    def resource(self, offer: Offer) -> ResourceId:
        return ResourceId(offer.listing_id)

    def wanted(self, offer: Offer, request: RaffleRequest) -> Wanted:
        if request.tickets > offer.stock.capacity:
            raise Invalid("There are not so many tickets.", [FieldError("tickets", "There are not so many.")])
        return AnyOf("ticket", request.tickets, offer.stock.capacity)

    def paid_out_at(self, *, ends_at: datetime, zone: str) -> datetime:
        return ends_at + timedelta(days=1)
