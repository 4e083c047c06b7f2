"""bin/make-fonts: the licences beside the fonts, which say that these were changed."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "bin/make-fonts"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = SourceFileLoader("make_fonts", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("package", "begins"),
    [
        ("manimgx_fonts", "The fonts in src/manimgx_fonts/ (Noto, unmodified), with the copyright notices they carry:"),
        (
            "manimgx_fonts_cjk",
            "The font in src/manimgx_fonts_cjk/ (Noto Sans CJK, NotoSansCJK-VF.otf.ttc, unmodified):",
        ),
    ],
)
def test_the_licences_come_out_as_they_are_kept(script: ModuleType, package: str, begins: str):
    name, theirs, ours = script.LICENCES[package]
    kept = (script.FONTS / f"LICENSE-{name}.txt").read_text()
    _, end, rest = kept.partition("\n")
    assert script._licence(begins + end + rest, theirs, ours) == kept


def test_a_licence_in_other_words_is_not_passed_on_unread(script: ModuleType):
    with pytest.raises(SystemExit, match="unmodified"):
        script._licence("The fonts here:", "(unmodified)", "(cut down)")
