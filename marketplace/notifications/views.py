"""What may be seen of mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marketplace.ids import AccountId, BookingId, MailId


class MailStatus(StrEnum):
    """How far a mail is.

    `kept`: there is no mail server, so it went to the local mailbox, and that was all.
    """

    WAITING = "waiting"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MailCard:
    """One mail in a list. `kind` is the email's, such as confirmed or cancelled."""

    id: MailId
    kind: str
    about: BookingId | AccountId | None
    to: str
    subject: str
    status: MailStatus
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str | None
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailView:
    """One mail, whole. It may carry a key to somebody's order: for operators and the lab only."""

    card: MailCard
    html: str
    text: str
