"""Writing a listing, step by step: every entry is kept as it is typed, and nothing is lost by what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from typing_extensions import TypedDict

from marketplace import clock, datetimes
from marketplace.bookings import sales
from marketplace.catalog import drafts, queries, writing
from marketplace.catalog.views import DraftView, Status
from marketplace.components.values import Tone
from marketplace.db import transaction
from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.i18n import _, ngettext, page_at
from marketplace.ids import ListingId, SellerId
from marketplace.kinds.seats import actions as plan_actions
from marketplace.kinds.seats import queries as seat_plans
from marketplace.kinds.seats.grids import Grid, GridRefused, grid_document
from marketplace.kinds.seats.views import PlanView
from marketplace.money import AmountRefused, Money
from marketplace.notifications.emails import changes_between
from marketplace.posters.drawing import Poster
from marketplace.state import formatting
from marketplace.state.sell import poster_of
from marketplace.state.viewer import actor_of, part_of, tell, zone_of

STEPS = ("what", "place", "plan", "prices", "rules", "preview")
_STEP_OF = {
    "title": "what", "story": "what", "category": "what", "plan_id": "plan", "currency": "prices", "policy": "rules",
    "max_per_buyer": "rules", "no_single_seats": "rules", "sale_starts_at": "rules",
}  # fmt: skip
GRID = ("name", "rows", "seats", "categories")
ERRORS = (*drafts.FIELDS, *drafts.INSTANTS)


class StepRow(TypedDict):
    """`state` is todo, done or wrong."""

    key: str
    mark: str
    label: str
    state: str


class PlanRow(TypedDict):
    id: str
    name: str
    detail: str
    is_picked: bool


class PriceRow(TypedDict):
    name: str
    testid: str
    category: str
    color: str
    detail: str
    value: str
    price_text: str
    error: str


class Lack(TypedDict):
    """Something that is wrong or missing, and the step at which it is put right."""

    text: str
    step: str
    label: str


class ChangeRow(TypedDict):
    """What buyers are told: how it was, and how it is."""

    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Preview:
    """What buyers will see of it."""

    poster: str = ""
    starts_text: str = ""
    yours_text: str = ""
    place_text: str = ""
    price_text: str = ""
    sale_text: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked before changes are published: how many buyers are told, and of what. Empty: nothing is asked."""

    told: str = ""
    changes: tuple[ChangeRow, ...] = ()


EMPTY = Preview()
NOTHING_ASKED = Question()


