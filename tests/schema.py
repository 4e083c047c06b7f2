"""Every table of the marketplace in an empty database, built as any installation builds them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parent.parent


def alembic_config(url: str) -> Config:
    """Alembic's settings for the database at `url` instead of the marketplace's own."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def build_schema(url: str) -> None:
    """Make every table."""
    command.upgrade(alembic_config(url), "head")
