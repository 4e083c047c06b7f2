"""The table of mail: outbox and archive in one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import JSON, Index, Text, text
from sqlmodel import Field, SQLModel

from marketplace import limits
from marketplace.db import Instant
from marketplace.notifications.views import MailStatus

LEASE = timedelta(minutes=2)
"""How long one attempt may take; afterwards another process may try."""

MOST_ATTEMPTS = 40
LONGEST_WAIT = timedelta(hours=1)
"""Together a day and a half: after that, the news is too old to help anybody."""


class Mail(SQLModel, table=True):
    """One message. `due_at` is when to try next, and nothing once there is nothing left to try.

    `attachments` are names: what they hold is drawn when the mail leaves.
    """

    __table_args__ = (
        Index(
            "ix_mail_waiting",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    key: str = Field(max_length=200, unique=True)
    kind: str = Field(max_length=40)
    about: str | None = Field(default=None, index=True)
    recipient: str = Field(max_length=limits.EMAIL)
    subject: str = Field(max_length=300)
    html: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    attachments: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant, index=True)
    due_at: datetime | None = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    is_kept: bool = False
    attempts: int = 0
    last_error: str | None = Field(default=None, sa_type=Text)

    @property
    def status(self) -> MailStatus:
        if self.sent_at is not None:
            return MailStatus.KEPT if self.is_kept else MailStatus.SENT
        return MailStatus.FAILED if self.due_at is None else MailStatus.WAITING

    def take(self, now: datetime) -> bool:
        """Begin an attempt, unless it is not this mail's turn: False then."""
        if self.due_at is None or now < self.due_at:
            return False
        self.due_at = now + LEASE
        self.attempts += 1
        return True

    def arrive(self, now: datetime, *, kept: bool) -> None:
        """It has left us for good; `kept` where it only went to the local mailbox."""
        self.sent_at, self.is_kept, self.due_at, self.last_error = now, kept, None, None

    def delay(self, now: datetime, why: str) -> None:
        """It did not go out: try again in 1, 2, 4 … minutes, at most an hour; in the end, never."""
        wait = min(LONGEST_WAIT, timedelta(minutes=2 ** min(self.attempts - 1, 10)))
        self.due_at = now + wait if self.attempts < MOST_ATTEMPTS else None
        self.last_error = why

    def fail(self, why: str) -> None:
        """It will never go out."""
        self.due_at, self.last_error = None, why
