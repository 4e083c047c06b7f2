"""What somebody types into the check-out."""

from __future__ import annotations

import pytest

from marketplace.state.checkout import _card


@pytest.mark.parametrize("typed", ["1230", "12/30", "12 / 2030", "1 2 3 0", "122030", "12/2030", " 12-30 ", "12.30"])
def test_an_expiry_is_read_however_a_keypad_lets_it_be_typed(typed: str) -> None:
    card = _card({"expiry": typed})
    assert (card.exp_month, card.exp_year) == (12, 2030)


def test_a_month_of_one_digit_is_one() -> None:
    assert (_card({"expiry": "1/30"}).exp_month, _card({"expiry": "130"}).exp_year) == (1, 2030)


@pytest.mark.parametrize("typed", ["", "next year", "12", "12/3", "12/30/1", "١٢/٣٠", "1" * 500])
def test_what_is_no_month_and_year_is_the_expiry_of_no_card(typed: str) -> None:
    assert _card({"expiry": typed}).exp_month == 0


def test_a_number_is_read_as_it_is_printed_on_the_card() -> None:
    assert _card({"number": "3782 822463 10005"}).number == "378282246310005"
    assert _card({"number": "4242-4242\u00a04242 4242"}).number == "4242424242424242"
