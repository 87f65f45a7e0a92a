"""Orders to the preloaded `fault.c`: which system call of a load shall fail, or be its last."""

from __future__ import annotations

import ctypes
import mmap
import os
import shutil
import subprocess
from pathlib import Path

STATE = "YAOTONG_FAULT_STATE"
KINDS = {"write": 1, "sync": 2, "rename": 4, "make": 8}
EVERY = 15
KILL, KILL_IN_THE_MIDST = 0, -1
_NEVER = 2**30


class Orders(ctypes.Structure):
    """As `struct orders` in fault.c."""

    _fields_ = [
        ("kinds", ctypes.c_int),
        ("at", ctypes.c_int),
        ("number", ctypes.c_int),
        ("lasting", ctypes.c_int),
        ("victim", ctypes.c_int),
        ("calls", ctypes.c_int),
        ("fired", ctypes.c_int),
        ("folder", ctypes.c_char * 1024),
    ]


def built(folder: Path) -> Path:
    """The compiled shim; without a compiler, an error that tells how to get one."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("没有 C 编译器：请以管理员运行 apt-get install gcc libc6-dev。")
    made = folder / "fault.so"
    source = Path(__file__).with_name("fault.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def environment(library: Path, state: Path) -> dict[str, str]:
    """What a process must be started with so that it obeys; makes the file of orders."""
    state.write_bytes(bytes(ctypes.sizeof(Orders)))
    return {**os.environ, "LD_PRELOAD": str(library), STATE: str(state)}


class Shim:
    """The orders of this process and all that come from it."""

    def __init__(self) -> None:
        with Path(os.environ[STATE]).open("r+b") as file:
            self._orders = Orders.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(Orders)))

    def arm(self, folder: Path, kinds: int, at: int, number: int, *, lasting: bool = False) -> None:
        """Let the `at`-th call of some kinds below a folder fail with an errno, or this process die at it."""
        orders = self._orders
        orders.folder = f"{folder}/".encode()
        orders.kinds, orders.number, orders.lasting, orders.victim = kinds, number, int(lasting), os.getpid()
        orders.calls = orders.fired = 0
        orders.at = at  # last: from here on calls count

    def count(self, folder: Path, kinds: int) -> None:
        """Let no call fail and count them."""
        self.arm(folder, kinds, _NEVER, 0)

    def disarm(self) -> tuple[int, int]:
        """Calls that counted, and how many of them failed."""
        self._orders.at = 0
        return self._orders.calls, self._orders.fired
