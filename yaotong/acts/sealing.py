"""A citizen says that they have opened a sealed package: whoever meets the seal again is told."""

from __future__ import annotations

import re
from datetime import datetime

from yaotong.errors import UsageError
from yaotong.store import seals
from yaotong.store.publicly import public_write
from yaotong.workspace import Workspace

_MARK = re.compile(r"[0-9a-f]{32}")


def note_opened(workspace: Workspace, mark: str, *, now: datetime) -> None:
    """Keep the day for the mark that :func:`yaotong.reads.seals.look_up` gave; UsageError when it is none."""
    if not _MARK.fullmatch(mark):
        raise UsageError("请先查一次封签，再登记已拆封。")
    with public_write(workspace.store) as connection:
        seals.note_opened(connection, mark, now)
