"""Attack a marketplace that runs, with its demo world and an open lab, and say what held.

    python -m tests.attacks --url http://127.0.0.1:3000

Ends with 0 only if everything held.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.attacks.attacks import ATTACKS
from tests.attacks.target import Target


async def run(url: str) -> int:
    """How many attacks got through."""
    through = 0
    for act in ATTACKS:
        target = Target(url.rstrip("/"))
        try:
            await act(target)
            said = "held"
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are tried as well
            through += 1
            said = f"DID NOT HOLD: {type(error).__name__}: {str(error)[:300]}"
        finally:
            await target.http.aclose()
        print(f"{act.__name__.replace('_', ' ')}: {said}", flush=True)
    return through


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", default="http://127.0.0.1:3000")
    sys.exit(min(asyncio.run(run(asked.parse_args().url)), 1))
