"""Lines that bear a trace code: those that came between two data versions, and wordings that ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from sqlalchemy import Connection, select

from yaotong.facts import FACT_MOMENTS
from yaotong.store import factfiles
from yaotong.store.factengine import lines_in, registered
from yaotong.store.schema import corrected_line

_BUYERS = {"sales": "buyer_key"}
COLUMNS = ("trace_code", "at", "pharmacy_id", "drug_code", "quantity", "buyer")


def coded_lines(
    backend: SQLBackend, connection: Connection, facts_dir: Path, feed: str, since: int, until: int
) -> tuple[pa.Table, pa.Table]:
    """Coded lines of a feed that came after `since` and hold at `until`, and earlier ones that ended since.

    Columns as COLUMNS; `buyer` is null for a feed that names none.
    """
    kept = factfiles.kept(connection, facts_dir, feed, until)
    query = select(corrected_line.c.line_sha, corrected_line.c.since_version).where(
        corrected_line.c.feed == feed, corrected_line.c.since_version <= until
    )
    ended = [(bytes.fromhex(sha), at) for sha, at in connection.execute(query)]
    new = [str(one.path) for one in kept if one.version > since]
    old = [str(one.path) for one in kept if one.version <= since]
    lately = [sha for sha, at in ended if at > since]
    came = _coded(backend, feed, new, f"{feed}_coded_new_{since}", gone=[sha for sha, _ in ended])
    went = _coded(backend, feed, old if lately else [], f"{feed}_coded_old_{since}", only=lately)
    return came, went


def _coded(
    backend: SQLBackend,
    feed: str,
    files: Sequence[str],
    name: str,
    *,
    gone: Sequence[bytes] = (),
    only: Sequence[bytes] = (),
) -> pa.Table:
    if not files:
        return pa.table({one: pa.array([], _TYPES.get(one, pa.string())) for one in COLUMNS})
    lines = lines_in(backend, files, name)
    for shas, held in ((gone, False), (only, True)):
        if shas:
            some = registered(backend, f"{name}_{held}", pa.table({"line_sha": pa.array(shas, pa.binary())}))
            lines = lines.semi_join(some, "line_sha") if held else lines.anti_join(some, "line_sha")
    return _told(feed, lines.filter(lines.trace_code.notnull(), lines.trace_code != "")).to_pyarrow()


def _told(feed: str, lines: ir.Table) -> ir.Table:
    buyer = lines[_BUYERS[feed]] if feed in _BUYERS else ibis.null("string")
    moment = lines[FACT_MOMENTS[feed]]
    return lines.select("trace_code", "pharmacy_id", "drug_code", "quantity", at=moment, buyer=buyer)


_TYPES = {"at": pa.timestamp("s"), "quantity": pa.float64()}
