"""Count the searches that did not help. A position becomes a town's code at once, and is kept no longer.

Counts are added up in memory and written once a minute: a search never waits for the database, and what a
process that is killed had not written yet is lost.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from yaotong.errors import StoreError
from yaotong.reads.register import register
from yaotong.store import unmet
from yaotong.store.publicly import public_write
from yaotong.unmet import unmet_reason
from yaotong.workspace import Workspace

_EVERY_S = 60.0
_LOG = logging.getLogger(__name__)


class Tally:
    """What one process has counted of a workspace since it last wrote."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._counts: Counter[unmet.Key] = Counter()
        self._written = time.monotonic()

    def note(
        self,
        found: Sequence[tuple[float, str]],
        *,
        asked_open: bool,
        lon: float,
        lat: float,
        now: datetime,
    ) -> None:
        """Count a search from a place (WGS-84) when what it found does not help."""
        reason = unmet_reason(found, asked_open=asked_open)
        if reason is None:
            return
        area = register(self._workspace).town_at(lon, lat) or ""
        with self._lock:
            self._counts[now.date(), now.hour, area, str(reason)] += 1
            due = time.monotonic() - self._written >= _EVERY_S
            if due:
                self._written = time.monotonic()
        if due:
            threading.Thread(target=self.write, daemon=True).start()

    def write(self) -> None:
        """Write what was counted; what the database refuses now is written the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with public_write(self._workspace.store) as connection:
                unmet.add(connection, counts)
        except StoreError as error:
            _LOG.warning("searches that found nothing could not be counted: %s", error)
            with self._lock:
                self._counts += counts


@lru_cache(maxsize=4)
def tally(workspace: Workspace) -> Tally:
    """The process's counts of a workspace, written for the last time when it ends."""
    made = Tally(workspace)
    atexit.register(made.write)
    return made
