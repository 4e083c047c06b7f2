"""One thing that fails stops no other, is reported, and is not tried for ever."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from marketplace import batches
from marketplace.batches import Incomplete, drain, each, in_turn
from marketplace.errors import Unavailable


class Desk:
    """Letters that wait; some are torn, some are not ours to move, and portions are of two."""

    def __init__(self, waiting: str, *, torn: str = "", stuck: str = "") -> None:
        self.waiting, self.torn, self.stuck, self.tried = list(waiting), torn, stuck, ""

    async def find(self, passed_over: Collection[str]) -> list[str]:
        return [letter for letter in self.waiting if letter not in passed_over][:2]

    async def act(self, letter: str) -> bool:
        self.tried += letter
        assert len(self.tried) < 50, "goes round in circles"
        if letter in self.torn:
            raise RuntimeError(f"{letter} is torn")
        if letter in self.stuck:
            return False
        self.waiting.remove(letter)
        return True


async def test_all_that_waits_is_done_portion_by_portion() -> None:
    desk = Desk("abcde")
    assert await drain(desk.find, desk.act) == 5
    assert desk.tried == "abcde"


async def test_what_fails_is_tried_once_named_and_stops_nothing_behind_it() -> None:
    desk = Desk("abcdef", torn="ab", stuck="c")
    with pytest.raises(Incomplete) as caught:
        await drain(desk.find, desk.act)
    assert desk.tried == "abcdef"
    assert caught.value.did == 3
    assert list(caught.value.failures) == ["a", "b"]
    assert caught.value.message == "3 done, 2 failed; the first is a: RuntimeError('a is torn')"


async def test_it_gives_up_where_everything_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_PASSED_OVER", 4)
    desk = Desk("abcdefgh", torn="abcdefgh")
    with pytest.raises(Incomplete):
        await drain(desk.find, desk.act)
    assert desk.tried == "abcd"


async def test_of_a_given_list_each_is_tried() -> None:
    desk = Desk("abc", torn="a")
    with pytest.raises(Incomplete) as caught:
        await each("abc", desk.act)
    assert (desk.tried, caught.value.did) == ("abc", 2)


async def test_what_all_need_being_away_ends_it_at_once() -> None:
    tried = ""

    async def act(letter: str) -> bool:
        nonlocal tried
        tried += letter
        raise Unavailable("The database does not answer.")

    with pytest.raises(Unavailable):
        await each("abc", act)
    assert tried == "a"


async def test_every_piece_of_work_has_its_turn() -> None:
    async def two() -> int:
        return 2

    async def away() -> int:
        raise Unavailable("Redis does not answer.")

    with pytest.raises(Incomplete) as caught:
        await in_turn(each("ab", Desk("ab", torn="a").act), away(), two())
    assert (caught.value.did, list(caught.value.failures)) == (3, ["a"])
    with pytest.raises(Unavailable):
        await in_turn(away(), two())
    assert await in_turn(two(), two()) == 4
