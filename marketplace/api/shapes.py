"""Request and answer bodies, with examples: the written contract of the API, from which OpenAPI is generated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from marketplace import limits, paging
from marketplace.accounts import tokens
from marketplace.accounts.views import AccountView, LoginView, SecondFactorView
from marketplace.bookings.holding import Held
from marketplace.bookings.views import Order, OrderCard, Status
from marketplace.money import Amount
from marketplace.paging import Page
from marketplace.payments.gateway import Card
from marketplace.payments.views import PaymentView, RefundView


def _zulu(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]", re.ASCII)


def _written(instant: object) -> object:
    # A bare number would be taken for seconds since 1970, or milliseconds, by its size.
    if not (isinstance(instant, str) and _DATE_AND_TIME.match(instant)):
        raise ValueError("write an instant as 2026-05-01T19:30:00Z")
    return instant


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone, such as 2026-05-01T19:30:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("this instant is not within the years 1 to 9999 in UTC") from None


Instant = Annotated[datetime, PlainSerializer(_zulu, return_type=str)]
AwareInstant = Annotated[datetime, BeforeValidator(_written), AfterValidator(_aware)]
Cursor = Annotated[str, Field(pattern=paging.PATTERN)]
"""`next_cursor` of the page before."""

Email = Annotated[str, Field(max_length=limits.LINE, json_schema_extra={"format": "email", "maxLength": limits.EMAIL})]
"""More is read than is taken, so that a refusal can say what is wrong in the reader's language."""

Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Shape(BaseModel):
    """Unknown members are refused: a misspelt one must not be silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HoldRequest(BaseModel):
    """Whose listing, and what of it: the members of its kind's own request."""

    model_config = ConfigDict(extra="allow", frozen=True)

    listing_id: str = Field(max_length=64)

    @property
    def wish(self) -> dict[str, Any]:
        """The members that are the kind's to read."""
        return self.model_extra or {}


class HeldUnit(Shape):
    unit: str
    label: str
    category: str
    price: Amount


class HoldShape(Shape):
    id: str
    listing_id: str
    seats: list[str]
    units: list[HeldUnit]
    expires_at: Instant
    is_extended: bool
    fence: int
    price: Amount
    surcharge: Amount = Field(description="On top of the price, for a buyer without an account.")
    total: Amount = Field(description="What the buyer pays, and what `POST /bookings` asks to be told.")

    @classmethod
    def of(cls, held: Held) -> HoldShape:
        return cls(
            id=held.id, listing_id=held.listing_id,
            seats=[line.unit.removeprefix("seat:") for line in held.lines],
            units=[
                HeldUnit(unit=line.unit, label=line.label, category=line.category, price=Amount.of(line.price))
                for line in held.lines
            ],
            expires_at=held.expires_at, is_extended=held.is_extended, fence=held.fence, price=Amount.of(held.price),
            surcharge=Amount.of(held.surcharge), total=Amount.of(held.total),
        )  # fmt: skip


class BuyerShape(Shape):
    name: str = Field(max_length=limits.LINE, examples=["Ada Byron"])
    email: Email = Field(examples=["ada@example.com"])
    language: str | None = Field(
        default=None,
        max_length=20,
        examples=["en"],
        description="Of mail and tickets; else what Accept-Language asks for.",
    )


class BookingRequest(Shape):
    hold_id: str = Field(max_length=128)
    buyer: BuyerShape
    total: Amount = Field(description="What the buyer was shown: the hold's `total`. Another one is refused with 409.")


class LineShape(Shape):
    kind: Literal["unit", "guest_surcharge", "commission"]
    label: str
    amount: Amount
    unit: str | None
    category: str | None


class TicketShape(Shape):
    id: str
    unit: str
    label: str
    category: str
    code: str = Field(description="The signed text inside the QR code.")
    is_void: bool


class StepShape(Shape):
    source: str
    target: str
    at: Instant
    why: str


