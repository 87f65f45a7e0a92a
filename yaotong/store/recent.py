"""The lines of the last months in memory, before those of the files: a night's questions then open few files.

A table of lines becomes both together, told apart by their moments: a question about late days is seen to be
none about the files, and one about all days is answered as ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS, Facts
from yaotong.lineids import line_id_sql
from yaotong.store.registry import in_force
from yaotong.store.schema import fact_file

# A quarter of a year and the first day judged: what most rules look back.
_DAYS = 93
# Of all feeds: about a gigabyte.
MOST_LINES = 5_000_000


@dataclass(frozen=True, slots=True)
class FilesInForce:
    """The fact files in force of a feed: path and month ("YYYY-MM") of each, and its lines."""

    files: Sequence[tuple[str, str, int]]

    def before(self, month: str) -> list[str]:
        """Those of earlier months."""
        return [path for path, of, _ in self.files if of < month]

    def since(self, month: str) -> list[str]:
        """Those of a month and later ones."""
        return [path for path, of, _ in self.files if of >= month]


def files_in_force(connection: Connection, facts_dir: Path, version: int) -> dict[str, FilesInForce]:
    """The files of each feed at a data version."""
    columns = (fact_file.c.feed, fact_file.c.path, fact_file.c.month, fact_file.c.rows)
    query = select(*columns).where(in_force(fact_file, version)).order_by(fact_file.c.file_id)
    found: dict[str, list[tuple[str, str, int]]] = {feed: [] for feed in FACT_MOMENTS}
    for feed, path, month, rows in connection.execute(query):
        found[feed].append((str(facts_dir / path), month, rows))
    return {feed: FilesInForce(some) for feed, some in found.items()}


def with_recent(facts: Facts, con: Any, files: Mapping[str, FilesInForce], last: date) -> Facts:
    """Facts on DuckDB with the lines of the last months in memory, as many months as there is room for."""
    month = _first_month(files, last)
    if month is None:
        return facts
    backend = facts.sales.get_backend()
    tables = {}
    for feed, some in files.items():
        if some.since(month):
            _make(con, feed, some, month)
            tables[feed] = backend.table(f"{feed}_near")
    return replace(facts, **tables)


def _first_month(files: Mapping[str, FilesInForce], last: date) -> str | None:
    """The first month of those wanted that can all be held; None when the last one alone is too large."""
    lines: Counter[str] = Counter()
    for some in files.values():
        for _, month, rows in some.files:
            lines[month] += rows
    wanted = (last - timedelta(days=_DAYS)).strftime("%Y-%m")
    fits, total = None, 0
    for month in sorted((one for one in lines if one >= wanted), reverse=True):
        total += lines[month]
        if total > MOST_LINES:
            break
        fits = month
    return fits


def _make(con: Any, feed: str, files: FilesInForce, month: str) -> None:
    """`<feed>_recent`, and `<feed>_near` of it and of the files before."""
    stored = ", ".join(one for one in FACT_SCHEMAS[feed].names if one != "line_id")
    lines = (
        f"SELECT {line_id_sql(feed)} AS line_id, {stored} FROM read_parquet({{}}, hive_partitioning = false)"
    )
    con.execute(f"CREATE TABLE {feed}_recent AS {lines.format('?')}", [files.since(month)])
    both, before = f"SELECT * FROM {feed}_recent", files.before(month)
    if before:
        first = datetime.strptime(month, "%Y-%m")
        paths = ", ".join("'" + one.replace("'", "''") + "'" for one in before)
        both += f" UNION ALL {lines.format(f'[{paths}]')} WHERE {FACT_MOMENTS[feed]} < '{first}'"
    con.execute(f"CREATE VIEW {feed}_near AS {both}")
