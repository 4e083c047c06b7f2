"""Which pages there are."""

from __future__ import annotations

from marketplace import settings
from marketplace.pages.routes import routes


def test_the_style_guide_is_there_only_where_the_lab_is_open(own_settings: settings.Settings) -> None:
    assert "/styleguide" in {route.path for route in routes()}
    settings.use(own_settings.model_copy(update={"lab": False}))
    assert "/styleguide" not in {route.path for route in routes()}
    assert "/lab" in {route.path for route in routes()}
