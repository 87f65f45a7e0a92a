"""The reading process: what it does wrong ends in a reason, and its owner goes on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.intake import sandbox_tasks as tasks
from yaotong.errors import ConfigError, FileRefused, StoreError
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
        (tasks.leap, (16,), {}, "too_large"),
        (tasks.leap, (1,), {}, "too_large"),
        (tasks.swell_in_geos, (), {}, "too_large"),
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


def test_a_file_it_writes_has_its_limit_on_both_sides(tmp_path: Path) -> None:
    run(tasks.grow_file, tmp_path / "a", 80, megabytes=20)
    with pytest.raises(FileRefused) as refused:
        run(tasks.grow_file, tmp_path / "b", 81, megabytes=20)
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_what_the_disk_refuses_is_no_fault_of_the_file(number: int) -> None:
    with pytest.raises(StoreError, match="磁盘已满或写入出错"):
        run(tasks.meet, number)


def test_what_a_library_finds_unreadable_is_the_files_fault() -> None:
    with pytest.raises(FileRefused) as refused:
        run(tasks.meet, None)
    assert refused.value.reason == "corrupt_file"


def test_limits_can_be_lifted(tmp_path: Path) -> None:
    run(tasks.write, tmp_path / "a", "x", seconds=1e9, megabytes=2**42)
    assert (tmp_path / "a").exists()


def test_a_fault_of_ours_is_logged_by_its_place_without_its_words() -> None:
    script = (
        "from tests.intake import sandbox_tasks as t\n"
        "from yaotong.intake.core.sandbox import run_limited\n"
        f"run_limited(t.fail, seconds=9, memory_bytes=1 << 28, preload={HERE!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    log = done.stderr.splitlines()[0]
    assert "RuntimeError" in log
    assert "sandbox_tasks.py:" in log
    assert "a fault of ours" not in log


@pytest.mark.parametrize("size", [1, 50_000_000])
def test_a_child_killed_before_its_task_is_no_hang(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    def kill(pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        return 0

    monkeypatch.setattr(sandbox, "_resident_bytes", kill)
    with pytest.raises(FileRefused) as refused:
        run(tasks.write, Path("unwritten"), "x" * size)
    assert refused.value.reason == "corrupt_file"


def test_a_child_that_reads_nothing_has_its_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(pid: int) -> int:
        os.kill(pid, signal.SIGSTOP)
        return 0

    monkeypatch.setattr(sandbox, "_resident_bytes", stop)
    with pytest.raises(FileRefused) as refused:
        run(tasks.write, Path("unwritten"), "x" * 50_000_000, seconds=0.5)
    assert refused.value.reason == "too_large"


def test_no_child_at_all_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError):
        sandbox.run_limited(tasks.spin, seconds=1, memory_bytes=1, preload="tests.no_such_module")
    monkeypatch.setattr(sandbox, "_ask", lambda preload, wire: None)
    with pytest.raises(ConfigError):
        run(tasks.spin)


_FORKED = """
import os, sys
from pathlib import Path
from tests.intake import sandbox_tasks as tasks
from yaotong.intake.core.sandbox import run_limited
folder = Path(sys.argv[1])
def one(name):
    run_limited(tasks.write, folder / name, name, seconds=20, memory_bytes=1 << 28, preload="tests.intake.sandbox_tasks")
one("before")
workers = []
for name in ("a", "b"):
    worker = os.fork()
    if worker == 0:
        one(name)
        one(name + "2")
        sys.exit(0)
    workers.append(worker)
ends = [os.waitpid(worker, 0)[1] for worker in workers]
one("after")
print(ends)
"""


def test_forked_workers_have_servers_of_their_own(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-c", _FORKED, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.stderr) == ("[0, 0]\n", "")
    assert {one.name for one in tmp_path.iterdir()} == {"before", "a", "a2", "b", "b2", "after"}


def _ended(pid: int) -> bool:
    """Whether it soon runs no more; who adopts orphans may take long to bury them."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, IndexError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


_WAITING = """
import sys
from pathlib import Path
from tests.intake import sandbox_tasks as tasks
from yaotong.intake.core.sandbox import run_limited
here = "tests.intake.sandbox_tasks"
run_limited(tasks.wait_beside, Path(sys.argv[1]), seconds=50, memory_bytes=1 << 28, preload=here)
"""


def test_a_child_goes_when_its_owner_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", _WAITING, str(tmp_path / "pid")])
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    owner.kill()
    owner.wait()
    assert _ended(int((tmp_path / "pid").read_text()))


def test_what_was_made_ready_serves_the_next_file(tmp_path: Path) -> None:
    sandbox.make_ready(HERE)
    ready = sandbox._servers[HERE]
    assert ready.alive
    sandbox.make_ready(HERE)
    run(tasks.write, tmp_path / "told", "one")
    assert sandbox._servers[HERE] is ready
    assert (tmp_path / "told").read_text() == "one"
