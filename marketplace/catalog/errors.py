"""Named obstacles of the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.catalog.seating import UnknownUnits
from marketplace.errors import Conflict, Fault, Invalid, NotFound

__all__ = [
    "ListingFrozen",
    "ListingRefused",
    "NoSuchListing",
    "NoSuchPlan",
    "NotReady",
    "PlanRefused",
    "UnknownUnits",
    "UnlawfulStatus",
]


class PlanRefused(Invalid):
    """A seat plan document is wrong. `faults` lists the first of them, `found` counts all."""

    code = "plan_refused"

    def __init__(self, faults: Sequence[Fault], found: int | None = None) -> None:
        self.found = found or len(faults)
        listed = list(faults)
        if self.found > len(listed):
            listed.append(Fault("$", f"and {self.found - len(listed)} more."))
        noun = "fault" if self.found == 1 else "faults"
        super().__init__(f"This seat plan has {self.found} {noun}.", listed, found=self.found)


class ListingRefused(Invalid):
    """What was written about a listing cannot be kept. `faults` names every field that is wrong."""

    code = "listing_refused"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("Some of this cannot be kept as it is.", faults)


class NotReady(Invalid):
    """A listing lacks something that it needs before anybody may see it. `faults` names all of it."""

    code = "listing_not_ready"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("This listing is not ready to be published.", faults)


class UnlawfulStatus(Conflict):
    """A listing cannot go there from where it is."""

    code = "listing_status"

    def __init__(self, was: str, wanted: str) -> None:
        super().__init__(
            f"A listing that is {was.replace('_', ' ')} cannot become {wanted.replace('_', ' ')}.", listing_status=was
        )


class ListingFrozen(Conflict):
    """Buyers rely on this by now: it can no longer change."""

    code = "listing_frozen"

    def __init__(self, fields: Sequence[str], why: str = "once a listing has been published") -> None:
        super().__init__(f"{', '.join(fields)} cannot change {why}.", fields=list(fields))


class NoSuchListing(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such listing.")


class NoSuchPlan(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such seat plan.")
