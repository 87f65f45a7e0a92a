"""Kills at any moment and refusals of any call: a small sample of each here, all of them by make test-crash."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash import shim

ROOT = Path(__file__).parents[2]
MANY = os.environ.get("YAOTONG_TEST_CRASH") == "all"
KILLS = 200 if MANY else 4
PATIENCE_S = 2_400
pytestmark = pytest.mark.slow
DISK_FULL, BROKEN_DISK = errno.ENOSPC, errno.EIO
EVERY, A_FEW = 1, 120
# What is sent, which calls are refused, with what, how many calls apart, and whether all later ones, too.
SAMPLE = [("sales", "rename", DISK_FULL, EVERY, "once"), ("shops", "sync", BROKEN_DISK, 3, "once")]
ALL = [
    ("sales", "write", DISK_FULL, EVERY, "once"),
    ("sales", "write", BROKEN_DISK, 3, "once"),
    ("sales", "write", DISK_FULL, 5, "lasting"),
    ("sales", "sync", BROKEN_DISK, EVERY, "once"),
    ("sales", "rename", DISK_FULL, EVERY, "once"),
    ("sales", "make", DISK_FULL, EVERY, "once"),
    ("again", "write", DISK_FULL, 3, "once"),
    ("shops", "write", DISK_FULL, 3, "once"),
    ("shops", "sync", BROKEN_DISK, EVERY, "once"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shim.built(tmp_path_factory.mktemp("shim"))


def run(library: Path, folder: Path, loop: str, *given: object) -> dict[str, Any]:
    """What a loop tells; the test fails with its sentence when something was broken."""
    command = [sys.executable, "-m", "tests.crash.warm", loop, str(folder), *map(str, given)]
    surroundings = shim.environment(library, folder / "orders")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=surroundings, cwd=ROOT, timeout=PATIENCE_S
    )
    if done.returncode:
        pytest.fail(done.stderr[-3_000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.fault("killed-load")
@pytest.mark.timeout(PATIENCE_S)
def test_a_killed_load_is_wholly_in_or_wholly_out(library: Path, tmp_path: Path) -> None:
    told = run(library, tmp_path, "kill", KILLS, 20261123)
    assert told["killed"] >= KILLS
    if MANY:  # moments before and after the commit were both hit
        assert 0 < told["inside"] < told["files"]


@pytest.mark.fault("killed-load")
@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("kind", ["sales", "shops"] if MANY else ["sales"])
@pytest.mark.parametrize("moment", ["before", "midst"])
def test_a_load_killed_at_any_call_is_wholly_in_or_wholly_out(
    library: Path, tmp_path: Path, kind: str, moment: str
) -> None:
    told = run(library, tmp_path, "kill_at_each_call", kind, 3 if MANY else A_FEW, moment)
    assert told["killed"] >= 2
    assert told["calls"] > A_FEW  # as many as a load makes


@pytest.mark.fault("disk-full")
@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize(
    ("kind", "call", "number", "stride", "lasting"),
    ALL if MANY else SAMPLE,
    ids=["-".join(map(str, one)) for one in (ALL if MANY else SAMPLE)],
)
def test_whichever_call_is_refused_nothing_is_half_done(
    library: Path, tmp_path: Path, kind: str, call: str, number: int, stride: int, lasting: str
) -> None:
    told = run(library, tmp_path, "refuse_each_call", kind, call, number, stride, lasting)
    assert told["calls"] >= 1
    assert told["code 4"] >= 1  # a sentence about the store
    assert told["told it failed, yet in"] == 0


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize(
    ("call", "number"),
    [("write", DISK_FULL), ("sync", BROKEN_DISK), ("rename", DISK_FULL), ("make", DISK_FULL)],
)
def test_whichever_call_of_clearing_is_refused_every_version_says_what_it_said(
    library: Path, tmp_path: Path, call: str, number: int
) -> None:
    told = run(library, tmp_path, "clear_refused", call, number, 1 if MANY else 25)
    assert told["calls"] >= 1
    assert told["code 4"] >= 1
    assert told["code 0"] >= 1


@pytest.mark.fault("killed-load")
@pytest.mark.timeout(PATIENCE_S)
def test_clearing_killed_at_any_call_can_be_gone_on_with(library: Path, tmp_path: Path) -> None:
    assert run(library, tmp_path, "clear_killed", 1 if MANY else 25)["killed"] >= 2
