"""The port: everything that the marketplace asks of a kind of listing, and the registry of kinds.

The catalog, holds, bookings, mail, the API and the frames of pages know listings, units and prices, and nothing of seats or
whatever else is sold. A kind is a room under `kinds/`; the wiring registers it here by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from marketplace.catalog.views import Offer, Stock, Terms
from marketplace.errors import FieldError, HoldfastError, Invalid, NotFound
from marketplace.i18n import _
from marketplace.ids import ResourceId, SellerId

if TYPE_CHECKING:
    from marketplace.db import Session


class UnitRequest(BaseModel):
    """What a buyer asks for. Each kind has a request of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class These:
    """Exactly these units, all or none.

    `check`, where there is one, is told which of `beside` are taken, and raises if the units may not be had beside those.
    """

    units: tuple[str, ...]
    beside: tuple[str, ...] = ()
    check: Callable[[Collection[str]], None] | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any `quantity` of the units `pool:1` … `pool:capacity`: one place is as good as another."""

    pool: str
    quantity: int
    capacity: int


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best of several sets of units, ranked anew whenever others were faster.

    `rank` is told what is taken and gives sets, the best first; it may take long and must not touch a database. Where
    there are none, or all are gone again and again, `refusal` says so.
    """

    rank: Callable[[Collection[str]], Sequence[Sequence[str]]]
    refusal: HoldfastError


Wanted: TypeAlias = These | AnyOf | BestOf


class Kind(Protocol):
    """One kind of listing. Kinds keep no state: one instance serves all."""

    name: str
    """As it stands in addresses and in the database."""

    @property
    def terms(self) -> type[Terms]: ...

    @property
    def request(self) -> type[UnitRequest]: ...

    @property
    def entries(self) -> Mapping[str, str]:
        """The fields of the seller's draft that are this kind's own, by name, each with what it says at first."""
        ...

    @property
    def title(self) -> str:
        """What people call it, in the language that is being spoken."""
        ...

    @property
    def hold_seconds(self) -> int:
        """How long what a buyer has picked is kept for them."""
        ...

    async def stock(self, session: Session, terms: Any, seller: SellerId | None = None) -> Stock | None:
        """What these terms offer for sale; None where that is not said yet, or not this `seller`'s to offer."""
        ...

    def errors(self, terms: Any, stock: Stock | None) -> list[FieldError]:
        """What of these terms cannot be kept, field by field."""
        ...

    def missing(self, terms: Any, stock: Stock | None) -> list[FieldError]:
        """What of this kind's own still keeps a draft from being published, field by field."""
        ...

    def write(self, terms: Any) -> Mapping[str, str]:
        """Terms as a seller would have typed them, by the names of `entries`."""
        ...

    def read(self, entries: Mapping[str, str]) -> tuple[Terms, list[FieldError]]:
        """The terms that entries say, as far as they can be read, and what is wrong with the rest."""
        ...

    def resource(self, offer: Offer) -> ResourceId:
        """Where the listing's units are claimed."""
        ...

    def wanted(self, offer: Offer, request: Any) -> Wanted:
        """What has to be claimed for this request. Raises Invalid where it can never be had."""
        ...

    def paid_out_at(self, *, ends_at: datetime, zone: str) -> datetime:
        """When the seller gets the money of something that ends at `ends_at`, a wall-clock matter of its `zone`."""
        ...


_kinds: dict[str, Kind] = {}


def use_kind(kind: Kind) -> None:
    """Offer a kind of listing. Only the wiring and tests do."""
    _kinds[kind.name] = kind


def kind(name: str) -> Kind:
    """The kind called `name`. Raises NotFound."""
    if name not in _kinds:
        raise NotFound(_("There is no kind of listing called “{name}”.", name=name[:40]))
    return _kinds[name]


def kinds() -> tuple[Kind, ...]:
    """All of them; the first is what a seller begins with."""
    return tuple(_kinds.values())


def terms_of(kind: Kind, given: Mapping[str, Any]) -> Terms:
    """The terms that somebody has handed in. Raises Invalid that names every field which is wrong."""
    return _read(kind.terms, given)


def request_of(kind: Kind, given: Mapping[str, Any]) -> UnitRequest:
    """The request that somebody has handed in. Raises Invalid that names every field which is wrong."""
    return _read(kind.request, given)


_Model = TypeVar("_Model", bound=BaseModel)


def _read(model: type[_Model], given: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid(
            _("The request is not valid."),
            [FieldError(".".join(map(str, wrong["loc"])), wrong["msg"]) for wrong in error.errors()],
        ) from None
