"""Parquet: typed columns brought to the text that a CSV of them would hold, then checked like any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import Source, text_frame_of

_WHOLE = 2.0**53
_PIECE_ROWS = 100_000
_SHORT = 1 << 20  # bytes; threads are not worth waking for less
_NO_VALUE = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_duration,
    pa.types.is_interval,
)
_DAMAGED = "Parquet 文件已损坏。请重新导出。"


def read_parquet(data: bytes, limits: Limits) -> Source:
    """Read Parquet bytes whole. FileRefused as `parquet_pieces`."""
    frames = [one.frame for one in parquet_pieces(data, limits)]
    return Source(pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0])


def parquet_pieces(data: bytes, limits: Limits) -> Iterator[Source]:
    """Parquet bytes some rows at a time; at least one piece, which may have no rows.

    FileRefused: truncated_file, corrupt_file, too_many_rows, decompression_bomb, duplicate_header or
    bad_schema.
    """
    file = _opened(data, limits)
    batches = file.iter_batches(_PIECE_ROWS, use_threads=len(data) > _SHORT)
    any_rows = False
    while (table := _next(batches)) is not None:
        any_rows = True
        yield _source(table)
    if not any_rows:
        yield _source(file.schema_arrow.empty_table())


def _opened(data: bytes, limits: Limits) -> pq.ParquetFile:
    if data.startswith(b"PARE"):
        raise FileRefused("encrypted_file", "Parquet 文件已加密。请导出不加密的文件后重送。")
    if not data.endswith(b"PAR1"):
        raise FileRefused("truncated_file", "Parquet 文件不完整。请重新传输。")
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        if file.metadata.num_rows > limits.rows:
            raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请拆分后分别送来。")
        unpacked = sum(file.metadata.row_group(one).total_byte_size for one in range(file.num_row_groups))
        if unpacked > limits.unpacked_bytes:
            raise FileRefused("decompression_bomb", f"解压后超过 {limits.unpacked_bytes:,} 字节。")
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError):  # names that are no UTF-8, too
        raise FileRefused("corrupt_file", _DAMAGED) from None
    if len(set(names)) != len(names):
        raise FileRefused("duplicate_header", "列名重复。请每列用不同的名字。")
    return file


def _next(batches: Iterator[pa.RecordBatch]) -> pa.Table | None:
    try:
        batch = next(batches, None)
        if batch is not None:
            batch.validate(full=True)  # text that is no UTF-8 is found nowhere else
    except (pa.ArrowException, OSError, ValueError):
        raise FileRefused("corrupt_file", _DAMAGED) from None
    return None if batch is None else pa.Table.from_batches([batch])


def _source(table: pa.Table) -> Source:
    columns = {name: _text(table[name], name) for name in table.column_names}
    return Source(text_frame_of(columns, table.num_rows))


def _text(column: Any, name: str) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_floating(kind):
        return _float_text(column.cast(pa.float64()))
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pc.strftime(pc.cast(column, pa.timestamp("s", "UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_timestamp(kind):
        return pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.string())
    if pa.types.is_nested(kind) or any(one(kind) for one in _NO_VALUE):
        raise FileRefused("bad_schema", f"列 {header_text([name])} 的类型 {kind} 不是简单的值。")
    return pc.cast(column, pa.string())


def _float_text(column: Any) -> Any:
    """Whole floats without ".0", so that a code kept as a float reads like one; NaN stays to be refused."""
    whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), _WHOLE))
    digits = pc.cast(pc.cast(pc.if_else(whole, column, None), pa.int64()), pa.string())
    return pc.if_else(pc.fill_null(whole, False), digits, pc.cast(column, pa.string()))
