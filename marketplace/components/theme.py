"""Every space, radius, shadow and motion of the pages, with the colours and fonts of `marketplace/brand.py`.

`tokens_css()` writes them as the custom properties that open assets/holdfast.css; everything else in that file, and the
seat map's canvas, only ever names a property. Change a value here or there, run `python -m marketplace.components.theme`, done.
"""

from __future__ import annotations

from pathlib import Path

from marketplace.brand import DARK, FONTS, LIGHT

STYLESHEET = Path(__file__).parents[2] / "assets" / "holdfast.css"
BEGIN, END = "/* tokens: written by marketplace/components/theme.py */", "/* end of tokens */"

READ_TOGETHER = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "map-ground"),
    ("ink-soft", "ground"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("ink-soft", "map-ground"),
    ("accent-ink", "ground"),
    ("accent-ink", "surface"),
    ("accent-ink", "sunken"),
    ("accent-ink", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("danger", "ground"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
    ("on-danger", "danger"),
    ("ink", "danger-soft"),
    ("warning", "surface"),
    ("warning", "warning-soft"),
    ("ink", "warning-soft"),
    ("good", "surface"),
    ("good", "good-soft"),
    ("ink", "good-soft"),
    ("ink", "accent-soft"),
    ("seat-mine-mark", "seat-mine"),
)
"""Pairs of text and ground that the stylesheet sets on each other: each reaches WCAG 2.2's 4.5 to 1, in both themes."""

SEEN_TOGETHER = (
    ("line-strong", "surface"),
    ("line-strong", "ground"),
    ("accent", "ground"),
    ("seat-mine", "map-ground"),
)
"""Edges of controls and marks against what lies behind: 3 to 1 (WCAG 2.2, 1.4.11)."""

SPACES = {"1": "0.25rem", "2": "0.5rem", "3": "1rem", "4": "1.5rem", "5": "2rem", "6": "3rem", "7": "4rem", "8": "6rem"}
"""Steps of the 8-point grid (with one half step for the inside of small things)."""

RADII = {"small": "0.5rem", "medium": "0.875rem", "round": "62.5rem"}

SIZES = {
    "small": "0.875rem",
    "text": "1rem",
    "lead": "1.125rem",
    "heading": "1.375rem",
    "title": "clamp(1.75rem, 1.35rem + 1.8vw, 2.5rem)",
    "hero": "clamp(2.25rem, 1.5rem + 3.6vw, 4rem)",
}

MOTION = {"quick": "150ms", "calm": "250ms", "ease": "cubic-bezier(0.2, 0.7, 0.2, 1)"}

SHADOWS_LIGHT = {
    "low": "0 1px 2px rgb(60 45 25 / 8%), 0 2px 8px rgb(60 45 25 / 6%)",
    "high": "0 4px 12px rgb(60 45 25 / 10%), 0 18px 48px rgb(60 45 25 / 16%)",
}
SHADOWS_DARK = {
    "low": "0 1px 2px rgb(0 0 0 / 40%), 0 0 0 1px rgb(255 255 255 / 4%)",
    "high": "0 4px 12px rgb(0 0 0 / 45%), 0 18px 48px rgb(0 0 0 / 60%)",
}

TOUCH = "2.75rem"
"""44 CSS pixels: nothing that can be pressed is smaller."""


def tokens_css() -> str:
    """The opening block of the stylesheet: light by default, dark when the system or the viewer says so."""
    steady = {
        **{f"space-{name}": value for name, value in SPACES.items()},
        **{f"radius-{name}": value for name, value in RADII.items()},
        **{f"font-{name}": value for name, value in FONTS.items()},
        **{f"size-{name}": value for name, value in SIZES.items()},
        **MOTION,
        "touch": TOUCH,
    }
    light = {**LIGHT, **{f"shadow-{name}": value for name, value in SHADOWS_LIGHT.items()}}
    dark = {**DARK, **{f"shadow-{name}": value for name, value in SHADOWS_DARK.items()}}

    return "\n".join(
        [
            BEGIN,
            _rule(":root", {**steady, **light}, "light"),
            "@media (prefers-color-scheme: dark) {",
            _rule(':root:not(.light):not([data-theme="light"])', dark, "dark", indent="  "),
            "}",
            _rule(':root.dark, :root[data-theme="dark"]', dark, "dark"),
            END,
        ]
    )


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two "#rrggbb" colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def write(stylesheet: Path = STYLESHEET) -> None:
    """Puts today's tokens into the stylesheet, in place of those between its two marks."""
    text = stylesheet.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    stylesheet.write_text(before + tokens_css() + after, encoding="utf-8")


def _rule(selector: str, properties: dict[str, str], scheme: str, indent: str = "") -> str:
    lines = [
        f"{indent}  color-scheme: {scheme};",
        *(f"{indent}  --{name}: {value};" for name, value in properties.items()),
    ]
    return "\n".join([f"{indent}{selector} {{", *lines, f"{indent}}}"])


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


if __name__ == "__main__":
    write()
