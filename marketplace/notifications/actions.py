"""Writing mail and sending it: two things, done by different hands.

A mail is written in a transaction and sent outside of any: taken on a lease, handed to the server, then marked. A
process that dies between the last two lets it go out once more, under the same Message-ID.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

import structlog
from sqlmodel import col, delete

from marketplace import settings
from marketplace.db import Session, after_commit, forget_some, insert_new, transaction
from marketplace.ids import AccountId, BookingId, MailId
from marketplace.notifications import attachments, layout, queries, smtp
from marketplace.notifications.attachments import File
from marketplace.notifications.errors import MailDelayed, MailRefused
from marketplace.notifications.layout import EmailTemplate
from marketplace.notifications.models import Mail

log = structlog.get_logger()

KEPT_FOR = timedelta(days=90)
_AT_A_TIME = 8
"""Mails on their way at once: a server that lets us wait holds up few others."""


Wake = Callable[[MailId], Awaitable[None]]

_wake: Wake | None = None


def wake_with(wake: Wake | None) -> None:
    """Set what is told of each new mail after its commit. The wiring enqueues its sending."""
    global _wake  # noqa: PLW0603 - set once by the wiring
    _wake = wake


async def write(
    session: Session, *, to: str, email: EmailTemplate, key: str, about: BookingId | AccountId | None, now: datetime
) -> MailId:
    """Put a mail into the outbox; the same key is the same mail, which is then left as it is.

    Without a mail server it arrives in the local mailbox at once.
    """
    id = MailId.new()
    # A subject is one line, whatever a title holds: line breaks would begin a header of somebody else's choice.
    subject = " ".join(email.subject.split())[:300]
    mail = Mail(
        id=id, key=key, kind=email.kind, about=about, recipient=to, subject=subject, html=layout.html(email),
        text=layout.plain(email), attachments=list(email.attachments), created_at=now, due_at=now,
    )  # fmt: skip
    is_local = not settings.current().smtp_url.get_secret_value()
    if is_local:
        mail.arrive(now, kept=True)
    if not await insert_new(session, [mail]):
        return await queries.with_key(session, key) or id

    async def tell() -> None:
        # Should this fail, the mail is safe in its table, and the sweep will find it.
        if _wake is not None:
            await _wake(id)

    if not is_local:
        after_commit(session, tell)
    return id


async def send(id: MailId, now: datetime) -> bool:
    """Try to send one mail, if it is its turn. True if it is gone now.

    Where there is no mail server any more, it arrives in the local mailbox. What went wrong is written down, not raised:
    its turn comes again, at most 40 times over a day and a half.
    """
    async with transaction() as session:
        mail = await queries.locked(session, id)
        if not mail.take(now):
            return False
        session.add(mail)
    url = settings.current().smtp_url.get_secret_value()
    refused = delayed = None
    try:
        if url:
            await smtp.carry(_message(mail, await attachments.of(mail.attachments, mail.about, now)), url)
    except MailRefused as error:
        refused = str(error)
    except MailDelayed as error:
        delayed = str(error)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others must go out
        delayed = repr(error)
    async with transaction() as session:
        mail = await queries.locked(session, id)
        if refused is not None:
            mail.fail(refused)
        elif delayed is not None:
            mail.delay(now, delayed)
        else:
            mail.arrive(now, kept=not url)
        session.add(mail)
    if refused is not None or delayed is not None:
        log.warning("mail.not_sent", mail=id, kind=mail.kind, attempts=mail.attempts, error=refused or delayed)
    return mail.sent_at is not None


async def send_due(now: datetime) -> int:
    """Send all that waits, longest waiting first; one that fails does not stop the rest. Returns how many went out."""
    sent = 0
    while True:
        async with transaction(reading=True) as session:
            ids = await queries.due(session, now, _AT_A_TIME)
        if not ids:
            return sent
        sent += sum(await asyncio.gather(*(send(MailId(id), now) for id in ids)))


async def clean_up(session: Session, now: datetime) -> int:
    """Forget old mail: it names people, and holds keys to their orders. Returns how much."""
    return await forget_some(session, Mail, col(Mail.created_at) < now - KEPT_FOR)


async def forget(session: Session, about: BookingId | AccountId) -> None:
    """Forget all mail about this: its reader is not to be known any more."""
    await session.execute(delete(Mail).where(col(Mail.about) == about))


def _message(mail: Mail, files: list[File]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.current().mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{urlsplit(settings.current().origin).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for file in files:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message