class BookingShape(Shape):
    id: str
    status: str
    version: int
    listing_id: str
    hold_id: str
    title: str
    starts_at: Instant
    zone: str
    buyer: BuyerShape
    lines: list[LineShape]
    total: Amount
    policy: str
    created_at: Instant
    expires_at: Instant
    confirmed_at: Instant | None
    payment_id: str | None
    tickets: list[TicketShape]
    steps: list[StepShape]

    @classmethod
    def of(cls, order: Order) -> BookingShape:
        return cls(
            id=order.id, status=order.status, version=order.version, listing_id=order.listing_id, hold_id=order.hold_id,
            title=order.title, starts_at=order.starts_at, zone=order.zone,
            buyer=BuyerShape(name=order.buyer_name, email=order.buyer_email, language=order.language),
            lines=[
                LineShape.model_validate(
                    {"kind": line.kind, "label": line.label, "amount": Amount.of(line.amount), "unit": line.unit,
                     "category": line.category}
                )
                for line in order.bought
            ],
            total=Amount.of(order.total), policy=order.policy, created_at=order.created_at, expires_at=order.expires_at,
            confirmed_at=order.confirmed_at, payment_id=order.payment_id,
            tickets=[
                TicketShape(id=t.id, unit=t.unit, label=t.label, category=t.category, code=t.code, is_void=t.is_void)
                for t in order.tickets
            ],
            steps=[StepShape(source=s.source, target=s.target, at=s.at, why=s.why) for s in order.steps],
        )  # fmt: skip


class BookingCardShape(Shape):
    id: str
    status: str
    title: str
    place_name: str
    starts_at: Instant
    total: Amount
    quantity: int
    created_at: Instant

    @classmethod
    def of(cls, card: OrderCard) -> BookingCardShape:
        return cls(
            id=card.id, status=card.status, title=card.title, place_name=card.place_name, starts_at=card.starts_at,
            total=Amount.of(card.total), quantity=card.quantity, created_at=card.created_at,
        )  # fmt: skip


class BookingPage(Shape):
    items: list[BookingCardShape]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[OrderCard]) -> BookingPage:
        return cls(items=[BookingCardShape.of(card) for card in page.items], next_cursor=page.next_cursor)


class CardShape(Shape):
    """A raw card: only the simulator takes one, and keeps no number."""

    number: str = Field(min_length=8, max_length=32, examples=["4242424242424242"])
    exp_month: int = Field(ge=1, le=12, strict=True, examples=[12])
    exp_year: int = Field(ge=2000, le=2100, strict=True, examples=[2030])
    cvc: str = Field(min_length=3, max_length=4, examples=["123"])

    def card(self) -> Card:
        return Card(self.number, self.exp_month, self.exp_year, self.cvc)


class PaymentRequest(Shape):
    total: Amount = Field(
        description="What the buyer was shown: the booking's `total`. Another one is refused with 409."
    )
    provider: Literal["simulator"] = "simulator"
    method: str = Field(default="card", max_length=200, description="“card”, or a token of the provider.")
    card: CardShape | None = None


class PaymentStepShape(Shape):
    at: Instant
    label: str
    detail: str


class PaymentShape(Shape):
    id: str
    booking_id: str
    provider: str
    amount: Amount
    refunded: Amount
    status: str
    failure_reason: str | None
    failure_message: str | None
    next_action: dict[str, Any] | None
    method_label: str
    steps: list[PaymentStepShape]
    created_at: Instant

    @classmethod
    def of(cls, payment: PaymentView) -> PaymentShape:
        return cls(
            id=payment.id, booking_id=payment.booking_id, provider=payment.provider, amount=Amount.of(payment.amount),
            refunded=Amount.of(payment.refunded), status=payment.status, failure_reason=payment.failure_reason,
            failure_message=payment.failure_message, next_action=payment.next_action, method_label=payment.method_label,
            steps=[PaymentStepShape(at=s.at, label=s.label, detail=s.detail) for s in payment.steps],
            created_at=payment.created_at,
        )  # fmt: skip


class ChallengeAnswer(Shape):
    approve: Flag


class RefundRequest(Shape):
    amount: Amount | None = Field(default=None, description="Absent: all that is left.")
    reason: str = Field(default="requested", max_length=200)


