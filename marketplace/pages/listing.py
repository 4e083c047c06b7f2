"""A listing: what it is, the live seat map, and what this visitor has picked."""

from __future__ import annotations

import reflex as rx

from marketplace.components.buttons import button, link_button
from marketplace.components.cards import card, details, poster
from marketplace.components.feedback import empty_state, notice, skeleton
from marketplace.components.labels import badge
from marketplace.components.progress import countdown, price_lines
from marketplace.components.seat_map import seat_map
from marketplace.components.shell import page_header, sticky_bar
from marketplace.components.values import when
from marketplace.i18n import _, page_at
from marketplace.pages.frame import frame
from marketplace.state.listing import ListingState
from marketplace.state.viewer import ViewerState

_S = ListingState


def listing() -> rx.Component:
    return frame(
        rx.cond(
            _S.is_missing,
            empty_state(
                _("Not found"),
                _("It may have been removed, or the address is mistyped."),
                is_page=True,
                testid="listing-missing",
                action=link_button(_("See what is on"), page_at("/browse"), testid="missing-browse"),
            ),
            rx.cond(_S.is_loading, _loading(), _shown()),
        ),
        current="/browse",
    )


def _loading() -> rx.Component:
    return rx.el.div(
        skeleton("title"),
        skeleton(width="60%"),
        skeleton("block"),
        class_name="stack",
        role="status",
        aria_label=_("Loading"),
    )


def _shown() -> rx.Component:
    return rx.fragment(
        page_header(_S.details.title, eyebrow=_S.details.when_text, lead=_S.details.place),
        when(_S.details.badge, badge(_S.details.badge, tone=_S.details.badge_tone, testid="listing-status")),
        rx.cond(
            _S.unpaid_order != "",
            notice(
                _("You have an unpaid order for this event."),
                testid="unpaid",
                action=link_button(_("Continue to payment"), _S.unpaid_order, testid="unpaid-go"),
            ),
        ),
        when(
            _S.details.why_not,
            notice(
                _S.details.why_not,
                testid="not-on-sale",
                action=link_button(_("See what is on"), page_at("/browse"), testid="not-on-sale-browse"),
            ),
        ),
        # Beside the notice, not within it: what changes every second is not announced.
        when(
            _S.details.sale_starts_at,
            countdown(
                _S.details.sale_starts_at,
                _S.server_now,
                testid="sale-countdown",
                label=_("Sale begins in"),
                on_end=_S.load,
            ),
        ),
        rx.cond(_S.details.is_on_sale, rx.el.div(_map(), rx.el.aside(_picked()), class_name="split")),
        rx.el.div(_story(), _details(), class_name="split"),
    )


def _map() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_("Pick your seats")),
        seat_map(
            plan_url=f"/api/v1/listings/{_S.details.id}/plan",
            seats_url=_S.seats_url,
            stream_url=f"{_S.seats_url}/stream",
            prices=_S.prices,
            mine=_S.mine,
            most=_S.details.max_per_buyer,
            is_busy=_S.is_busy,
            is_debugged=ViewerState.has_lab,
            on_pick=_S.pick,
            on_drop=_S.drop,
            on_best=_S.best,
            on_standing=_S.stand,
            on_lost=_S.time_is_up,
        ),
        class_name="stack",
    )


def _picked() -> rx.Component:
    return card(
        rx.cond(
            _S.mine,
            rx.fragment(
                countdown(_S.expires_at, _S.server_now, testid="countdown", on_end=_S.time_is_up),
                price_lines(_S.lines, total=_S.total, testid="picked"),
                when(_S.details.surcharge_text, rx.el.p(_S.details.surcharge_text, class_name="small quiet")),
                when(_S.fee_text, rx.el.p(_S.fee_text, class_name="small quiet", data_testid="fee-kept")),
                rx.cond(
                    _S.can_extend, button(_("I need more time"), testid="extend", tone="plain", on_click=_S.extend)
                ),
                button(_("Release all"), testid="let-go", tone="plain", on_click=_S.drop(_S.mine)),
                sticky_bar(
                    _S.picked_text,
                    _S.total,
                    button(_("Check out"), testid="check-out", tone="primary", on_click=_S.check_out),
                    testid="bar",
                ),
            ),
            rx.cond(
                _S.again,
                notice(
                    _S.lost_text,
                    testid="ran-out",
                    tone="warning",
                    action=button(_("Hold them again"), testid="again", on_click=_S.pick(_S.again)),
                ),
                rx.el.p(_("Pick seats in the plan, or let us find the best ones together."), class_name="quiet"),
            ),
        ),
        title=_("Your seats"),
        testid="picked-card",
    )


def _story() -> rx.Component:
    return rx.el.section(
        rx.el.h2(_("About")),
        rx.foreach(_S.details.paragraphs, rx.el.p),
        class_name="stack prose",
    )


def _details() -> rx.Component:
    return rx.el.aside(
        poster(_S.details.poster, is_first=True),
        details(
            (
                _("When"),
                rx.fragment(
                    rx.el.span(_S.details.when_text, " ", _S.details.zone_text),
                    when(
                        _S.details.doors_text,
                        rx.el.span(_("Doors {time}", time=_S.details.doors_text), class_name="detail-more"),
                    ),
                    when(_S.details.yours_text, rx.el.span(_S.details.yours_text, class_name="detail-more")),
                ),
            ),
            (_("Where"), rx.fragment(_S.details.place, rx.el.br(), _S.details.address)),
            (
                _("Sold by"),
                rx.fragment(
                    rx.el.span(_S.details.seller),
                    when(_S.details.seller_about, rx.el.span(_S.details.seller_about, class_name="detail-more")),
                    rx.el.span(_S.details.seller_record, class_name="detail-more"),
                ),
            ),
            (_("Fees"), _S.details.fees),
            (_("Cancelling"), _S.details.policy),
            testid="details",
        ),
        class_name="stack",
    )
