"""What a page lets somebody type is what the rule behind it takes: both read the same number."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from marketplace import components, limits, pages
from marketplace.accounts.inputs import text_errors
from marketplace.components.desk import plan_file
from marketplace.i18n import LANGUAGES, speaking
from marketplace.pages import sell_edit

CARD = 19 + 4
"""Digits of a card and the spaces between them: no rule of ours."""


@pytest.mark.parametrize("room", [pages, components])
def test_no_field_says_a_number_of_its_own(room) -> None:
    said = {
        (path.name, keyword.value.value)
        for path in Path(room.__path__[0]).glob("*.py")
        for keyword in ast.walk(ast.parse(path.read_text()))
        if isinstance(keyword, ast.keyword) and keyword.arg == "max_length" and isinstance(keyword.value, ast.Constant)
    }
    assert said <= {("checkout.py", CARD)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_largest_plan_is_told_and_refused_by_the_same_number(language: str) -> None:
    with speaking(language):
        words = str(sell_edit._import().render())
    assert words.count(f"{limits.PLAN >> 20} MB") == 2
    drawn = plan_file("sel_1", words={}, on_kept=lambda _: [], testid="plan")
    assert f"largest:{limits.PLAN}" in str(drawn.render())


@pytest.mark.parametrize("most", [limits.PERSON, limits.SHOP, limits.ABOUT_SHOP])
def test_the_longest_text_is_taken_and_one_character_more_is_refused(most: int) -> None:
    assert text_errors("name", "x" * most, most=most) == []
    [error] = text_errors("name", "x" * (most + 1), most=most)
    assert str(most) in error.message
