"""A mail server of the test's own, and orders to write about."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

import marketplace.notifications.reactions  # noqa: F401
from marketplace import settings
from marketplace.bookings import queries as bookings
from marketplace.bookings.errors import BookingNotFound
from marketplace.bookings.views import Line, Order, Status, TicketView
from marketplace.catalog.views import EVENT_DETAILS, EventDetails
from marketplace.ids import BookingId, HoldId, ListingId, PaymentId, ResourceId, SellerId, TicketId
from marketplace.money import Money
from tests.makers.events import hear_only


@dataclass
class MailServer:
    """What it received, and how it answers: the next entry of `answers` (a reply to the message), or else yes."""

    received: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refuses_recipient: str = ""
    logins: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.refuses_recipient:
            return self.refuses_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - the same
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.received.append(message)
        return answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
        self.logins.append((credentials.login.decode(), credentials.password.decode()))
        # Not handled: aiosmtpd is to answer a refusal itself.
        return AuthResult(success=credentials.password == b"right", handled=False)


Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a mail server on a free port; keyword arguments are aiosmtpd's."""
    running: list[asyncio.Server] = []

    async def start(*, over_tls: ssl.SSLContext | None = None, **options: Any) -> MailServer:
        mine = MailServer()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(mine, hostname="localhost", authenticator=mine.authenticate, loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=over_tls,
        )
        running.append(server)
        mine.port = server.sockets[0].getsockname()[1]
        return mine

    yield start
    for server in running:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def mail_server(serve: Serve) -> MailServer:
    """A server that our settings name, and that takes everything."""
    server: MailServer = await serve()
    send_through(f"smtp://127.0.0.1:{server.port}")
    return server


def send_through(url: str) -> None:
    settings.use(settings.current().model_copy(update={"smtp_url": SecretStr(url)}))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and key for localhost in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def make_occasion(**changes: Any) -> EventDetails:
    known: dict[str, Any] = {
        "title": "An Evening of Compilers",
        "place_name": "Theatre Royal",
        "address": "Leidseplein 26",
        "city": "Amsterdam",
        "zone": "Europe/Amsterdam",
        "starts_at": datetime(2027, 6, 18, 18, 30, tzinfo=UTC),
        "ends_at": datetime(2027, 6, 18, 20, 30, tzinfo=UTC),
        "doors_at": None,
    }
    return EventDetails(**known | changes)


def make_order(now: datetime, **changes: Any) -> Order:
    """A guest's order of two seats, waiting for its money; `changes` may replace fields of its occasion, too."""
    listing, price = ListingId.new(), Money(4250, "EUR")
    occasion = make_occasion(**{name: changes.pop(name) for name in EVENT_DETAILS if name in changes})
    made: dict[str, Any] = {
        "id": BookingId.new(),
        "status": Status.PENDING_PAYMENT,
        "version": 1,
        "listing_id": listing,
        "seller_id": SellerId.new(),
        "hold_id": HoldId.on(ResourceId(listing)),
        "buyer_name": "Grace Hopper",
        "buyer_email": "grace@example.org",
        "language": "en",
        "has_account": False,
        "occasion": occasion,
        "counts_from": occasion.starts_at,
        "policy": "flexible",
        "lines": (
            Line("unit", "buyer", "Stalls, row C, seat 12", price, "seat:C-12", "Stalls"),
            Line("unit", "buyer", "Stalls, row C, seat 13", price, "seat:C-13", "Stalls"),
            Line("guest_surcharge", "buyer", "Fee for buying without an account", Money(850, "EUR"), None, None),
            Line("commission", "seller", "Commission", Money(850, "EUR"), None, None),
        ),
        "total": Money(9350, "EUR"),
        "created_at": now,
        "expires_at": now + timedelta(minutes=15),
        "confirmed_at": None,
        "payment_id": None,
        "tickets": (),
        "steps": (),
    }
    return Order(**made | changes)


def make_confirmed(now: datetime, **changes: Any) -> Order:
    """The same, paid for."""
    tickets = tuple(
        TicketView(TicketId.new(), f"seat:C-{seat}", f"Stalls, row C, seat {seat}", "Stalls", "code", is_void=False)
        for seat in (12, 13)
    )
    paid = {"status": Status.CONFIRMED, "confirmed_at": now, "payment_id": PaymentId.new(), "tickets": tickets}
    return make_order(now, **paid | changes)


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> dict[str, Order]:
    """What the bookings room shows, instead of that room: this one needs nothing of it but the view."""
    shown: dict[str, Order] = {}

    async def order(session: Any, actor: Any, id: BookingId) -> Order:
        if id not in shown:
            raise BookingNotFound(id)
        return shown[id]

    monkeypatch.setattr(bookings, "order_as_bought", order)
    return shown


@pytest.fixture(autouse=True)
def our_reactions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other rooms, where another test has wired them, would look for bookings and listings that these tests do not make."""
    hear_only(monkeypatch, "marketplace.notifications")
