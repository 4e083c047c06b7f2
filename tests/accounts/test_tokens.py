"""Signed tokens: what they open, and every way in which they must not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from jose import jwt

from marketplace import settings
from marketplace.accounts import tokens
from marketplace.accounts.errors import TokenRefused
from marketplace.accounts.tokens import Purpose
from marketplace.accounts.views import AccountView, Link, SellerView
from marketplace.ids import AccountId, BookingId, CartId, SellerId, SessionId, TicketId

SELLER = SellerView(SellerId.new(), "The Gate", "the-gate", "", is_suspended=False)
SESSION = SessionId.new()
EMAIL = "ada@example.org"

Read = Callable[[str, datetime], object]
READERS: dict[str, Read] = {
    "access": tokens.read_access,
    "booking": tokens.read_booking_key,
}


def account(now: datetime) -> AccountView:
    return AccountView(AccountId.new(), "ada@example.org", "Ada", is_operator=True, sellers=(SELLER,), created_at=now)


def issued(now: datetime) -> dict[str, str]:
    return {
        "access": tokens.issue_access(account(now), SESSION, now),
        "booking": tokens.issue_booking_key(BookingId.new(), EMAIL, now),
    }


def secret_of(purpose: Purpose) -> bytes:
    return tokens._secret(settings.current().signing_key, purpose)


def forged(header: dict[str, Any], claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part(header)}.{part(claims)}."


def key_claims(now: datetime, **changes: Any) -> dict[str, Any]:
    at = int(now.timestamp())
    claims = {"sub": BookingId.new(), "st": "x", "aud": Purpose.BOOKING.value, "iat": at, "exp": at + 60} | changes
    return {name: value for name, value in claims.items() if value is not None}


def test_an_access_token_says_who_which_log_in_and_what_they_run(now: datetime) -> None:
    who = account(now)
    claims = tokens.read_access(tokens.issue_access(who, SESSION, now, is_proved=True), now)
    assert claims == tokens.AccessClaims(who.id, SESSION, frozenset({SELLER.id}), is_operator=True, is_proved=True)
    cart, link = CartId.new(), Link(BookingId.new(), "")
    actor = claims.actor(cart=cart, link=link)
    assert (actor.account, actor.sellers, actor.is_operator) == (who.id, {SELLER.id}, True)
    assert (actor.cart, actor.link, actor.is_system) == (cart, link, False)


def test_carts_and_magic_links_open_exactly_what_they_were_made_for(now: datetime) -> None:
    cart, booking = CartId.new(), BookingId.new()
    assert tokens.read_cart(tokens.issue_cart(cart, now), now) == cart
    link = tokens.read_booking_key(tokens.issue_booking_key(booking, EMAIL, now), now)
    assert tokens.opens(link, booking, EMAIL)
    assert not tokens.opens(link, BookingId.new(), EMAIL)
    assert not tokens.opens(link, booking, "grace@example.org")
    assert not tokens.opens(None, booking, EMAIL)


def test_a_reprinted_ticket_carries_the_same_code_which_time_does_not_end(now: datetime) -> None:
    ticket = TicketId.new()
    code = tokens.sign_ticket(ticket)
    assert code == tokens.sign_ticket(ticket)
    assert tokens.read_ticket(code) == ticket
    assert len(code) < 80, "it has to fit into a QR code that a cheap scanner can read"


STEPS = [Purpose.VERIFY, Purpose.RESET, Purpose.HALF_WAY]


@pytest.mark.parametrize("purpose", STEPS)
def test_a_token_for_a_step_is_good_for_that_step_while_what_it_builds_on_stays(
    purpose: Purpose, now: datetime
) -> None:
    account = AccountId.new()
    token = tokens.issue_step(purpose, account, "as it is", now)
    claims = tokens.read_step(purpose, token, now)
    assert claims.account == account
    claims.must_build_on("as it is")
    with pytest.raises(TokenRefused):
        claims.must_build_on("as it has become")
    with pytest.raises(TokenRefused):
        tokens.read_step(purpose, token, now + tokens.STEP_LIFE[purpose])
    for other in {*STEPS} - {purpose}:
        with pytest.raises(TokenRefused):
            tokens.read_step(other, token, now)


@pytest.mark.parametrize("claims", [{}, {"sub": AccountId.new()}, {"sub": "x", "st": "x"}, {"sub": 7, "st": 7}])
def test_a_signed_step_of_the_wrong_shape_is_refused(claims: dict[str, Any], now: datetime) -> None:
    at = int(now.timestamp())
    whole = {"aud": Purpose.RESET.value, "iat": at, "exp": at + 60} | claims
    with pytest.raises(TokenRefused):
        tokens.read_step(Purpose.RESET, jwt.encode(whole, secret_of(Purpose.RESET), algorithm="HS256"), now)


def test_a_ticket_code_that_was_touched_admits_nobody(now: datetime) -> None:
    ticket, other = tokens.sign_ticket(TicketId.new()), tokens.sign_ticket(TicketId.new())
    signature = ticket.partition(".")[2]
    for changed in (
        f"{other.partition('.')[0]}.{signature}",
        ticket.lower(),
        ticket[:-1],
        f"{ticket}=",
        ticket.partition(".")[0],
        f"hello.{tokens.mac(Purpose.TICKET, 'hello')}",
        "",
    ):
        with pytest.raises(TokenRefused):
            tokens.read_ticket(changed)


@pytest.mark.parametrize(
    ("kind", "life"),
    [("access", timedelta(minutes=15)), ("booking", tokens.BOOKING_KEY_LIFE)],
)
def test_a_token_ends_to_the_second(kind: str, life: timedelta, now: datetime) -> None:
    token = issued(now)[kind]
    READERS[kind](token, now + life - timedelta(seconds=1))
    with pytest.raises(TokenRefused):
        READERS[kind](token, now + life)


@pytest.mark.parametrize("made_for", READERS)
@pytest.mark.parametrize("shown_as", READERS)
def test_a_token_opens_nothing_but_what_it_was_made_for(made_for: str, shown_as: str, now: datetime) -> None:
    token = issued(now)[made_for]
    if made_for == shown_as:
        READERS[shown_as](token, now)
        return
    with pytest.raises(TokenRefused):
        READERS[shown_as](token, now)


def test_neither_the_key_nor_the_audience_alone_is_enough(now: datetime) -> None:
    other_key = jwt.encode(key_claims(now), secret_of(Purpose.ACCESS), algorithm="HS256")
    other_audience = jwt.encode(
        key_claims(now, aud=Purpose.ACCESS.value), secret_of(Purpose.BOOKING), algorithm="HS256"
    )
    for token in (other_key, other_audience):
        with pytest.raises(TokenRefused):
            tokens.read_booking_key(token, now)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS", "RS256", "HS512", None, ["HS256"], {}])
def test_an_unsigned_token_is_refused_whatever_its_header_claims(algorithm: Any, now: datetime) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(forged({"alg": algorithm, "typ": "JWT"}, key_claims(now)), now)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_our_own_key_under_another_algorithm_is_refused(algorithm: str, now: datetime) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(jwt.encode(key_claims(now), secret_of(Purpose.BOOKING), algorithm=algorithm), now)


def test_a_key_pair_of_ones_own_does_not_sign_for_us(now: datetime) -> None:
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(jwt.encode(key_claims(now), private, algorithm="RS256"), now)


@pytest.mark.parametrize("secret", ["", "secret", "holdfast:booking", "None"])
def test_a_token_signed_with_a_guessable_secret_is_refused(secret: str, now: datetime) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(jwt.encode(key_claims(now), secret, algorithm="HS256"), now)


@pytest.mark.parametrize("missing", ["exp", "iat", "aud", "sub", "st"])
def test_a_token_without_a_claim_that_we_need_is_refused(missing: str, now: datetime) -> None:
    whole = jwt.encode(key_claims(now), secret_of(Purpose.BOOKING), algorithm="HS256")
    tokens.read_booking_key(whole, now)
    lacking = jwt.encode(key_claims(now, **{missing: None}), secret_of(Purpose.BOOKING), algorithm="HS256")
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(lacking, now)


@pytest.mark.parametrize(
    "changes",
    [{"exp": "9999999999"}, {"exp": 1e12}, {"exp": True}, {"iat": "now"}, {"sub": 7}, {"sub": "crt_1"}, {"aud": []}],
)
def test_claims_of_the_wrong_shape_are_refused(changes: dict[str, Any], now: datetime) -> None:
    token = jwt.encode(key_claims(now, **changes), secret_of(Purpose.BOOKING), algorithm="HS256")
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(token, now)


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.BOOKING])
@pytest.mark.parametrize("claims", [{}, {"sub": "x"}, {"sub": AccountId.new(), "sid": SESSION, "sel": 7, "op": True}])
def test_signed_nonsense_is_refused(purpose: Purpose, claims: dict[str, Any], now: datetime) -> None:
    whole = key_claims(now, sub=None, aud=purpose.value) | claims
    token = jwt.encode(whole, secret_of(purpose), algorithm="HS256")
    with pytest.raises(TokenRefused):
        READERS[purpose.value.removeprefix("holdfast:")](token, now)


def test_a_token_with_a_letter_changed_is_refused(now: datetime) -> None:
    for kind, token in issued(now).items():
        header, claims, signature = token.split(".")
        for changed in (
            f"{header}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
            f"{header}.{claims[:-4]}AAAA.{signature}",
            f"{header}.{claims}",
            f"{header}.{claims}.",
        ):
            with pytest.raises(TokenRefused):
                READERS[kind](changed, now)


def test_a_token_has_one_spelling(now: datetime) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    every = issued(now) | {
        "cart": tokens.issue_cart(CartId.new(), now),
        "ticket": tokens.sign_ticket(TicketId.new()),
        "step": tokens.issue_step(Purpose.RESET, AccountId.new(), "", now),
    }
    readers = READERS | {
        "cart": tokens.read_cart,
        "ticket": lambda code, _: tokens.read_ticket(code),
        "step": lambda token, at: tokens.read_step(Purpose.RESET, token, at),
    }
    for kind, token in every.items():
        readers[kind](token, now)
        others = [token[:-1] + letter for letter in alphabet if letter != token[-1]]
        for changed in (*others, f"{token}=", f"{token}==", f"{token}\n", f"{token[:-1]} {token[-1]}"):
            with pytest.raises(TokenRefused):
                readers[kind](changed, now)


def test_a_token_longer_than_a_cookie_is_not_even_parsed(now: datetime) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_booking_key("x" * (tokens.LONGEST + 1), now)


@given(st.text(max_size=200) | st.lists(st.text("abcABC019-_=", max_size=60), max_size=4).map(".".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_ticket(text)


@pytest.mark.parametrize("header", ["[" * 2000, '{"alg":' * 300, "null", "[]", "7", '{"alg":"HS256","alg":7}'])
def test_no_header_breaks_the_reader(header: str, now: datetime) -> None:
    head = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")
    with pytest.raises(TokenRefused):
        tokens.read_booking_key(f"{head}.e30.e30", now)


def test_a_form_is_accepted_from_the_browser_that_it_was_given_to() -> None:
    token = tokens.csrf_for("ses_1")
    assert tokens.csrf_matches("ses_1", token)
    assert token == tokens.csrf_for("ses_1")
    for other in ("", "x", token[:-1], token + "=", "é", "\ud800", tokens.csrf_for("ses_2")):
        assert not tokens.csrf_matches("ses_1", other)


def test_another_signing_key_reads_nothing(now: datetime) -> None:
    before = issued(now)
    csrf = tokens.csrf_for("ses_1")
    settings.use(settings.read(_env_file=None, secret_key="another secret, as long as a secret has to be"))
    for kind, token in before.items():
        with pytest.raises(TokenRefused):
            READERS[kind](token, now)
    assert not tokens.csrf_matches("ses_1", csrf)


def test_a_kept_secret_that_was_cut_short_signs_nothing(now: datetime) -> None:
    folder = settings.current().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret_key").write_text("")
    settings.use(settings.read(_env_file=None, data_dir=folder))
    with pytest.raises(settings.SettingsRefused):
        tokens.issue_booking_key(BookingId.new(), EMAIL, now)
    with pytest.raises(settings.SettingsRefused):
        tokens.csrf_for("ses_1")


def test_a_cart_ends_to_the_second(now: datetime) -> None:
    cart = CartId.new()
    token = tokens.issue_cart(cart, now)
    assert tokens.read_cart(token, now + tokens.CART_LIFE - timedelta(seconds=1)) == cart
    with pytest.raises(TokenRefused):
        tokens.read_cart(token, now + tokens.CART_LIFE)


def test_a_cart_token_that_was_touched_owns_nothing(now: datetime) -> None:
    token = tokens.issue_cart(CartId.new(), now)
    cart, expires, signature = token.split(".")
    for changed in (
        f"{CartId.new()}.{expires}.{signature}",
        f"{cart}.{int(expires) + 1}.{signature}",
        f"{cart}.0{expires}.{signature}",
        f"{cart}.{expires}.{signature[:-1]}",
        f"{cart}.{expires}.{signature}.",
        f"{cart}.{expires}",
        f"{cart}.{expires}.{tokens.mac(Purpose.TICKET, f'{cart}.{expires}')}",
        f"hello.{expires}.{tokens.mac(Purpose.CART, f'hello.{expires}')}",
        f"{cart}.x.{tokens.mac(Purpose.CART, f'{cart}.x')}",
        tokens.issue_booking_key(BookingId.new(), EMAIL, now),
        "",
    ):
        with pytest.raises(TokenRefused):
            tokens.read_cart(changed, now)
