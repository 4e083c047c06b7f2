"""The kinds of listing: one file each, registered here by name."""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.catalog.kinds.kind import AnyOf, BestOf, Kind, PaymentPlan, These, UnitRequest, Wanted
from marketplace.catalog.kinds.seats import Seats
from marketplace.errors import NotFound
from marketplace.i18n import _

__all__ = ["KINDS", "AnyOf", "BestOf", "Kind", "PaymentPlan", "These", "UnitRequest", "Wanted", "kind"]

KINDS: Mapping[str, Kind] = {known.name: known for known in (Seats(),)}


def kind(name: str) -> Kind:
    """The kind called `name`. Raises NotFound."""
    if name not in KINDS:
        raise NotFound(_("There is no kind of listing called “{name}”.", name=name[:40]))
    return KINDS[name]
