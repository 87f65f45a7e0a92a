"""Parquet: typed columns brought to the text that a CSV of them would hold, then checked like any other."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import Source

_WHOLE = 2.0**53


def read_parquet(data: bytes, limits: Limits) -> Source:
    """Read Parquet bytes. FileRefused: truncated_file, corrupt_file, too_many_rows, bad_schema."""
    if not data.endswith(b"PAR1"):
        raise FileRefused("truncated_file", "Parquet 文件不完整。请重新传输。")
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        if file.metadata.num_rows > limits.rows:
            raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请拆分后分别送来。")
        unpacked = sum(file.metadata.row_group(one).total_byte_size for one in range(file.num_row_groups))
        if unpacked > limits.unpacked_bytes:
            raise FileRefused("decompression_bomb", f"解压后超过 {limits.unpacked_bytes:,} 字节。")
        table = file.read()
    except (pa.ArrowException, OSError):
        raise FileRefused("corrupt_file", "Parquet 文件已损坏。请重新导出。") from None
    if len(set(table.column_names)) != table.num_columns:
        raise FileRefused("duplicate_header", "列名重复。请每列用不同的名字。")
    columns = {name: _text(table[name], name) for name in table.column_names}
    return Source(pa.table(columns).to_pandas())


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
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise FileRefused("bad_schema", f"列 {header_text([name])} 的类型 {kind} 不是简单的值。")
    return pc.cast(column, pa.string())


def _float_text(column: Any) -> Any:
    """Whole floats without ".0", so that a code kept as a float reads like one; NaN stays to be refused."""
    whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), _WHOLE))
    digits = pc.cast(pc.cast(pc.if_else(whole, column, None), pa.int64()), pa.string())
    return pc.if_else(pc.fill_null(whole, False), digits, pc.cast(column, pa.string()))
