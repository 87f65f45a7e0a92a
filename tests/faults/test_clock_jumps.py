"""The clock jumps by days, forward and back, under a worker and under the audit chain."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.delivery.filling import ROOT, fill, states, workspace_with
from tests.delivery.receivers import OK, receiving
from tests.delivery.test_worker import until
from tests.faults.clocks import Clock
from yaotong import clock

pytestmark = pytest.mark.slow
DAYS = timedelta(days=2)
SECONDS = 40


@contextmanager
def worker(home: Path, surroundings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "yaotong", "worker", "--only-deliver", "--home", str(home)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=surroundings)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("开始")
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.fault("clock-forward", "clock-back")
@pytest.mark.parametrize("jump", [DAYS, -DAYS], ids=["forward", "back"])
def test_each_message_is_sent_once_whichever_way_the_clock_jumps(tmp_path: Path, jump: timedelta) -> None:
    shifted = Clock(tmp_path)
    with receiving(OK) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        with worker(tmp_path / "home", shifted.surroundings) as process:
            first = fill(workspace, "psb", 20, name="a")
            assert until(lambda: states(workspace) == {"sent": 20}, SECONDS)
            shifted.jump(jump)
            there = clock.now() + jump - timedelta(minutes=1)
            second = fill(workspace, "psb", 20, name="b", written_at=there)
            assert until(lambda: states(workspace) == {"sent": 40}, SECONDS)
            shifted.jump(timedelta(0))
            third = fill(workspace, "psb", 20, name="c", written_at=clock.now() - timedelta(minutes=1))
            assert until(lambda: states(workspace) == {"sent": 60}, SECONDS)
            assert process.poll() is None
        assert receiver.ids == [*first, *second, *third]


@pytest.mark.fault("clock-forward", "clock-back")
def test_the_audit_chain_stays_whole_when_time_goes_backwards(tmp_path: Path) -> None:
    shifted, home = Clock(tmp_path), tmp_path / "home"

    def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "yaotong", *arguments, "--home", str(home)]
        return subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            input=text,
            check=False,
            env=shifted.surroundings,
        )

    assert run("init").returncode == 0
    for days in (400, -400, 0):
        shifted.jump(timedelta(days=days))
        path = tmp_path / f"drugs{days}.csv"
        path.write_text(f"drug_code,drug_name,category\nD{days},甲,EPH\n", "utf-8")
        done = run("intake", str(path))
        assert done.returncode == 0, done.stderr
    whole = run("audit", "verify")
    assert whole.returncode == 0, whole.stderr
    assert run("doctor").returncode in (0, 4)  # the disk of the machine may be low; the chain is not
    assert "审计链不完整" not in run("doctor").stderr
