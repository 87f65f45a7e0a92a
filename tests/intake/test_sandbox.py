"""The reading process: what it does wrong ends in a reason, and its owner goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.intake import sandbox_tasks as tasks
from yaotong.errors import FileRefused
from yaotong.intake.core import sandbox

HERE = "tests.intake.sandbox_tasks"


def run(task: Callable[..., None], *args: Any, seconds: float = 20, megabytes: int = 200) -> None:
    sandbox.run_limited(task, *args, seconds=seconds, memory_bytes=megabytes << 20, preload=HERE)


def test_a_task_that_ends_well_leaves_its_files(tmp_path: Path) -> None:
    run(tasks.write, tmp_path / "a.txt", "药店")
    assert (tmp_path / "a.txt").read_text("utf-8") == "药店"


@pytest.mark.parametrize(
    ("task", "args", "limits", "reason"),
    [
        (tasks.sleep, (30,), {"seconds": 0.3}, "too_large"),
        (tasks.spin, (), {"seconds": 0.3}, "too_large"),
        (tasks.die, (), {}, "corrupt_file"),
        (tasks.leave, (), {}, "corrupt_file"),
        (tasks.fail, (), {}, "corrupt_file"),
        (tasks.leap, (16,), {}, "corrupt_file"),
    ],
)
def test_what_goes_wrong_ends_in_a_reason(
    task: Callable[..., None], args: tuple[Any, ...], limits: dict[str, Any], reason: str
) -> None:
    started = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        run(task, *args, **limits)
    assert refused.value.reason == reason
    assert time.monotonic() - started < 15


def test_memory_has_its_limit_on_both_sides(tmp_path: Path) -> None:
    run(tasks.swell, 60, tmp_path / "size", megabytes=120)
    assert (tmp_path / "size").read_text() == str(60 << 20)
    before = sandbox._resident_bytes(os.getpid())
    with pytest.raises(FileRefused) as refused:
        run(tasks.swell, 2_000, tmp_path / "none", megabytes=120)
    assert refused.value.reason == "too_large"
    assert not (tmp_path / "none").exists()
    assert sandbox._resident_bytes(os.getpid()) - before < 30 << 20


def _gone(pid: int) -> bool:
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.01)
    return False


def test_no_child_stays_behind(tmp_path: Path) -> None:
    run(tasks.pid, tmp_path / "pid")
    child = int((tmp_path / "pid").read_text())
    assert child != os.getpid()
    assert _gone(child)


def test_a_server_that_died_is_started_again(tmp_path: Path) -> None:
    run(tasks.pid, tmp_path / "pid")
    server = sandbox._servers[HERE].process
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    run(tasks.write, tmp_path / "again", "x")
    assert (tmp_path / "again").exists()
    assert sandbox._servers[HERE].process.pid != server.pid


def test_many_at_once_do_not_disturb_one_another(tmp_path: Path) -> None:
    def one(number: int) -> str:
        if number % 3 == 0:
            with pytest.raises(FileRefused):
                run(tasks.die)
            return ""
        run(tasks.write, tmp_path / str(number), str(number))
        return (tmp_path / str(number)).read_text()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(one, range(24)))
    assert told == ["" if number % 3 == 0 else str(number) for number in range(24)]
