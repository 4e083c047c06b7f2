"""Named obstacles of the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from marketplace.errors import Conflict, FieldError, Invalid, NotFound
from marketplace.i18n import _, gettext_noop


class UnknownUnits(Invalid):
    """The listing has no such units. `units` names every one of them."""

    code = "unknown_units"
    title = gettext_noop("Unknown places")

    def __init__(self, units: Iterable[str]) -> None:
        self.units = tuple(unit[:120] for unit in units)
        super().__init__(
            _(
                "There are no such places: {units}",
                units=", ".join(self.units[:5]) + ("…" if len(self.units) > 5 else "."),
            ),
            [FieldError("units", _("There is no “{unit}” here.", unit=unit)) for unit in self.units[:200]],
            units=list(self.units[:200]),
        )


class ListingRefused(Invalid):
    """What was written about a listing cannot be kept. `errors` names every field that is wrong."""

    code = "listing_refused"
    title = gettext_noop("Invalid listing")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("Some of this cannot be saved."), errors)


class NotReady(Invalid):
    """A listing lacks something that it needs before anybody may see it. `errors` names all of it."""

    code = "listing_not_ready"
    title = gettext_noop("Listing not ready to publish")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("This listing cannot be published yet."), errors)


class UnlawfulStatus(Conflict):
    """A listing cannot go there from where it is."""

    code = "listing_status"
    title = gettext_noop("Not possible in this status")

    def __init__(self, was: str, wanted: str) -> None:
        super().__init__(_("This is not possible in the listing's current status."), listing_status=was, wanted=wanted)


class ListingFrozen(Conflict):
    """Buyers rely on this by now: it can no longer change."""

    code = "listing_frozen"
    title = gettext_noop("Listing can no longer be edited")

    def __init__(self, fields: Sequence[str], status: str) -> None:
        words = _("Buyers rely on this, or it is over: {fields} cannot change any more.", fields=", ".join(fields))
        super().__init__(words, fields=list(fields), listing_status=status)


class NoSuchListing(NotFound):
    def __init__(self) -> None:
        super().__init__(_("Listing not found."))
