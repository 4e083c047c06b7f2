"""Mail goes out once, however the server and the processes behave."""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from marketplace import settings
from marketplace.db import transaction
from marketplace.ids import BookingId, MailId
from marketplace.notifications import actions, queries, smtp
from marketplace.notifications.errors import MailDelayed, MailNotFound
from marketplace.notifications.layout import Button, EmailTemplate
from marketplace.notifications.models import LEASE, MOST_ATTEMPTS
from marketplace.notifications.views import MailCard, MailStatus
from tests.notifications.conftest import MailServer, Serve, make_confirmed, make_order, send_through

pytestmark = pytest.mark.usefixtures("database")

EMAIL = EmailTemplate(
    "greeting", "Hello", "Just so.", "Hello", ("How are you?",), Button("Open", "https://example.org/o/1")
)
MINUTE = timedelta(minutes=1)


async def write(
    now: datetime,
    key: str = "k1",
    *,
    email: EmailTemplate = EMAIL,
    to: str = "grace@example.org",
    about: BookingId | None = None,
) -> MailId:
    async with transaction() as session:
        return await actions.write(session, to=to, email=email, key=key, about=about, now=now)


async def card(id: MailId) -> MailCard:
    async with transaction(reading=True) as session:
        return (await queries.mail(session, id)).card


async def test_a_mail_arrives_with_both_its_forms(mail_server: MailServer, now: datetime) -> None:
    id = await write(now)
    assert await actions.send(id, now)
    [message] = mail_server.received
    assert message["To"] == "grace@example.org"
    assert message["From"] == settings.current().mail_from
    assert message["Subject"] == "Hello"
    assert message["Message-ID"] == f"<{id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "How are you?" in plain.get_content()
    assert "<h1" in html.get_content()
    sent = await card(id)
    assert (sent.status, sent.sent_at, sent.attempts, sent.last_error) == (MailStatus.SENT, now, 1, None)


async def test_without_a_server_mail_stays_in_the_local_mailbox(now: datetime) -> None:
    id = await write(now)
    assert (await card(id)).status is MailStatus.KEPT
    assert await actions.send_due(now) == 0


async def test_where_the_server_is_taken_away_what_waited_for_it_stays_here(
    mail_server: MailServer, now: datetime
) -> None:
    id = await write(now)
    send_through("")
    assert await actions.send_due(now) == 1
    assert (await card(id)).status is MailStatus.KEPT


async def test_the_same_key_is_the_same_mail(mail_server: MailServer, now: datetime) -> None:
    first = await write(now)
    again = await write(now, to="somebody@example.org")
    assert first == again
    assert await actions.send_due(now) == 1
    assert await write(now + MINUTE) == first
    assert await actions.send_due(now + MINUTE) == 0
    assert len(mail_server.received) == 1


async def test_the_same_key_written_at_once_is_one_mail(mail_server: MailServer, now: datetime) -> None:
    ids = await asyncio.gather(*(write(now) for _ in range(5)))
    assert len(set(ids)) == 1
    assert await actions.send_due(now) == 1


async def test_senders_at_the_same_time_send_it_once(mail_server: MailServer, now: datetime) -> None:
    ids = [await write(now, f"k{number}") for number in range(12)]
    counts = await asyncio.gather(*(actions.send_due(now) for _ in range(4)))
    assert sum(counts) == len(ids)
    assert len(mail_server.received) == len(ids)


