"""A short storm against real processes. The long one is `make storm`; what bites in it is shown by tests/test_promises.py."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from tests.storm.__main__ import verdict
from tests.storm.buyers import Wish
from tests.storm.instance import ROOT
from tests.storm.town import Show, Town


@pytest.mark.timeout(300)
def test_a_storm_of_twenty_breaks_no_promise():
    command = [sys.executable, "-m", "tests.storm", "--seed", "7", "--actors", "20", "--seconds", "15"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]


def test_a_storm_that_broke_a_promise_ends_in_failure():
    assert verdict("7", []) == 0
    assert verdict("7", ["every_unit_is_sold_once: seat:A-1 belongs to two"]) == 1


def test_the_same_seed_is_the_same_storm():
    town = Town([Show(f"lst_{number}", None, "") for number in range(6)], [])
    wishes = [[Wish.drawn(Random(f"{seed} {turn}"), town) for turn in range(50)] for seed in ("7", "7", "8")]
    assert wishes[0] == wishes[1] != wishes[2]
