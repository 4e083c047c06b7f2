"""All that the marketplace knows of somebody, as one document (GDPR, articles 15 and 20).

Rooms above know people by their account's id only; the wiring adds what each of them has to say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from marketplace.accounts import queries
from marketplace.accounts.views import Actor
from marketplace.db import Session
from marketplace.ids import AccountId

Part = Callable[[Session, AccountId], Awaitable[Any]]

_parts: dict[str, Part] = {}


def add(name: str, part: Part) -> None:
    """Let `part(session, account)` fill the document's member `name`. Safe to call again."""
    _parts[name] = part


async def export(session: Session, actor: Actor, now: datetime) -> dict[str, Any]:
    """The whole document, JSON-ready. Raises Unauthenticated, SessionEnded."""
    account = AccountId((await queries.signed_in(session, actor, now)).id)
    document = {"exported_at": now, "account": await queries.exported(session, account)}
    for name, part in sorted(_parts.items()):
        document[name] = await part(session, account)
    return dict(to_jsonable_python(document))
