"""Staging: lines written as fact files that do not count yet, by month and area, as they are read.

A load of any size needs the memory of what is pending; which of its lines were known all along is told at
the end, and only files that hold such lines are written again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.errors import StoreError
from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS
from yaotong.lineids import line_ids
from yaotong.records import FEEDS

NOWHERE = "none"
_GROUP_ROWS = 131_072
_PENDING_ROWS = 400_000
# Hardly ever twice, so that a dictionary would only be tried in vain.
_PLAIN = (
    "line_key", "line_sha", "sale_id", "trace_code", "settlement_id", "buyer_key", "recorded_at",
)  # fmt: skip
FULL = "事实文件写不下去：{}。已收的数据未受影响，请腾出磁盘空间后重送。"
Entries = NDArray[np.int64]
_MONTH = "datetime64[M]"
Partition = tuple[str, str]


def stored_schema(feed: str) -> pa.Schema:
    """What a feed's fact files hold: its facts without line_id, which the key says, and the fingerprints."""
    facts = [one for one in FACT_SCHEMAS[feed] if one.name != "line_id"]
    return pa.schema([*facts, ("line_key", pa.binary(16)), ("line_sha", pa.binary(16))])


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A written file and where it belongs: month "YYYY-MM", area code or "none"."""

    path: Path
    month: str
    area_code: str
    rows: int
    sha256: str


@dataclass(slots=True)
class _Open:
    """One partition while lines come: what is pending, and the file once it has any."""

    path: Path
    pending: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    entries: list[NDArray[np.uint32]] = field(default_factory=list)
    writer: pq.ParquetWriter | None = None


class Stage:
    """Writes the lines of one load below `folder`.

    Args:
        feed: a feed whose lines are facts.
        areas: area code by pharmacy; lines of other pharmacies, and of none, are kept under "none".
        arrived_at: when the load came, naive Beijing time.
    """

    def __init__(self, folder: Path, feed: str, areas: Mapping[str, str], arrived_at: datetime) -> None:
        self._folder, self._feed, self._areas, self._arrived = folder, feed, areas, arrived_at
        self._schema = stored_schema(feed)
        self._open: dict[Partition, _Open] = {}
        self._pending = 0
        self._coded: frozenset[str] | None = None

    def add(self, lines: pa.Table, entries: Entries) -> None:
        """Take lines (the feed's columns, line_key and line_sha) and the number each is known by."""
        if not lines.num_rows:
            return
        lines = lines.append_column("arrived_at", _constant(self._arrived, lines.num_rows))
        lines = self._uniform(lines.select(self._schema.names))
        order, parts = _parts(lines, self._feed, self._areas)
        lines, entries = _taken(lines, order), entries[order]
        for partition, start, end in parts:
            one = self._open.setdefault(partition, _Open(self._path(partition)))
            one.pending.append(lines.slice(start, end - start))
            one.entries.append(entries[start:end].astype(np.uint32))  # kept for all lines, so small
            one.rows += end - start
            self._pending += end - start
            if one.rows >= _GROUP_ROWS:
                self._flush(one)
        if self._pending > _PENDING_ROWS:
            for one in sorted(self._open.values(), key=lambda part: -part.rows):
                if self._pending > _PENDING_ROWS // 2:
                    self._flush(one)

    def settle(self, drop: NDArray[np.bool_]) -> tuple[StagedFile, ...]:
        """Finish the files without the lines whose number is marked in `drop`; nothing left, no file."""
        with writing():
            for one in self._open.values():
                self._flush(one)
                if one.writer is not None:
                    one.writer.close()
            with ThreadPoolExecutor(2) as beside:
                done = list(beside.map(lambda item: self._finish(item, drop), sorted(self._open.items())))
        return tuple(one for one in done if one is not None)

    def lines_of(self, wanted: Entries) -> pa.Table:
        """line_id, line_key, line_sha, entry and file of a few lines that were staged, before `settle`."""
        found = []
        for one in self._open.values():
            self._flush(one)
            numbers = np.concatenate(one.entries)
            places = np.flatnonzero(np.isin(numbers, wanted))
            if len(places) and one.writer is not None:
                said = [*FEEDS[self._feed].stored_key, "line_key", "line_sha"]
                with writing():
                    one.writer.close()
                    table = pq.read_table(one.path, columns=said, partitioning=None).take(pa.array(places))
                table = table.append_column("line_id", line_ids(self._feed, table))
                table = table.append_column("file", pa.array([one.path.name] * len(places)))
                found.append(table.append_column("entry", pa.array(numbers[places])))
        return pa.concat_tables(found).select(["line_id", "line_key", "line_sha", "entry", "file"])

    def _uniform(self, lines: pa.Table) -> pa.Table:
        """All blocks in the types of the first: what was coded there is coded, the rest is written out."""
        if self._coded is None:
            kinds = {one.name: one.type for one in lines.schema}
            self._coded = frozenset(name for name, kind in kinds.items() if pa.types.is_dictionary(kind))
        columns = [
            _coded(lines[name]) if name in self._coded else lines[name].cast(self._schema.field(name).type)
            for name in lines.column_names
        ]
        return pa.table(columns, names=lines.column_names)

    def _path(self, partition: Partition) -> Path:
        month, area = partition
        return self._folder / f"{month}_{area}.staged"

    def _flush(self, one: _Open) -> None:
        if not one.pending:
            return
        table = pa.concat_tables(one.pending).unify_dictionaries()
        with writing():
            if one.writer is None:
                one.path.parent.mkdir(parents=True, exist_ok=True)
                one.writer = writer(one.path, table.schema, self._schema)
            one.writer.write_table(table, row_group_size=_GROUP_ROWS)
        self._pending -= one.rows
        one.pending, one.rows = [], 0

    def _finish(self, item: tuple[Partition, _Open], drop: NDArray[np.bool_]) -> StagedFile | None:
        (month, area), one = item
        numbers = np.concatenate(one.entries)
        kept = ~drop[numbers]
        if not kept.any():
            one.path.unlink()
            return None
        if not kept.all():
            beside = one.path.with_suffix(".again")
            copied(one.path, beside, self._feed, lambda part, at: pa.array(kept[at : at + part.num_rows]))
            beside.replace(one.path)
        return StagedFile(one.path, month, area, int(kept.sum()), settled(one.path))


@contextmanager
def writing() -> Iterator[None]:
    """What the disk refuses is no fault of the file, and nothing staged counts yet."""
    try:
        yield
    except OSError as error:
        raise StoreError(FULL.format(error.strerror)) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """A fact file that is lost or damaged comes from a backup only."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"事实文件 {path.name} 读不出来，可能已损坏。请从备份恢复 facts 目录。") from error


def _coded(column: Any) -> Any:
    return column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)


def _taken(lines: pa.Table, order: NDArray[np.int64]) -> pa.Table:
    """The lines in another order; a column of nothing has none."""
    places = pa.array(order)

    def taken(column: Any) -> Any:
        if column.null_count == len(column):
            return column
        return pc.take(column, places, boundscheck=False)

    columns = [taken(one) for one in lines.columns]
    return pa.table(columns, names=lines.column_names)


def _constant(moment: datetime, rows: int) -> Any:
    values = pa.array([moment], pa.timestamp("s"))
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), values).cast(values.type)


def writer(path: Path, schema: pa.Schema, stored: pa.Schema) -> pq.ParquetWriter:
    """Writes a fact file of a feed's `stored_schema`; `schema` is that of the tables it is given."""
    # Dictionary columns are written as what they stand for; the reader need not know.
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in stored.names if name not in (*_PLAIN, *FACT_MOMENTS.values())],
        write_statistics=[name for name in stored.names if name in ("pharmacy_id", *FACT_MOMENTS.values())],
        write_page_checksum=True,
        store_schema=False,
    )


