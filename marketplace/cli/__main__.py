"""`python -m marketplace.cli …` is `marketplace …`."""

import sys

from marketplace.cli.commands import main

sys.exit(main())
