"""The testers' lab over HTTP: the next payments' outcome, the simulator's settings, the clock, the mailbox, a fresh start."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from marketplace import clock, limits
from marketplace.api.problems import refuses
from marketplace.api.same_origin import CrossSite, names_another
from marketplace.api.shapes import Cursor, Flag, Instant, Number, PaymentShape, Shape
from marketplace.db import transaction
from marketplace.i18n import spoken
from marketplace.ids import ListingId, MailId
from marketplace.lab import email_previews, fresh_start, storm, time_machine
from marketplace.lab.gate import must_be_open
from marketplace.notifications import queries as mailbox
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.gateway import SimulatorSettings, WebhookFaults
from marketplace.payments.status import PaymentStatus


async def _open(request: Request) -> None:
    """Raises LabClosed, and CrossSite for what another site's page has sent: programs say no origin."""
    must_be_open()
    if names_another(request.headers):
        raise CrossSite


router = APIRouter(prefix="/lab", tags=["Lab"], dependencies=[Depends(_open)])

PROVIDER = "simulator"


class FaultsShape(Shape):
    duplicates: int = Field(default=0, ge=0, le=20, strict=True)
    delay_seconds: Number = Field(default=0, ge=0, le=86400)
    reorder: Flag = False
    drop: Flag = False
    forge: Flag = False


class SimulatorSettingsShape(Shape):
    failure_rate: Number = Field(ge=0, le=1)
    processing_seconds: Number = Field(ge=0, le=600)
    payout_seconds: Number = Field(ge=0, le=86400)
    forced_outcomes: list[str] = Field(default=[], max_length=100)
    faults: FaultsShape = FaultsShape()

    @classmethod
    def of(cls, simulator_settings: SimulatorSettings) -> SimulatorSettingsShape:
        return cls.model_validate(
            {**asdict(simulator_settings), "forced_outcomes": list(simulator_settings.forced_outcomes)}
        )

    def simulator_settings(self) -> SimulatorSettings:
        written = self.model_dump()
        return SimulatorSettings(
            **{**written, "forced_outcomes": tuple(self.forced_outcomes), "faults": WebhookFaults(**written["faults"])}
        )


class ForcedOutcome(Shape):
    outcome: str = Field(max_length=60, examples=["card_declined"])


class ClockStep(Shape):
    seconds: Number = Field(ge=0.001, le=3 * 366 * 86400, examples=[900])


class ClockShape(Shape):
    now: Instant
    ahead_seconds: float


@router.get("/simulator")
async def show_simulator() -> SimulatorSettingsShape:
    return SimulatorSettingsShape.of(await payments.simulator_settings(PROVIDER))


@router.put("/simulator")
async def change_simulator(wanted: SimulatorSettingsShape) -> SimulatorSettingsShape:
    return SimulatorSettingsShape.of(
        await payments.change_simulator_settings(PROVIDER, wanted.simulator_settings(), clock.now())
    )


@router.post("/simulator/forced-outcomes", status_code=201)
async def force_outcome(wanted: ForcedOutcome) -> SimulatorSettingsShape:
    """Decide what becomes of the next payment that is not decided yet."""
    return SimulatorSettingsShape.of(await payments.force_outcome(PROVIDER, wanted.outcome))


@router.get("/payments")
async def payment_history(
    status: PaymentStatus | None = None,
    text: Annotated[str, Query(max_length=limits.SEARCH)] = "",
    cursor: Cursor | None = None,
) -> dict[str, Any]:
    async with transaction(reading=True) as session:
        page = await payment_queries.history(session, status=status, text=text, cursor=cursor)
    return {"items": [PaymentShape.of(payment) for payment in page.items], "next_cursor": page.next_cursor}


@router.get("/mailbox")
async def mails(cursor: Cursor | None = None) -> dict[str, Any]:
    """The local mailbox, latest first."""
    async with transaction(reading=True) as session:
        page = await mailbox.mailbox(session, cursor=cursor)
    return {"items": [asdict(mail) for mail in page.items], "next_cursor": page.next_cursor}


@router.get("/mailbox/{id}")
async def mail(id: str) -> dict[str, Any]:
    async with transaction(reading=True) as session:
        return asdict(await mailbox.mail(session, MailId(id)))


@router.get("/emails")
async def email_previews_list(language: Annotated[str, Query(max_length=20)] = "") -> dict[str, Any]:
    """Every email that we write, by kind and subject, in `language` or that of the request."""
    found = email_previews.samples(language or spoken(), clock.now())
    return {"items": [{"kind": email.kind, "subject": email.subject} for email in found]}


@router.get("/emails/{kind}")
async def email_preview(kind: str, language: Annotated[str, Query(max_length=20)] = "") -> dict[str, Any]:
    """One email about an order or a person that are made up, as HTML and as plain text. Nothing is sent."""
    return asdict(email_previews.sample(kind, language or spoken(), clock.now()))


class StormRequest(Shape):
    listing_id: str = Field(max_length=128)
    buyers: int = Field(ge=1, le=storm.MOST_BUYERS, strict=True, examples=[200])


@router.post("/storm", status_code=202, responses=refuses(409))
async def begin_storm(wanted: StormRequest) -> dict[str, Any]:
    """Let so many simulated buyers loose on a listing at once. `GET /lab/storm` tells how it goes."""
    await storm.begin(ListingId(wanted.listing_id), wanted.buyers)
    return await show_storm()


@router.get("/storm")
async def show_storm() -> dict[str, Any]:
    """The storm that rages or was the last: buyers served and refused, seats held and sold, and its course."""
    found = await storm.show()
    return {"storm": None if found is None else asdict(found)}


@router.get("/clock")
async def show_clock() -> ClockShape:
    return ClockShape(now=clock.now(), ahead_seconds=clock.offset().total_seconds())


@router.post("/clock")
async def advance_clock(step: ClockStep) -> ClockShape:
    """Let time go past, in every process."""
    await time_machine.advance(timedelta(seconds=step.seconds))
    return await show_clock()


@router.delete("/clock")
async def reset_clock() -> ClockShape:
    """Back to real time."""
    await time_machine.reset()
    return await show_clock()


@router.post("/reset", status_code=204, responses=refuses(409))
async def make_fresh_start() -> Response:
    """Put the demo world back to what it is on a fresh start, in every process: takes some seconds.

    Accounts, log-ins, listings, orders, holds and mail go, the simulator's settings and the clock go back. 409
    `fresh_start_under_way` while another one is.
    """
    await fresh_start.make()
    return Response(status_code=204)
