"""What surrounds every screen: header, footer, the heading of a page, the bar that stays in reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import reflex as rx

from marketplace.brand import NAME
from marketplace.components.buttons import button, icon_button, link_button
from marketplace.components.icons import brand_mark, icon
from marketplace.components.values import Flag, Handler, Link, Node, Text, given, when
from marketplace.i18n import _, page_at

_TO_CONTENT = rx.call_function(rx.Var("(() => document.getElementById('content').focus())"))


def site_header(
    nav: Sequence[Link],
    *,
    viewer_name: Text = "",
    menu: Sequence[Link] = (),
    desk: Link | None = None,
    has_desk: Flag = False,
    current: str = "",
    on_sign_out: Handler = None,
    sign_in_href: Text,
    name: Text = NAME,
) -> rx.Component:
    """The brand, the way around, and who is looking.

    `nav` stands in the bar (in the menu, on a phone); `menu` holds what is the viewer's own and `desk` what only some
    have (`has_desk`), both shown when `viewer_name` is not empty; `current` is the href of the page that is open.
    """
    panel = rx.el.div(
        *(_nav_link(link, current, is_narrow=True) for link in nav),
        when(
            viewer_name,
            rx.fragment(
                *(_nav_link(link, current) for link in menu),
                *([when(has_desk, _nav_link(desk, current))] if desk is not None else []),
                button(_("Log out"), testid="sign-out", tone="plain", on_click=on_sign_out),
            ),
        ),
        id="site-menu",
        class_name="menu-panel",
        custom_attrs={"popover": "auto"},
    )
    return rx.fragment(
        rx.el.a(
            _("Skip to content"),
            href="#content",
            class_name="skip-link",
            data_testid="skip-link",
            # Not by the address, which would lose what stands behind its question mark: Browse's filters.
            on_click=_TO_CONTENT.prevent_default,
        ),
        rx.el.header(
            rx.el.div(
                rx.el.a(brand_mark(), name, href=page_at("/"), class_name="brand", data_testid="brand"),
                rx.el.nav(*(_nav_link(link, current) for link in nav), class_name="site-nav", aria_label=_("Main")),
                rx.el.button(
                    icon("moon"),
                    icon("sun"),
                    type="button",
                    class_name="button button-icon theme-switch",
                    aria_label=_("Switch between light and dark"),
                    data_testid="theme-switch",
                    on_click=rx.toggle_color_mode,
                ),
                _unless(viewer_name, link_button(_("Log in"), sign_in_href, testid="sign-in")),
                rx.el.button(
                    when(
                        viewer_name,
                        rx.el.span(
                            icon("user"), rx.el.span(viewer_name, class_name="viewer-name"), class_name="cluster"
                        ),
                    ),
                    _unless(viewer_name, icon("menu")),
                    type="button",
                    class_name="button button-plain menu-button",
                    aria_label=_menu_name(viewer_name),
                    data_testid="menu",
                    data_has_viewer=_flag(viewer_name),
                    custom_attrs={"popoverTarget": "site-menu"},
                ),
                class_name="site-header-inner",
            ),
            panel,
            class_name="site-header",
        ),
    )


def _menu_name(viewer_name: Text) -> Text:
    """Holds the words that stand on the button, so that whoever speaks to their computer can press it by them."""
    named = _("{name}: menu", name=viewer_name)
    if isinstance(viewer_name, rx.Var):
        return rx.cond(viewer_name, named, _("Menu"))
    return named if viewer_name else _("Menu")


def site_footer(links: Sequence[Link], languages: Mapping[str, Link]) -> rx.Component:
    """The quiet end of a page. `languages` has a link to the same page in each other language, by its code."""
    return rx.el.footer(
        rx.el.div(
            rx.el.span(_("Held fast until it is yours.")),
            rx.el.nav(
                *(rx.el.a(link["label"], href=link["href"], data_testid=link["testid"]) for link in links),
                class_name="cluster",
                aria_label=_("More"),
            ),
            rx.el.nav(
                *(
                    rx.el.a(
                        icon("globe"), link["label"], href=link["href"], class_name="cluster", data_testid=link["testid"],
                        rel="nofollow", lang=language, reload_document=True,
                    )
                    for language, link in languages.items()
                ),
                class_name="cluster",
                aria_label=_("Language"),
            ),
            class_name="site-footer-inner",
        ),
        class_name="site-footer",
    )  # fmt: skip


def page_header(
    title: Text, *, eyebrow: Text | None = None, lead: Text | None = None, actions: rx.Component | None = None
) -> rx.Component:
    """The one h1 of a page, with what stands above, below and beside it."""
    return rx.el.div(
        rx.el.div(
            *([rx.el.p(eyebrow, class_name="eyebrow")] if eyebrow is not None else []),
            rx.el.h1(title, data_testid="page-title"),
            *([rx.el.p(lead, class_name="quiet lead")] if lead is not None else []),
        ),
        *([actions] if actions is not None else []),
        class_name="page-header",
    )


def sticky_bar(label: Text, total: Text, action: Node, *, testid: Text) -> rx.Component:
    """The sum and the next step, always in reach; beside the content on a wide screen (inside `.split > aside`)."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(label, class_name="small quiet"),
            rx.el.strong(total, data_testid=f"{testid}-total"),
            class_name="sticky-bar-total",
            aria_live="polite",
        ),
        action,
        class_name="sticky-bar",
        data_testid=testid,
    )


