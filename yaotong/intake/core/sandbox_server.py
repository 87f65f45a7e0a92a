"""The process that reading children are forked from: `python -m … <control socket> <module to import>`."""

from __future__ import annotations

import ctypes
import errno
import importlib
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from yaotong.intake.core.sandbox import DONE, FAILED, FULL, SWELLED, received

_NONE = resource.RLIM_INFINITY
_MOST = 2**62
_PLACES = 5
_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
_NO_MEMORY = "bad_alloc"  # how C++ says it, whatever its library raises here
# What a disk refuses is never the fault of the file that was read.
_ENDS = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EIO: FULL, errno.EROFS: FULL, errno.EFBIG: SWELLED,
}  # fmt: skip


def serve(control: socket.socket) -> None:
    """Fork a child for every wire that comes, until the owner goes."""
    owner = os.getpid()
    libc = ctypes.CDLL(None)
    control.sendall(DONE)
    while True:
        message, wires, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        with suppress(OSError):  # of memory or processes there are no more: who asked sees the wire close
            if os.fork() == 0:
                _become_child(owner, libc, control, wires[0])
        os.close(wires[0])


def _become_child(owner: int, libc: ctypes.CDLL, control: socket.socket, wire: int) -> NoReturn:
    try:
        control.close()
        libc.prctl(_ON_PARENTS_DEATH, signal.SIGKILL)
        if os.getppid() == owner:  # it may have gone before that
            _run(socket.socket(fileno=wire))
    finally:
        sys.stderr.flush()
        os._exit(0)


def _run(wire: socket.socket) -> None:
    wire.sendall(os.getpid().to_bytes(8, "little"))
    size = int.from_bytes(received(wire, 8), "little")
    # From the owner alone, in a pipe.
    task, args, seconds, memory_bytes = pickle.loads(received(wire, size))  # nosec B301
    _limit(seconds, memory_bytes)
    wire.sendall(_end(task, args))


def _end(task: Callable[..., None], args: tuple[Any, ...]) -> bytes:
    """What the task ended in, in a byte."""
    try:
        task(*args)
    except MemoryError:
        return SWELLED
    except Exception as error:  # whatever it is, it ends here; the owner gets a word, the log the place
        end = _ENDS.get(error.errno or 0) if isinstance(error, OSError) else None
        if _NO_MEMORY in str(error):
            end = SWELLED
        if end is None:
            _say_where(error)
        return end or FAILED
    return DONE


def _say_where(error: Exception) -> None:
    """Kind and place of a fault of ours; not its words, which may quote the file."""
    passed = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    places = " > ".join(f"{Path(one.filename).name}:{one.lineno}" for one in passed)
    print(f"读取程序出错：{type(error).__name__}（{places}）", file=sys.stderr)


def _limit(seconds: float, memory_bytes: int) -> None:
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # short of memory, the system takes this one
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Of all cores, should the owner not watch any more.
    _bound(resource.RLIMIT_CPU, (os.cpu_count() or 1) * int(seconds) + 2)
    # Walls for what grows faster than the owner looks. Libraries have set data aside before the task begins.
    _bound(resource.RLIMIT_DATA, _data_bytes() + 2 * memory_bytes)
    _bound(resource.RLIMIT_FSIZE, 4 * memory_bytes)


def _bound(kind: int, most: int) -> None:
    limit = min(most, _MOST)
    _, hard = resource.getrlimit(kind)
    limit = limit if hard == _NONE else min(limit, hard)
    resource.setrlimit(kind, (limit, limit))


def _data_bytes() -> int:
    """Private memory that is set aside, used or not (VmData, which RLIMIT_DATA bounds)."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides when to stop
    importlib.import_module(sys.argv[2])
    serve(socket.socket(fileno=int(sys.argv[1])))
