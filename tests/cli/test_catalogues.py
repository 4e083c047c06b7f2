"""Every sentence has its words in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from marketplace.cli import catalogues
from marketplace.cli.commands import WRONG, main


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalogue, and code that says as much."""
    said = Catalog()
    for sentence in ("Sold out", "Pay {total}", ("{count} seat", "{count} seats")):
        said.add(sentence)
    monkeypatch.setattr(catalogues, "said", lambda: said)
    monkeypatch.setattr(catalogues, "CATALOGUES", tmp_path)
    path = catalogues.path_of("de")
    path.parent.mkdir(parents=True)
    return path


def write(path: Path, **changes: object) -> None:
    """A catalogue that is right, but for `changes` of its messages."""
    catalogue = Catalog(locale="de")
    catalogue.add("Sold out", "Ausverkauft")
    catalogue.add("Pay {total}", "{total} bezahlen")
    catalogue.add(("{count} seat", "{count} seats"), ("{count} Platz", "{count} Plätze"))
    for name, value in changes.items():
        setattr(catalogue["Pay {total}"], name, value)
    with path.open("wb") as target:
        write_po(target, catalogue)


@pytest.mark.parametrize("language", catalogues.languages())
def test_nothing_lacks_words_and_nothing_is_guessed(language: str) -> None:
    assert list(catalogues.errors(language)) == []


@pytest.mark.parametrize("language", catalogues.languages())
def test_a_catalogue_is_as_make_words_writes_it(language: str) -> None:
    path = catalogues.path_of(language)
    written = path.read_text()
    try:
        catalogues.update(language)
        assert path.read_text() == written, "run make words"
    finally:
        path.write_text(written)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"string": ""}, "not translated"),
        ({"string": "{amount} bezahlen"}, "other places"),
        ({"string": "Bezahlen"}, "other places"),
        ({"flags": {"fuzzy"}}, "guessed"),
        ({"id": "Pay {sum}"}, "said no more"),
        ({"id": "Pay {sum}"}, "not in the catalogue"),
    ],
)
def test_each_error_is_named(german: Path, changes: dict[str, object], fault: str) -> None:
    write(german)
    assert list(catalogues.errors("de")) == []
    write(german, **changes)
    assert any(found.startswith(fault) for found in catalogues.errors("de"))


def test_a_form_of_the_plural_that_is_missing_is_a_fault(german: Path) -> None:
    write(german)
    german.write_text(german.read_text().replace('msgstr[1] "{count} Plätze"', 'msgstr[1] ""'))
    assert list(catalogues.errors("de")) == ["not translated: ('{count} seat', '{count} seats')"]


def test_bringing_up_to_date_keeps_words_and_invents_none(german: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(german, id="Pay {sum}")
    assert main(["words"]) == WRONG
    assert "not translated: 'Pay {total}'" in capsys.readouterr().out
    with german.open("rb") as source:
        catalogue = read_po(source, locale="de")
    assert catalogue["Sold out"].string == "Ausverkauft"
    assert not catalogue["Pay {total}"].string
    assert "Pay {sum}" not in catalogue
