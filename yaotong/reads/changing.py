"""Whether anything may read otherwise than a moment ago."""

from __future__ import annotations

from collections.abc import Callable

from yaotong.store.watching import Watch
from yaotong.workspace import Workspace


def change_mark(ws: Workspace) -> Callable[[], int | None]:
    """What tells, cheaply, a number that is another after every commit; None where that cannot be told."""
    return Watch(ws.store).mark
