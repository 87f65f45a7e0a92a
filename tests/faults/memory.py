"""A process that runs out of memory: a control group of its own where there is one, else what its end looks like."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_BYTES = 4 << 20


def run_out_of_memory(pid: int) -> str:
    """Let the system's own killer end a process at its next demand; how it was done.

    What the process has is charged to the group it came from: from now on it may have four megabytes
    more. Without control groups of ours to make, the same signal is sent by hand.
    """
    group = _group()
    if group is None:
        os.kill(pid, signal.SIGKILL)
        return "signal"
    (group / "cgroup.procs").write_text(str(pid), "ascii")
    return "killer"


def _group() -> Path | None:
    for folder, limit in ((_GROUPS / "memory", "memory.limit_in_bytes"), (_GROUPS, "memory.max")):
        group = folder / f"yaotong-fault-{os.getpid()}"
        try:
            group.mkdir(exist_ok=True)
            (group / limit).write_text(str(_BYTES), "ascii")
        except OSError:
            continue
        return group
    return None


def forget_group() -> None:
    """Take the groups away once what was in them has ended."""
    for folder in (_GROUPS / "memory", _GROUPS):
        group = folder / f"yaotong-fault-{os.getpid()}"
        for _ in range(50):
            if not group.is_dir():
                break
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.1)
