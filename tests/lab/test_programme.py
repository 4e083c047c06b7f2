"""The words about each event of the demo world."""

from __future__ import annotations

from marketplace.lab.programme import PROGRAMME


def test_a_story_reaches_its_seller_with_a_line_a_paragraph_however_it_is_written_down_here() -> None:
    for show in PROGRAMME:
        paragraphs = show.text.split("\n\n")
        assert all(paragraph == " ".join(paragraph.split()) for paragraph in paragraphs), show.title
        assert 1 <= len(paragraphs) <= 3, show.title