class SellEditState(rx.State):
    is_loading: bool = True
    is_missing: bool = False
    id: str = ""
    seller: str = ""
    step: str = STEPS[0]
    title: str = ""
    entries: dict[str, str] = {}  # noqa: RUF012 - a Reflex var
    errors: dict[str, str] = {}  # noqa: RUF012
    steps: list[StepRow] = []  # noqa: RUF012
    plans: list[PlanRow] = []  # noqa: RUF012
    prices: list[PriceRow] = []  # noqa: RUF012
    lacks: list[Lack] = []  # noqa: RUF012
    saved: str = ""
    badge: str = ""
    tone: Tone = "neutral"
    is_public: bool = False
    is_over: bool = False
    has_changes: bool = False
    question: Question = NOTHING_ASKED
    plan_name: str = ""
    sketch: str = ""
    preview: Preview = EMPTY
    price_pattern: str = ""
    """How a price looks in the listing's currency: “0,00”."""
    revision: int = 0
    """Grows when entries come from elsewhere than the form, which then takes them up."""

    _touched: list[str] = []  # noqa: RUF012 - what has been typed in: its errors are told at once, others later

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.is_missing, self.question, self.saved = True, False, NOTHING_ASKED, ""
        self.step, self._touched = STEPS[0], []
        try:
            actor = await actor_of(self)
            async with transaction(reading=True) as session:
                id = ListingId(part_of(self, "sell_id"))
                view = await queries.draft(session, actor, id, clock.now())
                plans = await seat_plans.plans_of(session, actor, view.seller.id)
        except NotFound:
            self.is_missing, self.is_loading = True, False
            return
        asked = self.router.url.query_parameters.get("step", "")
        if view.page is not None or asked in STEPS:
            self._touched = list(ERRORS)
        self.step = asked if asked in STEPS else STEPS[0]
        await self._show(view, plans)
        self.revision += 1
        self.is_loading = False

    @rx.event
    async def write(self, name: str, text: str) -> None:
        """Keep one entry as it was typed."""
        name = str(name)
        self._touch(name)
        if self.entries.get(name, "") == str(text):
            return
        await self._fill({name: str(text)})

    @rx.event
    async def tick(self, name: str, is_on: bool) -> None:
        """Keep a yes or a no."""
        await self._fill({str(name): drafts.ON if is_on else ""})

    @rx.event
    async def pick_plan(self, plan_id: str) -> None:
        """Seat the event in this hall."""
        self._touch("plan_id")
        await self._fill({"plan_id": str(plan_id)})

    @rx.event
    async def go(self, step: str) -> None:
        """Another step. What is wrong at the one that is left is told from now on."""
        await self._go(str(step))

    @rx.event
    async def forward(self) -> None:
        """The next step."""
        await self._go(STEPS[min(STEPS.index(self.step) + 1, len(STEPS) - 1)])

    @rx.event
    async def back(self) -> None:
        """The step before."""
        await self._go(STEPS[max(STEPS.index(self.step) - 1, 0)])

    async def _look_again(self) -> None:
        actor = await actor_of(self)
        async with transaction(reading=True) as session:
            view = await queries.draft(session, actor, ListingId(self.id), clock.now())
            plans = await seat_plans.plans_of(session, actor, view.seller.id)
        await self._show(view, plans)

    @rx.event
    async def publish(self) -> EventSpec | None:
        """Let everybody see it, or learn what is still missing."""
        try:
            actor = await actor_of(self)
            async with transaction() as session:
                await writing.publish(session, actor, ListingId(self.id), clock.now())
        except Invalid as refused:
            await self._refuse(refused)
            await self._look_again()
            return None
        return rx.redirect(page_at(f"/sell/{self.id}"))

    @rx.event
    async def ask_to_take_over(self) -> None:
        """Show who will be told of what, before anything is decided; where that is nobody, there is nothing to ask."""
        try:
            actor = await actor_of(self)
            async with transaction(reading=True) as session:
                quote = await sales.change_quote(session, actor, ListingId(self.id), clock.now())
        except Invalid as refused:
            await self._refuse(refused)
            await self._look_again()
            return
        if not quote.buyers:
            await self._take_over()
            return
        told = ngettext(
            "{count} buyer gets a mail that says what was and what is:",
            "{count} buyers get a mail that says what was and what is:",
            quote.buyers,
        )
        changes = changes_between(quote.was, quote.is_now)
        self.question = Question(
            told, tuple(ChangeRow(name=change.name, before=change.before, now=change.now) for change in changes)
        )

    @rx.event
    def keep(self) -> None:
        """Leave it as the public sees it, for now."""
        self.question = NOTHING_ASKED

    @rx.event
    async def take_over(self) -> None:
        """Show the public what has been changed."""
        await self._take_over()

    async def _take_over(self) -> None:
        self.question = NOTHING_ASKED
        try:
            actor = await actor_of(self)
            async with transaction() as session:
                await writing.take_over(session, actor, ListingId(self.id), clock.now())
        except Invalid as refused:
            await self._refuse(refused)
        else:
            await tell(self, _("Your changes are published."))
        await self._look_again()

    @rx.event
    async def give_up(self) -> Any:
        """Forget what has been changed and is not public."""
        actor = await actor_of(self)
        async with transaction() as session:
            await writing.give_up(session, actor, ListingId(self.id), clock.now())
        return SellEditState.load

    async def _go(self, step: str) -> None:
        if step not in STEPS:
            return
        self._touched += [name for name in ERRORS if _step_of(name) == self.step]
        if step == "preview":
            self._touched = [*ERRORS, drafts.PRICE]
        elif self.step == "prices":
            self._touched.append(drafts.PRICE)
        self.step = step
        await self._look_again()

    async def _refuse(self, refused: Invalid) -> None:
        await tell(self, refused.message)
        self._touched = [*ERRORS, drafts.PRICE]

    def _touch(self, name: str) -> None:
        for field in {name, name.rpartition(".")[0]}:
            if field and field not in self._touched:
                self._touched.append(field)

    async def _fill(self, entries: Mapping[str, str]) -> None:
        actor = await actor_of(self)
        async with transaction() as session:
            view = await writing.fill(session, actor, ListingId(self.id), entries, clock.now())
            plans = await seat_plans.plans_of(session, actor, view.seller.id)
        await self._show(view, plans)
        self.saved = _("Saved")

    async def _show(self, view: DraftView, plans: list[PlanView]) -> None:
        status = Status.DRAFT if view.page is None else view.page.status
        self.id, self.seller, self.title = view.id, view.seller.id, view.entries.get("title", "").strip()
        self.entries = dict(view.entries)
        self.is_public, self.has_changes = view.is_public, view.is_public and view.is_ahead
        self.is_over = status in {Status.CLOSED, Status.CANCELLED}
        self.badge, self.tone = formatting.listing_badge(status)
        told = {field_error.field: field_error.message for field_error in (*view.missing, *view.errors)}
        self.errors = {name: told.get(name, "") if name in self._touched else "" for name in ERRORS}
        await self._show_hall(view, plans, told)
        self.lacks = [_lack(field_error) for field_error in _each_once((*view.errors, *view.missing))]
        wrong = {lack["step"] for lack in self.lacks}
        self.steps = [
            _step(at, key, is_wrong=key in wrong, is_full=self._is_full(key), now=self.step, is_told=self._is_told(key))
            for at, key in enumerate(STEPS, 1)
        ]
        self._show_preview(view)

    def _is_told(self, step: str) -> bool:
        """Whether somebody has been at this step, so that its errors are no surprise."""
        return drafts.PRICE in self._touched or any(_step_of(name) == step for name in self._touched)

    def _is_full(self, step: str) -> bool:
        """Whether a step where nothing is wrong holds what it needs, too."""
        match step:
            case "prices":
                return bool(self.prices)
            case "rules":
                # It holds what is usual from the beginning: it is done when somebody has seen that.
                return self._is_told(step)
            case _:
                return step != "preview"

    async def _show_hall(self, view: DraftView, plans: list[PlanView], told: Mapping[str, str]) -> None:
        picked = next((plan for plan in plans if plan.id == view.entries.get("plan_id")), None)
        self.plans = [_plan(plan, picked) for plan in plans]
        self.plan_name = picked.name if picked else ""
        with suppress(AmountRefused):
            self.price_pattern = Money.zero(view.draft.currency).digits()
        self.sketch = f"/api/v1/plans/{picked.id}/sketch.svg" if picked else ""
        hall = await seat_plans.plan(picked.id) if picked else None
        colors = {category.name: category.color for category in hall.categories} if hall else {}
        capacities = picked.capacities if picked else {}
        self.prices = [
            PriceRow(
                name=f"{drafts.PRICE}{category}", testid=f"price-{at}", category=category,
                color=colors.get(category, ""), detail=ngettext("{count} place", "{count} places", capacity),
                value=drafts.price_shown(view.entries.get(f"{drafts.PRICE}{category}", "")),
                price_text=drafts.price_text(view.entries.get(f"{drafts.PRICE}{category}", "")),
                error=told.get(f"{drafts.PRICE}{category}", "")
                if {f"{drafts.PRICE}{category}", drafts.PRICE} & set(self._touched) else "",
            )
            for at, (category, capacity) in enumerate(capacities.items()) if capacity
        ]  # fmt: skip

    def _show_preview(self, view: DraftView) -> None:
        draft, zone = view.draft, view.draft.place.zone
        wrong = {field_error.field for field_error in view.errors}
        has_start = not {"starts_at", "place.zone"} & wrong
        starts = f"{datetimes.short(draft.starts_at, zone)}, {datetimes.zone_text(zone)}" if has_start else ""
        amounts = [
            Money(minor, draft.currency)
            for category, minor in draft.prices.items()
            if f"{drafts.PRICE}{category}" not in wrong
        ]
        sale: datetime | None = draft.sale_starts_at if not {"sale_starts_at", "place.zone"} & wrong else None
        poster = Poster(
            title=draft.title or _("Your title"), category=draft.category, seed=view.page.slug if view.page else view.id,
            place=draft.place.name, starts_at=draft.starts_at if has_start else None, zone=zone,
        )  # fmt: skip
        self.preview = Preview(
            poster=poster_of(poster),
            starts_text=starts,
            yours_text=formatting.viewers_time(draft.starts_at, zone, zone_of(self)) if has_start else "",
            place_text=", ".join(part for part in (draft.place.name, draft.place.city) if part),
            price_text=formatting.price_range(min(amounts), max(amounts)) if amounts else "",
            sale_text=datetimes.short(sale, zone) if sale else _("as soon as you publish it"),
        )


