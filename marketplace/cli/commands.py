"""`marketplace …`: what operators and developers do from a terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

P = ParamSpec("P")

marketplace = typer.Typer(no_args_is_help=True, add_completion=False, help="Holdfast: things that run out, sold once.")


@marketplace.callback()
def _main() -> None:
    """Holdfast."""


@marketplace.command()
def run() -> None:
    """Serve the marketplace."""
    from marketplace.cli import launcher

    launcher.run()
