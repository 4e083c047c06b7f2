"""Every email can be looked at before anybody gets it."""

from __future__ import annotations

import inspect
from datetime import datetime

import pytest

from marketplace import settings
from marketplace.errors import Invalid, NotFound
from marketplace.i18n import LANGUAGES
from marketplace.lab import email_previews
from marketplace.notifications import emails as written


def test_no_email_is_missing(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each function that writes one is called."""
    writers = {
        name
        for name, function in inspect.getmembers(written, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == written.__name__
    }
    called = set()
    for name in writers:
        write = getattr(written, name)

        def note(*events: object, name: str = name, write: object = write, **more: object) -> object:
            called.add(name)
            return write(*events, **more)  # type: ignore[operator]

        monkeypatch.setattr(written, name, note)
    email_previews.samples("en", now)
    assert called == writers


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_whole_in_each_language(language: str, now: datetime) -> None:
    found = email_previews.samples(language, now)
    assert len({one.kind for one in found}) == len(found)
    for one in found:
        assert one.html.startswith("<!doctype html>")
        assert f'lang="{language}"' in one.html
        assert one.subject
        assert "http" in one.text
        assert email_previews.sample(one.kind, language, now).subject == one.subject


def test_languages_differ(now: datetime) -> None:
    english, german = (email_previews.sample("confirmed", language, now) for language in ("en", "de"))
    assert english.subject != german.subject


def test_what_is_not_there_is_refused(now: datetime) -> None:
    with pytest.raises(NotFound, match="no notification"):
        email_previews.sample("love", "en", now)
    with pytest.raises(Invalid, match="not available"):
        email_previews.samples("tlh", now)


def test_where_the_lab_is_closed_there_are_none(now: datetime, own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"lab": False}))
    with pytest.raises(NotFound):
        email_previews.samples("en", now)
    with pytest.raises(NotFound):
        email_previews.sample("confirmed", "en", now)
