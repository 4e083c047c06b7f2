"""What mail says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from marketplace.bookings.views import Order
from marketplace.catalog.views import EventDetails
from marketplace.money import Money
from marketplace.notifications import emails, layout
from marketplace.notifications.layout import EmailTemplate
from tests.notifications.conftest import make_confirmed, make_occasion, make_order

URL = "https://tickets.example.org/o/bkg_1?key=a&b=c"


def email_previews_list(order: Order) -> list[EmailTemplate]:
    return [
        emails.payment_wanted(order, URL),
        emails.link_again(order, URL),
        emails.confirmed(order, URL),
        emails.declined(order, URL, "The bank declined this card."),
        emails.running_out(order, URL),
        emails.expired(order, URL),
        emails.event_changed(order, URL, make_occasion(title=order.title), moved(), order.created_at),
        *(emails.cancelled(order, URL, by, None) for by in ("buyer", "seller", "operator")),
        emails.called_off(order, URL, "The river is in the stalls.", None),
        *(emails.money_returned(order, URL, why) for why in ("late", "twice", "wrong_amount", "after_cancelling")),
    ]


def moved() -> EventDetails:
    """Two days later, at another place."""
    return make_occasion(
        starts_at=datetime(2027, 6, 20, 18, 30, tzinfo=UTC),
        ends_at=datetime(2027, 6, 20, 20, 30, tzinfo=UTC),
        doors_at=datetime(2027, 6, 20, 17, 30, tzinfo=UTC),
        place_name="Carré",
        address="Amstel 115",
    )


class Words(HTMLParser):
    """The text of a page, its links, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.links, self.open, self.tags = "", [], [], set()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("at", range(15))
def test_both_forms_say_the_same_and_lead_to_the_order(at: int, now: datetime) -> None:
    email = email_previews_list(make_order(now))[at]
    page, plain = Words(layout.html(email)), layout.plain(email)
    assert page.links == [URL]
    assert URL in plain
    unwrapped = plain.replace("\n", " ")
    values = [value for _, value in email.details] + [at for one in email.changes for at in (one.before, one.now)]
    for words in (email.heading, email.footnote, *email.paragraphs, *values):
        assert words in page.text
        assert words in unwrapped
    assert email.preview in page.text
    assert "$" not in page.text
    assert "An Evening of Compilers" in email.subject


def test_a_title_is_only_ever_text(now: datetime) -> None:
    nasty = '<script>alert("1")</script> & $heading'
    order = make_confirmed(now, title=nasty, place_name="<b>", buyer_name='"><a href="http://evil.example">')
    for email in email_previews_list(order):
        page = Words(layout.html(email))
        assert "script" not in page.tags
        assert page.links == [URL]
        assert nasty in page.text


def test_the_confirmation_names_seats_fees_and_total(now: datetime) -> None:
    email = emails.confirmed(make_confirmed(now), URL)
    plain = layout.plain(email)
    assert "Stalls, row C, seat 12: €42.50" in plain
    assert "Fee for buying without an account: €8.50" in plain
    assert "Total: €93.50" in plain
    assert "Commission" not in plain, "what the seller pays is none of the buyer's business"
    assert "Friday, 18 June 2027 at 20:30 (Amsterdam time)" in plain
    assert "Your tickets are attached." in plain
    assert email.attachments == ("tickets.pdf", "event.ics")


def test_one_ticket_is_spoken_of_as_one(now: datetime) -> None:
    order = make_confirmed(now)
    email = emails.confirmed(make_confirmed(now, tickets=order.tickets[:1]), URL)
    assert "Your ticket is attached." in layout.plain(email)
    assert email.button.label == "Open your ticket"


def test_deadlines_are_told_in_the_time_of_the_place(now: datetime) -> None:
    order = make_order(now, expires_at=datetime.fromisoformat("2027-01-05T23:50:00Z"), zone="America/New_York")
    assert emails.payment_wanted(order, URL).preview == "Pay until 18:50 (New York time) to keep them."


def test_only_a_guests_mail_warns_about_its_link(now: datetime) -> None:
    assert "don't forward this email" in emails.expired(make_order(now), URL).footnote
    assert "don't forward this email" not in emails.expired(make_order(now, has_account=True), URL).footnote


@pytest.mark.parametrize(
    ("refund", "owed", "words"),
    [
        (None, None, "Nothing was charged."),
        (Money(8500, "EUR"), None, "€85.00 goes back the way you paid."),
        (Money(8500, "EUR"), Money(2000, "EUR"), "€20.00 of it could not be paid back the way you paid so far"),
        (Money(0, "EUR"), None, "nothing is paid back"),
    ],
)
def test_a_cancelled_order_says_what_becomes_of_the_money(
    refund: Money | None, owed: Money | None, words: str, now: datetime
) -> None:
    plain = " ".join(layout.plain(emails.cancelled(make_order(now), URL, "buyer", refund, owed)).split())
    assert words in plain
    assert words in " ".join(layout.plain(emails.called_off(make_order(now), URL, "", refund, owed)).split())


