"""Accounts and sessions, for programs and for the pages' forms."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from marketplace import addresses, settings
from marketplace.accounts import passwords, tokens
from marketplace.db import transaction
from marketplace.ids import CartId
from marketplace.notifications import queries as mailbox
from tests.api.client import Client, is_problem, wrong_fields
from tests.makers.accounts import PASSWORD, make_account
from tests.makers.bookings import Market

WEAK = {"email": "nobody", "name": " ", "password": "short"}


class TestPrograms:
    async def test_register_log_in_refresh_and_log_out(self, api: Client, market: Market) -> None:
        who = {"email": "Ada@Example.org", "name": "Ada Byron", "password": PASSWORD}
        assert (await api.post("/auth/register", json=who)).status_code == 202
        given = await api.post("/auth/login", json={"email": who["email"], "password": PASSWORD})
        session = given.json()
        assert session["account"]["email"] == "ada@example.org"
        readable = [cookie for cookie in given.headers.get_list("set-cookie") if "HttpOnly" not in cookie]
        assert [cookie.partition("=")[0] for cookie in readable] == ["visit"]
        me = await api.get("/me", headers={"Authorization": f"bearer {session['access_token']}"})
        assert me.json() == session["account"]
        fresh = (await api.post("/auth/refresh", json={"refresh_token": session["refresh_token"]})).json()
        assert fresh["refresh_token"] != session["refresh_token"]
        out = await api.post("/auth/logout", json={"refresh_token": fresh["refresh_token"]})
        assert (out.status_code, out.content) == (204, b"")
        ended = await api.post("/auth/refresh", json={"refresh_token": fresh["refresh_token"]})
        is_problem(ended, 401, "session_ended")

    async def test_registering_does_not_tell_whether_an_address_is_known(self, api: Client, market: Market) -> None:
        known = await make_account(market.now)
        answers, mails = [], []
        for email in (known.email, "nobody.yet@example.org", known.email.upper()):
            who = {"email": email, "name": "Eve", "password": "a stranger's password"}
            answers.append(await api.post("/auth/register", json=who))
            await market.work()
        assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
        shapes = [{name for name in answer.headers if name != "x-request-id"} for answer in answers]
        assert shapes[0] == shapes[1]
        async with transaction(reading=True) as session:
            mails = [(mail.to, mail.kind) for mail in (await mailbox.mailbox(session)).items]
        assert sorted(mails) == sorted(
            [("nobody.yet@example.org", "verify_address"), *[(known.email, "signed_up_again")] * 2]
        )
        is_problem(await api.post("/auth/register", json=WEAK | {"email": known.email}), 422, "invalid")

    async def test_a_registration_makes_as_much_work_for_a_known_address(
        self, api: Client, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known, hashed, hashes = await make_account(market.now), passwords.hashed, []

        async def counted(password: str) -> str:
            hashes.append(password)
            return await hashed(password)

        monkeypatch.setattr(passwords, "hashed", counted)
        for email in (known.email, "nobody.yet@example.org"):
            await api.post("/auth/register", json={"email": email, "name": "Eve", "password": PASSWORD})
        assert hashes == [PASSWORD] * 2

    async def test_a_token_that_comes_back_late_ends_the_session(self, api: Client, market: Market) -> None:
        account = await make_account(market.now)
        session = (await api.post("/auth/login", json={"email": account.email, "password": PASSWORD})).json()
        old = {"refresh_token": session["refresh_token"]}
        fresh = (await api.post("/auth/refresh", json=old)).json()
        await market.skip(minutes=1)
        is_problem(await api.post("/auth/refresh", json=old), 401, "session_reused")
        ended = await api.post("/auth/refresh", json={"refresh_token": fresh["refresh_token"]})
        is_problem(ended, 401, "session_ended")

    async def test_a_guest_is_nobody(self, api: Client, market: Market) -> None:
        is_problem(await api.get("/me"), 401, "unauthenticated")

    async def test_wrong_words_are_refused_alike(self, api: Client, market: Market) -> None:
        account = await make_account(market.now)
        answers = [
            await api.post("/auth/login", json={"email": email, "password": "wrong"})
            for email in (account.email, "nobody@example.org", "\x00")
        ]
        assert len({is_problem(answer, 401, "wrong_credentials")["detail"] for answer in answers}) == 1
        refused = is_problem(await api.post("/auth/register", json=WEAK), 422, "invalid")
        assert set(wrong_fields(refused)) == {"email", "name", "password"}

    async def test_guessing_is_slowed_down(self, api: Client, market: Market, own_settings: settings.Settings) -> None:
        settings.use(own_settings.model_copy(update={"login_limit": "2/minute"}))
        guess = {"email": "ada@example.org", "password": "guess"}
        for _ in range(2):
            is_problem(await api.post("/auth/login", json=guess), 401, "wrong_credentials")
        assert is_problem(await api.post("/auth/login", json=guess), 429, "too_many_requests")

    async def test_cookies_refresh_and_log_out_from_our_own_pages_only(self, api: Client, market: Market) -> None:
        account = await make_account(market.now)
        session = (await api.post("/auth/login", json={"email": account.email, "password": PASSWORD})).json()
        cookie = {"Cookie": f"refresh={session['refresh_token']}"}
        for path in ("/auth/refresh", "/auth/logout"):
            is_problem(await api.post(path, headers=cookie | {"Origin": "https://evil.example"}), 403, "cross_site")
        ours = cookie | {"Origin": "http://test"}
        assert (await api.post("/auth/refresh", headers=ours)).status_code == 200
        out = await api.post("/auth/logout", headers=ours)
        assert out.status_code == 204
        changed = {cookie.partition("=")[0] for cookie in out.headers.get_list("set-cookie")}
        assert changed == {"access", "refresh", "cart", "visit", "typed"}


class TestForms:
    """What a browser without scripts sends."""

    @pytest.fixture
    async def browser(self, app, market: Market):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            client.cookies.set("cart", tokens.issue_cart(CartId.new(), market.now), domain="test.local")
            client.headers["Origin"] = "http://test"
            yield client

    def form(self, browser: httpx.AsyncClient, **fields: str) -> dict[str, str]:
        return {"csrf": tokens.csrf_for(browser.cookies["cart"]), **fields}

    async def test_register_log_in_renew_and_log_out(self, browser: httpx.AsyncClient, market: Market) -> None:
        who = self.form(browser, email="ada@example.org", name="Ada", password=PASSWORD, next="/orders?x=1")
        made = await browser.post("/session/register", data=who)
        assert (made.status_code, made.headers["location"]) == (303, "/login?registered=1&next=%2Forders%3Fx%3D1")
        entered = await browser.post("/session/login", data=who)
        assert (entered.status_code, entered.headers["location"]) == (303, "/orders?x=1")
        assert browser.cookies["access"]
        assert (await browser.get("/api/v1/me")).json()["name"] == "Ada"
        renewed = await browser.get(addresses.renewal("/here?x=1&y=a%20b", market.now))
        assert (renewed.status_code, renewed.headers["location"]) == (303, "/here?x=1&y=a%20b")
        out = await browser.post("/session/logout", data=self.form(browser))
        assert (out.status_code, out.headers["location"]) == (303, "/")
        assert "access" not in browser.cookies
        gone = await browser.get(addresses.RENEWAL)
        assert gone.status_code == 303
        again = await browser.post("/session/login", data=self.form(browser, email=who["email"], password=PASSWORD))
        assert (again.status_code, again.headers["location"]) == (303, "/")

    async def test_an_operator_lands_on_the_desk_unless_on_the_way_to_something(
        self, browser: httpx.AsyncClient, market: Market
    ) -> None:
        olga = await make_account(market.now, email="olga@example.org", is_operator=True)
        for wish, page in (("/", "/operate"), ("/de", "/operate"), ("/orders", "/orders")):
            form = self.form(browser, email=olga.email, password=PASSWORD, next=wish)
            given = await browser.post("/session/login", data=form)
            assert (given.status_code, given.headers["location"]) == (303, page)

    async def test_a_refusal_leads_back_to_the_form_without_the_password(
        self, browser: httpx.AsyncClient, market: Market
    ) -> None:
        wrong = self.form(browser, email="ada@example.org", password="wrong and secret", next="/x")
        for path in ("login", "register"):
            answer = await browser.post(f"/session/{path}", data=wrong)
            where = urlsplit(answer.headers["location"])
            said = parse_qs(where.query)
            assert (answer.status_code, where.path) == (303, f"/{path}")
            assert said["problem"] == [{"login": "wrong_credentials", "register": "invalid"}[path]]
            assert said.keys() == {"problem", "next"}, "who somebody is does not belong into an address"
            kept = json.loads(tokens.unsealed(browser.cookies["typed"]))
            assert kept["email"] == "ada@example.org"
            assert "password" not in kept

    async def test_a_password_alone_is_said_to_be_at_fault(self, browser: httpx.AsyncClient, market: Market) -> None:
        weak = self.form(browser, email="ada@example.org", name="Ada", password="password123")
        answer = await browser.post("/session/register", data=weak)
        assert parse_qs(urlsplit(answer.headers["location"]).query)["problem"] == ["password_refused"]

    @pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\r\nx", ""])
    async def test_nobody_is_led_to_another_site(
        self, browser: httpx.AsyncClient, market: Market, elsewhere: str
    ) -> None:
        account = await make_account(market.now)
        form = self.form(browser, email=account.email, password=PASSWORD, next=elsewhere)
        assert (await browser.post("/session/login", data=form)).headers["location"] == "/"

    async def test_another_sites_form_does_nothing(self, browser: httpx.AsyncClient, market: Market) -> None:
        account = await make_account(market.now)
        form = {"email": account.email, "password": PASSWORD, "csrf": "guessed"}
        assert "cross_site" in (await browser.post("/session/login", data=form)).headers["location"]
        form = self.form(browser, email=account.email, password=PASSWORD)
        evil = {"Origin": "https://evil.example"}
        assert "cross_site" in (await browser.post("/session/login", data=form, headers=evil)).headers["location"]
        assert "cross_site" in (await browser.post("/session/logout", data={"csrf": ""})).headers["location"]
        assert "access" not in browser.cookies


async def test_behind_tls_cookies_stay_there(api: Client, market: Market, own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"public_url": "https://tickets.example"}))
    assert "Secure" in (await api.hold(market, "A-1")).headers["Set-Cookie"]
