"""Components are judged by what reaches the page: their markup, names and testids."""

from typing import Any

import reflex as rx

from marketplace import components as c


class Checkout(rx.State):
    """Stands for any State that feeds components."""

    error: str = ""
    lines: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)
    mine: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event
    def pick(self, units: list[str]) -> None:
        self.mine = units


def shown(component: rx.Component) -> str:
    return str(component)


def elements(component: Any) -> list[Any]:
    return [component, *(one for child in component.children for one in elements(child))]


def test_a_button_says_what_it_does_and_can_be_found():
    text = shown(c.button("Pay", testid="pay", tone="primary", kind="submit"))
    assert '"Pay"' in text
    assert '"data-testid":"pay"' in text
    assert "button button-primary" in text
    assert 'type:"submit"' in text


def test_a_busy_button_says_so_and_keeps_the_focus():
    text = shown(c.button("Pay", testid="pay", is_busy=True))
    assert '"aria-busy":true' in text
    assert "disabled:false" in text


def test_a_link_to_a_file_leaves_the_app():
    assert "reloadDocument:true" in shown(c.link_button("PDF", "/api/v1/x.pdf", testid="pdf", leaves_app=True))
    assert "reloadDocument" not in shown(c.link_button("Orders", "/orders", testid="orders"))


def test_a_field_is_joined_to_its_label_hint_and_error():
    text = shown(c.field("Email", name="email", testid="email", hint="For your tickets.", error="Not an address."))
    assert 'htmlFor:"email"' in text
    assert 'id:"email"' in text
    assert '"aria-describedby":"email-hint email-error"' in text
    assert '"aria-invalid":true' in text
    assert '"Not an address."' in text


def test_a_field_follows_the_error_of_a_state():
    text = shown(c.field("Email", name="email", testid="email", error=Checkout.error))
    assert '"aria-live":"polite"' in text
    assert "checkout.error" in text.split('"aria-invalid":')[1].split(",")[0]


def test_a_field_without_error_is_valid_and_describes_nothing():
    text = shown(c.field("Email", name="email", testid="email"))
    assert '"aria-invalid":false' in text
    assert "describedby" not in text


def test_a_listing_card_is_one_link_named_by_its_title():
    card = c.listing_card(
        href="/l/x",
        title="Low Tide",
        when_text="Fri",
        place="Graz",
        price="from €29",
        poster_src="/p.svg",
        testid="card",
    )
    text = shown(card)
    assert text.count("ReactRouterLink") == 1
    assert 'alt:""' in text
    assert "width:1200" in text.replace('"', "")
    assert "badge" not in text


def test_a_bill_shows_each_line_of_a_state_and_its_total():
    text = shown(c.price_lines(Checkout.lines, total="€115.50", testid="bill"))
    assert ".map.call(" in text
    assert '"data-testid":"bill-total"' in text
    assert "115.50" in text


def test_a_bill_of_plain_lines_is_shown_too():
    assert "Service fee" in shown(c.price_lines([{"label": "Service fee", "text": "€5"}], total="€5", testid="bill"))


def test_a_countdown_gets_the_deadline_and_the_clock_of_the_server():
    part = c.countdown("2026-01-01T10:10:00Z", "2026-01-01T10:00:00Z", testid="left")
    text = shown(part)
    assert 'deadline:"2026-01-01T10:10:00Z"' in text
    assert 'serverNow:"2026-01-01T10:00:00Z"' in text
    assert "$/public/countdown.js" in part._get_all_imports()


def test_a_danger_interrupts_and_other_notices_wait():
    assert 'role:"alert"' in shown(c.notice("No.", tone="danger", testid="n"))
    assert 'role:"status"' in shown(c.notice("Yes.", tone="good", testid="n"))


def test_an_error_note_offers_to_try_again():
    assert '"data-testid":"n-retry"' in shown(c.error_note("Oh", "Lost", testid="n", on_retry=Checkout.pick([])))


def test_the_header_asks_a_stranger_to_sign_in_and_greets_the_known():
    nav = [{"label": "Browse", "href": "/browse", "testid": "nav-browse"}]
    stranger = shown(c.site_header(nav, current="/browse", sign_in_href="/login"))
    known = shown(c.site_header(nav, viewer_name="Ana", on_sign_out=Checkout.pick([]), sign_in_href="/login"))
    assert '"data-testid":"sign-in"' in stranger
    assert '"aria-current":"page"' in stranger
    assert '"data-testid":"sign-in"' not in known
    assert '"Ana"' in known
    assert '"aria-label":"Ana: menu"' in known
    assert '"aria-label":"Menu"' in stranger


