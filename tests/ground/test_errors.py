"""Every obstacle has a code for machines and words for people."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from marketplace.errors import (
    Conflict,
    FieldError,
    Forbidden,
    HoldfastError,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)

PLAIN = (NotFound, Unauthenticated, Forbidden, Conflict, Invalid, TooLarge, Unavailable)


@pytest.mark.parametrize("obstacle", PLAIN)
def test_an_obstacle_states_its_details(obstacle: type[HoldfastError]) -> None:
    error = obstacle("The seat is gone.", seat="A1")
    assert str(error) == error.message == "The seat is gone."
    assert error.details == {"seat": "A1"}


def test_codes_tell_obstacles_apart() -> None:
    assert len({obstacle.code for obstacle in (*PLAIN, TooMany)}) == len(PLAIN) + 1


def test_an_invalid_input_names_every_error() -> None:
    errors = [FieldError("name", "is empty"), FieldError("price", "is negative")]
    assert Invalid("Two things are wrong.", errors).errors == errors
    assert Invalid("Wrong.").errors == []


def test_too_many_and_unavailable_say_when_to_come_back() -> None:
    assert TooMany("Slowly.", 7).retry_after == 7
    assert Unavailable("Away.").retry_after == 5
    assert Unavailable("Away.", retry_after=60).retry_after == 60


def refusals(kind: type[HoldfastError] = HoldfastError) -> Iterator[type[HoldfastError]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("marketplace."):
            yield below
            yield from refusals(below)


def test_whatever_has_a_code_of_its_own_has_a_title_of_its_own() -> None:
    import_module("marketplace.api.app")
    with_code = [kind for kind in refusals() if "code" in vars(kind)]
    assert len(with_code) > 80
    assert [kind.__name__ for kind in with_code if "title" not in vars(kind)] == []
