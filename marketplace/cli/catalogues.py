"""The catalogues of what is said: brought up to date from the code, and looked through for what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from marketplace.brand import NAME
from marketplace.i18n import CATALOGUES, DOMAIN, LANGUAGES

CODE = Path(__file__).parents[1]
SAYING = {"_": None, "ngettext": (1, 2), "gettext_noop": None}
HEADER = """# {name}. `make words` brings this up to date with the code.
msgid ""
msgstr ""
"Project-Id-Version: {brand}\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
_PLACE = re.compile(r"\{(\w*)")


def said() -> Catalog:
    """Every sentence that the code says, and where."""
    catalogue = Catalog(charset="utf-8")
    for file, _, sentence, comments, _ in extract_from_dir(CODE, keywords=SAYING, comment_tags=("Words:",)):
        catalogue.add(sentence, locations=[(f"{CODE.name}/{file}", None)], auto_comments=comments)  # type: ignore[list-item]
    return catalogue


def path_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def known(language: str) -> Catalog:
    """The catalogue as it is written."""
    with path_of(language).open("rb") as source:
        return read_po(source, locale=language)


def update(language: str) -> None:
    """Write the catalogue anew: with what is said now, without what is said no more."""
    catalogue = known(language)
    catalogue.update(said(), no_fuzzy_matching=True)
    with path_of(language).open("wb") as target:
        target.write(
            HEADER.format(
                brand=NAME, name=LANGUAGES[language], language=language, plural=catalogue.plural_forms
            ).encode()
        )
        write_po(
            target,
            catalogue,
            width=120,
            sort_by_file=True,
            include_lineno=False,
            ignore_obsolete=True,
            omit_header=True,
        )


def errors(language: str) -> Iterator[str]:
    """What is missing in the catalogue, or cannot be right."""
    catalogue, wanted = known(language), said()
    for message in wanted:
        if message.id and message.id not in catalogue:
            yield f"not in the catalogue: {message.id!r}"
    for message in catalogue:
        if not message.id:
            continue
        if message.id not in wanted:
            yield f"said no more: {message.id!r}"
        if message.fuzzy:
            yield f"guessed: {message.id!r}"
        forms = _forms(message)
        if not all(forms) or (message.pluralizable and len(forms) != catalogue.num_plurals):
            yield f"not translated: {message.id!r}"
        elif any(not _fits(message, form) for form in forms):
            yield f"other places than the original: {message.id!r}"


def languages() -> list[str]:
    """The ones that have a catalogue: all but English, which stands in the code."""
    return [language for language in LANGUAGES if language != "en"]


def _forms(message: Message) -> tuple[str, ...]:
    """Its translation: one form, or as many as the language has plurals; empty where there is none yet."""
    said = message.string
    return (said or "",) if isinstance(said, str | None) else tuple(str(form or "") for form in said)


def _fits(message: Message, form: str) -> bool:
    """Whether a form names the same places. One for a single thing may leave its number unsaid, as English may."""
    originals = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    return any(Counter(_PLACE.findall(form)) == Counter(_PLACE.findall(original)) for original in originals)
