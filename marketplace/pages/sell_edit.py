"""Writing a listing: six steps, each kept as it is typed, beside what buyers will see."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import reflex as rx
from babel import Locale

from marketplace import datetimes, limits
from marketplace.catalog import currencies
from marketplace.catalog.validation import MOST_PER_BUYER
from marketplace.catalog.views import Genre, Policy
from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, details, poster
from marketplace.components.desk import plan_file, sketch
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.forms import checkbox, choice, choices, field, select, text_area
from marketplace.components.icons import icon
from marketplace.components.labels import badge
from marketplace.components.shell import dialog, page_header
from marketplace.components.values import Choice, Text, when
from marketplace.i18n import _, locale, page_at
from marketplace.kinds.seats.grids import MOST_CATEGORIES, MOST_ROWS, MOST_SEATS
from marketplace.pages.frame import frame
from marketplace.state import formatting
from marketplace.state.filters import genre_text
from marketplace.state.sell_edit import ChangeRow, Lack, PlanRow, PriceRow, SellEditState, SellGridState, StepRow

_S = SellEditState

TYPING_RESTS = 700
"""Milliseconds after the last letter until an entry is kept, if the field has not been left before."""


def sell_edit() -> rx.Component:
    return frame(
        rx.cond(_S.is_missing, _missing(), rx.cond(_S.is_loading, _loading(), _shown())),
        _asking(),
        current="/sell",
    )


def _missing() -> rx.Component:
    return empty_state(
        _("Listing not available"),
        _("It may belong to another shop. Log in with an account of that shop."),
        is_page=True,
        testid="sell-missing",
        action=link_button(_("Go to your shop"), page_at("/sell"), testid="sell-missing-back"),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("title"), skeleton("block"), skeleton("block"), class_name="stack", role="status",
        aria_label=_("Loading"),
    )  # fmt: skip


def _shown() -> rx.Component:
    return rx.fragment(
        page_header(
            rx.cond(_S.title != "", _S.title, _("New listing")),
            eyebrow=rx.cond(_S.is_public, _("Edit listing"), _("New listing")),
            actions=rx.el.span(
                rx.cond(_S.saved != "", rx.fragment(icon("check"), _S.saved)),
                class_name="desk-saved",
                role="status",
                data_testid="saved",
            ),
        ),
        _changes(),
        rx.el.nav(rx.foreach(_S.steps, _step), class_name="desk-steps", aria_label=_("Steps")),
        rx.el.div(
            rx.el.section(
                # Built anew when entries come from elsewhere: fields keep what is typed in them to themselves.
                rx.el.div(
                    rx.match(
                        _S.step,
                        ("place", _place()),
                        ("plan", _plan()),
                        ("prices", _prices()),
                        ("rules", _rules()),
                        ("preview", _preview()),
                        _what(),
                    ),
                    key=f"revision-{_S.revision}",
                ),
                _ways_on(),
                class_name="stack stack-loose",
            ),
            rx.el.aside(_card(), class_name="stack"),
            class_name="split",
        ),
    )


def _changes() -> rx.Component:
    return rx.fragment(
        when(
            _S.is_over,
            notice(_("This listing has ended and can no longer be edited."), testid="edit-over", tone="warning"),
        ),
        when(
            _S.has_changes,
            notice(
                _("You have unpublished changes."),
                testid="changes",
                tone="warning",
                action=rx.el.div(
                    button(_("Clear queue"), testid="give-up", tone="plain", on_click=_S.give_up),
                    button(_("Publish changes"), testid="take-over", tone="primary", on_click=_S.ask_to_take_over),
                    class_name="cluster",
                ),
            ),
        ),
    )


def _asking() -> rx.Component:
    return dialog(
        rx.el.div(
            rx.el.p(_S.question.told, class_name="strong", data_testid="told"),
            rx.el.dl(
                rx.foreach(_S.question.changes, _change), class_name="stack stack-tight", data_testid="told-changes"
            ),
            rx.el.p(
                _("Their orders and tickets follow. No move makes cancelling dearer for them than it was."),
                class_name="small quiet",
            ),
            class_name="stack",
        ),
        title=_("Publish changes and notify buyers?"),
        is_open=_S.question.told != "",
        on_close=_S.keep,
        testid="take-over-dialog",
        actions=[
            button(_("Not yet"), testid="take-over-keep", on_click=_S.keep),
            button(_("Publish and notify"), testid="take-over-confirm", tone="primary", on_click=_S.take_over),
        ],
    )


def _change(change: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(change["name"]),
        rx.el.dd(_("Before: {what}", what=change["before"]), class_name="quiet"),
        rx.el.dd(_("Now: {what}", what=change["now"])),
        class_name="detail",
    )


def _step(step: rx.Var[StepRow]) -> rx.Component:
    return rx.el.button(
        rx.el.span(step["mark"], class_name="desk-mark", aria_hidden="true"),
        rx.el.span(step["label"], class_name="desk-step-label"),
        rx.cond(step["state"] == "wrong", rx.el.span(_("incomplete"), class_name="visually-hidden")),
        type="button",
        class_name="desk-step",
        aria_current=rx.cond(_S.step == step["key"], "step", "false"),
        data_state=step["state"],
        data_testid=f"step-{step['key']}",
        on_click=_S.go(step["key"]),
    )


def _ways_on() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _S.step != "what",
            button(_("Back"), testid="step-back", icon_name="arrow-left", on_click=_S.back),
            link_button(_("Go to your shop"), page_at("/sell"), testid="to-shop", tone="plain"),
        ),
        rx.cond(
            _S.step != "preview",
            button(_("Next"), testid="step-next", tone="primary", on_click=_S.forward),
        ),
        class_name="cluster cluster-spread",
    )


# Fields


def _line(label: Text, name: str, **more: Any) -> rx.Component:
    """A field that keeps what is typed: when it is left, and when the typing rests."""
    return field(
        label,
        name=name,
        testid=_testid(name),
        default_value=_S.entries[name],
        error=_S.errors[name],
        on_blur=lambda text: _S.write(name, text),
        on_change=lambda text: _S.write(name, text).debounce(TYPING_RESTS),
        **more,
    )


def _pick(label: Text, name: str, options: list[Choice], **more: Any) -> rx.Component:
    return select(
        label, options, name=name, testid=_testid(name), default_value=_S.entries[name], error=_S.errors[name],
        on_change=lambda value: _S.write(name, value), **more,
    )  # fmt: skip


def _instant(label: Text, name: str, *, hint: Text | None = None) -> rx.Component:
    """A day and a clock of the place; what is wrong with either stands below both."""
    day, clock = f"{name}.day", f"{name}.clock"
    return rx.el.fieldset(
        rx.el.legend(label, class_name="field-label"),
        *([rx.el.p(hint, class_name="field-hint")] if hint is not None else []),
        rx.el.div(_bare(_("Day"), day, "date", name), _bare(_("Time"), clock, "time", name), class_name="form-row"),
        rx.el.div(
            when(_S.errors[name], rx.el.span(_S.errors[name], class_name="field-error")),
            id=f"{_testid(name)}-error",
            aria_live="polite",
            data_testid=f"{_testid(name)}-error",
        ),
        class_name="stack stack-tight",
    )


def _bare(label: Text, name: str, kind: str, instant: str) -> rx.Component:
    return rx.el.input(
        type=kind,
        name=name,
        class_name="input",
        aria_label=label,
        aria_invalid=_S.errors[instant] != "",
        aria_describedby=f"{_testid(instant)}-error",
        data_testid=_testid(name),
        default_value=_S.entries[name],
        on_change=lambda text: _S.write(name, text).debounce(TYPING_RESTS),
        on_blur=lambda text: _S.write(name, text),
    )


def _testid(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")


# Steps


def _what() -> rx.Component:
    genres = [Choice(value=genre.value, label=genre_text(genre)) for genre in Genre]
    return rx.el.div(
        _line(_("Title"), "title", max_length=limits.TITLE, is_required=True),
        text_area(
            _("Story"), name="story", testid="story", default_value=_S.entries["story"], error=_S.errors["story"],
            hint=_("Describe the event. Leave an empty line between paragraphs."), rows="9",
            on_blur=lambda text: _S.write("story", text),
            on_change=lambda text: _S.write("story", text).debounce(TYPING_RESTS),
        ),
        _pick(_("Category"), "category", genres),
        class_name="form",
    )  # fmt: skip


def _place() -> rx.Component:
    return rx.el.div(
        _line(_("Venue"), "place.name", max_length=limits.VENUE),
        rx.el.div(
            _line(_("Address"), "place.address", max_length=limits.ADDRESS, autocomplete="off"),
            _line(_("City"), "place.city", max_length=limits.CITY),
            class_name="form-row",
        ),
        rx.el.div(
            _pick(_("Country"), "place.country", _countries()),
            _pick(
                _("Time zone of the venue"), "place.zone", _zones(), hint=_("All times below are local to the venue.")
            ),
            class_name="form-row",
        ),
        rx.el.div(_instant(_("Starts"), "starts_at"), _instant(_("Ends"), "ends_at"), class_name="form-row"),
        when(
            _S.preview.starts_text,
            rx.el.p(
                icon("clock"),
                rx.el.span(
                    _S.preview.starts_text, when(_S.preview.yours_text, rx.fragment(" · ", _S.preview.yours_text))
                ),
                class_name="cluster small quiet",
                data_testid="both-times",
            ),
        ),
        _instant(_("Doors open"), "doors_at", hint=_("Optional.")),
        class_name="form",
    )


def _plan() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _S.plans,
            choices(
                _("Your halls"),
                rx.foreach(_S.plans, _hall),
                testid="plans",
            ),
        ),
        rx.el.div(
            when(_S.errors["plan_id"], rx.el.span(_S.errors["plan_id"], class_name="field-error")),
            aria_live="polite",
            data_testid="plan-id-error",
        ),
        when(
            _S.sketch,
            rx.el.div(
                sketch(_S.sketch, alt=_S.plan_name, testid="plan-sketch"),
                rx.el.ul(rx.foreach(_S.prices, _swatch), class_name="chips", role="list"),
                class_name="stack stack-tight",
            ),
        ),
        rx.cond(
            _S.is_public,
            rx.el.p(_("Buyers rely on this plan by now: another hall is another listing."), class_name="small quiet"),
            rx.el.div(_import(), _grid(), class_name="stack"),
        ),
        class_name="stack",
    )


def _hall(plan: rx.Var[PlanRow]) -> rx.Component:
    return choice(
        plan["name"], name="plan_id", value=plan["id"], testid=f"plan-{plan['id']}", detail=plan["detail"],
        is_on=plan["is_picked"], on_change=_S.pick_plan(plan["id"]),
    )  # fmt: skip


def _swatch(price: rx.Var[PriceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="seat-map-dot", style={"background": price["color"]}),
        price["category"], rx.el.span(price["detail"], class_name="quiet numeric"), class_name="cluster small",
    )  # fmt: skip


def _import() -> rx.Component:
    return rx.el.section(
        rx.el.h3(_("Import a drawing")),
        plan_file(
            _S.seller,
            testid="plan-import",
            on_kept=_S.pick_plan,
            words={
                "drop": _("Drop a seat plan here, or choose a file"),
                "hint": _(
                    "JSON as the free seating-plan editor writes it, up to {most} MB.",
                    most=limits.mebibytes(limits.PLAN),
                ),
                "busy": _("Reading the plan…"),
                "tooLarge": _("This file is larger than {most} MB.", most=limits.mebibytes(limits.PLAN)),
                "away": _("We could not be reached. Nothing was lost; please try again."),
                "nothingKept": _("Fix these errors and import again. Nothing was saved."),
                "drawing": _("Where the errors are, as far as known. Numbers match the list."),
                "showAll": _("Show all errors"),
            },
        ),
        class_name="stack",
    )


def _grid() -> rx.Component:
    return rx.el.details(
        rx.el.summary(_("Or generate a simple hall"), data_testid="grid-open"),
        rx.el.form(
            field(
                _("Name of the hall"), name="name", testid="grid-name", default_value=_("Main hall"),
                error=SellGridState.errors["name"],
            ),
            rx.el.div(
                _number(_("Rows"), "rows", "10", MOST_ROWS),
                _number(_("Seats in a row"), "seats", "16", MOST_SEATS),
                _number(_("Price categories"), "categories", "2", MOST_CATEGORIES),
                class_name="form-row",
            ),
            checkbox(_("An aisle in the middle"), name="has_aisle", testid="grid-aisle"),
            button(_("Generate and use"), testid="grid-draw", kind="submit"),
            on_submit=SellGridState.draw,
            class_name="form",
        ),
        class_name="disclosure",
    )  # fmt: skip


def _number(label: Text, name: str, value: str, most: int) -> rx.Component:
    return field(
        label, name=name, testid=f"grid-{name}", kind="number", default_value=value, input_mode="numeric",
        error=SellGridState.errors[name], min=1, max=most,
    )  # fmt: skip


def _prices() -> rx.Component:
    offered = [Choice(value=code, label=f"{code} · {_currency_name(code)}") for code in currencies.OFFERED]
    return rx.el.div(
        _pick(_("Currency"), "currency", offered, is_disabled=_S.is_public),
        rx.cond(
            _S.prices,
            rx.el.div(
                rx.el.div(rx.foreach(_S.prices, _price), data_testid="prices"),
                sketch(_S.sketch, alt=_S.plan_name, testid="price-sketch"),
                class_name="stack",
            ),
            notice(
                _("Prices follow the categories of a seat plan: pick one first."), testid="no-plan-yet",
                action=button(_("To the seat plan"), testid="to-plan", on_click=_S.go("plan")),
            ),
        ),
        class_name="form",
    )  # fmt: skip


def _price(price: rx.Var[PriceRow]) -> rx.Component:
    return rx.el.div(
        rx.el.span(class_name="seat-map-dot", style={"background": price["color"]}),
        rx.el.label(
            price["category"], " ", rx.el.span(price["detail"], class_name="quiet small"), html_for=price["testid"]
        ),
        rx.el.input(
            id=price["testid"],
            type="text",
            input_mode="decimal",
            class_name="input",
            placeholder=_S.price_pattern,
            auto_complete="off",
            aria_invalid=price["error"] != "",
            data_testid=price["testid"],
            default_value=price["value"],
            on_change=lambda text: _S.write(price["name"], text).debounce(TYPING_RESTS),
            on_blur=lambda text: _S.write(price["name"], text),
        ),
        when(price["error"], rx.el.span(price["error"], class_name="field-error", role="alert")),
        class_name="price-row",
        key=price["name"],
    )


def _rules() -> rx.Component:
    return rx.el.div(
        choices(
            _("Cancellation policy"),
            *(
                choice(
                    formatting.policy_name(policy), name="policy", value=policy.value, testid=f"policy-{policy}",
                    detail=formatting.policy_text(policy), is_on=_S.entries["policy"] == policy.value,
                    on_change=_S.write("policy", policy.value),
                )
                for policy in Policy
            ),
            testid="policy",
        ),
        _line(
            _("Places per buyer"), "max_per_buyer", kind="number", input_mode="numeric", min=1, max=MOST_PER_BUYER,
            hint=_("Maximum over all orders of one person."),
        ),
        checkbox(
            _("Don't leave single seats"), name="no_single_seats", testid="no-single-seats",
            is_on=_S.entries["no_single_seats"] == "yes", on_change=lambda is_on: _S.tick("no_single_seats", is_on),
        ),
        _instant(_("Sale starts"), "sale_starts_at", hint=_("Leave empty to sell as soon as it is published.")),
        class_name="form",
    )  # fmt: skip


def _preview() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _S.lacks,
            card(
                rx.el.ul(rx.foreach(_S.lacks, _lack), class_name="desk-todo", role="list"),
                title=_("Still missing"),
                testid="lacks",
            ),
            rx.cond(
                _S.is_public,
                rx.cond(
                    _S.has_changes,
                    rx.fragment(),
                    notice(_("This is what buyers see."), testid="same", tone="good"),
                ),
                notice(_("Ready to publish."), testid="complete", tone="good"),
            ),
        ),
        rx.el.article(
            rx.el.h2(rx.cond(_S.title != "", _S.title, _("Your title"))),
            rx.el.p(_S.entries["story"], class_name="story"),
            details(
                (_("When"), _or_not_yet(_S.preview.starts_text)),
                (
                    _("For you"),
                    rx.cond(
                        (_S.preview.starts_text != "") & (_S.preview.yours_text == ""),
                        _("the same on your clock"),
                        _or_not_yet(_S.preview.yours_text),
                    ),
                ),
                (_("Where"), _or_not_yet(_S.preview.place_text)),
                (_("On sale"), _S.preview.sale_text),
            ),
            when(_S.sketch, sketch(_S.sketch, alt=_S.plan_name, testid="preview-sketch")),
            rx.el.ul(rx.foreach(_S.prices, _priced), class_name="stack stack-tight", role="list"),
            class_name="card stack",
        ),
        rx.cond(
            _S.is_public,
            rx.fragment(),
            button(_("Publish"), testid="publish", tone="primary", is_large=True, is_wide=True, on_click=_S.publish),
        ),
        class_name="stack",
    )


def _priced(price: rx.Var[PriceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="seat-map-dot", style={"background": price["color"]}),
        price["category"],
        rx.el.span(rx.cond(price["price_text"], price["price_text"], _("Not set yet")), class_name="strong numeric"),
        class_name="cluster",
    )


def _or_not_yet(text: Text, not_yet: str = "") -> Any:
    return rx.cond(text != "", text, not_yet or _("Not set yet"))


def _lack(lack: rx.Var[Lack]) -> rx.Component:
    return rx.el.li(
        rx.el.span(lack["text"], style={"flex": "1"}),
        button(lack["label"], testid=f"fix-{lack['step']}", tone="plain", on_click=_S.go(lack["step"])),
    )


def _card() -> rx.Component:
    """What a buyer will see of it in a list."""
    return rx.el.div(
        rx.el.p(_("Preview"), class_name="eyebrow"),
        rx.el.div(
            rx.el.div(poster(_S.preview.poster, is_first=True), class_name="listing-card-art"),
            rx.el.div(
                rx.el.h3(rx.cond(_S.title != "", _S.title, _("Your title"))),
                rx.el.p(_or_not_yet(_S.preview.starts_text, _("No day yet")), class_name="listing-card-meta"),
                rx.el.p(_or_not_yet(_S.preview.place_text, _("No place yet")), class_name="listing-card-meta"),
                rx.el.p(_or_not_yet(_S.preview.price_text, _("No prices yet")), class_name="listing-card-price"),
                class_name="listing-card-text",
            ),
            class_name="listing-card",
            data_testid="card-preview",
        ),
        badge(rx.cond(_S.badge != "", _S.badge, _("On sale")), tone=_S.tone),
        when(_S.is_public, link_button(_("View sales"), page_at(f"/sell/{_S.id}"), testid="to-sales")),
        class_name="stack stack-tight",
    )


@cache
def _zones() -> list[Choice]:
    named = sorted(
        zone for zone in datetimes.zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/"))
    )
    return [Choice(value=zone, label=zone.replace("_", " ")) for zone in ("UTC", *named)]


def _countries() -> list[Choice]:
    territories = {str(code): str(name) for code, name in Locale.parse(locale()).territories.items()}
    named = sorted(
        (name, code) for code, name in territories.items() if re.fullmatch("[A-Z]{2}", code) and code not in _NOWHERE
    )
    return [Choice(value="", label=_("Choose a country")), *(Choice(value=code, label=name) for name, code in named)]


_NOWHERE = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"})
"""Codes of two letters that CLDR names beside the countries."""


def _currency_name(code: str) -> str:
    return str(Locale.parse(locale()).currencies[code])
