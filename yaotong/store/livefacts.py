"""Facts held in memory and kept up with the data version: what came is added, what no longer holds goes.

For a process that judges again and again. Looking costs what the lines looked at cost, whatever number of
files they came in, and a question once put into SQL is asked again without being put anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, func, select

from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS, KEYS, Apart, Facts, Window
from yaotong.lineids import line_id_sql
from yaotong.openings import hours_table, openings_of
from yaotong.store import factbase, factfiles
from yaotong.store.changes import changed_registries
from yaotong.store.engine import Store
from yaotong.store.factengine import connect, registered
from yaotong.store.schema import fact_file

# More lines of all feeds than these are not held in memory: about four gigabytes.
MOST_LINES = 20_000_000


def lines_kept(connection: Connection) -> int:
    """How many lines the files in force hold, of all feeds."""
    rows = select(func.coalesce(func.sum(fact_file.c.rows), 0)).where(fact_file.c.until_version.is_(None))
    return int(connection.execute(rows).scalar_one())


@dataclass(frozen=True, slots=True)
class News:
    """What changed between two data versions: lines that came and lines that went, by feed, and registers.

    Of each line its moment as `at`, and the columns that KEYS names.
    """

    lines: Mapping[str, pa.Table] = field(default_factory=dict)
    registers: frozenset[str] = frozenset()


class LiveFacts:
    """The facts at `version`; `advance` brings them to a newer one. For one thread."""

    def __init__(self, store: Store, version: int) -> None:
        self._store = store
        self._backend = connect(spill=store.facts_dir.parent / "spill")
        self._con: Any = self._backend.con
        self.version = version
        self._spans: dict[str, Window | None] = {}
        self._days_told: tuple[date, date] | None = None
        self._narrowed: dict[Apart, Facts] = {}
        self._keys: dict[Apart, ir.Table] = {}
        self._numbers = itertools.count()
        with store.read() as connection:
            for feed in FACT_MOMENTS:
                self._make(feed, factfiles.paths(connection, store.facts_dir, feed, version))
                self._drop(feed, factfiles.corrections(connection, feed, version)["line_sha"].tolist())
            self._tell_registers(connection, tuple(factbase.REGISTERS))
        self._tell_days()
        self.facts = self._facts()

    def advance(self, version: int) -> News:
        """Go on to a newer data version; what changed on the way."""
        news: dict[str, pa.Table] = {}
        with self._store.read() as connection:
            for feed in FACT_MOMENTS:
                came = self._add(feed, self._brought(connection, feed, version))
                went = self._drop(feed, factfiles.ended_between(connection, feed, self.version, version))
                if came.num_rows or went.num_rows:
                    news[feed] = pa.concat_tables([came, went])
                    self._spans.pop(feed, None)
            registers = changed_registries(connection, self.version, version)
            self.version = version
            self._tell_registers(connection, registers)
        self._tell_days(anew="pharmacies" in registers)
        return News(news, registers)

    def days(self, feed: str) -> Window | None:
        """The first to the last day of a feed's lines."""
        if feed not in self._spans:
            moment = FACT_MOMENTS[feed]
            [(first, last)] = self._con.execute(
                f"SELECT min({moment}), max({moment}) FROM {feed}_lines"
            ).fetchall()
            self._spans[feed] = None if first is None else Window(first.date(), last.date())
        return self._spans[feed]

    def narrow(self, apart: Apart, keys: Collection[str]) -> None:
        """Set the tables that `narrowed(apart)` shows to the lines of some pharmacies, persons or packs."""
        few = pa.table({"key": pa.array(sorted(keys), pa.string())})
        if apart not in self._keys:
            self._begin_narrowing(apart, few)
        self._con.execute(f"TRUNCATE keys_{apart}")
        self._con.register("few", few)
        self._con.execute(f"INSERT INTO keys_{apart} SELECT * FROM few")
        self._con.unregister("few")
        for feed, column in KEYS[apart].items():
            # Emptied and filled, not made anew: what was prepared for these tables stays prepared.
            self._con.execute(f"TRUNCATE {feed}_of_{apart}")
            self._con.execute(
                f"INSERT INTO {feed}_of_{apart} SELECT * FROM {feed}_lines "
                f"SEMI JOIN keys_{apart} ON {feed}_lines.{column} = keys_{apart}.key"
            )

    def _begin_narrowing(self, apart: Apart, few: pa.Table) -> None:
        self._con.register("few", few)
        self._con.execute(f"CREATE TABLE keys_{apart} AS SELECT * FROM few LIMIT 0")
        self._con.unregister("few")
        for feed in KEYS[apart]:
            self._con.execute(f"CREATE TABLE {feed}_of_{apart} AS SELECT * FROM {feed}_lines LIMIT 0")
        self._keys[apart] = self._backend.table(f"keys_{apart}")
        names = {feed: FACT_SCHEMAS[feed].names for feed in KEYS[apart]}
        tables = {feed: self._backend.table(f"{feed}_of_{apart}")[each] for feed, each in names.items()}
        self._narrowed[apart] = replace(self.facts, **tables)

    def keys(self, apart: Apart) -> ir.Table:
        """Whom `narrow` named last: a table of one column `key`."""
        return self._keys[apart]

    def narrowed(self, apart: Apart) -> Facts:
        """The facts with only the lines of those whom `narrow` named last."""
        return self._narrowed[apart]

    def put(self, question: ir.Table) -> str:
        """A question about these facts, prepared; its name."""
        name = f"question_{next(self._numbers)}"
        self._con.execute(f"PREPARE {name} AS {self._backend.compile(question)}")
        return name

    def drop(self, put: str) -> None:
        """A question is not asked any more."""
        self._con.execute(f"DEALLOCATE {put}")

    def answer(self, put: str) -> pd.DataFrame:
        """What a question comes to now."""
        frame: pd.DataFrame = self._con.sql(f"EXECUTE {put}").to_arrow_table().to_pandas()
        return frame

    def _brought(self, connection: Connection, feed: str, version: int) -> list[str]:
        kept = factfiles.kept(connection, self._store.facts_dir, feed, version, since=self.version)
        return [str(one.path) for one in kept]

    def _make(self, feed: str, files: Sequence[str]) -> None:
        if files:
            self._con.execute(
                f"CREATE TABLE {feed}_lines AS SELECT {self._columns(feed)} "
                "FROM read_parquet(?, hive_partitioning = false)",
                [list(files)],
            )
            return
        none = pa.schema([*map(_as_in_files, FACT_SCHEMAS[feed]), pa.field("line_sha", pa.binary())])
        self._con.register("none", none.empty_table())
        self._con.execute(f"CREATE TABLE {feed}_lines AS SELECT * FROM none")
        self._con.unregister("none")

    def _add(self, feed: str, files: Sequence[str]) -> pa.Table:
        if not files:
            return self._told(feed, "false")
        self._con.execute(
            f"CREATE OR REPLACE TEMP TABLE came AS SELECT {self._columns(feed)} "
            "FROM read_parquet(?, hive_partitioning = false)",
            [list(files)],
        )
        self._con.execute(f"INSERT INTO {feed}_lines BY NAME SELECT * FROM came")
        return self._told(feed, "true", "came")

    def _drop(self, feed: str, shas: Sequence[str]) -> pa.Table:
        if not len(shas):
            return self._told(feed, "false")
        gone = pa.table({"line_sha": pa.array([bytes.fromhex(one) for one in shas], pa.binary())})
        self._con.register("gone", gone)
        went = self._told(feed, "line_sha IN (SELECT line_sha FROM gone)")
        self._con.execute(f"DELETE FROM {feed}_lines WHERE line_sha IN (SELECT line_sha FROM gone)")
        self._con.unregister("gone")
        return went

    def _told(self, feed: str, which: str, table: str = "") -> pa.Table:
        keys = sorted({one[feed] for one in KEYS.values() if feed in one})
        columns = ", ".join([f"{FACT_MOMENTS[feed]} AS at", *keys])
        told = self._con.sql(f"SELECT {columns} FROM {table or f'{feed}_lines'} WHERE {which}")
        answer: pa.Table = told.to_arrow_table()
        return answer

    @staticmethod
    def _columns(feed: str) -> str:
        names = [one for one in FACT_SCHEMAS[feed].names if one != "line_id"]
        return ", ".join([f"{line_id_sql(feed)} AS line_id", *names, "line_sha"])

    def _tell_registers(self, connection: Connection, names: Collection[str]) -> None:
        for name in names:
            frame = factbase.REGISTERS[name](connection, self.version)
            factbase.table_of(self._backend, name, frame)

    def _tell_days(self, *, anew: bool = False) -> None:
        """The calendar and the hours of shops, where the days or the shops are others than before."""
        sales = self.days("sales")
        span = (sales.since, sales.until) if sales is not None else None
        if span == self._days_told and self._days_told is not None and not anew:
            return
        frame = factbase.days_between(*(span or (None, None)))
        factbase.table_of(self._backend, "days", frame)
        days = [*frame["day"], max(frame["day"]) + timedelta(days=1)]
        shops = self._con.execute("SELECT DISTINCT opening_hours FROM pharmacies").fetchall()
        registered(self._backend, "openings", hours_table([one for (one,) in shops if one], days))
        self._days_told = span

    def _facts(self) -> Facts:
        tables = {
            feed: self._backend.table(f"{feed}_lines")[FACT_SCHEMAS[feed].names] for feed in FACT_MOMENTS
        }
        tables |= {name: self._backend.table(name) for name in (*factbase.REGISTERS, "days")}
        return Facts(**tables, openings=openings_of(tables["pharmacies"], self._backend.table("openings")))


def _as_in_files(field: pa.Field) -> pa.Field:
    """A field with moments as the engine has them from Parquet, so that feeds with and without files join."""
    return pa.field(field.name, pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
