"""What people read is said in the language that is being spoken."""

from __future__ import annotations

from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from marketplace import i18n
from marketplace.i18n import _, ngettext, speaking, spoken


@pytest.fixture
def bavarian(monkeypatch: pytest.MonkeyPatch) -> str:
    """A language of three sentences."""
    catalogue = Catalog(locale="de_DE")
    catalogue.add("Pay {total}", "Zoin {total}")
    catalogue.add(("{count} ticket", "{count} tickets"), ("{count} Kartn", "{count} Kartna"))
    file = BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    known = GNUTranslations(file)
    monkeypatch.setitem(i18n.LANGUAGES, "bar", "Boarisch")
    monkeypatch.setitem(i18n.LOCALES, "bar", "de_AT")
    monkeypatch.setattr(i18n, "_catalogue", lambda _: known)
    return "bar"


def test_english_stands_in_the_code() -> None:
    assert spoken() == "en"
    assert i18n.locale() == "en_GB"
    assert _("Pay {total}", total="€5.00") == "Pay €5.00"
    assert _("A brace { that is none") == "A brace { that is none"
    assert [ngettext("{count} ticket", "{count} tickets", count) for count in (1, 2)] == ["1 ticket", "2 tickets"]


def test_another_language_is_spoken_inside_its_block_and_no_further(bavarian: str) -> None:
    with speaking(bavarian):
        assert (spoken(), i18n.locale()) == ("bar", "de_AT")
        assert _("Pay {total}", total="5,00 €") == "Zoin 5,00 €"
        assert [ngettext("{count} ticket", "{count} tickets", count) for count in (1, 2)] == ["1 Kartn", "2 Kartna"]
    assert spoken() == "en"


def test_what_has_no_translation_is_said_in_english(bavarian: str) -> None:
    with speaking(bavarian):
        assert _("Sold out") == "Sold out"


TRICKS = [
    "", "evil.example", "https://evil.example", "HTTPS:evil.example", "javascript:alert(1)", "data:text/html,x",
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example",
    "/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%252fevil.example", "/%25252fevil.example",
    "/%2525252525252fevil.example", "/de//evil.example", "/de/%2fevil.example", "/de/\\evil.example", "/browse//x",
    "/\tevil.example", "/\t/evil.example", "/\r\n//evil.example", "/\nx", "/%09/evil.example", "/%0d%0aLocation:x",
    "/\x00", "/%00/evil.example", "\t//evil.example", " //evil.example", "/\u2028x", "/./\\evil.example", "/browse?next=\\",
    "/session/renew?next=/session/renew", "/api/v1/docs", "/%61pi/v1/docs", "?next=//evil.example", "#x", "./browse",
]  # fmt: skip


@pytest.mark.parametrize("wish", TRICKS)
def test_nobody_is_led_to_another_site(wish: str) -> None:
    assert i18n.own_page(wish) == "/"
    with speaking("de"):
        assert i18n.own_page(wish) == "/de"
    assert i18n.own_page(wish, "de") == "/de"


@pytest.mark.parametrize(
    "wish",
    [
        "/",
        "/browse",
        "/orders?x=1",
        "/l/lear?seat=a%20b",
        "/browse?text=%2F%2F&to=https://x.example",
        "/l/für-elise#seats",
    ],
)
def test_whoever_wishes_to_see_a_page_of_ours_is_led_there(wish: str) -> None:
    assert i18n.own_page(wish) == wish
    assert i18n.own_page(wish, "de") == f"/de{wish}".removesuffix("/")
    assert i18n.own_page(f"/de{wish}") == f"/de{wish}"


def test_a_language_that_nobody_knows_is_english() -> None:
    with speaking("tlh"):
        assert spoken() == "en"


@pytest.mark.parametrize(("language", "written"), [("en", "1,237 places"), ("de", "1.237 Plätze")])
def test_a_large_count_is_grouped_as_readers_do(language: str, written: str) -> None:
    with speaking(language):
        assert ngettext("{count} place", "{count} places", 1237) == written
