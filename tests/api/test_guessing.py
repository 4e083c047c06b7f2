"""Who guesses passwords waits, and keeps nobody else waiting."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from marketplace import clock, settings
from marketplace.accounts import inputs, throttle
from tests.api.client import is_problem
from tests.api.test_account import mails
from tests.makers.accounts import PASSWORD, make_account
from tests.makers.bookings import Market

ADA = "ada@büro.example"
SPELLINGS = (
    ADA, ADA.upper(), f"  {ADA} ", "ada@bu\u0308ro.example", "ada@xn--bro-hoa.example", "ada@ｂüro.example",
    "ada@büro。example", "ada@𝐛üro.example", "ADA@XN--BRO-HOA.EXAMPLE",
)  # fmt: skip
Arrives = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def arrives(app, market: Market) -> AsyncIterator[Arrives]:
    """Programs that keep cookies, each from an address of its own."""
    clients: list[httpx.AsyncClient] = []

    def make(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://test/api/v1"))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture(autouse=True)
def few_guesses(monkeypatch: pytest.MonkeyPatch, own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"login_limit": "6/minute"}))
    monkeypatch.setattr(throttle, "STRANGER", ("4/hour",))
    monkeypatch.setattr(throttle, "STRANGERS", "8/hour")
    monkeypatch.setattr(throttle, "STRANGER_AMONG_MANY", ("1/hour",))


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, email: str = ADA) -> httpx.Response:
    return await client.post("/auth/login", json={"email": email, "password": password})


async def exhaust(client: httpx.AsyncClient) -> int:
    """Guess until it is too often; how many guesses were heard."""
    for count in range(20):
        if (await log_in(client, "a wrong guess")).status_code == 429:
            return count
    raise AssertionError("never refused")


def test_they_are_spellings_of_one_address() -> None:
    assert {inputs.parse_email(spelling) for spelling in SPELLINGS} == {ADA}


async def test_however_an_address_is_written_its_guesses_are_counted_together(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    stranger = arrives("203.0.113.1")
    answers = [await log_in(stranger, "a wrong guess", spelling) for spelling in SPELLINGS[:5]]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429]
    others = [await log_in(arrives(f"203.0.113.{n}"), "wrong", spelling) for n, spelling in enumerate(SPELLINGS, 10)]
    assert {answer.status_code for answer in others} == {401}
    late = arrives("203.0.113.99")
    assert [(await log_in(late, "wrong", spelling)).status_code for spelling in SPELLINGS[:2]] == [401, 429]


async def test_strangers_do_not_lock_the_owner_out(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    for n in range(1, 13):
        await exhaust(arrives(f"203.0.113.{n}"))
    assert (await log_in(arrives("198.51.100.7"))).status_code == 200


async def test_a_known_device_is_counted_by_itself_even_among_strangers(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    own = arrives("203.0.113.1")
    assert (await log_in(own)).status_code == 200
    assert await exhaust(arrives("203.0.113.1")) <= 4
    assert (await log_in(own)).status_code == 200
    assert await exhaust(own) <= 6, "its own guesses are counted, too"
    await make_account(market.now, email="grace@example.org")
    others = [(await log_in(own, "wrong", "grace@example.org")).status_code for _ in range(2)]
    assert others[-1] == 429, "of somebody else's account it is as strange as its network"


async def test_the_right_password_is_no_guess(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    for _ in range(6):
        clock.advance(timedelta(minutes=1))
        assert (await log_in(arrives("203.0.113.1"))).status_code == 200
    clock.advance(timedelta(minutes=1))
    assert await exhaust(arrives("203.0.113.1")) == 4


async def test_ipv6_addresses_of_one_network_are_one_stranger(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    answers = [await log_in(arrives(f"2001:db8:1:2::{n}"), "wrong") for n in range(1, 6)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429]


async def test_whoever_sets_a_new_password_by_mail_may_log_in_at_once(arrives: Arrives, market: Market) -> None:
    await make_account(market.now, email=ADA)
    owner = arrives("203.0.113.1")
    await exhaust(owner)
    assert (await owner.post("/auth/password/forgot", json={"email": ADA})).status_code == 202
    await market.work()
    [email] = await mails("reset_password")
    token = re.search(r"token=([\w.-]+)", email)
    assert token
    new = "another horse battery"
    reset = await owner.post("/auth/password/reset", json={"token": token[1], "new_password": new})
    assert reset.status_code == 204, reset.text
    assert (await log_in(owner, new)).status_code == 200
    is_problem(await log_in(arrives("203.0.113.1"), new), 429, "too_many_requests")
