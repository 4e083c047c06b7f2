"""Attack a marketplace that runs, with its demo world and an open lab, and say what held.

    python -m tests.attacks --url http://127.0.0.1:3000

Ends with 0 only if everything held.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import httpx

from tests.attacks.attacks import ATTACKS
from tests.attacks.target import BUYER, PASSWORD, Target


async def run(url: str) -> int:
    """How many attacks got through. Exits if there is nothing that could be attacked."""
    await _must_be_open(url)
    through = 0
    for act in ATTACKS:
        target = Target(url)
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


async def _must_be_open(url: str) -> None:
    target = Target(url)
    try:
        (await target.get("/lab/clock")).raise_for_status()
        log_in = await target.post("/auth/login", {"email": BUYER, "password": PASSWORD})
        if log_in.status_code == httpx.codes.TOO_MANY_REQUESTS:
            sys.exit(f"Log-ins from here are used up. Try again in {log_in.headers['Retry-After']} seconds.")
    except httpx.HTTPError as error:
        sys.exit(f"There is no marketplace with an open lab at {url}: {error}")
    finally:
        await target.http.aclose()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", default="http://127.0.0.1:3000")
    sys.exit(min(asyncio.run(run(asked.parse_args().url.rstrip("/"))), 1))
