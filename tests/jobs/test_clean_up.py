"""A great clean-up is many small ones."""

from __future__ import annotations

from datetime import datetime

import pytest

from marketplace import db, outbox
from marketplace.db import transaction
from marketplace.ids import EventId
from marketplace.jobs import clean_up
from marketplace.outbox import KEPT_FOR, OutboxEvent


async def test_it_forgets_all_in_portions(database: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "PORTION", 3)
    old = now - KEPT_FOR * 2
    async with transaction() as session:
        for _ in range(8):
            id = EventId.new()
            event = OutboxEvent(id=id, batch=id, kind="X", body="{}", recorded_at=old, due_at=old, delivered_at=old)
            session.add(event)
    portions: list[int] = []
    forget = outbox.clean_up

    async def counted(session: db.Session, now: datetime) -> int:
        portions.append(await forget(session, now))
        return portions[-1]

    monkeypatch.setattr(outbox, "clean_up", counted)
    assert await clean_up.run(now) == 8
    assert portions == [3, 3, 2, 0]
