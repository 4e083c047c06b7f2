"""The fonts that we ship, and how wide a text is in them: what is drawn here looks alike on every machine.

Noto Sans writes Latin, Greek and Cyrillic, in two weights. One more face for each other script, one for Chinese, Japanese and Korean, and
one for emoji stand in where it has no glyph. `bin/make-fonts` made them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz as hb

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "NotoSans-Regular.ttf", FONTS / "NotoSans-Bold.ttf"

_EMOJI = FONTS / "NotoEmoji.ttf"
_JOINERS = {0x200C, 0x200D}
"""What shapes its neighbours and is never seen itself."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file: what it can write, and how wide that is."""

    path: Path
    letters: frozenset[int]
    font: hb.Font


@cache
def stand_ins() -> tuple[Face, ...]:
    """The faces that stand in for Noto Sans, those for scripts before the one for emoji, which has digits as well."""
    others = sorted(set(FONTS.glob("*.ttf")) - {REGULAR, BOLD, _EMOJI})
    return tuple(_face(path) for path in (*others, _EMOJI))


def stand_ins_for(text: str) -> tuple[Face, ...]:
    """Those that the text needs: each is the first to have a letter that no face before it has."""
    return tuple(dict.fromkeys(face for face in map(_stand_in, text) if face))


def files_for(text: str) -> tuple[Path, ...]:
    """The files of all faces that the text is written with."""
    return (REGULAR, BOLD, *(face.path for face in stand_ins_for(text)))


def width(text: str, size: float, *, is_bold: bool = False) -> float:
    """How much room the text takes in one line, in the unit of `size`."""
    return sum(_advance(face, run) for face, run in _runs(text, BOLD if is_bold else REGULAR)) * size


def composed(text: str) -> str:
    """The text as fonts like it: accents that were typed on their own joined to their letters, emoji of one style."""
    return unicodedata.normalize("NFC", text).replace("\ufe0f", "").replace("\ufe0e", "")


@cache
def _face(path: Path) -> Face:
    face = hb.Face(hb.Blob.from_file_path(path))
    return Face(path, frozenset(face.unicodes), hb.Font(face))


@lru_cache(maxsize=4096)
def _stand_in(letter: str) -> Face | None:
    code = ord(letter)
    if code in _JOINERS or code in _face(REGULAR).letters:
        return None
    return next((face for face in stand_ins() if code in face.letters), None)


def _runs(text: str, main: Path) -> Iterator[tuple[Face, str]]:
    """The text cut where its face changes."""
    run, at = "", _face(main)
    for letter in text:
        face = at if run and ord(letter) in _JOINERS else _stand_in(letter) or _face(main)
        if run and face is not at:
            yield at, run
            run = ""
        run, at = run + letter, face
    if run:
        yield at, run


@lru_cache(maxsize=4096)
def _advance(face: Face, run: str) -> float:
    shaped = hb.Buffer()
    shaped.add_str(run)
    shaped.guess_segment_properties()
    hb.shape(face.font, shaped)
    advance = sum(int(position.x_advance) for position in shaped.glyph_positions)
    return advance / int(face.font.face.upem)
