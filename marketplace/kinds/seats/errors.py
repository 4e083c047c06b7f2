"""Named obstacles of seats and their plans."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.errors import Conflict, FieldError, Invalid, NotFound
from marketplace.i18n import _, gettext_noop, ngettext


class PlanRefused(Invalid):
    """A seat plan document is wrong. `errors` lists the first of them, `found` counts all."""

    code = "plan_refused"
    title = gettext_noop("Invalid seat plan")

    def __init__(self, errors: Sequence[FieldError], found: int | None = None) -> None:
        self.found = found or len(errors)
        listed = list(errors)
        if self.found > len(listed):
            listed.append(FieldError("$", _("and {count} more.", count=self.found - len(listed))))
        words = ngettext("This seat plan has {count} error.", "This seat plan has {count} errors.", self.found)
        super().__init__(words, listed, found=self.found)


class NoSuchPlan(NotFound):
    def __init__(self) -> None:
        super().__init__(_("Seat plan not found."))


class SingleSeatLeft(Conflict):
    code = "single_seat_left"
    title = gettext_noop("Single seat would be left")

    def __init__(self) -> None:
        super().__init__(_("This would leave a single seat. Please move by one seat."))


class NoSuchSeatsTogether(Conflict):
    code = "no_such_seats"
    title = gettext_noop("No matching seats together")

    def __init__(self, quantity: int) -> None:
        super().__init__(
            ngettext(
                "We found no free seat of this kind. Try another price.",
                "We found no {count} free seats of this kind. Try fewer, or another price.",
                quantity,
            ),
            quantity=quantity,
        )
