"""One translation layer for all that people read: gettext catalogues in `marketplace/locales`, English in the code.

`say("Pay {total}", total=…)` gives the sentence in the language that is being spoken. Pages are built once for each language,
inside `speaking(language)`; edges set it for each request. What is said may be a Reflex Var in a named place: it is
formatted like in an f-string.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English"}
"""What we speak, each under its own name; English stands in the code and needs no catalogue."""

LOCALES = {"en": "en_GB"}
"""The locale in which dates, numbers and money are written, by language."""

DOMAIN = "holdfast"
CATALOGUES = Path(__file__).parent / "locales"

_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def spoken() -> str:
    """The language that is being spoken here and now."""
    return _spoken.get()


def locale() -> str:
    """The locale in which it writes dates, numbers and money."""
    return LOCALES[spoken()]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the block; one that we do not know is English."""
    token = _spoken.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _spoken.reset(token)


def say(sentence: str, /, **facts: Any) -> str:
    """The sentence in the language that is being spoken, with `facts` in their named places."""
    said = _catalogue(spoken()).gettext(sentence)
    return said.format(**facts) if facts else said


def say_n(one: str, many: str, count: int, /, **facts: Any) -> str:
    """The form that goes with `count`, which is also the fact `count`."""
    return _catalogue(spoken()).ngettext(one, many, count).format(count=count, **facts)


@cache
def _catalogue(language: str) -> NullTranslations:
    return NullTranslations() if language == "en" else translation(DOMAIN, CATALOGUES, [language])
