"""The process that reading children are forked from: `python -m … <control socket> <module to import>`."""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import signal
import socket
import sys

from yaotong.intake.core.sandbox import DONE, received

# Address space that libraries set aside without using it: thread stacks and the arenas of allocators.
_SET_ASIDE_BYTES = 4 << 30


def serve(control: socket.socket) -> None:
    """Fork a child for every wire that comes, until the owner goes."""
    control.sendall(DONE)
    while True:
        message, wires, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            _run(socket.socket(fileno=wires[0]))
        os.close(wires[0])


def _run(wire: socket.socket) -> None:
    code = 1
    try:
        wire.sendall(os.getpid().to_bytes(8, "little"))
        size = int.from_bytes(received(wire, 8), "little")
        task, args, seconds, memory_bytes = pickle.loads(received(wire, size))
        _limit(seconds, memory_bytes)
        task(*args)
        wire.sendall(DONE)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _limit(seconds: float, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    processors = 2 * int(seconds) + 2  # of two cores, should the owner die and not watch any more
    resource.setrlimit(resource.RLIMIT_CPU, (processors, processors))
    # A last wall for what grows faster than the owner looks.
    wall = _SET_ASIDE_BYTES + 2 * memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wall, wall))


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides when to stop
    importlib.import_module(sys.argv[2])
    serve(socket.socket(fileno=int(sys.argv[1])))
