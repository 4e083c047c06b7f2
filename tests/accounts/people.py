"""Somebody who is logged in, for the tests of what people do with their account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyotp

from marketplace.accounts import actions, tokens
from marketplace.accounts.views import Actor, Tokens
from marketplace.db import transaction
from marketplace.outbox import DomainEvent
from tests.makers import events as recorded
from tests.makers.accounts import PASSWORD, make_account

EMAIL = "ada@example.org"


@dataclass
class Person:
    actor: Actor
    email: str
    password: str = PASSWORD
    secret: str = ""
    codes: tuple[str, ...] = ()

    @classmethod
    async def arrives(cls, now: datetime, *, email: str = EMAIL, is_operator: bool = False) -> Person:
        account = await make_account(now, email=email, is_operator=is_operator)
        person = cls(Actor(account=account.id), email)
        person.actor = actor_of(await person.logs_in(now), now)
        return person

    async def logs_in(self, now: datetime, device: str = "Firefox") -> Tokens:
        async with transaction() as session:
            return await actions.login(session, email=self.email, password=self.password, device=device, now=now)

    async def finishes(self, half_way: str, code: str, now: datetime) -> Tokens:
        async with transaction() as session:
            return await actions.finish_login(session, half_way, code=code, device="Firefox", now=now)

    async def begins(self, now: datetime) -> None:
        async with transaction() as session:
            begun = await actions.begin_second_factor(session, self.actor, password=self.password, now=now)
        self.secret = begun.secret

    async def confirms(self, code: str, now: datetime) -> None:
        async with transaction() as session:
            self.codes = await actions.confirm_second_factor(session, self.actor, code=code, now=now)

    async def switches_on(self, now: datetime) -> None:
        await self.begins(now)
        await self.confirms(self.code(now), now)

    async def switches_off(self, code: str, now: datetime, password: str = PASSWORD) -> None:
        async with transaction() as session:
            await actions.switch_off_second_factor(session, self.actor, password=password, code=code, now=now)

    def code(self, now: datetime) -> str:
        return pyotp.TOTP(self.secret).at(now)


def actor_of(given: Tokens, now: datetime) -> Actor:
    return tokens.read_access(given.access, now).actor()


async def events(kind: type[DomainEvent]) -> int:
    """How many events of this kind were recorded."""
    return len(recorded.of(kind))
