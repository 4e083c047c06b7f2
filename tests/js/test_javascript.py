"""What the scripts in assets/ do by themselves, without a page: node's own runner tries it, one file of tests at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HERE = Path(__file__).parent
NODE = Path(sys.executable).with_name("node")
RUN = (NODE, "--test", "--test-reporter=junit", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON")
"""Browsers are told that our scripts are modules; node finds out, and need not say so."""


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name.removesuffix(".test.js"))
def test_scripts(file: Path) -> None:
    ran = subprocess.run([*RUN, file], capture_output=True, text=True, timeout=100, check=False)
    tests = list(ET.fromstring(ran.stdout).iter("testcase"))
    assert tests, ran.stderr
    failed = [f"{test.get('name')}\n{failure.text}" for test in tests for failure in test.iter("failure")]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
    assert ran.returncode == 0, ran.stderr
