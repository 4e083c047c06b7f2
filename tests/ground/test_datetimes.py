"""Times and lengths as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace import datetimes
from marketplace.i18n import speaking


@pytest.mark.parametrize(
    ("length", "english", "german"),
    [
        (timedelta(minutes=1), "1 minute", "1 Minute"),
        (timedelta(minutes=90), "90 minutes", "90 Minuten"),
        (timedelta(hours=1), "1 hour", "1 Stunde"),
        (timedelta(hours=24), "24 hours", "24 Stunden"),
        (timedelta(hours=36), "36 hours", "36 Stunden"),
        (timedelta(days=2), "2 days", "2 Tage"),
        (timedelta(days=7), "7 days", "7 Tage"),
    ],
)
def test_a_length_is_told_in_whole_units(length: timedelta, english: str, german: str) -> None:
    assert datetimes.span(length) == english
    with speaking("de"):
        assert datetimes.span(length) == german
