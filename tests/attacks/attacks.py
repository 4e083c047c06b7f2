"""What somebody may try from outside, over HTTP alone. Each is a sentence that must be true of any running marketplace."""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product

import httpx

from tests.attacks.target import PASSWORD, SELLER, Target, at_once, bearer, new_address, statuses

Attack = Callable[[Target], Awaitable[None]]
ATTACKS: list[Attack] = []


def attack(act: Attack) -> Attack:
    ATTACKS.append(act)
    return act


@attack
async def a_made_up_cart_beside_a_log_in_gets_nowhere(target: Target) -> None:
    """A cookie that anybody can write must neither break the request nor become the buyer's cart."""
    who = bearer(await target.log_in("ada@holdfast.example"))
    listing = await target.any_listing()
    held = await target.post(
        "/holds",
        {"listing_id": listing["id"], "quantity": 1},
        {**who, "Cookie": "cart=made-up; access=made-up"},
    )
    assert held.status_code == 201, held.text
    assert (await target.http.delete(f"/holds/{held.json()['id']}", headers=who)).status_code == 204


@attack
async def nothing_but_the_total_that_was_shown_is_charged(target: Target) -> None:
    held, who = await target.hold((await target.any_listing())["id"])
    buyer = {"name": "Eve Adams", "email": "eve@example.org"}
    for total in ({"amount": 1, "currency": "EUR"}, {**held["total"], "amount": held["total"]["amount"] + 1}):
        refused = await target.post("/bookings", {"hold_id": held["id"], "buyer": buyer, "total": total}, who)
        assert refused.status_code == 409, refused.text
    await target.http.delete(f"/holds/{held['id']}", headers=who)


@attack
async def bodies_that_never_end_keep_nobody_waiting(target: Target) -> None:
    """They say that more is to come, and send nothing: others are served meanwhile, and they are hung up on in the end."""
    at = httpx.URL(target.url)

    async def stall() -> bytes:
        reader, writer = await asyncio.open_connection(at.host, at.port or 80)
        head = f"POST /api/v1/holds HTTP/1.1\r\nHost: {at.host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        writer.write(head.encode() + b"{")
        await writer.drain()
        answer = await reader.readline()
        writer.close()
        return answer

    stalled = asyncio.gather(*(stall() for _ in range(60)))
    held, who = await target.hold((await target.any_listing())["id"])
    assert not stalled.done()
    assert (await target.http.delete(f"/holds/{held['id']}", headers=who)).status_code == 204
    assert {answer.split()[1] for answer in await stalled} <= {b"408", b"429"}


@attack
async def a_hundred_payments_at_once_under_one_key_are_one(target: Target) -> None:
    order, who = await target.order((await target.any_listing())["id"])
    answers = await at_once(*(target.pay(order, who, "one-key") for _ in range(100)))
    assert statuses(answers) <= {201, 409}, statuses(answers)
    await target.paid(order, who)
    assert len(await target.payments_of(order)) == 1


@attack
async def a_hundred_payments_at_once_under_many_keys_charge_once(target: Target) -> None:
    order, who = await target.order((await target.any_listing())["id"])
    answers = await at_once(*(target.pay(order, who, f"key-{number}") for number in range(100)))
    assert statuses(answers) <= {201, 409}, statuses(answers)
    await target.paid(order, who)
    payments = await target.payments_of(order)
    assert [payment["status"] for payment in payments].count("succeeded") == 1


@attack
async def thirty_refunds_at_once_give_back_no_more_than_was_paid(target: Target) -> None:
    session = await target.log_in(SELLER)
    seller = bearer(session)
    order, _ = await target.bought((await target.listing_of(session["account"]["sellers"][0]))["id"])
    part = {**order["total"], "amount": order["total"]["amount"] // 3}
    path = f"/payments/{order['payment_id']}/refunds"
    answers = await at_once(*(target.post(path, {"amount": part}, seller, key=f"r{number}") for number in range(30)))
    assert statuses(answers) <= {201, 409, 422}, statuses(answers)
    given = [answer for answer in answers if answer.status_code == 201]
    assert 1 <= len(given) <= 3, len(given)


@attack
async def what_is_written_in_a_name_never_becomes_a_formula(target: Target) -> None:
    session = await target.log_in(SELLER)
    listing = (await target.listing_of(session["account"]["sellers"][0]))["id"]
    for name in ("=HYPERLINK(0)", "+1+1", "-2+3", "@SUM(1)", "＝1+1"):
        await target.order(listing, name)
    exported = await target.get(f"/listings/{listing}/orders.csv", bearer(session))
    cells = [cell for row in csv.reader(io.StringIO(exported.text.removeprefix("\ufeff"))) for cell in row]
    assert "'=HYPERLINK(0)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r"))]


