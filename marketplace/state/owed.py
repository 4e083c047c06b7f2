"""The operator's list of money that is owed back."""

from __future__ import annotations

from typing import Any

import reflex as rx
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.accounts.views import SecondFactorMissing
from marketplace.bookings import queries
from marketplace.bookings.views import OwedOrder
from marketplace.db import transaction
from marketplace.errors import Conflict, Forbidden
from marketplace.i18n import _, ngettext, page_at
from marketplace.ids import RefundId
from marketplace.payments import actions as payments
from marketplace.state.viewer import ViewerState, actor_of, zone_of


class OwedRow(TypedDict):
    id: str
    amount: str
    buyer: str
    email: str
    title: str
    order_href: str
    since: str
    why: str
    tried: str
    next_try: str


class OwedState(rx.State):
    is_loading: bool = True
    is_closed: bool = False
    """Whoever looks is no operator."""
    needs_factor: bool = False
    rows: list[OwedRow] = []  # noqa: RUF012 - a Reflex var
    settling: str = ""
    """The id of what is just being settled by other means, and how much it is."""
    settling_amount: str = ""

    @rx.event
    async def load(self) -> None:
        self.is_closed, self.needs_factor, self.rows, self.settling = False, False, [], ""
        try:
            async with transaction(reading=True) as session:
                found = await queries.owed(session, await actor_of(self))
        except SecondFactorMissing:
            self.needs_factor = True
        except Forbidden:
            self.is_closed = True
        else:
            self.rows = [_row(entry, zone_of(self)) for entry in found]
        self.is_loading = False

    @rx.event
    async def try_again(self, id: str) -> Any:
        """Have the provider asked now."""
        try:
            async with transaction() as session:
                await payments.try_again(session, await actor_of(self), RefundId(id), clock.now())
        except Conflict as refused:
            return [OwedState.load, ViewerState.tell(refused.message)]
        return [OwedState.load, ViewerState.tell(_("The provider is being asked."))]

    @rx.event
    def ask_how(self, id: str, amount: str) -> None:
        """Ask how it was paid back, before it is taken off the list."""
        self.settling, self.settling_amount = id, amount

    @rx.event
    def keep(self) -> None:
        self.settling = ""

    @rx.event
    async def settle(self, form: dict[str, Any]) -> Any:
        """Take note of it: the provider is not asked any more."""
        id, how = RefundId(self.settling), str(form.get("how", ""))
        try:
            async with transaction() as session:
                await payments.settle_otherwise(session, await actor_of(self), id, how, clock.now())
        except Conflict as refused:
            return [OwedState.load, ViewerState.tell(refused.message)]
        return OwedState.load


def _row(entry: OwedOrder, zone: str) -> OwedRow:
    owed, refund = entry.owed, entry.owed.refund
    return OwedRow(
        id=refund.id,
        amount=refund.amount.text(),
        buyer=entry.buyer_name,
        email=entry.buyer_email,
        title=entry.title or refund.booking_id,
        order_href=page_at(f"/o/{refund.booking_id}"),
        since=datetimes.exact(refund.created_at, zone),
        why=owed.why,
        tried=ngettext("refused once", "refused {count} times", owed.refusals) if owed.refusals else "",
        next_try=_("next try {when}", when=datetimes.exact(owed.next_try, zone))
        if owed.next_try
        else _("needs attention"),
    )
