"""What a buyer takes away."""

from __future__ import annotations

import logging
import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import segno
from icalendar import Calendar

from marketplace.accounts import tokens
from marketplace.bookings.documents import calendar_file, qr_svg, tickets_pdf
from marketplace.bookings.errors import NoTicketsYet
from marketplace.bookings.transitions import Status
from marketplace.bookings.views import Line, Order, TicketView
from marketplace.catalog.views import OCCASION, Occasion
from marketplace.ids import BookingId, HoldId, ListingId, ResourceId, SellerId, TicketId
from marketplace.money import Money

STARTS = datetime(2026, 5, 20, 17, 30, tzinfo=UTC)


def order(seats: int = 2, **changes) -> Order:
    id, listing = BookingId.new(), ListingId.new()
    tickets = [
        TicketView(ticket, f"seat:A-{at}", f"Stalls, row A, seat {at}", "Premium", tokens.sign_ticket(ticket), False)
        for at, ticket in enumerate((TicketId.new() for _ in range(seats)), 1)
    ]  # fmt: skip
    euros = Money(20_00, "EUR")
    event = Occasion(
        title="An Evening of Chekhov", place_name="Volksbühne", address="Linienstraße 227", city="Berlin",
        zone="Europe/Berlin", starts_at=STARTS, ends_at=STARTS + timedelta(hours=2), doors_at=None,
    )  # fmt: skip
    event = replace(event, **{name: changes.pop(name) for name in OCCASION if name in changes})
    whole = Order(
        id=id, status=Status.CONFIRMED, version=2, listing_id=listing, seller_id=SellerId.new(),
        hold_id=HoldId.on(ResourceId(listing)), buyer_name="Ada Byron", buyer_email="ada@example.org",
        language="en", has_account=False, occasion=event, policy="moderate", counts_from=STARTS,
        lines=tuple(Line("unit", "buyer", t.label, euros, t.unit, "Premium") for t in tickets), total=euros * seats,
        created_at=STARTS, expires_at=STARTS, confirmed_at=STARTS, payment_id=None, tickets=tuple(tickets), steps=(),
    )  # fmt: skip
    return replace(whole, **changes)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page. Our fonts are cut down by fpdf, so glyphs are looked up in each font's ToUnicode map."""
    streams = [_inflated(match[1]) for match in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    maps = [_unicode_of(stream) for stream in streams if b"beginbfchar" in stream or b"beginbfrange" in stream]
    texts = [stream for stream in streams if b" Tf " in stream]
    return [_text_of(page, maps) for page in texts]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def _unicode_of(stream: bytes) -> dict[int, str]:
    known = {}
    for glyph, letter in re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,8})>", stream):
        known[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    return known


def _text_of(page: bytes, maps: list[dict[int, str]]) -> str:
    words = []
    fonts: dict[bytes, dict[int, str]] = {}
    current: dict[int, str] = {}
    for font, text in re.findall(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL):
        if font:
            current = fonts.setdefault(font, maps[int(font[1:]) - 1])
            continue
        plain = re.sub(
            rb"\\(.)", lambda escape: {b"n": b"\n", b"r": b"\r"}.get(escape[1], escape[1]), text, flags=re.DOTALL
        )
        words.append("".join(current[int.from_bytes(plain[at : at + 2])] for at in range(0, len(plain), 2)))
    return " ".join(words)


class TestTickets:
    def test_each_valid_ticket_has_its_page(self) -> None:
        bought = order(3)
        void = replace(bought.tickets[1], is_void=True)
        pdf = tickets_pdf(replace(bought, tickets=(bought.tickets[0], void, bought.tickets[2])))
        assert pdf.startswith(b"%PDF-")
        assert pdf.rstrip().endswith(b"%%EOF")
        assert len(re.findall(rb"/Type /Page\b", pdf)) == 2
        first, second = pages_of(pdf)
        assert "Ticket 1 of 2" in first
        assert "Stalls, row A, seat 1" in first
        assert "Stalls, row A, seat 3" in second
        for page in (first, second):
            assert "An Evening of Chekhov" in page
            assert "Wednesday, 20 May 2026 at 19:30 (Berlin time)" in page
            assert "Volksbühne" in page
            assert "Ada Byron" in page
            assert bought.id in page

    @pytest.mark.parametrize(
        "name", ["Łucja Żółć", "Ştefan Őri", "Νίκος Καζαντζάκης", "Антон Чехов", "Nguyễn Thị Ánh", "O’Brien – “Bo”…"]
    )
    def test_names_of_europe_are_drawn_as_they_are_written(self, name: str) -> None:
        [page] = pages_of(tickets_pdf(order(1, buyer_name=name, title=name)))
        assert page.count(name) == 2

    def test_an_accent_that_was_typed_on_its_own_joins_its_letter(self) -> None:
        [page] = pages_of(tickets_pdf(order(1, buyer_name="Zoe\u0308")))
        assert "Zoë" in page

    def test_what_the_fonts_do_not_know_is_no_error(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.ERROR)
        assert tickets_pdf(order(1, buyer_name="山田 🎭", title="مسرح")).startswith(b"%PDF-")

    def test_a_long_title_takes_more_lines_and_no_more_pages(self) -> None:
        assert len(pages_of(tickets_pdf(order(1, title="Very long " * 12, place_name="Somewhere " * 20)))) == 1

    @pytest.mark.parametrize("status", set(Status) - {Status.CONFIRMED})
    def test_there_are_none_unless_the_order_is_confirmed(self, status: Status) -> None:
        with pytest.raises(NoTicketsYet):
            tickets_pdf(order(status=status))
        with pytest.raises(NoTicketsYet):
            calendar_file(order(status=status), STARTS)

    def test_the_code_holds_the_signed_text(self) -> None:
        [ticket] = order(1).tickets
        svg = qr_svg(ticket)
        assert svg.startswith("<svg")
        assert 'viewBox="0 0' in svg
        # segno draws one path; the same text gives the same picture, another text another one.
        assert svg == qr_svg(replace(ticket))
        assert svg != qr_svg(replace(ticket, code=tokens.sign_ticket(TicketId.new())))
        assert tokens.read_ticket(ticket.code) == ticket.id
        assert segno.make(ticket.code, error="m", micro=False).error == "M"


class TestCalendar:
    def test_the_file_says_when_and_where_in_the_venues_own_zone(self) -> None:
        bought = order(title="Chekhov; three, sisters\nand more")
        calendar = Calendar.from_ical(calendar_file(bought, STARTS))
        [event] = calendar.events
        assert event["SUMMARY"] == bought.title
        assert event["LOCATION"] == "Volksbühne, Linienstraße 227, Berlin"
        assert event["SEQUENCE"] == bought.version
        assert event["DTSTART"].dt == STARTS
        assert event["DTSTART"].dt.tzinfo.key == "Europe/Berlin"
        assert event["DTEND"].dt == STARTS.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(hours=2)
        assert event["UID"] == f"{bought.id}@holdfast"
        assert event["URL"].endswith(f"/o/{bought.id}")
        assert "Stalls, row A, seat 2" in event["DESCRIPTION"]
        assert [zone["TZID"] for zone in calendar.timezones] == ["Europe/Berlin"]

    @pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
    def test_any_zone_will_do(self, zone: str) -> None:
        [event] = Calendar.from_ical(calendar_file(order(zone=zone), STARTS)).events
        assert event["DTSTART"].dt == STARTS