async def test_without_the_lease_it_would_go_out_more_than_once(
    mail_server: MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.notifications.models.Mail.take", lambda mail, now: True)
    id = await write(now)
    await asyncio.gather(*(actions.send(id, now) for _ in range(4)))
    assert len(mail_server.received) > 1


async def test_a_server_that_is_away_delays_it(serve: Serve, now: datetime) -> None:
    send_through("smtp://127.0.0.1:1")
    id = await write(now)
    assert await actions.send_due(now) == 0
    waiting = await card(id)
    assert (waiting.status, waiting.attempts) == (MailStatus.WAITING, 1)
    assert "Connect" in str(waiting.last_error)
    server: MailServer = await serve()
    send_through(f"smtp://127.0.0.1:{server.port}")
    assert await actions.send_due(now + MINUTE - timedelta(seconds=1)) == 0
    assert await actions.send_due(now + MINUTE) == 1
    assert (await card(id)).last_error is None


@pytest.mark.parametrize("answer", ["451 Try again later", "421 Too busy", "452 Disk full"])
async def test_a_server_that_asks_for_patience_gets_it(answer: str, mail_server: MailServer, now: datetime) -> None:
    mail_server.answers = [answer, answer]
    id = await write(now)
    for wait, arrived in [(0, False), (1, False), (2, False), (3, True)]:
        assert (await actions.send_due(now + wait * MINUTE) == 1) is arrived
    assert (await card(id)).attempts == 3
    assert len(mail_server.received) == 1


async def test_content_that_is_refused_for_good_is_not_sent_again(mail_server: MailServer, now: datetime) -> None:
    mail_server.answers = ["554 This looks like spam"]
    id = await write(now)
    assert await actions.send_due(now) == 0
    assert await actions.send_due(now + timedelta(days=2)) == 0
    failed = await card(id)
    assert (failed.status, failed.attempts) == (MailStatus.FAILED, 1)
    assert failed.last_error == "554 This looks like spam"


@pytest.mark.parametrize(
    ("answer", "status"), [("550 No such user", MailStatus.FAILED), ("450 Mailbox busy", MailStatus.WAITING)]
)
async def test_a_recipient_may_be_refused_for_good_or_for_now(
    answer: str, status: MailStatus, mail_server: MailServer, now: datetime
) -> None:
    mail_server.refuses_recipient = answer
    id = await write(now)
    await actions.send_due(now)
    assert (await card(id)).status is status


async def test_an_address_that_the_server_cannot_spell_fails(mail_server: MailServer, now: datetime) -> None:
    id = await write(now, to="grâce@example.org")
    await actions.send_due(now)
    assert (await card(id)).status is MailStatus.FAILED


async def test_one_that_cannot_be_sent_holds_up_none_of_the_others(mail_server: MailServer, now: datetime) -> None:
    broken = await write(now, "broken", to="a\r\nBcc: everybody@example.org")
    for number in range(10):
        await write(now, f"k{number}")
    assert await actions.send_due(now) == 10
    assert len(mail_server.received) == 10
    assert (await card(broken)).status is MailStatus.WAITING
    assert (await card(broken)).attempts == 1


async def test_after_many_attempts_it_is_given_up(now: datetime) -> None:
    send_through("smtp://127.0.0.1:1")
    id = await write(now)
    at, tried = now, 0
    while (await card(id)).status is MailStatus.WAITING:
        await actions.send(id, at)
        at, tried = at + timedelta(hours=1), tried + 1
    assert tried == MOST_ATTEMPTS
    assert (await card(id)).status is MailStatus.FAILED


async def test_a_sender_that_died_leaves_it_to_the_next_one_after_the_lease(
    mail_server: MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    id = await write(now)
    with monkeypatch.context() as dying:
        dying.setattr(smtp, "carry", die)
        with pytest.raises(asyncio.CancelledError):
            await actions.send(id, now)
    assert await actions.send_due(now + LEASE - timedelta(seconds=1)) == 0
    assert await actions.send_due(now + LEASE) == 1


async def test_a_title_cannot_smuggle_a_header_in(mail_server: MailServer, now: datetime) -> None:
    email = EmailTemplate("greeting", "Hello\r\nBcc: everybody@example.org", "", "", (), EMAIL.button)
    await write(now, email=email)
    await actions.send_due(now)
    [message] = mail_server.received
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: everybody@example.org"


async def test_tickets_and_calendar_travel_along(mail_server: MailServer, orders: dict, now: datetime) -> None:
    order = make_confirmed(now)
    orders[order.id] = order
    email = EmailTemplate("c", "Hello", "", "", (), EMAIL.button, attachments=("tickets.pdf", "event.ics"))
    id = await write(now, email=email, about=order.id)
    await actions.send_due(now)
    pdf, event = mail_server.received[0].iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("tickets.pdf", "application/pdf")
    assert pdf.get_content().startswith(b"%PDF-")
    assert event.get_filename() == "event.ics"
    assert "BEGIN:VEVENT" in str(event.get_payload(decode=True))
    assert (await card(id)).attachments == ("tickets.pdf", "event.ics")


async def test_tickets_that_are_void_by_now_are_not_sent(mail_server: MailServer, orders: dict, now: datetime) -> None:
    order = make_order(now)
    orders[order.id] = order
    await write(
        now, email=EmailTemplate("c", "Hello", "", "", (), EMAIL.button, attachments=("tickets.pdf",)), about=order.id
    )
    assert await actions.send_due(now) == 1
    assert list(mail_server.received[0].iter_attachments()) == []


class TestLogIn:
    async def test_a_password_is_said_after_starttls(
        self, serve: Serve, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server: MailServer = await serve(tls_context=tls, auth_required=True)
        send_through(f"smtp://us%40example.org:right@localhost:{server.port}")
        await write(now)
        assert await actions.send_due(now) == 1
        assert server.logins == [("us@example.org", "right")]

    async def test_a_password_is_never_said_in_the_clear(self, serve: Serve, now: datetime) -> None:
        server: MailServer = await serve(auth_require_tls=False)
        send_through(f"smtp://us:right@localhost:{server.port}")
        id = await write(now)
        assert await actions.send_due(now) == 0
        assert server.logins == []
        assert (await card(id)).status is not MailStatus.SENT

    async def test_a_wrong_password_is_our_fault_and_delays_the_mail(
        self, serve: Serve, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server: MailServer = await serve(tls_context=tls, auth_required=True)
        send_through(f"smtp://us:wrong@localhost:{server.port}")
        id = await write(now)
        assert await actions.send_due(now) == 0
        delayed = await card(id)
        assert delayed.status is MailStatus.WAITING
        assert "535" in str(delayed.last_error)

    async def test_a_server_that_nobody_vouches_for_gets_nothing(
        self, serve: Serve, tls: ssl.SSLContext, now: datetime
    ) -> None:
        server: MailServer = await serve(over_tls=tls)
        send_through(f"smtps://localhost:{server.port}")
        id = await write(now)
        assert await actions.send_due(now) == 0
        assert server.received == []
        assert (await card(id)).status is MailStatus.WAITING

    async def test_tls_from_the_first_byte(
        self, serve: Serve, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server: MailServer = await serve(over_tls=tls)
        send_through(f"smtps://localhost:{server.port}")
        await write(now)
        assert await actions.send_due(now) == 1


async def test_a_server_that_says_nothing_is_left_in_time(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "PATIENCE", 0.1)
    over = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    with pytest.raises(MailDelayed):
        await smtp.carry(actions.EmailMessage(), f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    over.set()
    server.close()
    await server.wait_closed()


class TestMailbox:
    async def test_it_shows_the_newest_first_page_by_page(self, now: datetime) -> None:
        send_through("smtp://127.0.0.1:1")
        booking = BookingId.new()
        ids = [await write(now, f"k{number}", about=booking if number % 2 else None) for number in range(5)]
        async with transaction(reading=True) as session:
            newest = await queries.mailbox(session, 2)
            middle = await queries.mailbox(session, 2, newest.next_cursor)
            oldest = await queries.mailbox(session, 2, middle.next_cursor)
            of_one = await queries.mailbox(session, about=booking)
            backlog = await queries.backlog(session, now)
        assert [card.id for page in (newest, middle, oldest) for card in page.items] == sorted(ids, reverse=True)
        assert oldest.next_cursor is None
        assert {card.about for card in of_one.items} == {booking}
        assert len(of_one.items) == 2
        assert backlog == 5

    async def test_one_mail_is_shown_whole(self, now: datetime) -> None:
        id = await write(now)
        async with transaction(reading=True) as session:
            mail = await queries.mail(session, id)
        assert "How are you?" in mail.text
        assert "How are you?" in mail.html
        assert (mail.card.kind, mail.card.to, mail.card.status) == ("greeting", "grace@example.org", MailStatus.KEPT)

    async def test_what_was_never_written_is_not_found(self, now: datetime) -> None:
        async with transaction() as session:
            with pytest.raises(MailNotFound):
                await queries.mail(session, MailId.new())
        with pytest.raises(MailNotFound):
            await actions.send(MailId.new(), now)

    async def test_old_mail_is_forgotten(self, now: datetime) -> None:
        await write(now - actions.KEPT_FOR - timedelta(seconds=1), "old")
        kept = await write(now - actions.KEPT_FOR, "young")
        async with transaction() as session:
            assert await actions.clean_up(session, now) == 1
            assert [card.id for card in (await queries.mailbox(session)).items] == [kept]
