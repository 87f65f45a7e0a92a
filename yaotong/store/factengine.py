"""The engines facts are read with: DuckDB in this process, or a Spark cluster that sees the same files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from yaotong.errors import ConfigError, UsageError

DUCKDB = "duckdb"
# The rule book over sixty million lines stays below six gigabytes with this, Python's own included.
_MEMORY_MB = 4_000
_MASTER = re.compile(r"spark://[\w.\-]+:\d+|local(\[(\d+|\*)\])?")
# Moments are naive Beijing time: no engine may move them to another zone.
_SPARK = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.ansi.enabled": "false",
    # A rule's plan is told to nobody; written out whole, a long one fills the memory.
    "spark.sql.maxPlanStringLength": "20000",
}
_NO_SPARK = "没有安装 Spark 的部分。请执行 pip install 'yaotong[spark]'，并安装 Java 17。"


def checked(engine: str) -> str:
    """The engine's name; UsageError for one that is none."""
    if engine != DUCKDB and not _MASTER.fullmatch(engine):
        raise UsageError(f"没有引擎 {engine}。可用：duckdb、spark://主机:端口、local[*]。")
    return engine


def connect(engine: str = DUCKDB, spill: Path | None = None) -> SQLBackend:
    """A connection: "duckdb", the address of a Spark master, or "local[2]" for Spark in this process.

    `spill` is where DuckDB puts what its memory does not hold; the folder is made when it comes to that.
    """
    if checked(engine) != DUCKDB:
        return ibis.pyspark.connect(_session(engine))
    backend = ibis.duckdb.connect(threads=2, memory_limit=f"{_memory_mb()}MB")
    if spill is not None:
        backend.con.execute("SET temp_directory = ?", [str(spill)])
    return backend


def _memory_mb() -> int:
    """What DuckDB may hold: four gigabytes, less where the machine has little."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    return min(_MEMORY_MB, int(there * 0.6))


def lines_in(backend: SQLBackend, files: Sequence[str], name: str) -> ir.Table:
    """Fact files as one table of a name; every machine of a cluster must find them in the same place."""
    if backend.name == DUCKDB:
        return backend.read_parquet(files, table_name=name, hive_partitioning=False)
    spark_of(backend).read.parquet(*files).createOrReplaceTempView(name)
    return backend.table(name)


def registered(backend: SQLBackend, name: str, table: pa.Table) -> ir.Table:
    """A small Arrow table under a name: on DuckDB a view of it as it lies, on Spark a copy."""
    if backend.name == DUCKDB:
        backend.con.register(name, table)
    else:
        spark_of(backend).createDataFrame(_in_micros(table)).createOrReplaceTempView(name)
    return backend.table(name)


def spark_of(backend: SQLBackend) -> Any:
    """The SparkSession behind a connection."""
    return backend._session


def _session(master: str) -> Any:
    """A session of its own on the process's one Spark: tables of a name are told apart by their sessions."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError(_NO_SPARK) from error
    try:
        session = SparkSession.builder.master(master).appName("yaotong").getOrCreate()
    except (PySparkException, OSError) as error:
        raise ConfigError(f"Spark 没有启动（{master}）。请检查 Java 17 与集群地址。{error}") from error
    if session.sparkContext.master != master:
        raise ConfigError(f"这个进程已连着 {session.sparkContext.master}，不能再连 {master}。")
    apart = session.newSession()
    for key, value in _SPARK.items():
        apart.conf.set(key, value)
    return apart


def _in_micros(table: pa.Table) -> pa.Table:
    """Moments in the one precision that Spark has."""
    kinds = [
        pa.field(one.name, pa.timestamp("us") if pa.types.is_timestamp(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(kinds))
