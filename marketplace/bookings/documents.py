"""What a buyer takes away: QR codes, a PDF with one ticket a page, a calendar file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any
from unicodedata import bidirectional, category
from zoneinfo import ZoneInfo

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from icalendar import Calendar, Event

from marketplace import brand, datetimes, settings, typefaces
from marketplace.bookings.errors import NoTicketsYet, TooBusyDrawing
from marketplace.bookings.views import Order, Status, TicketView
from marketplace.i18n import _, page_at, speaking, spoken

_INK, _SOFT, _ACCENT, _RULE = (brand.rgb(name) for name in ("ink", "ink-soft", "accent", "line"))
_MARGIN, _WIDTH = 18, 210

# Our own font: those that every PDF reader has know Western Europe only.
_FONT = brand.PRINT


_pen = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")
"""One document at a time in a process: more at once would only take the processor from everybody else."""


MOST_WAITING = 20
"""Documents that may wait for the pen: about two seconds of drawing. Each keeps its order in memory meanwhile."""

_places = asyncio.Semaphore(MOST_WAITING)


async def draw(document: Callable[..., bytes], *what: Any) -> bytes:
    """`document(*what)` beside the event loop, which goes on serving: a PDF of many tickets takes a while.

    Raises TooBusyDrawing.
    """
    if _places.locked():
        raise TooBusyDrawing
    async with _places:
        return await asyncio.get_running_loop().run_in_executor(_pen, partial(copy_context().run, document, *what))


class _Paper(FPDF):
    """A document whose text can be searched, copied and read aloud, also where letters join."""

    def lines(self, text: str, height: float) -> None:
        """The text in as many lines as it takes. Where glyphs do not tell the letters, these are noted beside them."""
        is_joined = any(bidirectional(letter) == "AL" or category(letter) in {"Mn", "Mc"} for letter in text)
        if is_joined:
            self._out(f"/Span <</ActualText <FEFF{text.encode('utf-16-be').hex()}>>> BDC")
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if is_joined:
            self._out("EMC")


def qr_svg(ticket: TicketView) -> str:
    """The ticket's signed text as an inline SVG, black on white whatever the page's theme: scanners want contrast."""
    drawn = BytesIO()
    code = segno.make(ticket.code, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return drawn.getvalue().decode()


def tickets_pdf(order: Order) -> bytes:
    """One A4 page for each valid ticket, in the language that the order was made in. Raises NoTicketsYet unless the order is confirmed."""
    tickets = [ticket for ticket in order.tickets if not ticket.is_void]
    if order.status is not Status.CONFIRMED or not tickets:
        raise NoTicketsYet(order.id)
    with speaking(order.language):
        return _drawn(order, tickets)


def _drawn(order: Order, tickets: list[TicketView]) -> bytes:
    pdf = _Paper(format="A4")
    _use_fonts(pdf, order, tickets)
    pdf.set_title(_("Tickets: {title}", title=order.title))
    pdf.set_lang(spoken())
    pdf.set_creator(brand.NAME)
    pdf.set_auto_page_break(auto=False)
    for at, ticket in enumerate(tickets, 1):
        _page(pdf, order, ticket, _("Ticket {number} of {count}", number=at, count=len(tickets)))
    return bytes(pdf.output())


def _use_fonts(pdf: _Paper, order: Order, tickets: list[TicketView]) -> None:
    """Noto Sans, and a stand-in for each other script that something on these tickets is written in."""
    pdf.add_font(_FONT, "", typefaces.REGULAR)
    pdf.add_font(_FONT, "B", typefaces.BOLD)
    written = [order.title, order.place_name, order.buyer_name, *(f"{it.label}{it.category}" for it in tickets)]
    others = [face.path for face in typefaces.stand_ins_for(typefaces.composed("".join(written)))]
    for path in others:
        pdf.add_font(path.stem, "", path)
    # They have one weight, which also stands in for bold.
    pdf.set_fallback_fonts([path.stem for path in others], exact_match=False)
    # Joins the letters of Arabic and Devanagari, and writes from right to left what is read so.
    pdf.set_text_shaping(True)


def _page(pdf: _Paper, order: Order, ticket: TicketView, count: str) -> None:
    pdf.add_page()
    pdf.set_margin(_MARGIN)
    pdf.set_fill_color(*_ACCENT)
    pdf.rect(0, 0, _WIDTH, 6, style="F")
    pdf.set_xy(_MARGIN, 18)
    _text(pdf, brand.NAME.upper(), 10, _ACCENT, style="B")
    _text(pdf, count, 10, _SOFT)
    pdf.ln(6)
    # The largest size at which a title takes three lines; the longest ones take more.
    size = next((it for it in (26, 20) if typefaces.width(order.title, it / pdf.k, is_bold=True) < 3 * pdf.epw), 15)
    _text(pdf, order.title, size, _INK, style="B", height=size * 0.42)
    pdf.ln(2)
    when = f"{datetimes.full(order.starts_at, order.zone)} ({datetimes.zone_text(order.zone)})"
    _text(pdf, when, 13, _INK)
    _text(pdf, order.place_name, 13, _SOFT)
    pdf.ln(6)
    pdf.set_draw_color(*_RULE)
    pdf.line(_MARGIN, pdf.get_y(), _WIDTH - _MARGIN, pdf.get_y())
    pdf.ln(8)
    top = pdf.get_y()
    pdf.image(_qr_png(ticket), x=_WIDTH - _MARGIN - 72, y=top, w=72)
    pdf.set_right_margin(_MARGIN + 78)
    _text(pdf, _("Your place").upper(), 9, _SOFT, style="B")
    _text(pdf, ticket.label, 18, _INK, style="B", height=8)
    pdf.ln(4)
    _text(pdf, _("Category").upper(), 9, _SOFT, style="B")
    _text(pdf, ticket.category, 13, _INK)
    pdf.ln(4)
    _text(pdf, _("Name").upper(), 9, _SOFT, style="B")
    _text(pdf, order.buyer_name, 13, _INK)
    pdf.ln(4)
    _text(pdf, _("Order").upper(), 9, _SOFT, style="B")
    _text(pdf, order.id, 9, _INK)
    pdf.set_right_margin(_MARGIN)
    pdf.set_y(max(pdf.get_y(), top + 80))
    pdf.line(_MARGIN, pdf.get_y(), _WIDTH - _MARGIN, pdf.get_y())
    pdf.ln(6)
    _text(pdf, _("Show this code at the door, on paper or on your phone. It admits one person, once."), 10, _SOFT)


def _text(
    pdf: _Paper, text: str, size: int, color: tuple[int, int, int], *, style: str = "", height: float = 6
) -> None:
    pdf.set_font(_FONT, style, size)
    pdf.set_text_color(*color)
    pdf.lines(typefaces.composed(text), height)


def _qr_png(ticket: TicketView) -> BytesIO:
    drawn = BytesIO()
    segno.make(ticket.code, error="m", micro=False).save(drawn, kind="png", scale=8, border=4)
    drawn.seek(0)
    return drawn


def calendar_file(order: Order, now: datetime) -> bytes:
    """An iCalendar file (RFC 5545) with the event in the venue's zone. Raises NoTicketsYet unless confirmed."""
    if order.status is not Status.CONFIRMED:
        raise NoTicketsYet(order.id)
    zone = ZoneInfo(order.zone)
    event = Event()
    event.add("uid", f"{order.id}@holdfast")
    event.add("summary", order.title)
    event.add("location", order.occasion.where)
    event.add("dtstart", order.starts_at.astimezone(zone))
    event.add("dtend", order.ends_at.astimezone(zone))
    event.add("dtstamp", now)
    # The calendar that has an earlier file of this order takes the one that was counted later.
    event.add("sequence", order.version)
    event.add("url", f"{settings.current().origin}{page_at(f'/o/{order.id}', order.language)}")
    event.add("description", "\n".join(ticket.label for ticket in order.tickets))
    calendar = Calendar()
    calendar.add("prodid", f"-//{brand.NAME}//Tickets//{order.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