def copied(source: Path, copy: Path, feed: str, keeps: Callable[[pa.Table, int], Any]) -> int:
    """Write those lines of a fact file to another that `keeps` flags; how many they are.

    `keeps` gets lines of the file and the number of the first of them. StoreError when the file cannot be
    read, or the disk refuses.
    """
    rows = start = 0
    with reading(source):
        file = pq.ParquetFile(source, page_checksum_verification=True)
    with writing(), writer(copy, file.schema_arrow, stored_schema(feed)) as out:
        for number in range(file.num_row_groups):
            with reading(source):
                group = file.read_row_group(number)
            kept = group.filter(keeps(group, start))
            out.write_table(kept)
            rows, start = rows + kept.num_rows, start + group.num_rows
    return rows


def settled(path: Path) -> str:
    """A file's SHA-256, once it is on the disk and not only in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(
    lines: pa.Table, feed: str, areas: Mapping[str, str]
) -> tuple[NDArray[np.int64], list[tuple[Partition, int, int]]]:
    """The order by month, area and pharmacy (that of the file among equals), and where each part lies."""
    moments = lines[FACT_MOMENTS[feed]].combine_chunks().to_numpy(zero_copy_only=False)
    months = np.arange(moments.min().astype(_MONTH), moments.max().astype(_MONTH) + 1)
    month_of = np.searchsorted(months[1:].astype(moments.dtype), moments, side="right")
    shops, shop_of = _shops(lines)
    area_of = np.array([areas.get(one, NOWHERE) for one in shops])
    ranked = np.lexsort((shops, area_of))
    rank = np.empty(len(shops), dtype=np.int64)
    rank[ranked] = np.arange(len(shops))
    order, ends = _ordered(month_of, rank, shop_of, len(months))
    return order, list(_runs(months, area_of[ranked], ends))


def _shops(lines: pa.Table) -> tuple[NDArray[np.object_], NDArray[np.int32]]:
    """Distinct pharmacies and the place of each line's in them; a feed without any has one, nameless."""
    if "pharmacy_id" not in lines.column_names:
        return np.array([""], dtype=object), np.zeros(lines.num_rows, dtype=np.int32)
    column = lines["pharmacy_id"].combine_chunks()
    if not isinstance(column, pa.DictionaryArray):
        column = column.dictionary_encode()
    names = np.array([one or "" for one in column.dictionary.to_pylist()], dtype=object)
    return names, column.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)


