"""Sales, for those who sell: a listing's orders as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from marketplace import clock
from marketplace.api.auth_context import Asking
from marketplace.api.problems import answers_with
from marketplace.bookings import sales
from marketplace.bookings.views import SoldOrder
from marketplace.db import transaction
from marketplace.ids import ListingId

router = APIRouter(tags=["Sales"])

COLUMNS = (
    "order", "status", "buyer", "email", "seats", "quantity", "currency", "price", "guest_fee", "total", "commission",
    "refunded", "ordered_at", "confirmed_at",
)  # fmt: skip

_CALCULATES = ("=", "+", "-", "@", "\t", "\r", "\n", ";", "|", "＝", "＋", "－", "＠")


@router.get("/listings/{id}/orders.csv", response_class=StreamingResponse, responses=answers_with("text/csv"))
async def export(id: str, actor: Asking) -> StreamingResponse:
    """Every order of a listing, the latest first; for the people of its shop. Amounts are decimal, times in UTC."""
    listing_id, now = ListingId(id), clock.now()
    async with transaction(reading=True) as session:
        # Refused before the first byte: a stream that has begun can no longer say no.
        await sales.orders(session, actor, listing_id, now, limit=1)

    async def lines() -> AsyncIterator[str]:
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _line(COLUMNS)  # by which spreadsheets know UTF-8
        async for order in sales.exported(actor, listing_id, now):
            yield _line(_cells(order))

    headers = {"Content-Disposition": f'attachment; filename="orders-{listing_id}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(order: SoldOrder) -> tuple[str, ...]:
    amounts = (
        str(amount).partition(" ")[0]
        for amount in (order.price, order.surcharge, order.total, order.commission, order.refunded)
    )
    return (
        order.id, order.status, order.buyer_name, order.buyer_email, "; ".join(order.seats), str(len(order.seats)),
        order.total.currency, *amounts, f"{order.created_at:%Y-%m-%dT%H:%M:%SZ}",
        f"{order.confirmed_at:%Y-%m-%dT%H:%M:%SZ}" if order.confirmed_at else "",
    )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    # All in quotes: a spreadsheet that parts cells at semicolons must not find one inside a name.
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([_inert(cell) for cell in cells])
    return written.getvalue()


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever a buyer calls themselves (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_CALCULATES) else cell