@attack
async def a_token_that_we_have_not_signed_opens_nothing(target: Target) -> None:
    """Without algorithm, under another key, with other claims, or with the spare bits of its last character set."""
    header, claims, signature = (await target.log_in(SELLER))["access_token"].split(".")
    none = _encoded({"alg": "none", "typ": "JWT"})
    for key in (b"", b"secret", claims.encode()):
        forged = hmac.new(key, f"{header}.{claims}".encode(), hashlib.sha256).digest()
        await _opens_nothing(target, f"{header}.{claims}.{_text(forged)}")
    for token in (f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{header}.{claims}.", "..", "x"):
        await _opens_nothing(target, token)
    promoted = {**json.loads(_bytes(claims)), "operator": True, "exp": int(time.time()) + 10**6}
    await _opens_nothing(target, f"{header}.{_encoded(promoted)}.{signature}")


@attack
async def a_token_has_one_spelling(target: Target) -> None:
    _, who = await target.hold((await target.any_listing())["id"])
    cart = who["X-Cart-Token"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    answers = await at_once(*(target.get("/bookings", {"X-Cart-Token": cart[:-1] + last}) for last in alphabet))
    assert [answer.status_code for answer in answers].count(200) == 1


@attack
async def what_is_logged_out_opens_nothing_any_more(target: Target) -> None:
    session = await target.log_in(SELLER)
    who = bearer(session)
    order, buyer = await target.bought((await target.listing_of(session["account"]["sellers"][0]))["id"])
    out = await target.post("/auth/logout", {"refresh_token": session["refresh_token"]})
    assert out.status_code == 204, out.text
    for refused in (
        await target.get("/me", who),
        await target.get(f"/bookings/{order['id']}", who),
        await target.get(f"/bookings/{order['id']}/tickets.pdf", who),
        await target.post(f"/bookings/{order['id']}/cancel", None, who),
        await target.post(f"/payments/{order['payment_id']}/refunds", {}, who, key="late"),
    ):
        assert refused.status_code == 401, (refused.request.url, refused.text)
    assert (await target.get(f"/bookings/{order['id']}", buyer)).json()["status"] == "confirmed"


@attack
async def nobody_is_led_to_another_site(target: Target) -> None:
    for page in (
        "//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example", "/\t/evil.example",
        "/%2f/evil.example/..//evil.example", "/.//evil.example", "/..//evil.example", "javascript:alert(1)",
    ):  # fmt: skip
        led = await target.http.get(f"{target.url}/session/renew", params={"next": page})
        where = led.headers["location"]
        assert where.startswith("/"), (page, where)
        assert not where.startswith(("//", "/\\", "/.")), (page, where)


@attack
async def webhooks_are_signed_by_the_provider_now(target: Target) -> None:
    body = json.dumps({"id": "evt_forged", "type": "payment.succeeded"}).encode()
    for moment in (0, int(time.time()), int(time.time()) + 10**6):
        for signature in ("0" * 64, "", hmac.new(b"", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()):
            headers = {"Simulator-Signature": f"t={moment},v1={signature}"}
            refused = await target.http.post("/webhooks/simulator", content=body, headers=headers)
            assert refused.status_code == 400, refused.text


@attack
async def a_body_that_is_too_long_is_refused(target: Target) -> None:
    """Whether it says its length or not. Who goes on sending may be hung up on before the answer is read."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    for content in (b" " * (2 << 20), pieces()):
        try:
            refused = await target.http.post("/holds", content=content, headers={"Content-Type": "application/json"})
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            continue
        assert refused.status_code == 413, refused.text


@attack
async def no_body_or_query_breaks_anything(target: Target) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in (b"\xff\xfe", b"\x00", b"[" * 100_000, b'{"listing_id": "\\ud800"}', b'{"quantity": 1e999}', b"NaN"):
        refused = await target.http.post("/holds", content=body, headers=json_type)
        assert refused.status_code in {400, 422}, (body[:20], refused.text)
    for number in (-1, 2**63, 10**30, "1e9", "NaN", "Infinity", "0.5", "\x00"):
        refused = await target.get("/listings", params={"price_to": number, "currency": "EUR"})
        assert refused.status_code == 422, (number, refused.text)
    for path in ("/listings/%00", "/listings/%ff%fe", "/holds/%00", "/bookings/..%2f..%2fetc%2fpasswd"):
        refused = await target.get(path)
        assert refused.status_code in {404, 422}, (path, refused.text)


@attack
async def registering_tells_nobody_whose_addresses_are_known(target: Target) -> None:
    known = new_address()
    assert (await target.register(known)).status_code == 202
    again, new = await target.register(known), await target.register(new_address())
    assert (again.status_code, again.content, set(again.headers)) == (new.status_code, new.content, set(new.headers))


# The last of all: it uses up the log-ins of its network.
@attack
async def sixty_spellings_of_an_address_give_no_more_guesses_than_one(target: Target) -> None:
    """And keep nobody out who has logged in there before."""
    email = new_address()
    await target.register(email)
    right = {"email": email, "password": PASSWORD}
    first = await target.post("/auth/login", right)
    assert first.status_code == 200, first.text
    device = _device(first)
    guesses = [{"email": spelling, "password": "a wrong guess"} for spelling in _spellings(email)]
    assert len({guess["email"] for guess in guesses}) == 60
    answers = await at_once(*(target.post("/auth/login", guess) for guess in guesses))
    assert statuses(answers) <= {401, 429}, statuses(answers)
    assert [answer.status_code for answer in answers].count(401) <= 20
    assert (await target.post("/auth/login", right)).status_code == 429, "they were guesses at another address"
    owner = await target.post("/auth/login", right, device)
    assert owner.status_code == 200, owner.text


def _spellings(email: str) -> list[str]:
    """The same address sixty times, each with another email of its domain in another alphabet of Unicode."""
    name, _, domain = email.partition("@")
    emails = [at for at, email in enumerate(domain) if email.isalpha()]
    written = []
    for first, at in product(("ａ", "𝐚", "𝖺", "𝚊"), emails):
        other = chr(ord(first) + ord(domain[at]) - ord("a"))
        written.append(f"{name}@{domain[:at]}{other}{domain[at + 1 :]}")
    return written


def _device(answer: httpx.Response) -> dict[str, str]:
    """The browser that was logged in with, without its session."""
    cookies = (cookie.partition(";")[0] for cookie in answer.headers.get_list("set-cookie"))
    return {"Cookie": next(cookie for cookie in cookies if cookie.startswith("device="))}


async def _opens_nothing(target: Target, token: str) -> None:
    refused = await target.get("/me", {"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401, (token, refused.text)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(part: object) -> str:
    return _text(json.dumps(part).encode())
