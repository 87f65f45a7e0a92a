"""How the system stands, in figures; and whether it can be of use at all. Nobody is among them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yaotong.codes import Level
from yaotong.errors import StoreError
from yaotong.records import FEEDS
from yaotong.store import audit, check_revision, loads, metering
from yaotong.workspace import Workspace

# Less than this on the disk, and the next file, receipt or audit row may not fit.
_LEAST_FREE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What a scrape tells. What is not known is None or left out, never 0.

    `ages_s`: seconds since a feed last changed what is known, None for one that never came. `run_age_s`,
    `run_took_s` and `run_failed` are of the last detection run.
    """

    ages_s: Mapping[str, float | None]
    outbox: Mapping[str, int]
    outbox_late_s: float
    open_alerts: Mapping[str, int]
    run_age_s: float | None
    run_took_s: float | None
    run_failed: int | None
    data_version: int
    audit_rows: int
    free_bytes: int


def standing(workspace: Workspace, *, now: datetime) -> Standing:
    """The figures as of now; StoreError when the database cannot be read."""
    with workspace.store.read() as connection:
        taken = metering.taken_at(connection)
        waiting, oldest = metering.waiting(connection, now), metering.oldest_due(connection, now)
        alerts, run = metering.open_alerts(connection), metering.last_run(connection)
        version, head = loads.current_version(connection), audit.last(connection)
    told = {} if run is None else audit.detail_of(run)
    return Standing(
        ages_s={feed: _seconds(taken.get(feed), now) for feed in FEEDS},
        outbox=waiting,
        outbox_late_s=_seconds(oldest, now) or 0.0,
        open_alerts={str(one): alerts.get(str(one), 0) for one in Level},
        run_age_s=None if run is None else _seconds(run.at, now),
        run_took_s=told.get("seconds"),
        run_failed=told.get("failed"),
        data_version=version,
        audit_rows=head.seq,
        free_bytes=_free(workspace),
    )


def lacking(workspace: Workspace) -> tuple[str, ...]:
    """What keeps the system from being of use: "database", "facts", "disk"; () when it is ready."""
    found = []
    try:
        check_revision(workspace.store)
    except StoreError:
        found.append("database")
    folder = workspace.store.facts_dir
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        found.append("facts")
    elif _free(workspace) < _LEAST_FREE_BYTES:
        found.append("disk")
    return tuple(found)


def _free(workspace: Workspace) -> int:
    try:
        return shutil.disk_usage(workspace.store.facts_dir).free
    except OSError:
        return 0


def _seconds(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (now - moment).total_seconds()
