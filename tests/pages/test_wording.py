"""Nothing that people read, and no address of a page, goes around the one layer that knows their language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.errors import HoldfastError
from marketplace.pages.routes import routes
from marketplace.payments.errors import (
    BadSignature,
    ProviderRefused,
    ProviderSilent,
    UnreadableWebhook,
    WebhookTooLarge,
)

CODE = Path(__file__).parents[2] / "marketplace"
FILES = sorted(
    path
    for room in ("pages", "components", "state")
    for path in (CODE / room).glob("*.py")
    if path.name != "theme.py"  # it writes a stylesheet
)

SAYING = {"_", "ngettext", "gettext_noop"}
LEADING = {"page_at", "Route"}

PROSE = re.compile(r"[“(]?[A-Z][a-z]+([ ,.:!?’–].*)?|.*[a-z][.!?…]|.*[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}.*", re.DOTALL)
"""What looks like words for people: begins like a sentence, ends like one, or has three words in a row."""

NO_WORDS = {"class_name", "style", "grid_template", "auto_complete", "autocomplete", "rel", "custom_attrs", "tag"}
"""Arguments whose words are for browsers."""

NAMES = {"Holdfast"} | {"Firefox", "Chrome", "Safari", "Edge", "Windows", "Android", "Linux"}
"""Called alike in every language."""


def refusals(kind: type[HoldfastError] = HoldfastError) -> Iterator[str]:
    """What people may be refused with, by name."""
    for below in kind.__subclasses__():
        if below not in FOR_PROVIDERS:
            yield below.__name__
            yield from refusals(below)


FOR_PROVIDERS = {ProviderRefused, ProviderSilent, UnreadableWebhook, BadSignature, WebhookTooLarge}
"""What passes between programs stays English."""

REFUSING = {*refusals(), "FieldError", "fault"}
ROOMS = sorted(path for path in CODE.rglob("*.py") if path.name not in {"redis.py", "schedule.py"})

ROUTES = {route.path.split("/")[1] for route in routes()} - {""}
ADDRESS = re.compile(rf"/({'|'.join(sorted(ROUTES))})\b.*")


@dataclass(frozen=True)
class Literal:
    """A string in the code: its line, the calls and classes that it stands in, the argument or name that it is for."""

    line: int
    text: str
    calls: frozenset[str]
    argument: str


class Literals(ast.NodeVisitor):
    """Finds every string that is no docstring; what an f-string has in its places is `{}`."""

    def __init__(self) -> None:
        self.found: list[Literal] = []
        self.calls: tuple[str, ...] = ()
        self.argument = ""

    @classmethod
    def of(cls, source: str) -> list[Literal]:
        reader = cls()
        reader.visit(ast.parse(source))
        return reader.found

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._keep(node, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._keep(node, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.visit(node.func)
        calls = self.calls
        self.calls = (*calls, node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self._visit_for(keyword.arg or self.argument, keyword.value)
        self.calls = calls

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self.calls = self.calls, (*self.calls, node.name)
        self.generic_visit(node)
        self.calls = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_for(ast.unparse(node.targets[0]), node.value)

    def _visit_for(self, argument: str, node: ast.expr) -> None:
        outer, self.argument = self.argument, argument
        self.visit(node)
        self.argument = outer

    def _keep(self, node: ast.expr, text: str) -> None:
        self.found.append(Literal(node.lineno, text, frozenset(self.calls), self.argument))


def unsaid(source: str) -> list[str]:
    """Words for people that do not go through the catalogues."""
    return [
        f"{one.line}: {one.text}"
        for one in Literals.of(source)
        if PROSE.fullmatch(one.text)
        and not one.calls & SAYING
        and one.argument not in NO_WORDS
        and one.text not in NAMES
    ]


def unsaid_refusals(source: str) -> list[str]:
    """What a room refuses with in words that do not go through the catalogues."""
    return [
        f"{one.line}: {one.text}"
        for one in Literals.of(source)
        if PROSE.fullmatch(one.text) and one.calls & REFUSING and not one.calls & SAYING
    ]


def unled(source: str) -> list[str]:
    """Addresses of pages that stay English."""
    return [
        f"{one.line}: {one.text}"
        for one in Literals.of(source)
        if ADDRESS.fullmatch(one.text) and not one.calls & LEADING and one.argument not in {"current", "BROWSE"}
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CODE).as_posix())
def test_words_for_people_are_said(path: Path) -> None:
    assert unsaid(path.read_text()) == []


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.relative_to(CODE).as_posix())
def test_a_refusal_is_said(path: Path) -> None:
    assert unsaid_refusals(path.read_text()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CODE).as_posix())
def test_a_link_stays_in_its_reader_s_language(path: Path) -> None:
    assert unled(path.read_text()) == []


def test_what_goes_around_is_found() -> None:
    assert unsaid('rx.el.p("Sold out", class_name="Some class of mine")') == ["1: Sold out"]
    assert unsaid('rx.el.p(f"{count} tickets are left for you")') == ["1: {} tickets are left for you"]
    assert unsaid('notice(rx.cond(is_over, "this is over.", ""), testid="over")') == ["1: this is over."]
    assert unsaid('rx.el.p(_("Sold out"))') == []
    assert unsaid_refusals('raise NotFound("There is no such shop.")') == ["1: There is no such shop."]
    assert (
        unsaid_refusals('class NotFound(HoldfastError):\n  def __init__(self):\n    super().__init__("Not here.")')
        != []
    )
    assert unsaid_refusals('raise NotFound(_("There is no such shop."))') == []
    assert unled('rx.el.a(_("Log in"), href="/login?next=/sell")') == ["1: /login?next=/sell"]
    assert unled('rx.redirect(f"/o/{order.id}")') == ["1: /o/{}"]
    assert unled('rx.el.a(_("Log in"), href=page_at("/login"))') == []
