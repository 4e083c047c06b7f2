"""The caller's own account, by the API and by the pages' forms; what other rooms do when somebody leaves."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from marketplace import clock
from marketplace.accounts import actions as accounts
from marketplace.accounts import tokens
from marketplace.accounts.views import Actor
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.ids import BookingId, CartId, SessionId
from marketplace.notifications import queries as mail
from tests.api.client import Client, is_problem, wrong_fields
from tests.makers.accounts import PASSWORD, make_account
from tests.makers.bookings import ADA, Market

NEW = "another horse battery"
WRONG = "wrong horse battery"


async def log_in(api: Client, email: str, password: str = PASSWORD) -> Client:
    """The same program, logged in."""
    given = await api.post("/auth/login", json={"email": email, "password": password})
    assert given.status_code == 200, given.text
    program = api.without_cart()
    program.headers["Authorization"] = f"Bearer {given.json()['access_token']}"
    return program


async def switch_on(program: Client) -> tuple[pyotp.TOTP, list[str]]:
    begun = await program.post("/me/second-factor", json={"password": PASSWORD})
    assert begun.status_code == 201, begun.text
    app = pyotp.TOTP(begun.json()["secret"])
    on = await program.post("/me/second-factor/confirm", json={"code": app.at(clock.now())})
    assert on.status_code == 200, on.text
    return app, on.json()["recovery_codes"]


async def mails(kind: str) -> list[str]:
    """The text of every mail of this kind, newest first."""
    async with transaction(reading=True) as session:
        page = await mail.mailbox(session)
        return [(await mail.mail(session, card.id)).text for card in page.items if card.kind == kind]


def token_in(text: str) -> str:
    found = re.search(r"token=(\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
async def ada(api: Client, market: Market) -> Client:
    await make_account(market.now, email=ADA.email, name=ADA.name)
    return await log_in(api, ADA.email)


class TestAddress:
    async def test_a_mail_brings_the_link_that_confirms_it(self, api: Client, market: Market) -> None:
        who = {"email": ADA.email, "name": "Ada Byron", "password": PASSWORD}
        assert (await api.post("/auth/register", json=who)).status_code == 202
        assert not (await (await log_in(api, ADA.email)).get("/me")).json()["is_verified"]
        await market.work()
        [text] = await mails("verify_address")
        assert (await api.post("/auth/verify", json={"token": token_in(text)})).status_code == 204
        ada = await log_in(api, ADA.email)
        assert (await ada.get("/me")).json()["is_verified"]
        assert (await ada.post("/me/verification")).status_code == 202
        await market.work()
        assert len(await mails("verify_address")) == 1
        is_problem(await api.post("/auth/verify", json={"token": "made up"}), 401, "token_refused")

    async def test_the_link_can_be_asked_for_again_but_not_for_ever(self, ada: Client, market: Market) -> None:
        answers = [(await ada.post("/me/verification")).status_code for _ in range(6)]
        assert answers == [202] * 5 + [429]
        is_problem(await ada.without_cart().post("/me/verification"), 401, "unauthenticated")


class TestPassword:
    async def test_forgotten_and_set_anew(self, api: Client, ada: Client, market: Market) -> None:
        for email in (ADA.email, "nobody@example.org"):
            asked = await api.post("/auth/password/forgot", json={"email": email})
            assert (asked.status_code, asked.content) == (202, b"")
        await market.work()
        [text] = await mails("reset_password")
        link = {"token": token_in(text), "new_password": "short"}
        assert wrong_fields(is_problem(await api.post("/auth/password/reset", json=link), 422, "invalid")) == [
            "new_password"
        ]
        link["new_password"] = NEW
        assert (await api.post("/auth/password/reset", json=link)).status_code == 204
        is_problem(await api.post("/auth/password/reset", json=link), 401, "token_refused")
        is_problem(await ada.get("/me"), 401, "session_ended")
        await log_in(api, ADA.email, NEW)
        await market.work()
        assert "/forgot" in (await mails("password_changed"))[0]

    async def test_one_address_is_not_flooded(self, api: Client, market: Market) -> None:
        answers = [await api.post("/auth/password/forgot", json={"email": ADA.email}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429]
        is_problem(await api.post("/auth/password/forgot", json={"email": "nobody"}), 422, "invalid")

    async def test_changed_by_whoever_knows_the_old_one(self, api: Client, ada: Client) -> None:
        elsewhere = await log_in(api, ADA.email)
        change = {"password": WRONG, "new_password": NEW}
        refused = is_problem(await ada.post("/auth/password/change", json=change), 422, "wrong_password")
        assert wrong_fields(refused) == ["password"]
        change["password"] = PASSWORD
        assert (await ada.post("/auth/password/change", json=change)).status_code == 204
        assert (await ada.get("/me")).status_code == 200
        is_problem(await elsewhere.get("/me"), 401, "session_ended")
        await log_in(api, ADA.email, NEW)

    async def test_guessing_it_from_an_open_browser_is_slowed_down(self, ada: Client) -> None:
        change = {"password": WRONG, "new_password": NEW}
        for _ in range(10):
            is_problem(await ada.post("/auth/password/change", json=change), 422, "wrong_password")
        is_problem(await ada.request("DELETE", "/me", json={"password": WRONG}), 429, "too_many_requests")


class TestProfile:
    async def test_what_is_absent_stays(self, ada: Client) -> None:
        changed = (await ada.patch("/me", json={"language": "en"})).json()
        assert (changed["name"], changed["language"]) == (ADA.name, "en")
        changed = (await ada.patch("/me", json={"name": "Augusta"})).json()
        assert (changed["name"], changed["language"]) == ("Augusta", "en")
        refused = is_problem(await ada.patch("/me", json={"name": "", "language": "tlh"}), 422, "invalid")
        assert wrong_fields(refused) == ["name", "language"]


class TestLogIns:
    async def test_they_are_listed_and_ended(self, api: Client, ada: Client) -> None:
        others = [await log_in(api, ADA.email) for _ in range(3)]
        listed = (await ada.get("/me/sessions")).json()["items"]
        assert len(listed) == 4
        assert [one["is_current"] for one in listed].count(True) == 1
        mine = {one["id"] for one in (await others[0].get("/me/sessions")).json()["items"] if one["is_current"]}
        [id] = mine
        assert (await ada.delete(f"/me/sessions/{id}")).status_code == 204
        is_problem(await others[0].get("/me"), 401, "session_ended")
        assert (await others[1].get("/me")).status_code == 200
        assert (await ada.delete("/me/sessions")).status_code == 204
        is_problem(await others[1].get("/me"), 401, "session_ended")
        assert len((await ada.get("/me/sessions")).json()["items"]) == 1
        is_problem(await ada.delete(f"/me/sessions/{SessionId.new()}"), 404, "not_found")
        is_problem(await ada.delete("/me/sessions/mine"), 404, "not_found")


class TestSecondFactor:
    async def test_on_used_and_off(self, api: Client, ada: Client, market: Market) -> None:
        assert (await ada.get("/me/second-factor")).json() == {"is_on": False, "since": None, "recovery_codes": 0}
        app, codes = await switch_on(ada)
        shown = (await ada.get("/me/second-factor")).json()
        assert (shown["is_on"], shown["recovery_codes"]) == (True, 10)
        is_problem(await ada.post("/me/second-factor", json={"password": PASSWORD}), 409, "second_factor_on")
        needed = await api.post("/auth/login", json={"email": ADA.email, "password": PASSWORD})
        half_way = is_problem(needed, 401, "second_factor_needed")["half_way"]
        assert "set-cookie" not in needed.headers
        wrong = await api.post("/auth/login/code", json={"half_way": half_way, "code": "000000x"})
        assert wrong_fields(is_problem(wrong, 422, "wrong_code")) == ["code"]
        clock.advance(timedelta(minutes=1))
        code = app.at(clock.now())
        given = await api.post("/auth/login/code", json={"half_way": half_way, "code": code})
        assert given.json()["account"]["has_second_factor"]
        is_problem(await api.post("/auth/login/code", json={"half_way": half_way, "code": code}), 422, "wrong_code")
        proof = {"password": PASSWORD, "code": codes[0]}
        assert (await ada.request("DELETE", "/me/second-factor", json=proof)).status_code == 204
        is_problem(await ada.request("DELETE", "/me/second-factor", json=proof), 409, "second_factor_not_begun")
        await log_in(api, ADA.email)
        await market.work()
        assert len(await mails("second_factor_changed")) == 2

    async def test_guessing_codes_is_slowed_down_by_account(self, api: Client, ada: Client) -> None:
        await switch_on(ada)
        needed = await api.post("/auth/login", json={"email": ADA.email, "password": PASSWORD})
        guess = {"half_way": needed.json()["half_way"], "code": "000000x"}
        answers = [(await api.post("/auth/login/code", json=guess)).status_code for _ in range(9)]
        assert answers == [422] * 8 + [429]

    async def test_an_operator_is_told_what_is_missing(self, api: Client, market: Market) -> None:
        await make_account(market.now, email="olga@example.org", is_operator=True)
        olga = await log_in(api, "olga@example.org")
        claims = tokens.read_access(olga.headers["Authorization"].removeprefix("Bearer "), clock.now())
        assert claims.actor().lacks_second_factor
        app, _ = await switch_on(olga)
        needed = await api.post("/auth/login", json={"email": "olga@example.org", "password": PASSWORD})
        clock.advance(timedelta(minutes=1))
        code = {"half_way": needed.json()["half_way"], "code": app.at(clock.now())}
        given = (await api.post("/auth/login/code", json=code)).json()
        tokens.read_access(given["access_token"], clock.now()).actor().must_operate()


class TestLeaving:
    async def test_the_export_holds_orders_payments_and_mail(self, ada: Client, market: Market) -> None:
        who = tokens.read_access(ada.headers["Authorization"].removeprefix("Bearer "), market.now)
        order = await market.bought(who.actor(cart=CartId.new()), "A-1", "A-2")
        await ada.post("/me/verification")
        await market.work()
        answer = await ada.get("/me/export")
        assert answer.headers["content-disposition"].startswith("attachment")
        told = answer.json()
        assert told["account"]["email"] == ADA.email
        assert [(one["id"], len(one["lines"]), len(one["tickets"])) for one in told["orders"]] == [(order.id, 2, 2)]
        assert told["orders"][0]["payments"][0]["status"] == "succeeded"
        assert [one["subject"] for one in told["mail"]] == ["Please confirm your e-mail address"]

    async def test_erasing_takes_the_password_and_ends_everything(self, api: Client, ada: Client) -> None:
        is_problem(await ada.request("DELETE", "/me", json={"password": WRONG}), 422, "wrong_password")
        gone = await ada.request("DELETE", "/me", json={"password": PASSWORD})
        assert gone.status_code == 204
        is_problem(await ada.get("/me"), 401, "session_ended")
        again = await api.post("/auth/login", json={"email": ADA.email, "password": PASSWORD})
        is_problem(again, 401, "wrong_credentials")

    async def test_orders_for_later_stay_with_their_link_and_are_nameless_when_over(
        self, ada: Client, market: Market
    ) -> None:
        account = tokens.read_access(ada.headers["Authorization"].removeprefix("Bearer "), market.now).account
        buyer = Actor(cart=CartId.new(), account=account)
        order = await market.bought(buyer, "A-1")
        waiting = await market.order(buyer, "B-1")
        await market.cancel(buyer, waiting)
        await ada.post("/me/verification")
        await market.work()
        assert (await ada.request("DELETE", "/me", json={"password": PASSWORD})).status_code == 204
        await market.work()

        [text] = await mails("kept_without_account")
        assert await mails("verify_address") == []
        key = re.search(r"/o/(\S+)\?key=(\S+)", text)
        assert key
        assert BookingId(key[1]) == order.id
        opened = tokens.read_booking_key(key[2], market.now)
        kept = await market.see(Actor(link=opened), order.id)
        assert (kept.status, kept.buyer_name, kept.has_account) == (Status.CONFIRMED, ADA.name, False)
        assert (await market.see(market.seller, waiting.id)).buyer_email == "", "nobody needs this one any more"

        clock.advance(kept.ends_at - market.now)
        await market.work()
        over = await market.see(market.seller, order.id)
        assert (over.buyer_name, over.buyer_email, over.total) == ("", "", order.total)
        assert await mails("confirmed") == []

    async def test_no_mail_goes_to_whoever_was_erased_meanwhile(self, ada: Client, market: Market) -> None:
        actor = tokens.read_access(ada.headers["Authorization"].removeprefix("Bearer "), market.now).actor()
        async with transaction() as session:
            await accounts.ask_to_verify(session, actor, market.now)
            await accounts.ask_for_reset(session, ADA.email, market.now)
            await accounts.change_password(session, actor, password=PASSWORD, new_password=NEW, now=market.now)
            begun = await accounts.begin_second_factor(session, actor, password=NEW, now=market.now)
            code = pyotp.TOTP(begun.secret).at(market.now)
            await accounts.confirm_second_factor(session, actor, code=code, now=market.now)
            await accounts.erase(session, actor, password=NEW, now=market.now)
        await market.work()
        async with transaction(reading=True) as session:
            assert (await mail.mailbox(session)).items == ()


class TestForms:
    """What a browser without scripts sends."""

    @pytest.fixture
    async def browser(self, app, ada: Client, market: Market):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            client.cookies.set("cart", tokens.issue_cart(CartId.new(), market.now), domain="test.local")
            client.headers["Origin"] = "http://test"
            yield client

    async def send(self, browser: httpx.AsyncClient, path: str, **fields: str) -> tuple[str, dict[str, list[str]]]:
        """Where the browser is led, with what in the address."""
        form = {"csrf": tokens.csrf_for(browser.cookies["cart"]), **fields}
        answer = await browser.post(f"/session/{path}", data=form)
        assert answer.status_code == 303, answer.text
        where = urlsplit(answer.headers["location"])
        return where.path, parse_qs(where.query)

    async def log_in(self, browser: httpx.AsyncClient) -> tuple[str, dict[str, list[str]]]:
        return await self.send(browser, "login", email=ADA.email, password=PASSWORD, next="/orders")

    async def test_logging_in_takes_two_steps(self, browser: httpx.AsyncClient, ada: Client) -> None:
        _, codes = await switch_on(ada)
        assert await self.log_in(browser) == ("/login/code", {"next": ["/orders"]})
        assert "access" not in browser.cookies
        where, said = await self.send(browser, "code", code="000000x", next="/orders")
        assert (where, said["problem"]) == ("/login/code", ["wrong_code"])
        assert await self.send(browser, "code", code=codes[0], next="/orders") == ("/orders", {})
        assert browser.cookies["access"]
        assert "half_way" not in browser.cookies

    async def test_a_first_half_that_is_missing_or_old_begins_again(
        self, browser: httpx.AsyncClient, ada: Client
    ) -> None:
        _, codes = await switch_on(ada)
        where, said = await self.send(browser, "code", code=codes[0], next="/orders")
        assert (where, said) == ("/login", {"problem": ["token_refused"], "next": ["/orders"]})
        await self.log_in(browser)
        clock.advance(timedelta(minutes=5))
        assert (await self.send(browser, "code", code=codes[0]))[0] == "/login"

    async def test_a_forgotten_password_is_set_anew(self, browser: httpx.AsyncClient, market: Market) -> None:
        await self.log_in(browser)
        where, said = await self.send(browser, "forgot", email="nobody")
        assert (where, said) == ("/forgot", {"problem": ["invalid"]})
        assert await self.send(browser, "forgot", email=ADA.email) == ("/forgot", {"sent": ["1"]})
        await market.work()
        link = token_in((await mails("reset_password"))[0])
        where, said = await self.send(browser, "reset", token=link, new_password="short")
        assert (where, said) == ("/reset", {"problem": ["invalid"], "token": [link]})
        assert await self.send(browser, "reset", token=link, new_password=NEW) == ("/reset", {"done": ["1"]})
        assert "access" not in browser.cookies
        where, said = await self.send(browser, "reset", token=link, new_password=NEW)
        assert said["problem"] == ["token_refused"]

    async def test_erasing_ends_as_a_stranger(self, browser: httpx.AsyncClient) -> None:
        assert await self.send(browser, "erase", password=PASSWORD) == ("/account", {"problem": ["unauthenticated"]})
        await self.log_in(browser)
        assert await self.send(browser, "erase", password=WRONG) == ("/account", {"problem": ["wrong_password"]})
        assert await self.send(browser, "erase", password=PASSWORD) == ("/account", {"erased": ["1"]})
        assert "access" not in browser.cookies

    @pytest.mark.parametrize("path", ["code", "forgot", "reset", "erase"])
    async def test_another_sites_form_does_nothing(self, browser: httpx.AsyncClient, path: str) -> None:
        await self.log_in(browser)
        _, said = await self.send(browser, path, csrf="guessed", password=PASSWORD, email=ADA.email)
        assert said["problem"] == ["cross_site"]
