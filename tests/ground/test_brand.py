"""One brand: pages, mails, tickets and the files of the browser show the same name in the same colours."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from marketplace import brand
from marketplace.bookings import documents
from marketplace.notifications import layout

HOUSE = Path(brand.__file__).parent
ASSETS = HOUSE.parent / "assets"
PLANS = {"grids.py", "halls.py"}
"""A plan's colours are its own, and kept with it."""
OURS = {brand.LIGHT[name].lower() for name in ("accent", "ink", "ink-soft", "line", "ground")}
"""A colour that somebody repeats is one of these; white is everybody's."""


def texts(path: Path) -> set[str]:
    """Every string of a module that is no docstring."""
    tree = ast.parse(path.read_text())
    notes = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list)
        for statement in body
        if isinstance(statement, ast.Expr)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes
    }


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda path: str(path.relative_to(HOUSE)))
def test_nobody_else_says_the_name_or_a_colour(path: Path) -> None:
    if path == HOUSE / "brand.py":
        return
    for text in texts(path):
        assert not re.search(rf"\b{brand.NAME}\b", text, re.IGNORECASE if text.isupper() else 0)
        assert path.name in PLANS or not OURS & {word.strip("'\";:,") for word in text.lower().split()}


def test_the_browsers_own_files_show_it() -> None:
    manifest = json.loads((ASSETS / "manifest.webmanifest").read_text())
    assert (manifest["name"], manifest["short_name"]) == (brand.NAME, brand.NAME)
    assert {manifest["background_color"], manifest["theme_color"]} == {brand.LIGHT["ground"]}
    assert brand.LIGHT["accent"] in (ASSETS / "favicon.svg").read_text()


def test_mails_and_tickets_are_in_its_colours() -> None:
    assert brand.LIGHT["accent"] == layout._ACCENT
    assert "#{:02x}{:02x}{:02x}".format(*documents._ACCENT) == brand.LIGHT["accent"]
