"""What Home shows to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from reflex.state import State

from marketplace.state import browse
from marketplace.state.browse import BrowseState, Shelves, fill_shelves
from tests.makers.catalog import BERLIN, make_listing


async def put_on(now: datetime, *zones: str) -> None:
    """One listing after the other, a day apart, called by their days."""
    for days, zone in enumerate(zones, 1):
        start = now + timedelta(days=days)
        await make_listing(
            now,
            title=f"Day {days}",
            place=replace(BERLIN, zone=zone),
            starts_at=start,
            ends_at=start + timedelta(hours=2),
        )


def near(shelves: Shelves) -> list[str]:
    return [card["title"] for card in shelves["near"]]


async def test_home_shows_what_is_on_in_the_viewer_s_time_zone_soonest_first(database: str, now: datetime) -> None:
    await put_on(now, "Europe/Lisbon", "Europe/Berlin", "Europe/Lisbon", "Europe/Berlin")
    shelves = await fill_shelves("Europe/Berlin")
    assert near(shelves) == ["Day 2", "Day 4"]
    assert shelves["near_text"] == "In Berlin's time zone"
    assert shelves["near_href"] == "/browse?zone=Europe%2FBerlin"


async def test_a_row_that_would_say_what_coming_up_says_is_left_out(database: str, now: datetime) -> None:
    await put_on(now, "Europe/Berlin", "Europe/Berlin", "Europe/Lisbon")
    assert near(await fill_shelves("Europe/Berlin")) == []
    assert near(await fill_shelves("Europe/Lisbon")) == ["Day 3"]


async def test_where_nothing_is_near_or_no_city_is_known_there_is_no_such_row(database: str, now: datetime) -> None:
    await put_on(now, "Europe/Berlin", "UTC")
    assert near(await fill_shelves("Asia/Tokyo")) == near(await fill_shelves("UTC")) == []


async def test_what_is_asked_for_twice_is_shown_once(
    database: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that lost its connection sends again what it was not answered, and then loads anew."""
    monkeypatch.setattr(browse, "ON_A_PAGE", 2)
    monkeypatch.setattr("reflex_base.vars.base._type_check_depth", lambda: 0)  # as in production
    await put_on(now, "Europe/Berlin", "Europe/Berlin", "Europe/Berlin")
    state = await State(_reflex_internal_init=True).get_state(BrowseState)  # type: ignore[call-arg]
    for event in (BrowseState.load, BrowseState.more, BrowseState.more, BrowseState.load, BrowseState.more):
        async for _ in event.fn(state):  # type: ignore[attr-defined]
            pass
    assert [card["title"] for card in state.cards] == ["Day 1", "Day 2", "Day 3"]
    assert not state.is_busy
