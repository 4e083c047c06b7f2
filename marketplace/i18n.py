"""One translation layer for all that people read: gettext catalogues in `marketplace/locales`, English in the code.

`say("Pay {total}", total=…)` gives the sentence in the language that is being spoken. Pages are built once for each language,
inside `speaking(language)`; edges set it for each request. What is said may be a Reflex Var in a named place: it is
formatted like in an f-string.

Each language has its own addresses: English pages stand at `/browse`, German ones at `/de/browse`. `page_at` leads to a
page in the language that is being spoken; the API, the forms and files have one address for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from marketplace import addresses

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""What we speak, each under its own name; English stands in the code and needs no catalogue."""

LOCALES = {"en": "en_GB", "de": "de_DE"}
"""The locale in which dates, numbers and money are written, by language."""

DOMAIN = "holdfast"
CATALOGUES = Path(__file__).parent / "locales"

_PREFIX = re.compile(rf"/({'|'.join(language for language in LANGUAGES if language != 'en')})(?=[/?]|$)")
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def spoken() -> str:
    """The language that is being spoken here and now."""
    return _spoken.get()


def locale() -> str:
    """The locale in which it writes dates, numbers and money."""
    return LOCALES[spoken()]


def speak(language: str) -> None:
    """Speak `language` from here to the end of this task; one that we do not know is English."""
    _spoken.set(language if language in LANGUAGES else "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the block; one that we do not know is English."""
    token = _spoken.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _spoken.reset(token)


def _(sentence: str, /, **values: Any) -> str:
    """The sentence in the language that is being spoken, with `values` in their named places."""
    if not sentence:
        return ""  # gettext would answer with the catalogue's own header
    said = _catalogue(spoken()).gettext(sentence)
    return said.format(**values) if values else said


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """The form that goes with `count`, which is also the value `count`, written as people do: “1,237”."""
    written = format_decimal(count, locale=locale())
    return _catalogue(spoken()).ngettext(one, many, count).format(count=written, **values)


def gettext_noop(sentence: str, /) -> str:
    """A sentence that is kept as it is and said where somebody reads it: `say` finds its translation then."""
    return sentence


def page_at(path: str, language: str = "") -> str:
    """The address of the page at `path`, its English address, in `language` or in the one that is being spoken.

    An address that says its language already, and one that leads to no page, stays as it is.
    """
    language = language or spoken()
    if language == "en" or path.startswith(addresses.NO_PAGES) or read_address(path)[0] != "en":
        return path
    return f"/{language}{path}" if path != "/" else f"/{language}"


def own_page(wish: str, language: str = "") -> str:
    """The page of ours that somebody wishes to be led to, in `language` or the one that is spoken; else the front page.

    Every redirect to an address that came from outside goes through here.
    """
    return page_at(wish if addresses.is_page(wish) else "/", language)


def read_address(path: str) -> tuple[str, str]:
    """The language of a page's address, and its English address: ("de", "/browse") for `/de/browse`."""
    said = _PREFIX.match(path)
    return (said[1], path[said.end() :] or "/") if said else ("en", path)


@cache
def _catalogue(language: str) -> NullTranslations:
    """Read from its source, so that nothing needs to be compiled and nothing can be stale."""
    if language == "en":
        return NullTranslations()
    with (CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