def test_the_skip_link_moves_the_focus_and_leaves_the_address_alone():
    header = c.site_header([], sign_in_href="/login")
    [skip] = [one for one in elements(header) if one.custom_attrs.get("data-testid") == "skip-link"]
    text = shown(skip)
    assert "document.getElementById('content').focus()" in text
    assert '["preventDefault"] : true' in text
    assert 'to:"#content"' in text  # where no script runs, the browser goes there itself


def test_a_passing_word_passes_only_where_closing_it_does_something():
    passing = c.toast("Taken", testid="t", on_close=Checkout.pick([]))
    assert 'text:"Taken"' in shown(passing)
    assert "onEnd:" in shown(passing)
    assert "$/public/toast.js" in passing._get_all_imports()
    assert "$/public/toast.js" not in c.toast("Taken", testid="t")._get_all_imports()


def test_everything_that_can_be_pressed_can_be_found():
    page = rx.fragment(
        c.site_header(
            [{"label": "Browse", "href": "/b", "testid": "nav"}],
            viewer_name="Ana",
            on_sign_out=rx.noop(),
            sign_in_href="/l",
        ),
        c.site_footer(
            [{"label": "Help", "href": "/h", "testid": "help"}],
            {"de": {"label": "Deutsch", "href": "/d", "testid": "speak-de"}},
        ),
        c.stepper("Seats", 2, testid="seats", on_less=rx.noop(), on_more=rx.noop()),
        c.chip("Music", testid="music"),
        c.dialog("x", title="Sure?", is_open=True, on_close=rx.noop(), testid="sure"),
        c.checkbox("Terms", name="terms", testid="terms"),
        c.choice("Card", name="pay", value="card", testid="pay-card"),
        c.search_field("Search", name="q", testid="search"),
        c.select("Country", [{"value": "at", "label": "Austria"}], name="country", testid="country"),
    )
    pressable = [one for one in elements(page) if one.tag in {"button", "a", "Link", "input", "select", "textarea"}]
    assert len(pressable) > 10
    assert [one for one in pressable if "data-testid" not in one.custom_attrs] == []


def test_the_look_comes_from_the_stylesheet_alone():
    page = rx.fragment(
        c.poster("/p.svg"),
        c.ticket_card(title="a", when_text="b", place="c", unit="d", qr_src="e", code="f", testid="t"),
        c.timeline([{"label": "a", "at": "b", "at_text": "c", "detail": ""}], testid="t"),
        c.steps([{"label": "a", "detail": "", "state": "now"}], testid="s", label="Progress"),
        c.empty_state("a", "b", testid="e"),
        c.search_field("Search", name="q", testid="search"),
        c.text_area("Story", name="story", testid="story"),
        c.page_header("Title"),
    )
    assert "css:" not in shown(page)


def test_optional_words_may_come_from_a_state():
    note = shown(c.stat("Sold", "2", testid="sold", note=Checkout.error))
    detail = shown(c.choice("Card", name="pay", value="card", testid="card", detail=Checkout.error))
    assert "isTrue" in note
    assert "isTrue" in detail


def test_the_seat_map_hands_over_units_and_comes_from_our_own_script():
    part = c.seat_map(
        plan_url="/plan",
        stream_url="/stream",
        seats_url="/seats",
        prices={"Stalls": {"amount": 5500, "currency": "EUR", "text": "€55"}},
        mine=Checkout.mine,
        on_pick=Checkout.pick,
        on_drop=Checkout.pick,
    )
    text = shown(part)
    assert "$/public/seatmap.js" in part._get_all_imports()
    assert 'planUrl:"/plan"' in text
    assert "onPick:" in text
    assert "onBest" not in text
    assert "debugged:false" in text


def test_the_first_poster_is_fetched_first_and_those_below_when_they_are_near():
    card = {
        "href": "/l/a",
        "title": "A",
        "when_text": "",
        "place": "",
        "price": "",
        "poster_src": "/p.svg",
        "testid": "a",
    }
    first, later = (shown(c.listing_card(**card, is_first=is_first)) for is_first in (True, False))
    assert '"eager"' in first
    assert 'fetchPriority:"high"' in first
    assert '"lazy"' in later
    assert 'fetchPriority:"auto"' in later
    cards = rx.Var(_js_expr="cards", _var_type=list[str])
    by_place = shown(rx.foreach(cards, lambda _, at: c.listing_card(**card, is_first=at < 2)))
    assert '? "high" : "auto"' in by_place
