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
from babel.numbers import format_currency

from marketplace.errors import Fault, Invalid
from marketplace.words import locale as spoken_locale
from marketplace.words import say

LARGEST = 10**15
"""No amount reaches this many minor units: far above what any event takes in, yet exact in a browser's numbers."""


class MixedCurrencies(Invalid):
    code = "mixed_currencies"

    def __init__(self, one: str, other: str) -> None:
        super().__init__(say("{one} and {other} cannot be reckoned together.", one=one, other=other))


class AmountRefused(Invalid):
    code = "amount_refused"

    def __init__(self, why: str, field: str = "amount") -> None:
        super().__init__(why, [Fault(field, why)])


@cache
def exponent(currency: str) -> int:
    """Decimal places of one unit of `currency`: 2 for EUR, 0 for JPY, 3 for KWD. Raises AmountRefused if unknown."""
    if currency not in Locale("en").currencies or len(currency) != 3:
        raise AmountRefused(
            say("“{currency}” is not a currency that we know (ISO 4217).", currency=currency), "currency"
        )

    return _ISO_EXCEPTIONS.get(currency, 2)


# ISO 4217, table A.1: the currencies whose minor unit is not a hundredth.
_ISO_EXCEPTIONS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


# Bounded, so that a page of digits is refused before anybody reckons with it.
_WRITTEN = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,20})(\.(?P<decimals>\d{1,20}))?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency`: Money(1050, "EUR") is ten euros fifty."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise AmountRefused(say("An amount is a whole number of minor units."))
        if abs(self.minor) >= LARGEST:
            raise AmountRefused(say("An amount stays below {most} minor units.", most=LARGEST))
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read "10.50": plain digits, no exponent, no grouping.

        Raises AmountRefused for what is no number, or has more decimals than the currency.
        """
        written = _WRITTEN.fullmatch(text.strip())
        if not written:
            raise AmountRefused(say("“{text}” is not an amount.", text=text[:40]))
        sign, whole, decimals = written["sign"], written["whole"], (written["decimals"] or "").rstrip("0")
        places = exponent(currency)
        if len(decimals) > places:
            raise AmountRefused(
                say(
                    "{currency} has {places} decimals; “{text}” has more.",
                    currency=currency,
                    places=places,
                    text=text[:40],
                )
            )
        return cls(int(sign + whole + decimals.ljust(places, "0")), currency)

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
            raise AmountRefused(say("An amount is split by weights that are not negative and not all zero."))
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

    def __str__(self) -> str:
        amount = Decimal(self.minor).scaleb(-exponent(self.currency))
        return f"{amount} {self.currency}"

    def _must_match(self, other: Money) -> None:
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