def _runs(
    months: NDArray[Any], areas: NDArray[Any], ends: NDArray[np.int64]
) -> Iterator[tuple[Partition, int, int]]:
    """Neighbouring buckets of one month and area, those without lines left out."""
    start, width = 0, len(areas)
    last = np.flatnonzero(np.append(areas[1:] != areas[:-1], True))
    for number, month in enumerate(months.astype(str)):
        if ends[(number + 1) * width - 1] == start:
            continue
        for place in last:
            end = int(ends[number * width + place])
            if end > start:
                yield (month, str(areas[place])), start, end
            start = end


@compiled
def _ordered(
    month_of: NDArray[np.int64], rank: NDArray[np.int64], shop_of: NDArray[np.int32], months: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A counting sort: the stable order of rows by month and rank of shop, and where each pair ends in it."""
    ends = np.zeros(months * len(rank), dtype=np.int64)
    for row in range(len(shop_of)):
        ends[month_of[row] * len(rank) + rank[shop_of[row]]] += 1
    at = 0
    for bucket in range(len(ends)):
        at, ends[bucket] = at + ends[bucket], at
    order = np.empty(len(shop_of), dtype=np.int64)
    for row in range(len(shop_of)):
        bucket = month_of[row] * len(rank) + rank[shop_of[row]]
        order[ends[bucket]] = row
        ends[bucket] += 1
    return order, ends