def tabs(links: Sequence[Link], *, current: str, label: Text) -> rx.Component:
    """Neighbouring pages of one desk."""
    return rx.el.nav(*(_nav_link(link, current) for link in links), class_name="tabs", aria_label=label)


class UrlSync(rx.Component):
    """The hand-written React part of assets/url_sync.js."""

    library = "$/public/url_sync.js"
    tag = "UrlSync"

    to: rx.Var[str]


def address(to: Text) -> rx.Component:
    """Nothing to see: keeps the browser's address in step with what the page shows, for as long as it is open."""
    return UrlSync.create(to=to)


class Dialog(rx.Component):
    """The hand-written React part of assets/dialog.js: the browser's own modal dialog."""

    library = "$/public/dialog.js"
    tag = "Dialog"

    is_open: rx.Var[bool]
    label: rx.Var[str]

    on_close: rx.EventHandler[rx.event.no_args_event_spec]


def dialog(
    *children: Node,
    title: Text,
    is_open: Flag,
    on_close: Handler,
    testid: str,
    actions: Sequence[Node] = (),
) -> rx.Component:
    """A modal dialog. `on_close` fires on Escape, on a press beside it and on its close button; `is_open` decides."""
    return Dialog.create(
        rx.el.div(
            rx.el.h2(title),
            icon_button("close", _("Close"), testid=f"{testid}-close", on_click=on_close),
            class_name="dialog-head",
        ),
        *children,
        *([rx.el.div(*actions, class_name="dialog-actions")] if actions else []),
        is_open=is_open,
        label=title,
        on_close=on_close,
        data_testid=testid,
    )


def _nav_link(link: Link, current: str, *, is_narrow: bool = False) -> rx.Component:
    return rx.el.a(
        link["label"],
        href=link["href"],
        class_name="nav-link only-narrow" if is_narrow else "nav-link",
        data_testid=f"{link['testid']}-narrow" if is_narrow else link["testid"],
        **given(aria_current="page" if link["href"] == current else None),
    )


def _unless(text: Text, shown: rx.Component) -> rx.Component:
    return rx.cond(text, rx.fragment(), shown) if isinstance(text, rx.Var) else when(not text, shown)


def _flag(text: Text) -> Flag:
    return text != "" if isinstance(text, rx.Var) else bool(text)