@pytest.mark.parametrize(("by", "words"), [("buyer", "You have"), ("seller", "the seller has"), ("operator", "had to")])
def test_a_cancelled_order_says_who_did_it(by: str, words: str, now: datetime) -> None:
    assert words in emails.cancelled(make_order(now), URL, by, None).paragraphs[0]


def test_a_change_says_what_was_and_what_is_and_nothing_twice(now: datetime) -> None:
    is_now = moved()
    order = make_confirmed(now, occasion=is_now, counts_from=is_now.starts_at)
    email = emails.event_changed(order, URL, make_occasion(), is_now, now)
    plain = layout.plain(email)
    assert (
        "When\n  Before: Friday, 18 June 2027 at 20:30 (Amsterdam time)\n  Now: Sunday, 20 June 2027 at 20:30 (Amsterdam time)"
        in plain
    )
    assert "Doors\n  Before: Not announced\n  Now: Sunday, 20 June 2027 at 19:30 (Amsterdam time)" in plain
    assert "Where\n  Before: Theatre Royal, Leidseplein 26, Amsterdam\n  Now: Carré, Amstel 115, Amsterdam" in plain
    assert "What: An Evening of Compilers" in plain
    assert plain.count("Sunday, 20 June 2027 at 20:30") == 1
    assert email.attachments == ("event.ics",)


def test_a_new_zone_is_a_new_time_even_at_the_same_instant(now: datetime) -> None:
    is_now = make_occasion(zone="Europe/London")
    email = emails.event_changed(make_confirmed(now), URL, make_occasion(), is_now, now)
    assert [change.name for change in email.changes] == ["When", "Until"]
    assert email.changes[0].now == "Friday, 18 June 2027 at 19:30 (London time)"


@pytest.mark.parametrize(
    ("policy", "left", "words"),
    [
        ("flexible", timedelta(days=2), "all that the seats cost comes back until Thursday, 17 June 2027 at 20:30"),
        ("flexible", timedelta(days=2), "half of it until Friday, 18 June 2027 at 18:30"),
        ("flexible", timedelta(hours=12), "half of what the seats cost comes back until Friday, 18 June 2027 at 18:30"),
        ("moderate", timedelta(hours=12), "nothing is paid back any more"),
        ("strict", timedelta(days=5), "half of what the seats cost comes back until Tuesday, 15 June 2027 at 20:30"),
    ],
)
def test_a_change_says_what_cancelling_brings_back_by_policy(
    policy: str, left: timedelta, words: str, now: datetime
) -> None:
    occasion = make_occasion()
    order = make_confirmed(now, policy=policy, confirmed_at=occasion.starts_at - timedelta(days=90))
    email = emails.event_changed(order, URL, make_occasion(title="Compilers"), occasion, occasion.starts_at - left)
    assert words in email.paragraphs[-1]


def test_where_the_event_was_moved_forward_everything_comes_back_until_it_begins(now: datetime) -> None:
    is_now = make_occasion()
    order = make_confirmed(now, counts_from=is_now.starts_at + timedelta(days=30))
    told = emails.event_changed(order, URL, moved(), is_now, is_now.starts_at - timedelta(hours=1)).paragraphs[-1]
    assert "all that the seats cost comes back until Friday, 18 June 2027 at 20:30" in told
    assert "half" not in told


def test_who_has_not_paid_is_told_that_nothing_was_charged(now: datetime) -> None:
    email = emails.event_changed(make_order(now), URL, make_occasion(), moved(), now)
    assert "nothing has been charged" in email.paragraphs[-1]
    assert email.attachments == ()


def test_what_is_called_off_says_so_in_its_sellers_words_and_what_comes_back(now: datetime) -> None:
    paid = emails.called_off(make_confirmed(now), URL, "The river is in the stalls.", Money(8500, "EUR"))
    assert paid.paragraphs == (
        "We are sorry: the event has been cancelled. Your tickets are no longer valid.",
        "The seller writes: The river is in the stalls.",
        "€85.00 goes back the way you paid. This usually takes a few days.",
    )
    unpaid = emails.called_off(make_order(now), URL, "", None)
    assert unpaid.paragraphs == ("We are sorry: the event has been cancelled.", "Nothing was charged.")


def test_a_email_may_be_nothing_but_words() -> None:
    email = EmailTemplate("k", "s", "p", "h", (), layout.Button("b", URL), lines=(("Seat", Money(100, "JPY")),))
    assert layout.plain(email) == f"h\n\nSeat: JP¥100\n\nb:\n{URL}\n"
    assert "Total" not in layout.html(email)


def test_a_page_is_small_enough_to_be_shown_whole(now: datetime) -> None:
    """Gmail cuts mail off at 102 kB."""
    order = make_order(now, expires_at=now + timedelta(hours=1))
    lines = tuple(order.lines[:1] * 100)
    assert len(layout.html(emails.payment_wanted(make_order(now, lines=lines), URL)).encode()) < 102_000
