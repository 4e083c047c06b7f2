"""Idempotency keys of API requests: the first answer is given again to every repetition, for a day.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. The edge calls `begin` in a transaction of
its own, does the work, and calls `finish` with what it answered, whatever that was.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, update

from marketplace.db import Session
from marketplace.payments import queries
from marketplace.payments.errors import KeyInProgress, KeyRefused, KeyReused
from marketplace.payments.models import IdempotencyKey
from marketplace.payments.once import add_once

KEPT_FOR = timedelta(hours=24)
LEASE = timedelta(seconds=60)
"""How long a request may take before it counts as crashed and its repetition may take over."""

_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody has done this yet: do it, then `finish` with this `attempt`."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Replay:
    """It has been done: answer this."""

    status: int
    body: bytes
    content_type: str


def check_key(key: str) -> None:
    """Raises KeyRefused."""
    if not _SHAPE.fullmatch(key):
        raise KeyRefused


async def begin(
    session: Session, *, key: str, actor_label: str, method: str, path: str, body: bytes, now: datetime
) -> Fresh | Replay:
    """Commit before the work begins, so that a parallel request sees it.

    Raises KeyRefused for a malformed key, KeyReused where the key came with another request, KeyInProgress where the
    same request is being worked on.
    """
    check_key(key)
    digest = _digest(method, path, actor_label, body)
    until = now + LEASE
    row = IdempotencyKey(actor=actor_label, key=key, request_hash=digest, leased_until=until, created_at=now)
    if await add_once(session, row):
        return Fresh(row.attempt)
    row = await queries.lock_key(session, actor_label, key)
    if now - row.created_at >= KEPT_FOR:
        row.restart(digest, until=until, now=now)
        return Fresh(row.attempt)
    if row.request_hash != digest:
        raise KeyReused
    if row.status is not None:
        return Replay(row.status, row.body, row.content_type)
    assert row.leased_until is not None
    if row.leased_until > now:
        raise KeyInProgress
    row.restart(digest, until=until, now=row.created_at)
    return Fresh(row.attempt)


async def finish(
    session: Session,
    *,
    key: str,
    actor_label: str,
    attempt: int,
    status: int,
    body: bytes,
    content_type: str = "application/json",
) -> None:
    """Keep the answer. That of a request which was taken over meanwhile is not kept: its successor's counts."""
    await session.execute(
        update(IdempotencyKey)
        .where(
            col(IdempotencyKey.actor) == actor_label,
            col(IdempotencyKey.key) == key,
            col(IdempotencyKey.attempt) == attempt,
        )
        .values(status=status, body=body, content_type=content_type, leased_until=None)
    )


async def forget(session: Session, now: datetime) -> None:
    """Drop what is older than a day."""
    await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now - KEPT_FOR))


def _digest(method: str, path: str, actor: str, body: bytes) -> str:
    head = f"{method.upper()}\n{path}\n{actor}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()
