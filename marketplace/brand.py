"""What makes it ours, wherever it is seen: the name, the colours and the lettering of pages, mails, tickets and posters.

The pictures of the mark in `assets` are drawn in these colours.
"""

from __future__ import annotations

NAME = "Holdfast"
SUMMARY = "A marketplace for things that run out."

LIGHT = {
    "ground": "#fbf8f3",
    "surface": "#ffffff",
    "sunken": "#f4efe7",
    "line": "#e5dccf",
    "line-strong": "#8f8577",
    "ink": "#211c16",
    "ink-soft": "#5e564b",
    "accent": "#0b6650",
    "accent-strong": "#084f3e",
    "accent-soft": "#def1ea",
    "accent-ink": "#0a5c48",
    "on-accent": "#ffffff",
    "danger": "#b3261e",
    "danger-soft": "#fdebe8",
    "on-danger": "#ffffff",
    "warning": "#855000",
    "warning-soft": "#fff0d3",
    "good": "#1d6b3a",
    "good-soft": "#e3f3e7",
    "map-ground": "#f7f2ea",
    "seat-taken": "#d6cdc0",
    "seat-off": "#ece5da",
    "seat-mine": "#211c16",
    "seat-mine-mark": "#ffffff",
    "veil": "rgb(33 28 22 / 45%)",
}

DARK = {
    "ground": "#15120e",
    "surface": "#1e1a16",
    "sunken": "#110e0b",
    "line": "#38322b",
    "line-strong": "#8d8376",
    "ink": "#f6f1e9",
    "ink-soft": "#bdb3a5",
    "accent": "#5bd3ae",
    "accent-strong": "#86e5c8",
    "accent-soft": "#12392d",
    "accent-ink": "#74ddbd",
    "on-accent": "#06271d",
    "danger": "#ff9a8f",
    "danger-soft": "#43201c",
    "on-danger": "#3b0d09",
    "warning": "#ffc66b",
    "warning-soft": "#3d2d10",
    "good": "#7ddb9a",
    "good-soft": "#17371f",
    "map-ground": "#1a1612",
    "seat-taken": "#453e36",
    "seat-off": "#2b2620",
    "seat-mine": "#f6f1e9",
    "seat-mine-mark": "#15120e",
    "veil": "rgb(0 0 0 / 62%)",
}

FONTS = {
    "display": '"Bricolage Grotesque", "Avenir Next", "Segoe UI", system-ui, sans-serif',
    "text": '"Figtree", "Segoe UI", system-ui, -apple-system, sans-serif',
}

PRINT = "Noto Sans"
"""The font of what is drawn here, tickets and shared pictures: it has every letter (see `typefaces`)."""

POSTER_SANS = "'Avenir Next','Segoe UI','Helvetica Neue',Helvetica,Arial,sans-serif"
POSTER_SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,'Times New Roman',serif"
"""A poster is an image, which loads no font: the viewer's own that are nearest."""


def rgb(name: str) -> tuple[int, int, int]:
    """A colour of the light palette as print wants it."""
    color = LIGHT[name]
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
