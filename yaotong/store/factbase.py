"""Open the facts: one connection that sees exactly what one data version holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from sqlalchemy import Connection, Table

from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS, Facts, Sold
from yaotong.lineids import line_id_of
from yaotong.openings import hours_table, openings_of
from yaotong.store import factfiles, registry
from yaotong.store.browsing_tables import browsing
from yaotong.store.engine import Store
from yaotong.store.exchange_tables import cross_match
from yaotong.store.factengine import DUCKDB, connect, lines_in, registered
from yaotong.store.schema import area, drug, notice, pharmacy, placement, recall, supplier
from yaotong.workdays import days_frame

Register = Callable[[Connection, int | None], pd.DataFrame]

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)


def open_facts(
    store: Store, *, until: date | None = None, version: int | None = None, engine: str = DUCKDB
) -> Facts:
    """The facts at a data version (now by default); `until` is the last day of the calendar table.

    `engine` as for factengine.connect.
    """
    backend = connect(engine, store.facts_dir.parent / "spill")
    with store.read() as connection:
        tables = {feed: _lines(backend, connection, store, feed, version) for feed in FACT_MOMENTS}
        frames = {name: read(connection, version) for name, read in REGISTERS.items()}
    frames["days"] = _days(tables["sales"], until)
    tables |= {name: table_of(backend, name, frame) for name, frame in frames.items()}
    days = [*frames["days"]["day"], max(frames["days"]["day"]) + timedelta(days=1)]
    texts = frames["pharmacies"]["opening_hours"].dropna().unique()
    hours = registered(backend, "openings", hours_table(texts, days))
    return Facts(**tables, openings=openings_of(tables["pharmacies"], hours))


def open_sold(store: Store, version: int, *, since: int = -1) -> Sold:
    """Only the sales and the drugs at a data version: a small part of the work of opening all.

    `since` asks for the sales of the loads after an earlier version alone.
    """
    backend = connect(spill=store.facts_dir.parent / "spill")
    with store.read() as connection:
        sales = _lines(backend, connection, store, "sales", version, since)
        return Sold(sales, table_of(backend, "drugs", _drugs(connection, version)))


def open_lines(store: Store, feed: str) -> ir.Table:
    """The lines of one feed as they stand now, and nothing of any other."""
    backend = connect(spill=store.facts_dir.parent / "spill")
    with store.read() as connection:
        return _lines(backend, connection, store, feed, None)


def _lines(
    backend: SQLBackend, connection: Connection, store: Store, feed: str, version: int | None, since: int = -1
) -> ir.Table:
    if since < 0:
        files = factfiles.paths(connection, store.facts_dir, feed, version)
    else:
        came = factfiles.kept(connection, store.facts_dir, feed, version, since=since)
        files = [str(one.path) for one in came]
    if not files:
        return _as_from_files(table_of(backend, feed, pd.DataFrame()))
    lines = lines_in(backend, files, f"{feed}_lines")
    lines = lines.mutate(line_id=line_id_of(feed, lines))
    names = FACT_SCHEMAS[feed].names
    ended = factfiles.corrections(connection, feed, version)["line_sha"]
    if ended.empty:
        return lines[names]
    shas = pa.array([bytes.fromhex(one) for one in ended], pa.binary())
    gone = registered(backend, f"{feed}_ended", pa.table({"line_sha": shas}))
    return lines.anti_join(gone, "line_sha")[names]


def _as_from_files(lines: ir.Table) -> ir.Table:
    """Moments in the precision that Parquet gives them: feeds with and without files can then be joined."""
    if lines.get_backend().name != DUCKDB:
        return lines  # Spark knows one precision only
    moments = [name for name, kind in lines.schema().items() if kind.is_timestamp()]
    return lines.cast(dict.fromkeys(moments, "timestamp(6)"))


def _drugs(connection: Connection, version: int | None) -> pd.DataFrame:
    return _dated(registry.read(connection, drug, version))


def _suppliers(connection: Connection, version: int | None) -> pd.DataFrame:
    return _dated(registry.read(connection, supplier, version))


def drugs_of(connection: Connection, codes: Iterable[str]) -> pd.DataFrame:
    """What the catalogue says now of some drugs, dated as among the facts."""
    return _dated(registry.having(connection, drug, "drug_code", codes))


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    for name, instead in (("valid_from", _FIRST_DAY), ("valid_to", _LAST_DAY)):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), instead)
    return frame


def _pharmacies(connection: Connection, version: int | None) -> pd.DataFrame:
    frame = _dated(registry.read(connection, pharmacy, version))
    placed = registry.read(connection, placement, version)[["license_no", "area_code"]]
    frame = frame.merge(placed, on="license_no", how="left")
    for name, value in (("status_since", "status"), ("designated_since", "insurance_designated")):
        said = registry.said_since(connection, pharmacy, "license_no", value, version)
        frame[name] = pd.Series([said.get(one) for one in frame["license_no"]], frame.index, dtype=object)
    return frame.rename(columns={"license_no": "pharmacy_id"})


def _days(sales: ir.Table, until: date | None) -> pd.DataFrame:
    span = sales.aggregate(first=sales.sold_at.min(), last=sales.sold_at.max()).to_pandas().iloc[0]
    if pd.isna(span["first"]):
        return days_between(None, until)
    return days_between(span["first"].date(), max(until or _FIRST_DAY, span["last"].date()))


def days_between(first: date | None, last: date | None) -> pd.DataFrame:
    """The calendar from a quarter before the first day, for baselines look back, to the last."""
    if first is None:
        return days_frame(last or _FIRST_DAY, last or _FIRST_DAY)
    began = first - timedelta(days=92)
    return days_frame(began, max(last or began, began))


def table_of(backend: SQLBackend, name: str, frame: pd.DataFrame) -> ir.Table:
    """A frame as the table of facts of a name; columns it lacks are NULL."""
    schema = FACT_SCHEMAS[name]
    arrays = [
        pa.array(frame[field.name], type=field.type, from_pandas=True)
        if field.name in frame.columns
        else pa.nulls(len(frame), field.type)
        for field in schema
    ]
    return registered(backend, name, pa.table(arrays, schema=schema))


def _register(table: Table) -> Register:
    return lambda connection, version: registry.read(connection, table, version)


# What the registers say at a data version, by the name it has among the facts.
REGISTERS: Mapping[str, Register] = {
    "drugs": _drugs,
    "pharmacies": _pharmacies,
    "areas": _register(area),
    "recalls": _register(recall),
    "suppliers": _suppliers,
    "notices": _register(notice),
    "cross_matches": _register(cross_match),
    "browsing": _register(browsing),
}
