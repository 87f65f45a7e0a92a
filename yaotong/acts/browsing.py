"""Tell the rules of unusual browsing (R-J04): who, when and how often, as a data version of its own.

The audit chain keeps what was seen; none of it is told. Most of the time there is nothing unusual and
nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from yaotong.codes import Outcome
from yaotong.reads.unusual import DAYS, unusual_browsing
from yaotong.records import Receipt
from yaotong.store import loads, registry
from yaotong.store.browsing_tables import browsing
from yaotong.unusual import Unusual
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace

FEED = "browsing"
KEY = ("actor", "kind", "day")
# Whoever follows what comes looks so often; the night's run looks back further.
EVERY_SECONDS = 60.0
_LATE_DAYS = 2


def tell_browsing(workspace: Workspace, *, days: int = DAYS, now: datetime) -> int:
    """Write what is unusual in the last days and was not told yet; how many rows were written.

    What was told of a day that is not over yet is told anew only when it has doubled: each telling is a
    data version, for which pages and tiles are made again.
    """
    found = unusual_browsing(workspace, days=days, now=now)
    if not found:
        return 0
    with workspace.store.write() as connection:
        told = registry.read(connection, browsing)
        columns = (told[name] for name in (*KEY, "views"))
        known = {(who, kind, day): int(count) for who, kind, day, count in zip(*columns, strict=True)}
        news = [one for one in found if _is_news(one, known, now)]
        if not news:
            return 0
        version = loads.next_version(connection)
        applied = registry.apply(connection, browsing, KEY, _frame(news), version)
        if applied.changed:
            loads.record(
                connection, _receipt(applied.changed, version), version=version, sent_by=SYSTEM.username,
                arrived_at=now,
            )  # fmt: skip
        return applied.changed


class Watch:
    """Looks now and then, for a process that goes on."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next = 0.0

    def look(self, now: datetime) -> int:
        """Tell what is unusual, unless that was looked at less than a minute ago."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + EVERY_SECONDS
        return tell_browsing(self._workspace, days=_LATE_DAYS, now=now)


def _is_news(one: Unusual, known: dict[tuple[str, str, object], int], now: datetime) -> bool:
    day = one.until.date()
    before = known.get((one.actor, one.kind, day))
    if before is None:
        return True
    return one.views > before and (day < now.date() or one.views >= 2 * before)


def _frame(found: Sequence[Unusual]) -> pd.DataFrame:
    rows = [
        {"actor": one.actor, "kind": one.kind, "day": one.until.date(), "began": one.since,
         "ended": one.until, "views": one.views}
        for one in found
    ]  # fmt: skip
    for row in rows:
        said = json.dumps(row, default=str, sort_keys=True).encode()
        row["row_sha"] = hashlib.sha256(said).hexdigest()[:32]
    return pd.DataFrame(rows)


def _receipt(rows: int, version: int) -> Receipt:
    digest = hashlib.sha256(f"{FEED} {version}".encode()).hexdigest()
    return Receipt(
        file="audit", feed=FEED, sha256=digest, outcome=Outcome.ACCEPTED,
        rows=rows, accepted=rows, duplicates=0, rejected=(), profile="audit",
    )  # fmt: skip
