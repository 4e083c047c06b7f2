"""What a buyer takes away."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2 as pdfium
import pytest
import segno
from icalendar import Calendar
from PIL.Image import Image

from marketplace import typefaces
from marketplace.accounts import tokens
from marketplace.bookings import documents
from marketplace.bookings.documents import calendar_file, qr_svg, tickets_pdf
from marketplace.bookings.errors import NoTicketsYet, TooBusyDrawing
from marketplace.bookings.transitions import Status
from marketplace.bookings.views import Line, Order, TicketView
from marketplace.catalog.views import EVENT_DETAILS, EventDetails
from marketplace.i18n import speaking, spoken
from marketplace.ids import BookingId, HoldId, ListingId, ResourceId, SellerId, TicketId
from marketplace.money import Money
from tests.waiting import eventually

STARTS = datetime(2026, 5, 20, 17, 30, tzinfo=UTC)


def order(seats: int = 2, **changes) -> Order:
    id, listing = BookingId.new(), ListingId.new()
    tickets = [
        TicketView(ticket, f"seat:A-{at}", f"Stalls, row A, seat {at}", "Premium", tokens.sign_ticket(ticket), False)
        for at, ticket in enumerate((TicketId.new() for _ in range(seats)), 1)
    ]  # fmt: skip
    euros = Money(20_00, "EUR")
    event = EventDetails(
        title="An Evening of Chekhov", place_name="Volksbühne", address="Linienstraße 227", city="Berlin",
        zone="Europe/Berlin", starts_at=STARTS, ends_at=STARTS + timedelta(hours=2), doors_at=None,
    )  # fmt: skip
    event = replace(event, **{name: changes.pop(name) for name in EVENT_DETAILS if name in changes})
    whole = Order(
        id=id, status=Status.CONFIRMED, version=2, listing_id=listing, seller_id=SellerId.new(),
        hold_id=HoldId.on(ResourceId(listing)), buyer_name="Ada Byron", buyer_email="ada@example.org",
        language="en", has_account=False, occasion=event, policy="moderate", counts_from=STARTS,
        lines=tuple(Line("unit", "buyer", t.label, euros, t.unit, "Premium") for t in tickets), total=euros * seats,
        created_at=STARTS, expires_at=STARTS, confirmed_at=STARTS, payment_id=None, tickets=tuple(tickets), steps=(),
    )  # fmt: skip
    return replace(whole, **changes)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, as a PDF reader finds it."""
    with pdfium.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"\s+", " ", text) for text in texts]