class SellGridState(rx.State):
    """The form that draws a plain hall."""

    errors: dict[str, str] = dict.fromkeys(GRID, "")

    @rx.event
    def begin(self) -> None:
        self.errors = dict.fromkeys(GRID, "")

    @rx.event
    async def draw(self, form: dict[str, Any]) -> EventSpec | None:
        """Draw a plain hall, keep it and pick it."""
        self.errors = dict.fromkeys(GRID, "")
        try:
            document = grid_document(
                Grid(
                    name=str(form.get("name", "")),
                    rows=_count(form.get("rows")),
                    seats=_count(form.get("seats")),
                    categories=_count(form.get("categories")),
                    has_aisle=bool(form.get("has_aisle")),
                )
            )
        except GridRefused as refused:
            self.errors |= {field_error.field: field_error.message for field_error in refused.errors}
            return None
        actor, editor = await actor_of(self), await self.get_state(SellEditState)
        async with transaction() as session:
            plan = await plan_actions.import_plan(session, actor, SellerId(editor.seller), document, clock.now())
        return SellEditState.pick_plan(plan.id)


def _step_of(field: str) -> str:
    if field.startswith(drafts.PRICE):
        return "prices"
    name = field.removesuffix(".day").removesuffix(".clock")
    return _STEP_OF.get(name, "preview" if name == "seller_id" else "place")


