"""What the rules of a night meet with the past by a key: looked up once for all, and held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS, LINKS, Facts, Link
from yaotong.lineids import line_id_sql
from yaotong.nearfacts import NearFacts
from yaotong.store import factfiles
from yaotong.store.engine import Store
from yaotong.store.factengine import registered
from yaotong.store.recent import FilesInForce, files_in_force, with_recent
from yaotong.store.shopdays import shop_days

# Lines of more days than these share a key with so many that a look at all lines costs no more.
_MOST_DAYS = 31


def near(facts: Facts, store: Store, version: int, *, recent: bool) -> Facts:
    """Facts on DuckDB with what a night needs of them at hand; those given, where lines wait to be cleared.

    With `recent`, the lines of the last months are read into memory first: for who asks about late days.
    """
    backend = facts.sales.get_backend()
    assert isinstance(backend, SQLBackend)
    with store.read() as connection:
        # Lines that no longer hold are in the files until they are cleared away.
        if not all(factfiles.corrections(connection, feed, version).empty for feed in FACT_MOMENTS):
            return facts
        files = files_in_force(connection, store.facts_dir, version)
        days = shop_days(connection, store.facts_dir, version)
    if not days.num_rows:
        return facts
    last = max(days["day"].to_pylist())
    at_hand = _AtHand(backend, files, last, registered(backend, "shop_days", days))
    if recent:
        facts = with_recent(facts, at_hand.con, files, last)
    return NearFacts(**{one.name: getattr(facts, one.name) for one in fields(Facts)}, at_hand=at_hand)


@dataclass(frozen=True, slots=True)
class _Made:
    """A table of what shares a key with the lines since a moment."""

    name: str
    since: datetime


class _AtHand:
    """Tables made when they are first asked for; they end with the connection."""

    def __init__(
        self, backend: SQLBackend, files: Mapping[str, FilesInForce], last: date, days: ir.Table
    ) -> None:
        self._backend, self._days = backend, days
        self._files = {feed: [path for path, *_ in some.files] for feed, some in files.items()}
        self.con: Any = backend.con
        self._earliest = datetime.combine(last - timedelta(days=_MOST_DAYS), datetime.min.time())
        self._keys: dict[Link, _Made] = {}
        self._lines: dict[tuple[str, Link], _Made] = {}
        self._number = 0

    def shop_days(self) -> ir.Table:
        """The counts of all shops and days."""
        return self._days

    def sharing(self, feed: str, link: Link, since: datetime) -> ir.Table | None:
        """The lines, or None when the moment lies too far back or there are none at all."""
        if since < self._earliest or not self._files[feed]:
            return None
        made = self._lines.get((feed, link))
        if made is None or made.since > since:
            made = self._lines[feed, link] = self._looked_up(feed, link, since)
        return self._backend.table(made.name)

    def _looked_up(self, feed: str, link: Link, since: datetime) -> _Made:
        """First where the lines are, by the one column, and then the few themselves with all of theirs."""
        made = self._named(f"{feed}_by_{link}", since)
        read = "read_parquet(?, hive_partitioning = false, filename = true, file_row_number = true)"
        self.con.execute(
            f"CREATE OR REPLACE TABLE places AS SELECT filename, file_row_number FROM {read} lines "
            f"SEMI JOIN {self._keys_of(link, since)} keys ON lines.{LINKS[link][feed]} = keys.key",
            [self._files[feed]],
        )
        hit = [one for (one,) in self.con.execute("SELECT DISTINCT filename FROM places").fetchall()]
        names = [one for one in FACT_SCHEMAS[feed].names if one != "line_id"]
        self.con.execute(
            f"CREATE TABLE {made.name} AS SELECT {line_id_sql(feed)} AS line_id, {', '.join(names)} "
            f"FROM {read} SEMI JOIN places USING (filename, file_row_number)",
            [sorted(hit) or self._files[feed][:1]],
        )
        return made

    def _keys_of(self, link: Link, since: datetime) -> str:
        known = self._keys.get(link)
        if known is None or known.since > since:
            parts = [
                f"SELECT {column} AS key FROM {feed}_lines WHERE {FACT_MOMENTS[feed]} >= '{since}'"
                for feed, column in LINKS[link].items()
                if self._files[feed]
            ]
            known = self._keys[link] = self._named(f"keys_by_{link}", since)
            every = " UNION ALL ".join(parts)
            self.con.execute(
                f"CREATE TABLE {known.name} AS SELECT DISTINCT key FROM ({every}) WHERE key IS NOT NULL"
            )
        return known.name

    def _named(self, name: str, since: datetime) -> _Made:
        self._number += 1  # what was made for a later moment may still stand in somebody's question
        return _Made(f"{name}_{self._number}", since)