class RefundShape(Shape):
    id: str
    payment_id: str
    amount: Amount
    status: str
    reason: str

    @classmethod
    def of(cls, refund: RefundView) -> RefundShape:
        return cls(
            id=refund.id, payment_id=refund.payment_id, amount=Amount.of(refund.amount), status=refund.status,
            reason=refund.reason,
        )  # fmt: skip


class CancelRequest(Shape):
    """What the caller has seen in the quote."""

    status: Status
    refund: Amount


class CancelQuoteShape(Shape):
    status: Status
    refund: Amount
    kept: Amount
    words: str


class Registration(Shape):
    email: Email = Field(examples=["ada@example.com"])
    name: str = Field(max_length=limits.LINE, examples=["Ada Byron"])
    password: str = Field(max_length=limits.LINE)


class Login(Shape):
    email: Email
    password: str = Field(max_length=limits.LINE)


class AccountShape(Shape):
    id: str
    email: str
    name: str
    is_operator: bool
    sellers: list[str]
    is_verified: bool
    has_second_factor: bool
    language: str = Field(description="Empty: whatever the browser asks for.")

    @classmethod
    def of(cls, view: AccountView) -> AccountShape:
        return cls(
            id=view.id, email=view.email, name=view.name, is_operator=view.is_operator,
            sellers=[seller.id for seller in view.sellers], is_verified=view.verified_at is not None,
            has_second_factor=view.has_second_factor, language=view.language,
        )  # fmt: skip


class SessionShape(Shape):
    """Browsers find the same tokens in HttpOnly cookies; other clients keep these."""

    account: AccountShape
    access_token: str
    refresh_token: str
    expires_at: Instant


class RefreshRequest(Shape):
    refresh_token: str | None = Field(default=None, max_length=tokens.LONGEST, description="Absent: the cookie's.")


class CodeLogin(Shape):
    half_way: str = Field(max_length=tokens.LONGEST, description="From the problem `second_factor_needed`.")
    code: str = Field(max_length=100, examples=["123456"], description="Of the moment, or a recovery code.")


class Verification(Shape):
    token: str = Field(max_length=tokens.LONGEST, description="From the link in the mail.")


class EmailAddress(Shape):
    email: Email = Field(examples=["ada@example.com"])


class PasswordReset(Shape):
    token: str = Field(max_length=tokens.LONGEST, description="From the link in the mail; it works once.")
    new_password: str = Field(max_length=limits.LINE)


class PasswordChange(Shape):
    password: str = Field(max_length=limits.LINE, description="The old one.")
    new_password: str = Field(max_length=limits.LINE)


class PasswordProof(Shape):
    password: str = Field(max_length=limits.LINE)


class CodeProof(Shape):
    code: str = Field(max_length=100, examples=["123456"])


class PasswordAndCode(Shape):
    password: str = Field(max_length=limits.LINE)
    code: str = Field(max_length=100, description="Of the moment, or a recovery code.")


class ProfileChange(Shape):
    """What is absent stays as it is."""

    name: str | None = Field(default=None, max_length=limits.LINE)
    language: str | None = Field(default=None, max_length=20, examples=["en"])


class LoginShape(Shape):
    id: str
    device: str
    started_at: Instant
    seen_at: Instant
    is_current: bool

    @classmethod
    def of(cls, view: LoginView) -> LoginShape:
        return cls(
            id=view.id, device=view.device, started_at=view.started_at, seen_at=view.seen_at, is_current=view.is_current
        )


class LoginPage(Shape):
    items: list[LoginShape]


class SecondFactorShape(Shape):
    is_on: bool
    since: Instant | None
    recovery_codes: int = Field(description="How many are left.")

    @classmethod
    def of(cls, view: SecondFactorView) -> SecondFactorShape:
        return cls(is_on=view.is_on, since=view.since, recovery_codes=view.recovery_codes)


class EnrolmentShape(Shape):
    secret: str
    uri: str = Field(description="For a QR code.")


class RecoveryCodesShape(Shape):
    recovery_codes: list[str] = Field(description="Each logs in once. They are not shown again.")
