"""Addresses that are said in one place, and nowhere else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from marketplace import addresses

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUSE = Path(addresses.__file__).parent


@pytest.mark.parametrize(
    "page", ["/", "/de/orders", "/browse?text=a%20b&to=/x", "/l/für-elise?seat=A&seat=B", "/o/1?key=x%26y"]
)
def test_a_renewal_leads_back_to_the_very_page(page: str) -> None:
    asked = urlsplit(addresses.renewal(page, NOON))
    assert (asked.scheme, asked.netloc, asked.path) == ("", "", addresses.RENEWAL)
    [back] = parse_qs(asked.query)["next"]
    assert back == page
    assert addresses.is_page(back)


def test_no_two_renewals_are_alike_so_that_a_browser_follows_each() -> None:
    assert addresses.renewal("/", NOON) != addresses.renewal("/", NOON.replace(microsecond=1000))


def test_the_log_in_routes_are_named_here_only() -> None:
    """A script is told the way to fresh cookies by its component, a form its address by its page."""
    said = [*HOUSE.rglob("*.py"), *(HOUSE.parent / "assets").rglob("*.js")]
    assert {path.name for path in said if re.search("[\"'`]/session", path.read_text())} == {"addresses.py"}
