"""What screens are made of: pure functions from values and Vars to elements. They read no State and no database.

Pages import from here; theme.py and assets/holdfast.css hold the look.
"""

from marketplace.components.buttons import button, icon_button, link_button
from marketplace.components.cards import card, details, listing_card, poster, stat, ticket_card
from marketplace.components.feedback import empty_state, error_note, notice, skeleton, skeleton_cards, toast, toasts
from marketplace.components.forms import checkbox, choice, choices, field, search_field, select, stepper, text_area
from marketplace.components.icons import brand_mark, icon
from marketplace.components.labels import badge, chip, chips
from marketplace.components.progress import countdown, price_lines, progress_bar, steps, timeline
from marketplace.components.seat_map import seat_map
from marketplace.components.shell import dialog, page_header, site_footer, site_header, sticky_bar, tabs

__all__ = [
    "badge",
    "brand_mark",
    "button",
    "card",
    "checkbox",
    "chip",
    "chips",
    "choice",
    "choices",
    "countdown",
    "details",
    "dialog",
    "empty_state",
    "error_note",
    "field",
    "icon",
    "icon_button",
    "link_button",
    "listing_card",
    "notice",
    "page_header",
    "poster",
    "price_lines",
    "progress_bar",
    "search_field",
    "seat_map",
    "select",
    "site_footer",
    "site_header",
    "skeleton",
    "skeleton_cards",
    "stat",
    "stepper",
    "steps",
    "sticky_bar",
    "tabs",
    "text_area",
    "ticket_card",
    "timeline",
    "toast",
    "toasts",
]
