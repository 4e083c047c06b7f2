"""Who goes on journeys. Each has an address of their own, so that their mail is told apart."""

from __future__ import annotations

from itertools import count

from tests.journeys.pages.checkout import Buyer

_numbers = count(1)


def somebody(name: str = "Nora Lindqvist") -> Buyer:
    """A buyer whom no other journey knows."""
    return Buyer(name, f"{name.partition(' ')[0].lower()}-{next(_numbers)}@example.org")
