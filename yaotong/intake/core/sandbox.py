"""A process of its own for what strangers send: it may fail, hang or swell, and nobody else notices.

The child is forked from a server process that imported everything once and runs no threads, so that a warm
start costs some milliseconds and no lock of the caller's is copied. It answers through files, never by
objects that would be rebuilt here.
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

from yaotong.errors import FileRefused

DONE = b"\1"
_LOOK_S = 0.02
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_S = 60.0


def run_limited(
    task: Callable[..., None], *args: Any, seconds: float, memory_bytes: int, preload: str
) -> None:
    """Run a module-level function in a child process; its results are what it writes to files.

    Args:
        seconds: of wall-clock time until it is killed.
        memory_bytes: how much its memory may grow until it is killed.
        preload: the module that the server process imports once.

    Raises:
        FileRefused: too_large (time or memory ran out), corrupt_file (it died otherwise).
    """
    with _child(preload) as (pid, wire):
        base = _resident_bytes(pid)
        wire.sendall(_packed(pickle.dumps((task, args, seconds, memory_bytes))))
        whole = _watch(pid, wire, time.monotonic() + seconds, base + memory_bytes)
        if whole is None:
            raise FileRefused("too_large", f"{seconds:g} 秒内没有读完。请拆分后分别送来。")
    if whole is False:
        raise FileRefused("corrupt_file", "文件使读取程序中断。请用原来的软件重新导出后再送。")


def _watch(pid: int, wire: socket.socket, deadline: float, most_bytes: int) -> bool | None:
    """Whether the child said it was done before it ended; None when its time is over."""
    with selectors.DefaultSelector() as ready:
        ready.register(wire, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if ready.select(_LOOK_S):
                return received(wire, 1) == DONE
            if _resident_bytes(pid) > most_bytes:
                raise FileRefused("too_large", "读取这个文件要用的内存超过上限。请拆分后分别送来。")
    return None


@contextmanager
def _child(preload: str) -> Iterator[tuple[int, socket.socket]]:
    """A fresh child that waits for its task; it is gone when this ends."""
    wire, theirs = socket.socketpair()
    with wire:
        with theirs:
            _ask(preload, theirs)
        pid = int.from_bytes(received(wire, 8), "little")
        if not pid:
            raise FileRefused("corrupt_file", "读取程序没有启动。请稍后重送。")
        try:
            yield pid, wire
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _ask(preload: str, wire: socket.socket) -> None:
    try:
        _server(preload).send(wire)
    except OSError:  # it died a moment ago
        _server(preload).send(wire)


def _packed(message: bytes) -> bytes:
    return len(message).to_bytes(8, "little") + message


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

    preload: str
    owner: int
    process: subprocess.Popen[bytes]
    control: socket.socket

    def send(self, wire: socket.socket) -> None:
        """Have a child forked at the other end of a wire."""
        socket.send_fds(self.control, [b"+"], [wire.fileno()])

    @property
    def alive(self) -> bool:
        """Whether it can be asked from this process."""
        return self.owner == os.getpid() and self.process.poll() is None


    def stop(self) -> None:
        """Let it go; from the process that started it only."""
        self.control.close()
        if self.owner == os.getpid():
            self.process.wait()


_servers: dict[str, _Server] = {}
_starting = threading.Lock()


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
        command = [sys.executable, "-m", "yaotong.intake.core.sandbox_server", str(theirs.fileno()), preload]
        # One thread for linear algebra: nothing here needs more, and a fork copies only one.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
        )
    ours.settimeout(_START_S)
    if received(ours, 1) != DONE:
        raise FileRefused("corrupt_file", "读取程序没有启动。请检查安装是否完整，再重送。")
    ours.settimeout(None)
    return _Server(preload, os.getpid(), process, ours)
