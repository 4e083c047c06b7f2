"""Exact amounts in minor units that know their currency.

Arithmetic never touches floating point. Exponents are ISO 4217's (cents for EUR, none for JPY, mils for KWD), as
published by SIX; what a provider wants on the wire is that provider's adapter's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, total_ordering
from typing import Self

from babel import Locale
from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)
from pydantic import BaseModel, ConfigDict, Field

from marketplace.errors import FieldError, Invalid
from marketplace.i18n import _, gettext_noop
from marketplace.i18n import locale as spoken_locale

LARGEST = 10**15
"""No amount reaches this many minor units: far above what any event takes in, yet exact in a browser's numbers."""


class MixedCurrencies(Invalid):
    code = "mixed_currencies"
    title = gettext_noop("Currencies cannot be mixed")

    def __init__(self, one: str, other: str) -> None:
        super().__init__(_("{one} and {other} cannot be combined.", one=one, other=other))


class AmountRefused(Invalid):
    code = "amount_refused"
    title = gettext_noop("Invalid amount")

    def __init__(self, why: str, field: str = "amount") -> None:
        super().__init__(why, [FieldError(field, why)])


@cache
def exponent(currency: str) -> int:
    """Decimal places of one unit of `currency`: 2 for EUR, 0 for JPY, 3 for KWD. Raises AmountRefused if unknown."""
    if currency not in Locale("en").currencies or len(currency) != 3 or currency in _NO_MONEY:
        raise AmountRefused(_("“{currency}” is not a currency that we know (ISO 4217).", currency=currency), "currency")

    return _ISO_EXCEPTIONS.get(currency, 2)


# ISO 4217, table A.1: the currencies whose minor unit is not a hundredth.
_ISO_EXCEPTIONS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


_NO_MONEY = frozenset("XXX XTS XAG XAU XBA XBB XBC XBD XDR XEU XFO XFU XPD XPT XRE XSU XUA".split())
"""What ISO 4217 lists beside money: none at all, tests, metals, units of account, funds."""

# Bounded, so that a page of digits is refused before anybody reckons with it.
_WRITTEN = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,20})(\.(?P<decimals>\d{1,20}))?", re.ASCII)


