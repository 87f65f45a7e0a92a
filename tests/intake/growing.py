"""Taking a file in where nothing else was done, and by how much that made the process grow."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.records import Receipt
from yaotong.workspace import open_workspace

_PAGE = os.sysconf("SC_PAGE_SIZE")


def take(home: Path, path: Path, feed: str, limits: Limits, now: datetime) -> tuple[Receipt, int]:
    """Take a file in; its receipt, and the bytes by which this process has grown."""
    ws = open_workspace(home)
    before = _resident()
    receipt = take_in(ws, path, feed=feed, now=now, limits=limits)
    return receipt, _resident() - before


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
