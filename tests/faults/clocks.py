"""A clock that jumps, for processes that are started with it: the machine's own is left alone."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from datetime import timedelta
from pathlib import Path


class Clock:
    """Processes started in `surroundings` see the time of day `jump` ahead of, or behind, everybody else's."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise FileNotFoundError("没有 C 编译器：请以管理员运行 apt-get install gcc libc6-dev。")
        library, self._order = folder / "clock.so", folder / "jump"
        source = Path(__file__).with_name("clock.c")
        command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)
        self.jump(timedelta(0))
        self.surroundings = {
            **os.environ, "LD_PRELOAD": str(library), "YAOTONG_FAULT_CLOCK": str(self._order)
        }  # fmt: skip

    def jump(self, by: timedelta) -> None:
        """Set how far ahead the clock is; a negative span sets it back."""
        if not self._order.exists():
            self._order.write_bytes(bytes(8))
        with self._order.open("r+b") as file:
            file.write(struct.pack("l", int(by.total_seconds())))