_SPACES = str.maketrans("", "", " \t\u00a0\u2009\u202f'’")
"""What people group digits with, beside points and commas."""
_GROUPED = re.compile(r"\d{1,3}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3}){0,5}", re.ASCII)
_DIGITS = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,20}){0,6}", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency`: Money(1050, "EUR") is ten euros fifty."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise AmountRefused(_("An amount is a whole number of minor units."))
        if abs(self.minor) >= LARGEST:
            raise AmountRefused(_("An amount stays below {most} minor units.", most=LARGEST))
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read "10.50": plain digits, no exponent, no grouping.

        Raises AmountRefused for what is no number, or has more decimals than the currency.
        """
        written = _WRITTEN.fullmatch(text.strip())
        if not written:
            raise AmountRefused(_("“{text}” is not an amount.", text=text[:40]))
        sign, whole, decimals = written["sign"], written["whole"], (written["decimals"] or "").rstrip("0")
        places = exponent(currency)
        if len(decimals) > places:
            raise AmountRefused(
                _(
                    "{currency} has {places} decimals; “{text}” has more.",
                    currency=currency,
                    places=places,
                    text=text[:40],
                )
            )
        return cls(int(sign + whole + decimals.ljust(places, "0")), currency)

    @classmethod
    def read(cls, text: str, currency: str, locale: str = "") -> Self:
        """Read what a person typed, in the format of `locale` (of the language that is spoken): “1.234,50 €”, “12,50”.

        The other mark is understood where it can mean one thing only: “12.50” in German too, “1.234,50” in English too.
        Raises AmountRefused for anything else, as for “1.234” in German where a currency has three decimals.
        """
        where = (locale or spoken_locale()).replace("-", "_")
        bare = text.strip()[:80]
        for name in (currency, get_currency_symbol(currency, where)):
            bare = bare.removeprefix(name).removesuffix(name)
        bare = bare.translate(_SPACES).replace("\u2212", "-").replace("\u200e", "")
        if not _DIGITS.fullmatch(bare):
            raise AmountRefused(_("“{text}” is not an amount.", text=text[:40]))
        return cls.parse(_with_point(bare, text, exponent(currency), where), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        total: Money = cls.zero(currency)
        for amount in amounts:
            total = total + amount
        return total

    def __add__(self, other: Money) -> Money:
        self._must_match(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._must_match(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._must_match(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    @property
    def is_positive(self) -> bool:
        return self.minor > 0

    def share(self, basis_points: int) -> Money:
        """That many hundredths of a percent of this, halves rounded away from zero (as buyers expect on a receipt)."""
        magnitude = (abs(self.minor) * basis_points * 2 + 10_000) // 20_000
        return Money(magnitude if self.minor >= 0 else -magnitude, self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Divide by weights without losing a minor unit: the largest remainders get the odd ones.

        Raises AmountRefused where no weight is positive.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise AmountRefused(_("An amount is split by weights that are not negative and not all zero."))
        sign = 1 if self.minor >= 0 else -1
        shares = [divmod(abs(self.minor) * weight, whole) for weight in weights]
        minors = [share for share, _ in shares]
        left = abs(self.minor) - sum(minors)
        by_remainder = sorted(range(len(shares)), key=lambda at: -shares[at][1])
        for at in by_remainder[:left]:
            minors[at] += 1
        return [Money(sign * minor, self.currency) for minor in minors]

    def text(self, locale: str = "") -> str:
        """As people write it in `locale`, or in the language that is being spoken: “€10.50”, “10,50 €”."""
        amount = Decimal(self.minor).scaleb(-exponent(self.currency))
        return format_currency(amount, self.currency, locale=(locale or spoken_locale()).replace("-", "_"))

    def digits(self, locale: str = "") -> str:
        """The same without its currency, as it goes into a field: “1.234,50”."""
        places = exponent(self.currency)
        return format_decimal(
            Decimal(self.minor).scaleb(-places),
            "#,##0" + "." * bool(places) + "0" * places,
            locale=(locale or spoken_locale()).replace("-", "_"),
        )

    def __str__(self) -> str:
        amount = Decimal(self.minor).scaleb(-exponent(self.currency))
        return f"{amount} {self.currency}"

    def _must_match(self, other: Money) -> None:
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)


def _with_point(bare: str, text: str, places: int, locale: str) -> str:
    """Digits with a point before the decimals and no grouping, from digits with points and commas."""
    decimal, group = get_decimal_symbol(locale), get_group_symbol(locale)
    marks = [mark for mark in bare if mark in ".,"]
    if not marks:
        return bare
    whole, last, decimals = bare.rpartition(marks[-1])
    if marks.count(last) == 1 and len(marks) > 1 and _is_grouped(whole):
        return f"{re.sub('[.,]', '', whole)}.{decimals}"  # the two kinds of marks say which is which
    if len(marks) > 1:
        if last != decimal and _is_grouped(bare):
            return bare.replace(last, "")
        raise AmountRefused(_("“{text}” is not an amount.", text=text[:40]))
    could_be_group, could_be_decimal = _is_grouped(bare), len(decimals) <= places
    if last == group and could_be_group and not could_be_decimal:
        return whole + decimals
    if not could_be_group or (could_be_decimal and last == decimal):
        return f"{whole}.{decimals}"
    raise AmountRefused(
        _(
            "“{text}” can be read in two ways. Write it without a mark between thousands, such as {example}.",
            text=text[:40],
            example=f"1234{decimal}{'5'.ljust(places, '0')}" if places else "1234",
        )
    )


def _is_grouped(digits: str) -> bool:
    return _GROUPED.fullmatch(digits.lstrip("+-")) is not None


class Amount(BaseModel):
    """Money as it is written in JSON. `amount` counts minor units: 1050 EUR is ten euros fifty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: int = Field(strict=True, gt=-LARGEST, lt=LARGEST, examples=[4500])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])

    @classmethod
    def of(cls, money: Money) -> Amount:
        return cls(amount=money.minor, currency=money.currency)

    def money(self) -> Money:
        return Money(self.amount, self.currency)
