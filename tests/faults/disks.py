"""A disk of a few megabytes under one folder, and all of it taken: a tmpfs, or a bound on file sizes without root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE_MB = 24
_COMMAND = """
import resource, sys
if int(sys.argv[1]) >= 0:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from yaotong.cli import main
main(sys.argv[2:])
"""
_BALLAST = "ballast"


class Disk:
    """The disk under a folder. Commands run on the machine itself; `fill` takes what is free."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self._folder, self._mounted, self._full = folder, mounted, False

    def fill(self) -> None:
        """Leave nothing free."""
        self._full = True
        if not self._mounted:
            return
        with (self._folder / _BALLAST).open("wb", buffering=0) as file:
            size = 1 << 16
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Give it back."""
        self._full = False
        (self._folder / _BALLAST).unlink(missing_ok=True)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """One command of the program, in a process of its own."""
        bound = "0" if self._full and not self._mounted else "-1"
        command = [sys.executable, "-c", _COMMAND, bound, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Put a small disk under a folder, with what the folder holds."""
    kept = folder.with_name(f"{folder.name}-kept")
    folder.mkdir(exist_ok=True)
    shutil.copytree(folder, kept)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(command, capture_output=True, check=False).returncode
    try:
        if mounted:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield Disk(folder, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(kept)
