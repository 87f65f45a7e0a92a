"""Put new pseudonyms in the place of old ones in every table: all columns of text are looked through.

The audit chain stays as it was written; what else a table may refuse to change is no pseudonym's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, String, Table, bindparam, delete, insert, select, update

from yaotong.alerts.model import Finding
from yaotong.store.exchange_tables import exchange_run
from yaotong.store.metadata import metadata
from yaotong.store.rule_tables import shadow_finding
from yaotong.store.schema import corrected_line, evidence_line, fact_file, finding
from yaotong.store.vault_tables import vault_identity

Rename = Callable[[str], str]
# Events of alerts are held to the chain by their hashes.
_KEPT = ("audit", "audit_anchor", "alert_event", "pseudonym_link")
_CHUNK = 500
_LEAST_CHARS = 34  # of a pseudonym


def rename_texts(connection: Connection, key_id: str, rename: Rename) -> int:
    """Rename in all columns of text that may hold a pseudonym of a key; how many cells changed.

    `rename` answers a text with every pseudonym in it replaced. The vault's rows are left to `reseal`.
    """
    changed = 0
    for table in metadata.sorted_tables:
        if table.name not in (*_KEPT, vault_identity.name):
            for column in table.c:
                if _may_hold(column):
                    changed += _renamed(connection, table, column, key_id, rename)
    return changed + _waiting(connection, rename)


def _may_hold(column: Column[Any]) -> bool:
    kind = column.type
    return isinstance(kind, String) and (kind.length is None or kind.length >= _LEAST_CHARS)


def _renamed(connection: Connection, table: Table, column: Column[Any], key_id: str, rename: Rename) -> int:
    own = list(table.primary_key.columns)
    if not own:
        raise RuntimeError(f"{table.name} has no primary key to rename by")
    held = column.contains(f"{key_id}:", autoescape=True)
    rows = connection.execute(
        select(*(one.label(f"old_{one.name}") for one in own), column.label("said")).where(held)
    )
    news = [
        {**{f"old_{one.name}": getattr(row, f"old_{one.name}") for one in own}, "new": made}
        for row in rows
        if (made := rename(row.said)) != row.said
    ]
    if news:
        mine = [one == bindparam(f"old_{one.name}") for one in own]
        connection.execute(update(table).where(*mine).values({column.name: bindparam("new")}), news)
    return len(news)


def _waiting(connection: Connection, rename: Rename) -> int:
    """Runs of a matching that wait for the other side keep whose each point is, as bytes of JSON."""
    query = select(exchange_run.c.run_id, exchange_run.c.waiting).where(exchange_run.c.waiting.is_not(None))
    done = 0
    for row in connection.execute(query).fetchall():
        said = bytes(row.waiting).decode("latin-1")
        if (made := rename(said)) != said:
            mine = update(exchange_run).where(exchange_run.c.run_id == row.run_id)
            connection.execute(mine.values(waiting=made.encode("latin-1")))
            done += 1
    return done


def renumber_findings(connection: Connection, key_id: str) -> int:
    """Ids of findings are made of their subjects: make those about renamed ones anew; how many."""
    query = select(finding).where(finding.c.subject.like(f"{key_id}:%"))
    news = {row.finding_id: _id_of(row) for row in connection.execute(query)}
    for table in (finding, evidence_line):
        _renumbered(connection, table, news)
    query = select(shadow_finding).where(shadow_finding.c.subject.like(f"{key_id}:%"))
    _renumbered(
        connection, shadow_finding, {row.finding_id: _id_of(row) for row in connection.execute(query)}
    )
    return len(news)


def _id_of(row: Any) -> str:
    return Finding.id_of(row.rule_id, row.subject, row.behaviour_day, row.clause)


def _renumbered(connection: Connection, table: Table, news: Mapping[str, str]) -> None:
    told = [{"old": old, "new": new} for old, new in news.items() if old != new]
    if told:
        mine = update(table).where(table.c.finding_id == bindparam("old"))
        connection.execute(mine.values(finding_id=bindparam("new")), told)


def rename_files(connection: Connection, feed: str, files: Mapping[str, tuple[str, str]]) -> None:
    """Name other files in the place of some: old path → new path and its SHA-256."""
    for old, (new, digest) in files.items():
        one = update(fact_file).where(fact_file.c.path == old)
        connection.execute(one.values(path=new, sha256=digest))
        copies = update(fact_file).where(fact_file.c.copy_of == old)
        connection.execute(copies.values(copy_of=new))
        lines = update(corrected_line).where(corrected_line.c.feed == feed, corrected_line.c.path == old)
        connection.execute(lines.values(path=new))


def rename_wordings(connection: Connection, feed: str, shas: Mapping[str, str]) -> None:
    """Hashes of wordings no longer in force that are worded with new pseudonyms now."""
    told = [{"old": old, "new": new} for old, new in shas.items() if old != new]
    if told:
        mine = update(corrected_line).where(
            corrected_line.c.feed == feed, corrected_line.c.line_sha == bindparam("old")
        )
        connection.execute(mine.values(line_sha=bindparam("new")), told)


def wordings(connection: Connection, feed: str) -> frozenset[str]:
    """Hashes of all wordings of a feed that a later load corrected."""
    query = select(corrected_line.c.line_sha).where(corrected_line.c.feed == feed)
    return frozenset(connection.execute(query).scalars())


def every_file(connection: Connection) -> list[tuple[str, str]]:
    """All fact files that the manifest names, in force or not: feed and path."""
    query = select(fact_file.c.feed, fact_file.c.path).order_by(fact_file.c.file_id)
    return [(row.feed, row.path) for row in connection.execute(query)]


def sealed_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """The rows of the vault."""
    for row in connection.execute(select(vault_identity)).mappings():
        yield dict(row)


def reseal(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put other rows in the place of all of the vault's."""
    connection.execute(delete(vault_identity))
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(vault_identity), [dict(one) for one in rows[start : start + _CHUNK]])


def renamer(pattern: re.Pattern[str], of: Callable[[str], str]) -> Rename:
    """What replaces every pseudonym that a pattern finds in a text."""
    known: dict[str, str] = {}

    def made(found: re.Match[str]) -> str:
        old = found[0]
        if old not in known:
            known[old] = of(old)
        return known[old]

    return lambda text: pattern.sub(made, text)