def ink_of(pdf: bytes) -> Image:
    """The first page as a PDF reader draws it, cut to what is black or coloured."""
    with pdfium.PdfDocument(pdf) as document:
        drawn = document[0].render(scale=2).to_pil().convert("L")
    return drawn.crop((0, 0, drawn.width, int(drawn.height * 0.28)))


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
        ("name", "other"),
        [
            ("Łucja Żółć", "Ştefan Őri"), ("Νίκος", "Γιώργ"), ("Антон", "Мария"), ("Nguyễn Thị Ánh", "Nguyên Thi Anh"),
            ("O’Brien – “Bo”…", "O'Brien - 'Bo'."), ("x̂q̃", "xq"), ("王小明", "李大同"),
            ("山田たろう", "川口ジロー"), ("김철수", "박영희"), ("שרה לוי", "רחל כהן"), ("ნინო", "დავი"), ("Մարիամ", "Կարինե"),
            ("🎭", "🎻"), ("Zoë ❤️", "Zoë 👍"),
        ],
    )  # fmt: skip
    def test_names_of_every_script_can_be_seen_and_read(self, name: str, other: str) -> None:
        """What has no glyph is drawn as nothing, or as a box: two names of one length would then look alike."""
        mine, theirs = (tickets_pdf(order(1, title=it)) for it in (name, other))
        [page] = pages_of(mine)
        assert typefaces.composed(name) in page
        assert ink_of(mine) != ink_of(theirs)
        assert ink_of(mine) != ink_of(tickets_pdf(order(1, title=" ")))

    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("مريم", "فاطم"), ("अनुष्का", "प्रियंका"), ("สมชาย", "นัฐพล"), ("அனிதா", "கவிதா"), ("অনিতা", "কবিতা"),
            ("ዳዊት", "ሰላም"),
        ],
    )  # fmt: skip
    def test_names_whose_letters_join_or_stack_are_shaped(self, name: str, other: str) -> None:
        mine, theirs = (tickets_pdf(order(1, title=it)) for it in (name, other))
        assert ink_of(mine) != ink_of(theirs)
        # The reader that we test with turns round what it is told to be Arabic.
        [page] = pages_of(mine)
        assert name in page or name[::-1] in page

    def test_the_letters_of_an_arabic_name_join(self) -> None:
        """Four letters that join take less room than the same four apart."""
        joined, apart = (typefaces.width(name, 10) for name in ("مريم", "م ر ي م"))
        assert joined < apart - 3 * typefaces.width(" ", 10)
        bold = ink_of(tickets_pdf(order(1, title="مريم")))
        assert bold != ink_of(tickets_pdf(order(1, title="\u200c".join("مريم"))))

    def test_an_accent_that_was_typed_on_its_own_joins_its_letter(self) -> None:
        [page] = pages_of(tickets_pdf(order(1, buyer_name="Zoe\u0308")))
        assert "Zoë" in page

    def test_what_the_fonts_do_not_know_is_no_error(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.ERROR)
        assert tickets_pdf(order(1, buyer_name="\ue000 𠀀", title="ꦗꦮ")).startswith(b"%PDF-")

    @pytest.mark.parametrize("letter", ["W", "Wide ", "国", "👩", "م"])
    def test_the_longest_texts_stay_on_the_paper_and_beside_the_code(self, letter: str) -> None:
        longest = (letter * 120)[:120].strip()
        pdf = tickets_pdf(order(1, title=longest, place_name=longest, buyer_name=longest))
        with pdfium.PdfDocument(pdf) as document:
            [page] = document
            text = page.get_textpage()
            boxes = [text.get_charbox(at) for at in range(text.count_chars())]
            edges = page.get_size()
        assert all(0 <= box[0] <= box[2] <= edges[0] and 0 <= box[1] <= box[3] <= edges[1] for box in boxes)

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


async def test_the_event_loop_goes_on_while_documents_are_drawn_one_at_a_time() -> None:
    began, go, at_once = threading.Event(), threading.Event(), []

    def slow(name: str) -> bytes:
        at_once.append(name)
        began.set()
        is_let_go = go.wait(10)  # drawn on the loop, it would wait in vain for what the loop does next
        at_once.remove(name)
        return b"drawn" if is_let_go and not at_once else b"in vain"

    first, second = (asyncio.create_task(documents.draw(slow, name)) for name in ("first", "second"))
    await eventually(began.is_set)
    assert at_once == ["first"]
    go.set()
    assert [await first, await second] == [b"drawn", b"drawn"]


async def test_so_many_documents_wait_and_no_more() -> None:
    go = threading.Event()

    def slow() -> bytes:
        go.wait(10)
        return b"drawn"

    waiting = [asyncio.create_task(documents.draw(slow)) for _ in range(documents.MOST_WAITING)]
    await asyncio.sleep(0)  # each has begun
    with pytest.raises(TooBusyDrawing):
        await documents.draw(slow)
    go.set()
    assert await asyncio.gather(*waiting) == [b"drawn"] * documents.MOST_WAITING
    assert await documents.draw(slow) == b"drawn"


async def test_what_is_drawn_speaks_the_language_of_whoever_asks() -> None:
    def language() -> bytes:
        return spoken().encode()

    with speaking("de"):
        assert await documents.draw(language) == b"de"