def _step_label(key: str) -> str:
    return {
        "what": _("What"), "place": _("Where and when"), "plan": _("Seat plan"), "prices": _("Prices"),
        "rules": _("Rules"), "preview": _("Preview"),
    }[key]  # fmt: skip


def _step(at: int, key: str, *, is_wrong: bool, is_full: bool, now: str, is_told: bool) -> StepRow:
    state = "done" if not is_wrong and is_full else "wrong" if is_wrong and is_told and key != now else "todo"
    return StepRow(key=key, mark={"done": "✓", "wrong": "!"}.get(state, str(at)), label=_step_label(key), state=state)


def _each_once(errors: tuple[FieldError, ...]) -> list[FieldError]:
    return list({field_error.field: field_error for field_error in reversed(errors)}.values())[::-1]


def _lack(field_error: FieldError) -> Lack:
    step = _step_of(field_error.field)
    return Lack(text=f"{_name(field_error.field)}: {field_error.message}", step=step, label=_step_label(step))


def _name(field: str) -> str:
    if field.startswith(drafts.PRICE):
        return _("Price")
    return {
        "title": _("Title"), "story": _("Story"), "category": _("Category"), "place.name": _("Venue"),
        "place.city": _("City"), "place.country": _("Country"), "place.address": _("Address"),
        "place.zone": _("Time zone"), "starts_at": _("Start"), "ends_at": _("End"), "doors_at": _("Doors"),
        "sale_starts_at": _("Start of sale"), "currency": _("Currency"), "plan_id": _("Seat plan"),
        "policy": _("Cancelling"), "max_per_buyer": _("Places per buyer"), "seller_id": _("Shop"),
    }.get(field, field)  # fmt: skip


def _plan(plan: PlanView, picked: PlanView | None) -> PlanRow:
    return PlanRow(
        id=plan.id, name=plan.name, detail=_places(plan), is_picked=picked is not None and plan.id == picked.id
    )


def _places(plan: PlanView) -> str:
    parts = [ngettext("{count} seat", "{count} seats", plan.seat_count)] if plan.seat_count else []
    parts += (
        [ngettext("{count} standing place", "{count} standing places", plan.standing_count)]
        if plan.standing_count
        else []
    )
    return ", ".join(parts)


def _count(value: object) -> int:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
