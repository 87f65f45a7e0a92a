"""What loads changed between two data versions: lines that came or were worded anew, and registries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from sqlalchemy import Connection, or_, select

from yaotong.facts import FACT_MOMENTS
from yaotong.store import factfiles
from yaotong.store.browsing_tables import browsing
from yaotong.store.exchange_tables import cross_match
from yaotong.store.factengine import lines_in, registered
from yaotong.store.schema import (
    area,
    corrected_line,
    drug,
    notice,
    pharmacy,
    placement,
    recall,
    supplier,
)

_REGISTRIES = {
    "drugs": (drug,),
    "pharmacies": (pharmacy, placement),
    "areas": (area,),
    "recalls": (recall,),
    "suppliers": (supplier,),
    "notices": (notice,),
    "cross_matches": (cross_match,),
    "browsing": (browsing,),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Lines by feed, old wordings and new ones, only of feeds that changed; and registries that did."""

    lines: Mapping[str, ir.Table]
    registries: frozenset[str]

    @property
    def none(self) -> bool:
        """Whether everything is as it was."""
        return not self.lines and not self.registries


def changes_between(
    backend: SQLBackend, connection: Connection, facts_dir: Path, since: int, until: int
) -> Changes:
    """What the loads after `since` up to `until` changed; lines as tables of the facts' backend."""
    lines = {}
    for feed in FACT_MOMENTS:
        table = _lines(backend, connection, facts_dir, feed, since, until)
        if table is not None:
            lines[feed] = table
    return Changes(lines, changed_registries(connection, since, until))


def changed_registries(connection: Connection, since: int, until: int) -> frozenset[str]:
    """The registries that the loads after `since` up to `until` changed, by their names among the facts."""
    return frozenset(_registries(connection, since, until))


def _registries(connection: Connection, since: int, until: int) -> Iterable[str]:
    for name, tables in _REGISTRIES.items():
        for table in tables:
            versions = (table.c.since_version, table.c.until_version)
            began, ended = (one.between(since + 1, until) for one in versions)
            touched = select(table.c.row_id).where(or_(began, ended)).limit(1)
            if connection.execute(touched).first() is not None:
                yield name
                break


def _lines(
    backend: SQLBackend, connection: Connection, facts_dir: Path, feed: str, since: int, until: int
) -> ir.Table | None:
    """Lines that came, and the old wordings of those that were corrected, from where they were sent."""
    kept = factfiles.kept(connection, facts_dir, feed, until)
    parts = []
    if new := [str(one.path) for one in kept if one.version > since]:
        parts.append(lines_in(backend, new, f"{feed}_new_{since}"))
    ended = _ended(connection, feed, since, until)
    looked_up = None if None in ended.values() else set(ended.values())
    earlier = [one for one in kept if ended and one.version <= since]
    if old := [str(one.path) for one in earlier if looked_up is None or one.name in looked_up]:
        shas = pa.table({"line_sha": pa.array(list(ended), pa.binary())})
        outdated = registered(backend, f"{feed}_outdated_{since}", shas)
        parts.append(lines_in(backend, old, f"{feed}_old_{since}").semi_join(outdated, "line_sha"))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else parts[0].union(parts[1].select(*parts[0].columns))


def _ended(connection: Connection, feed: str, since: int, until: int) -> dict[bytes, str | None]:
    """Hashes of the wordings that ended, and the file each was sent in (None: not looked up)."""
    query = select(corrected_line.c.line_sha, corrected_line.c.path).where(
        corrected_line.c.feed == feed, corrected_line.c.since_version.between(since + 1, until)
    )
    return {bytes.fromhex(sha): path for sha, path in connection.execute(query)}
