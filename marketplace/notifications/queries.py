"""Every select of mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from marketplace.db import Session
from marketplace.ids import AccountId, BookingId, MailId
from marketplace.notifications.errors import MailNotFound
from marketplace.notifications.models import Mail
from marketplace.notifications.views import MailCard, MailView
from marketplace.paging import Keyset, Page, bounded

_NEWEST = Keyset("mailed", MailId, Mail.id, is_descending=True)


async def mailbox(
    session: Session, limit: int = 50, cursor: str | None = None, *, about: BookingId | None = None
) -> Page[MailCard]:
    """All mail, newest first; with `about`, one booking's. Raises Invalid for a cursor that is not ours."""
    limit = bounded(limit)
    wanted = select(Mail).order_by(*_NEWEST.columns()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(_NEWEST.after(cursor))
    if about is not None:
        wanted = wanted.where(Mail.about == about)
    page = Page.cut((await session.exec(wanted)).all(), limit, _NEWEST.cursor)
    return page.of(map(_card, page.items))


async def mail(session: Session, id: MailId) -> MailView:
    """Raises MailNotFound."""
    row = await session.get(Mail, id)
    if row is None:
        raise MailNotFound(id)
    return MailView(_card(row), row.html, row.text)


async def backlog(session: Session, now: datetime) -> int:
    """How much mail waits although its time has come."""
    rows = await session.exec(select(func.count()).select_from(Mail).where(col(Mail.due_at) <= now))
    return rows.one()


async def due(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Mail whose time has come, longest waiting first."""
    rows = await session.exec(select(Mail.id).where(col(Mail.due_at) <= now).order_by(col(Mail.due_at)).limit(limit))
    return rows.all()


async def locked(session: Session, id: MailId) -> Mail:
    """The row, held against other writers until the transaction ends. Raises MailNotFound."""
    row = (await session.exec(select(Mail).where(Mail.id == id).with_for_update())).first()
    if row is None:
        raise MailNotFound(id)
    return row


async def with_key(session: Session, key: str) -> MailId | None:
    found = (await session.exec(select(Mail.id).where(Mail.key == key))).first()
    return None if found is None else MailId(found)


async def was_written_to(session: Session, about: BookingId, *, since: datetime) -> bool:
    """Whether there has been mail about a booking since then."""
    wanted = select(Mail.id).where(Mail.about == about, col(Mail.created_at) > since).limit(1)
    return (await session.exec(wanted)).first() is not None


async def exported(session: Session, account: AccountId) -> list[dict[str, Any]]:
    """What we wrote to somebody about their account, for their own export; the words hold keys and stay here."""
    rows = await session.exec(select(Mail).where(Mail.about == account).order_by(col(Mail.id)))
    return [
        {"to": mail.recipient, "subject": mail.subject, "created_at": mail.created_at, "sent_at": mail.sent_at}
        for mail in rows
    ]


def _about(id: str) -> BookingId | AccountId:
    return AccountId(id) if id.startswith(AccountId.prefix) else BookingId(id)


def _card(row: Mail) -> MailCard:
    return MailCard(
        id=MailId(row.id),
        kind=row.kind,
        about=None if row.about is None else _about(row.about),
        to=row.recipient,
        subject=row.subject,
        status=row.status,
        created_at=row.created_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        last_error=row.last_error,
        attachments=tuple(row.attachments),
    )
