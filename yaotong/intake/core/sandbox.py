"""A process of its own for what strangers send: it may fail, hang or swell, and nobody else notices.

The child is forked from a server process that imported everything once and runs no threads, so that a warm
start costs some milliseconds and no lock of the caller's is copied. It answers through files, never by
objects that would be rebuilt here: pickle goes one way only, from the owner to its child.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaotong.errors import ConfigError, FileRefused, StoreError

# What a child says when its task has ended; one that died says nothing.
DONE, SWELLED, FULL, FAILED = b"\1", b"\2", b"\3", b"\4"
_LOOK_S = 0.02
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_S = 300.0  # a busy machine needs a minute for the imports; one that fails says so at once
_WORD = 8


def run_limited(
    task: Callable[..., None], *args: Any, seconds: float, memory_bytes: int, preload: str
) -> None:
    """Run a module-level function in a child process; its results are what it writes to files.

    Args:
        seconds: of wall-clock time until it is killed.
        memory_bytes: how much its memory may grow until it is killed.
        preload: the module that the server process imports once.

    Raises:
        FileRefused: too_large (time or memory ran out), corrupt_file (it failed or died otherwise).
        StoreError: the disk it writes to is full or broken.
        ConfigError: no child could be started; that is no fault of the file.
    """
    message = pickle.dumps((task, args, seconds, memory_bytes))
    with _child(preload) as (pid, wire):
        _judge(_watched(pid, wire, message, seconds, _resident_bytes(pid) + memory_bytes), seconds)


def make_ready(preload: str) -> None:
    """Start the server process of a module now: its imports take seconds, and then no file waits for them."""
    _server(preload)


def _judge(end: bytes | None, seconds: float) -> None:
    if end == DONE:
        return
    if end is None:
        raise FileRefused("too_large", f"{seconds:g} 秒内没有读完。请拆分后分别送来。")
    if end == SWELLED:
        raise FileRefused("too_large", "读取这个文件要用的内存超过上限。请拆分后分别送来。")
    if end == FULL:
        raise StoreError("磁盘已满或写入出错，文件没有读完。请清出空间、检查磁盘后重送。")
    raise FileRefused("corrupt_file", "文件使读取程序中断。请用原来的软件重新导出后再送。")


def _watched(pid: int, wire: socket.socket, message: bytes, seconds: float, most_bytes: int) -> bytes | None:
    """What the child said at its end, nothing when it died; None when its time is over."""
    deadline = time.monotonic() + seconds
    wire.settimeout(max(seconds, _LOOK_S))
    try:
        wire.sendall(_packed(message))
    except TimeoutError:
        return None
    except OSError:  # it died before it had read its task
        return b""
    with selectors.DefaultSelector() as ready:
        ready.register(wire, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if ready.select(_LOOK_S):
                return received(wire, 1)
            if _resident_bytes(pid) > most_bytes:
                return SWELLED
    return None


@contextmanager
def _child(preload: str) -> Iterator[tuple[int, socket.socket]]:
    """A fresh child that waits for its task; it is gone when this ends."""
    pid, wire = _born(preload) or _born(preload) or _unborn()
    with wire, contextlib.ExitStack() as after:
        with contextlib.suppress(ProcessLookupError):
            # Not by its number: when it has ended, that may be another's.
            process = os.pidfd_open(pid)
            after.callback(os.close, process)
            after.callback(_kill, process)
        yield pid, wire


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)


def _born(preload: str) -> tuple[int, socket.socket] | None:
    """A child's number and the wire to it; None when the server could not make one or died of it."""
    wire, theirs = socket.socketpair()
    with contextlib.ExitStack() as otherwise:
        otherwise.enter_context(wire)
        with theirs:
            _ask(preload, theirs)
        wire.settimeout(_START_S)
        with contextlib.suppress(TimeoutError):
            told = received(wire, _WORD)
            if len(told) == _WORD:
                otherwise.pop_all()
                return int.from_bytes(told, "little"), wire
    return None


def _unborn() -> tuple[int, socket.socket]:
    raise ConfigError("读取程序没有启动。请检查本机的内存与进程数是否够用，再重送。")


def _ask(preload: str, wire: socket.socket) -> None:
    try:
        _server(preload).send(wire)
    except OSError:  # it died a moment ago
        _server(preload).send(wire)


def _packed(message: bytes) -> bytes:
    return len(message).to_bytes(_WORD, "little") + message


def received(wire: socket.socket, size: int) -> bytes:
    """So many bytes, or fewer when the other side has gone."""
    parts = b""
    while len(parts) < size:
        try:
            part = wire.recv(size - len(parts))
        except ConnectionResetError:
            break
        if not part:
            break
        parts += part
    return parts


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0  # it has just ended


@dataclass(slots=True)
class _Server:
    """The process that children come from. It ends when this process does."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def send(self, wire: socket.socket) -> None:
        """Have a child forked at the other end of a wire."""
        socket.send_fds(self.control, [b"+"], [wire.fileno()])

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Let it go, and its children with it."""
        self.control.close()
        self.process.wait()


_servers: dict[str, _Server] = {}
_inherited: list[_Server] = []
_starting = threading.Lock()


def _forget() -> None:
    """A forked worker starts servers of its own: those it knows belong to who forked it."""
    global _starting
    _starting = threading.Lock()  # another thread may have held it
    for one in _servers.values():
        one.control.close()
    _inherited.extend(_servers.values())  # kept, as nobody here may wait for them
    _servers.clear()


os.register_at_fork(after_in_child=_forget)


def _server(preload: str) -> _Server:
    with _starting:
        known = _servers.get(preload)
        if known is not None and not known.alive:
            known.stop()
            known = None
        if known is None:
            known = _servers[preload] = _started(preload)
        return known


@atexit.register
def _stop() -> None:
    for one in _servers.values():
        one.stop()


def _started(preload: str) -> _Server:
    ours, theirs = socket.socketpair()
    with theirs:
        program = [sys.executable, "-P", "-m", "yaotong.intake.core.sandbox_server"]
        # One thread for linear algebra: nothing here needs more, and a fork copies only one.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [*program, str(theirs.fileno()), preload],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
    ours.settimeout(_START_S)
    with contextlib.suppress(TimeoutError):
        if received(ours, 1) == DONE:
            ours.settimeout(None)
            return _Server(process, ours)
    ours.close()
    process.kill()
    process.wait()
    raise ConfigError("读取程序没有启动。请检查安装是否完整，再重送。")
