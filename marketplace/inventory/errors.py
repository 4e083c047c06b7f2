"""What can stand between somebody and the units that they want."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.errors import Conflict, FieldError, Invalid, NotFound
from marketplace.i18n import _, gettext_noop, ngettext
from marketplace.ids import HoldId


class UnitsTaken(Conflict):
    """Somebody else has them. `units` names those that stood in the way."""

    code = "seats_taken"
    title = gettext_noop("Seat no longer available")

    def __init__(self, units: Iterable[str]) -> None:
        self.units = tuple(units)
        super().__init__(
            _("Someone else was faster. Pick other places."),
            seats=[unit.removeprefix("seat:") for unit in self.units[:200]],
        )


class NotEnoughLeft(UnitsTaken):
    """A pool has fewer free places than were asked for."""

    code = "not_enough_left"
    title = gettext_noop("Not enough places left")

    def __init__(self, left: int) -> None:
        super().__init__(())
        self.message = (
            ngettext("Only {count} place left.", "Only {count} places left.", left) if left else _("No places left.")
        )
        self.args = (self.message,)
        self.left = left
        self.details = {"left": left}


class TooManyUnits(Conflict):
    """One holder may not have so many units of this resource."""

    code = "too_many_units"
    title = gettext_noop("Too many places at once")

    def __init__(self, most: int) -> None:
        super().__init__(_("You can hold at most {most} of these at a time.", most=most), most=most)
        self.most = most


class HoldExpired(Conflict):
    """The hold has ended, or was lost; its units may be somebody else's by now."""

    code = "hold_expired"
    title = gettext_noop("Hold expired")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("This hold has expired. Pick your places again."), hold_id=str(hold_id))
        self.hold_id = hold_id


class HoldReleased(HoldExpired):
    """The holder has given all of it back, here or in another tab."""

    code = "hold_released"
    title = gettext_noop("Hold released")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(hold_id)
        self.message = _("These places were released, perhaps in another tab. You can pick them again.")
        self.args = (self.message,)


class HoldNotFound(NotFound):
    """There is no such hold, or it is somebody else's."""

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("Hold not found."))
        self.hold_id = hold_id


class HoldChanged(Conflict):
    """The hold is no longer as its holder last saw it: another tab has added to it, or given something back."""

    code = "hold_changed"
    title = gettext_noop("Hold has changed")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("Your places have changed. Please review them."), hold_id=str(hold_id))
        self.hold_id = hold_id


class HoldCheckedOut(Conflict):
    """The hold is being paid for: cancel the booking instead."""

    code = "hold_checked_out"
    title = gettext_noop("Hold already in check-out")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("These places are being paid for. Cancel the order to release them."), hold_id=str(hold_id))
        self.hold_id = hold_id


class AlreadyExtended(Conflict):
    """A hold is extended once."""

    code = "already_extended"
    title = gettext_noop("Hold already extended")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("This hold has already been extended; that works once."), hold_id=str(hold_id))
        self.hold_id = hold_id


class StaleFence(Conflict):
    """The claim is older than one that has been checked out on the same unit: it had expired, and did not know it."""

    code = "stale_hold"
    title = gettext_noop("Hold no longer valid")

    def __init__(self, hold_id: HoldId) -> None:
        super().__init__(_("This hold expired and someone else has taken the places. Pick again."))
        self.hold_id = hold_id


class UnfitUnits(Invalid):
    """No unit is called that, or a claim names none, or far too many."""

    code = "unfit_units"
    title = gettext_noop("Invalid places")

    def __init__(self, why: str) -> None:
        super().__init__(why, [FieldError("units", why)])
