"""`python -m marketplace.cli …` is `marketplace …`."""

from marketplace.cli.commands import marketplace

marketplace()
