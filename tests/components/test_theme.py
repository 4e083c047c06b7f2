from itertools import chain

import pytest

from marketplace import brand
from marketplace.components import theme


def test_the_stylesheet_opens_with_exactly_the_tokens_of_the_theme():
    assert theme.tokens_css() in theme.STYLESHEET.read_text(encoding="utf-8")


@pytest.mark.parametrize("colours", [brand.LIGHT, brand.DARK], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(colours):
    faint = {pair: round(theme.contrast(*(colours[name] for name in pair)), 2) for pair in theme.READ_TOGETHER}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("colours", [brand.LIGHT, brand.DARK], ids=["light", "dark"])
def test_edges_of_controls_can_be_seen(colours):
    faint = {pair: round(theme.contrast(*(colours[name] for name in pair)), 2) for pair in theme.SEEN_TOGETHER}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 3} == {}


def test_both_themes_name_the_same_colours():
    assert brand.LIGHT.keys() == brand.DARK.keys()


def test_black_on_white_has_the_greatest_contrast():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#777777") == 1


def test_the_stylesheet_names_no_property_that_the_theme_does_not_have():
    import re

    text = theme.STYLESHEET.read_text(encoding="utf-8")
    defined = set(re.findall(r"[\s{]--([\w-]+):", text))
    used = set(chain(re.findall(r"var\(--([\w-]+)", text)))
    assert used - defined == {"seat-colour"}  # set by the seat map on each seat
