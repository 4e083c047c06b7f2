"""What can stand in the way of a purchase."""

from __future__ import annotations

from marketplace.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from marketplace.i18n import _, gettext_noop
from marketplace.ids import BookingId
from marketplace.money import Money


class BookingNotFound(NotFound):
    code = "booking_not_found"
    title = gettext_noop("Order not found")

    def __init__(self, id: str) -> None:
        super().__init__(_("There is no order “{id}”, or it is not yours.", id=id))


class UnlawfulTransition(Conflict):
    """The state machine knows no such step from here, or not for this party."""

    code = "unlawful_transition"
    title = gettext_noop("No longer possible")

    def __init__(self, id: str, source: str, target: str, party: str) -> None:
        super().__init__(
            _("This is no longer possible for this order. Reload it to see its status."),
            booking_id=id, source=source, target=target, party=party,
        )  # fmt: skip


class OrderMovedOn(Conflict):
    """What was to be ended is no longer what was seen: its status, or what cancelling brings back, has changed."""

    code = "order_moved_on"
    title = gettext_noop("Order has changed")

    def __init__(self, id: BookingId, status: str, refund: Money) -> None:
        super().__init__(
            _("This order has changed. Nothing was cancelled; please review it and decide again."),
            booking_id=id, booking_status=status, refund={"amount": refund.minor, "currency": refund.currency},
        )  # fmt: skip


class CostsMore(Conflict):
    """Calling an event off would give back more than its seller has seen: more was sold meanwhile."""

    code = "costs_more"
    title = gettext_noop("Refund total has changed")

    def __init__(self, refund: Money) -> None:
        super().__init__(
            _("More tickets were sold: {refund} would be refunded. Nothing was cancelled.", refund=refund.text()),
            refund={"amount": refund.minor, "currency": refund.currency},
        )


class NotOnSale(Conflict):
    code = "not_on_sale"
    title = gettext_noop("Not on sale")

    def __init__(self, title: str) -> None:
        super().__init__(_("“{title}” is not on sale.", title=title))


class NothingToPay(Conflict):
    code = "nothing_to_pay"
    title = gettext_noop("Nothing to pay")

    def __init__(self, id: BookingId, status: str) -> None:
        super().__init__(
            _("There is nothing to pay for this order."),
            booking_id=id,
            booking_status=status,
        )


class PaymentTimeOver(Conflict):
    code = "payment_time_over"
    title = gettext_noop("Time to pay is up")

    def __init__(self, id: BookingId) -> None:
        super().__init__(_("The time to pay for these seats is up. Pick your seats again."), booking_id=id)


class BuyerRefused(Invalid):
    code = "buyer_refused"
    title = gettext_noop("Invalid buyer details")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("Please log in."), errors)


class TooManyForOneBuyer(Conflict):
    code = "too_many_for_one_buyer"
    title = gettext_noop("Purchase limit reached")

    def __init__(self, most: int, had: int) -> None:
        super().__init__(
            _("One person may buy {most} of these; you already have {had}.", most=most, had=had), most=most, had=had
        )


class TooManyFromNetwork(Conflict):
    """So many seats are held from one network, by whomever, that no more are given to it before some are paid for."""

    code = "too_many_from_network"
    title = gettext_noop("Too many holds from this network")

    def __init__(self, most: int) -> None:
        super().__init__(
            _(
                "People on your network hold {most} places of this already, and have not paid for them yet. "
                "Please try again in a few minutes, or from another connection.",
                most=most,
            ),
            most=most,
        )


class TotalChanged(Conflict):
    """The total is no longer the one that was named: `total` is what would be paid by now."""

    code = "total_changed"
    title = gettext_noop("Total has changed")

    def __init__(self, total: Money) -> None:
        super().__init__(
            _("The total is now {total}. Please review it before you continue.", total=total.text()),
            total={"amount": total.minor, "currency": total.currency},
        )
        self.total = total


class NoTicketsYet(Conflict):
    code = "no_tickets_yet"
    title = gettext_noop("No tickets yet")

    def __init__(self, id: BookingId) -> None:
        super().__init__(_("Tickets come with a confirmed order."), booking_id=id)


class NothingHeldBack(NotFound):
    code = "nothing_held_back"
    title = gettext_noop("Seats not held back")

    def __init__(self) -> None:
        super().__init__(_("These seats are not held back."))


class TooBusyDrawing(Unavailable):
    """More documents wait to be drawn than can be had soon."""

    code = "too_busy_drawing"
    title = gettext_noop("Ticket download busy")

    def __init__(self) -> None:
        super().__init__(_("Ticket downloads are busy. Please try again in a moment."))
