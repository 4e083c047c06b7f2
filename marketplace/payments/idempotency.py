"""Idempotency keys of API requests: the first answer is given again to every repetition, for a day.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. The edge calls `begin` in a transaction of
its own, does the work, and calls `finish` with what it answered, or `abandon` where the answer was "not now".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, update

from marketplace import limits
from marketplace.db import Session, add_once, forget_some
from marketplace.payments import queries
from marketplace.payments.errors import KeyInProgress, KeyRefused, KeyReused
from marketplace.payments.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
LEASE = timedelta(seconds=60)
"""How long a request may take before it counts as crashed and its repetition may take over."""

_SHAPE = re.compile(rf"[\x21-\x7e]{{1,{limits.IDEMPOTENCY_KEY}}}")


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody has done this yet: do it, then `finish`."""


@dataclass(frozen=True, slots=True)
class Replay:
    """It has been done: answer this."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]


Begun = Fresh | Replay


def check_key(key: str) -> None:
    """Raises KeyRefused."""
    if not _SHAPE.fullmatch(key):
        raise KeyRefused


async def begin(session: Session, *, key: str, actor: str, method: str, path: str, body: bytes, now: datetime) -> Begun:
    """Commit before the work begins, so that a parallel request sees it. `actor` says whose key it is.

    Raises KeyRefused for a malformed key, KeyReused where the key came with another request, KeyInProgress where the
    same request is being worked on.
    """
    check_key(key)
    request_hash = _hash(method, path, actor, body)
    until = now + LEASE
    row = IdempotencyKey(actor=actor, key=key, request_hash=request_hash, leased_until=until, created_at=now)
    if await add_once(session, row):
        return Fresh()
    row = await queries.lock_key(session, actor, key)
    if now - row.created_at >= KEPT_FOR:
        row.restart(request_hash, until=until, now=now)
        return Fresh()
    if row.request_hash != request_hash:
        raise KeyReused
    if row.answered_at is not None:
        return Replay(row.status, row.body, row.content_type, json.loads(row.headers))
    if row.leased_until > now:
        raise KeyInProgress
    # Its holder has crashed. Whatever it may have done is safe to do again: every action has its own guard.
    row.leased_until = until
    return Fresh()


async def finish(
    session: Session,
    *,
    key: str,
    actor: str,
    status: int,
    body: bytes,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """Keep the answer. Where a request was taken over and both come to an end, the first answer stands."""
    await session.execute(
        update(IdempotencyKey)
        .where(
            col(IdempotencyKey.actor) == actor,
            col(IdempotencyKey.key) == key,
            col(IdempotencyKey.answered_at).is_(None),
        )
        .values(
            status=status,
            body=body,
            content_type=content_type,
            headers=json.dumps(dict(headers or {})),
            answered_at=now,
        )
    )


async def abandon(session: Session, *, key: str, actor: str) -> None:
    """Forget a request that may be asked again with another end; one that has been answered keeps its answer."""
    await session.execute(
        delete(IdempotencyKey).where(
            col(IdempotencyKey.actor) == actor,
            col(IdempotencyKey.key) == key,
            col(IdempotencyKey.answered_at).is_(None),
        )
    )


async def forget(session: Session, now: datetime) -> int:
    """Drop some of what is older than a day. Returns how many; 0 when nothing is left."""
    return await forget_some(session, IdempotencyKey, col(IdempotencyKey.created_at) < now - KEPT_FOR)


def _hash(method: str, path: str, actor: str, body: bytes) -> str:
    """SHA-256 of the request as this actor made it. No part but the last can hold a line break."""
    return hashlib.sha256(f"{method.upper()}\n{path}\n{actor}\n".encode() + body).hexdigest()
