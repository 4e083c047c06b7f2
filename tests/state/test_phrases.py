"""Terms in the words of the pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from marketplace.bookings.policy import TERMS, deadlines, refunded_share
from marketplace.bookings.views import Status
from marketplace.catalog.views import Genre, Policy
from marketplace.i18n import LANGUAGES, speaking
from marketplace.money import Money
from marketplace.pages.sell_edit import _rules, _what
from marketplace.state import formatting
from marketplace.state.listing import _details
from tests.makers.catalog import make_listing
from tests.notifications.conftest import make_confirmed, make_occasion

A_WEEK = timedelta(days=7)


def test_an_order_whose_event_has_not_moved_says_its_policy(now: datetime) -> None:
    order = make_confirmed(now, policy="moderate")
    assert formatting.terms_text(order, now) == formatting.policy_text("moderate")


def test_an_order_whose_event_has_been_put_off_says_its_policy_which_counts_from_the_new_start(now: datetime) -> None:
    starts_at = make_occasion().starts_at + A_WEEK
    order = make_confirmed(now, occasion=make_occasion(starts_at=starts_at), counts_from=starts_at)
    assert formatting.terms_text(order, now) == formatting.policy_text(order.policy)


def test_an_order_whose_event_has_been_brought_forward_says_to_the_minute_what_its_buyer_may(now: datetime) -> None:
    bought_for = make_occasion().starts_at
    order = make_confirmed(
        now, policy="moderate", occasion=make_occasion(starts_at=bought_for - timedelta(days=2)), counts_from=bought_for
    )
    told = formatting.terms_text(order, now)
    assert "all that the seats cost comes back until Tuesday, 15 June 2027 at 20:30" in told
    assert "half of it until Wednesday, 16 June 2027 at 20:30" in told


def test_what_can_no_longer_be_cancelled_says_its_policy(now: datetime) -> None:
    order = make_confirmed(now, counts_from=make_occasion().starts_at + A_WEEK)
    for ended, at in ((Status.CANCELLED_BY_BUYER, now), (Status.CONFIRMED, order.starts_at)):
        assert formatting.terms_text(replace(order, status=ended), at) == formatting.policy_text(order.policy)


def test_what_costs_nothing_is_called_free() -> None:
    nothing, some = Money.zero("EUR"), Money(25_00, "EUR")
    assert formatting.price_range(nothing, nothing) == formatting.price_text(nothing) == "Free"
    assert formatting.price_range(nothing, some) == "Free – €25.00"
    assert formatting.price_range(some, some) == "€25.00"
    assert formatting.price_range(some, some + some) == "From €25.00"
    assert formatting.price_range(None, None) == ""


def test_a_guest_is_told_what_never_comes_back_and_nobody_else_is() -> None:
    assert formatting.fee_text(Money(125, "EUR")) == "The fee of €1.25 for buying without an account is not paid back."
    assert formatting.fee_text(Money.zero("EUR")) == ""


def test_before_anybody_buys_cancelling_names_the_share_that_stays(now: datetime) -> None:
    told = formatting.cancelling_text("flexible", 250)
    assert told.startswith(formatting.policy_text("flexible"))
    assert told.endswith("The fee of 2.5% for buying without an account is not paid back.")
    assert formatting.cancelling_text("flexible", 0) == formatting.policy_text("flexible")


async def test_a_listing_says_what_of_a_guest_s_money_stays(database: str, now: datetime) -> None:
    page = await make_listing(now)
    assert page.guest_surcharge_bp == 1000
    assert "The fee of 10% for buying without an account is not paid back." in _details(page, 1, "UTC").policy


def test_a_figure_in_several_currencies_has_a_line_for_each() -> None:
    assert formatting.amounts_text([], "–") == "–"
    assert formatting.amounts_text([Money(484_00, "CZK"), Money(345_40, "EUR")], "–") == "CZK484.00\n€345.40"


def test_the_editor_names_categories_and_policies_in_german() -> None:
    with speaking("de"):
        what, rules = str(_what().render()), str(_rules().render())
    for english, german in ((Genre.MUSIC, "Musik"), (Genre.CLASSICAL, "Klassik"), (Genre.TRAVEL, "Reisen")):
        assert f'"{german}"' in what
        assert f'"{english.value.capitalize()}"' not in what
    for policy, german in ((Policy.FLEXIBLE, "Flexibel"), (Policy.STRICT, "Streng")):
        assert f'"{german}"' in rules
        assert f'"{policy.value.capitalize()}"' not in rules


NUMBERS = re.compile(r"(\d+) (Stunde|Tag|hour|day)")
UNITS = {"Stunde": timedelta(hours=1), "hour": timedelta(hours=1), "Tag": timedelta(days=1), "day": timedelta(days=1)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("policy", Policy)
def test_a_policy_is_told_with_the_numbers_by_which_money_comes_back(
    policy: Policy, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are, and as they would be: a text that repeated them would go on to promise the old ones."""
    terms = TERMS[policy]
    longer = replace(
        terms,
        all_until=terms.all_until * 5,
        half_until=terms.half_until * 5,
        soon_after=terms.soon_after and 5 * terms.soon_after,
    )
    for now_in_force in (terms, longer):
        monkeypatch.setitem(TERMS, policy, now_in_force)
        with speaking(language):
            told = formatting.policy_text(policy)
        said = {int(count) * UNITS[unit] for count, unit in NUMBERS.findall(told)}
        assert said == {now_in_force.all_until, now_in_force.half_until, now_in_force.soon_after} - {None}
        # What is told is what is done: to the minute on the one side of each edge, and on the other.
        starts, booked = datetime(2027, 6, 18, 18, tzinfo=UTC), datetime(2026, 6, 18, tzinfo=UTC)
        for until, share in deadlines(policy, starts_at=starts, booked_at=booked):
            assert starts - until in said or until - booked in said
            assert refunded_share(policy, starts_at=starts, booked_at=booked, now=until) == share
