"""The compiled pages: built when their sources have changed, and not otherwise.

Reflex' own production run compiles at every start. Here the build is a step of its own with a fingerprint of all that
goes into it, so that a second start takes a second or two.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from marketplace import settings
from marketplace.cli.refusals import BuildFailed

SOURCES = (
    "marketplace/marketplace.py", "marketplace/pages", "marketplace/components", "marketplace/state", "marketplace/i18n.py",
    "marketplace/locales", "assets", "rxconfig.py", "reflex.lock/package.json",
)  # fmt: skip


class Frontend:
    """The compiled pages of the project in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / ".web" / "build.log"
        self._stamp = root / ".web" / "build" / "fingerprint"

    @property
    def is_fresh(self) -> bool:
        return self._stamp.exists() and self._stamp.read_text() == self.fingerprint()

    def fingerprint(self) -> str:
        """A digest of every source of the pages, of the views that they show, and of the tools that compile them.

        Where the lab is open, there are pages that are not there where it is closed.
        """
        lab = settings.current().lab_is_open
        digest = hashlib.sha256(f"reflex {version('reflex')}, python {sys.version}, lab {lab}".encode())
        for path in sorted(self._sources()):
            digest.update(f"\0{path.relative_to(self.root)}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def build(self) -> None:
        """Compile. Raises BuildFailed."""
        fingerprint = self.fingerprint()  # of what we compile, not of what is edited meanwhile
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
            done = subprocess.run(command, cwd=self.root, env=tools_environment(), stdout=log, stderr=log, check=False)  # noqa: S603
        if done.returncode != 0:
            raise BuildFailed("\n".join(self.log.read_text().splitlines()[-40:]), str(self.log))
        # A page is filled in before it is sent (api/pages.py): nobody is sent one as it lies there, packed.
        for packed in (self.root / ".web/build/client").rglob("*.html.*"):
            packed.unlink()
        self._stamp.write_text(fingerprint)

    def _sources(self) -> Iterator[Path]:
        for name in SOURCES:
            place = self.root / name
            inside = place.rglob("*") if place.is_dir() else [place]
            yield from (path for path in inside if path.is_file() and path.suffix != ".pyc")
        yield from self.root.glob("marketplace/*/views.py")


def tools_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which Reflex and npm do their work: our own node first, and nobody is called home."""
    tools = Path(sys.executable).parent
    return {
        **environment,
        "PATH": f"{tools}{os.pathsep}{environment.get('PATH', '')}",
        "REFLEX_USE_NPM": "1",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_TELEMETRY_ENABLED": "false",
        # The committed lock names versions and digests, no addresses: it is good behind any mirror.
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
    }
