"""Amounts are exact, know their currency and refuse nonsense."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from marketplace.money import LARGEST, AmountRefused, MixedCurrencies, Money, exponent

CURRENCIES = ("EUR", "USD", "JPY", "KWD", "CLF")
currencies = some.sampled_from(CURRENCIES)
# Half of the largest, so that a sum of two stays an amount.
minors = some.integers(-LARGEST // 2 + 1, LARGEST // 2 - 1)


@some.composite
def amounts(draw: some.DrawFn, currency: str | None = None) -> Money:
    return Money(draw(minors), currency or draw(currencies))


@pytest.mark.parametrize(
    ("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("UGX", 0), ("CHF", 2)]
)
def test_a_currency_knows_its_decimals(currency: str, places: int) -> None:
    assert exponent(currency) == places


@pytest.mark.parametrize("nonsense", ["", "eur", "EURO", "XYZ", "€", "E R"])
def test_an_unknown_currency_is_refused_and_named(nonsense: str) -> None:
    with pytest.raises(AmountRefused) as refused:
        Money(1, nonsense)
    assert refused.value.errors[0].field == "currency"


@pytest.mark.parametrize("minor", [1.5, "1", None, True, Decimal(1)])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(AmountRefused):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [LARGEST, -LARGEST, 2**63])
def test_no_amount_reaches_the_limit(minor: int) -> None:
    with pytest.raises(AmountRefused):
        Money(minor, "EUR")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("10.50", "EUR", 1050), (" 10.5 ", "EUR", 1050), ("0", "EUR", 0), ("-3", "EUR", -300), ("1050", "JPY", 1050),
     ("1.005", "KWD", 1005), ("+2.00", "EUR", 200), ("10.500", "EUR", 1050)],
)  # fmt: skip
def test_written_amounts_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *((text, "EUR") for text in ("", "ten", "NaN", "sNaN", "Infinity", "-inf", "1,50", "1e2", "1e999999", "1_000")),
        *((text, "EUR") for text in ("\N{FULLWIDTH DIGIT ONE}0", ".5", "5.", "10.505", "10000000000000", "1" * 60)),
        *((text, "EUR") for text in ("0." + "0" * 40 + "1", "10.00000000000000001")),
        ("10.50", "JPY"),
        ("1.0005", "KWD"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountRefused):
        Money.parse(text, currency)


@given(amounts())
def test_what_is_written_is_read_back(amount: Money) -> None:
    text, currency = str(amount).split(" ")
    assert Money.parse(text, currency) == amount


@given(amounts("EUR"), amounts("EUR"))
def test_sums_are_undone_by_differences(one: Money, other: Money) -> None:
    assert one + other - other == one
    assert one + other == other + one
    assert one - other == -(other - one)


@given(some.lists(some.integers(-(10**6), 10**6), max_size=20))
def test_a_sum_of_amounts_is_the_sum_of_their_units(units: list[int]) -> None:
    assert Money.sum((Money(unit, "EUR") for unit in units), "EUR") == Money(sum(units), "EUR")


@given(amounts(), amounts())
def test_currencies_never_mix(one: Money, other: Money) -> None:
    if one.currency == other.currency:
        assert (one < other) == (one.minor < other.minor)
        assert (one >= other) == (one.minor >= other.minor)
        return
    for forbidden in (one.__add__, one.__sub__, one.__lt__):
        with pytest.raises(MixedCurrencies):
            forbidden(other)
    assert one != other


def test_a_sum_refuses_a_stranger() -> None:
    with pytest.raises(MixedCurrencies):
        Money.sum([Money(1, "EUR"), Money(1, "USD")], "EUR")


@given(amounts(), some.lists(some.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_splitting_loses_and_invents_nothing(amount: Money, weights: list[int]) -> None:
    shares = amount.split(weights)
    assert sum(share.minor for share in shares) == amount.minor
    for share, weight in zip(shares, weights, strict=True):
        exact = Decimal(amount.minor) * weight / sum(weights)
        assert abs(share.minor - exact) < 1
        assert share.currency == amount.currency


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1]])
def test_splitting_needs_sensible_weights(weights: list[int]) -> None:
    with pytest.raises(AmountRefused):
        Money(100, "EUR").split(weights)


def test_the_odd_cents_go_to_the_largest_remainders_first_come_first() -> None:
    assert [share.minor for share in Money(100, "EUR").split([1, 1, 1])] == [34, 33, 33]
    assert [share.minor for share in Money(-100, "EUR").split([1, 1, 1])] == [-34, -33, -33]
    assert [share.minor for share in Money(10, "EUR").split([1, 5, 4])] == [1, 5, 4]


@pytest.mark.parametrize(
    ("minor", "basis_points", "share"),
    [(1000, 1000, 100), (5, 1000, 1), (4, 1000, 0), (-5, 1000, -1), (999, 10_000, 999), (1, 0, 0), (15, 1000, 2)],
)
def test_a_share_rounds_halves_away_from_zero(minor: int, basis_points: int, share: int) -> None:
    assert Money(minor, "EUR").share(basis_points) == Money(share, "EUR")


@given(amounts(), some.integers(0, 10_000))
def test_a_share_is_never_off_by_more_than_half_a_unit(amount: Money, basis_points: int) -> None:
    exact = Decimal(amount.minor) * basis_points / 10_000
    assert abs(amount.share(basis_points).minor - exact) <= Decimal("0.5")


def test_an_amount_knows_its_sign() -> None:
    assert Money(1, "EUR").is_positive
    assert not Money.zero("EUR").is_positive
    assert not Money(-1, "EUR").is_positive
    assert not Money.zero("EUR")
    assert Money(-1, "EUR")


def test_an_amount_is_multiplied_by_a_count() -> None:
    assert Money(250, "EUR") * 3 == Money(750, "EUR")


@pytest.mark.parametrize(
    ("amount", "locale", "text"),
    [
        (Money(1050, "EUR"), "en", "€10.50"),
        (Money(1050, "EUR"), "de", "10,50\N{NO-BREAK SPACE}€"),
        (Money(1050, "JPY"), "en", "¥1,050"),
        (Money(1005, "KWD"), "en-GB", "KWD1.005"),
        (Money(-1050, "EUR"), "en", "-€10.50"),
    ],
)
def test_people_read_amounts_as_they_write_them(amount: Money, locale: str, text: str) -> None:
    assert amount.text(locale) == text


def test_logs_read_amounts_plainly() -> None:
    assert str(Money(1050, "EUR")) == "10.50 EUR"
    assert str(Money(1050, "JPY")) == "1050 JPY"
    assert str(Money(5, "KWD")) == "0.005 KWD"


LOCALES = ("en", "de", "fr", "es", "it", "pl", "sv", "de_CH", "pt_BR", "ja")
KINDS_OF_MONEY = ("EUR", "GBP", "CZK", "JPY", "KWD")


@given(some.integers(0, 10**11), some.sampled_from(KINDS_OF_MONEY), some.sampled_from(LOCALES))
def test_what_is_written_for_a_reader_is_read_back_the_same(minor: int, currency: str, locale: str) -> None:
    money = Money(minor, currency)
    assert Money.read(money.text(locale), currency, locale) == money
    assert Money.read(money.digits(locale), currency, locale) == money


@given(some.from_regex(r"[0-9]{1,7}([.,][0-9]{1,4}){0,3}", fullmatch=True), some.sampled_from(KINDS_OF_MONEY))
def test_no_text_is_one_amount_in_english_and_another_in_german(text: str, currency: str) -> None:
    def read(locale: str) -> Money | None:
        try:
            return Money.read(text, currency, locale)
        except AmountRefused:
            return None

    english, german = read("en"), read("de")
    assert english is None or german is None or english == german


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [
        ("12,50", "EUR", "de", 1250), ("12.50", "EUR", "de", 1250), ("12,5", "EUR", "de", 1250), ("1.234,50", "EUR", "de", 123450),
        ("1,234.50", "EUR", "de", 123450), ("1.234", "EUR", "de", 123400), ("1.234.567", "EUR", "de", 123456700),
        ("12,50 €", "EUR", "de", 1250), ("12,50", "EUR", "en", 1250), ("1,234", "EUR", "en", 123400), ("1 234,50", "EUR", "fr", 123450),
        ("1’234.50", "CHF", "de_CH", 123450), ("1.234", "JPY", "de", 1234), ("12,500", "KWD", "de", 12500), ("12.500", "KWD", "en", 12500),
        ("  7 ", "EUR", "de", 700),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_the_reader_s_own_format(text: str, currency: str, locale: str, minor: int) -> None:
    assert Money.read(text, currency, locale) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "locale"),
    [
        ("1,234", "EUR", "de"), ("1.234", "EUR", "en"), ("1.234", "KWD", "de"), ("1,234", "KWD", "en"), ("1.234", "EUR", "fr"),
        ("1,2,3", "EUR", "de"), ("1.23.456", "EUR", "de"), ("12,", "EUR", "de"), ("", "EUR", "de"), ("twelve", "EUR", "en"),
        ("12,50", "JPY", "de"), ("1e5", "EUR", "en"), ("١٢", "EUR", "de"), ("9" * 500, "EUR", "de"), ("12,50 $", "EUR", "de"),
    ],
)  # fmt: skip
def test_what_could_mean_two_amounts_or_none_is_refused(text: str, currency: str, locale: str) -> None:
    with pytest.raises(AmountRefused):
        Money.read(text, currency, locale)


@pytest.mark.parametrize(
    ("text", "currency", "locale"), [("24.5055", "EUR", "en"), ("24,5055", "EUR", "de"), ("1.5", "JPY", "en")]
)
def test_too_many_decimals_are_called_that(text: str, currency: str, locale: str) -> None:
    with pytest.raises(AmountRefused, match=rf"{currency} has \d decimals"):
        Money.read(text, currency, locale)


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XAG", "XDR", "XBA", "XUA"])
def test_what_is_listed_beside_money_is_none(code: str) -> None:
    with pytest.raises(AmountRefused, match=code):
        Money(100, code)
