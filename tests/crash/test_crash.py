"""Kills at any moment and refusals of any call: a small sample of each here, all of them by make test-crash."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MANY = os.environ.get("YAOTONG_TEST_CRASH") == "all"
KILLS = 200 if MANY else 6
FAULTS = [("rename", errno.ENOSPC)] + [
    (kind, number) for kind in ("write", "fsync") for number in (errno.ENOSPC, errno.EIO) if MANY
]


def run(*given: object, preload: Path | None = None) -> dict[str, Any]:
    """What the runner tells; the test fails with its sentence when something was broken."""
    environment = {**os.environ, **({"LD_PRELOAD": str(preload)} if preload else {})}
    command = [sys.executable, "-m", "tests.crash.runner", *map(str, given)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=HERE.parents[1], timeout=1_500
    )
    if done.returncode:
        pytest.fail(done.stderr[-2_000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.timeout(1_600)
def test_a_killed_load_is_wholly_in_or_wholly_out(tmp_path: Path) -> None:
    told = run("kill", tmp_path, KILLS, 20261123)
    assert told["killed"] >= KILLS
    if MANY:  # moments before and after the commit were both hit
        assert 0 < told["wholly_in"] < told["files"]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.fail("没有 C 编译器：请运行 apt-get install gcc libc6-dev。")
    made = tmp_path_factory.mktemp("shim") / "fault.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(HERE / "fault.c"), "-ldl"], check=True)
    return made


@pytest.mark.timeout(1_600)
@pytest.mark.parametrize(("kind", "number"), FAULTS, ids=lambda one: errno.errorcode.get(one, one))
def test_whichever_call_fails_nothing_is_half_done(tmp_path: Path, shim: Path, kind: str, number: int) -> None:
    told = run("fault", tmp_path, kind, number, preload=shim)
    assert told["calls"] >= 1
    assert set(told["codes"]) <= {"0", "4"}  # done, or a sentence about the store
    assert told["codes"].get("4", 0) >= 1
