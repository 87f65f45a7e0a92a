"""NDJSON: one object of scalars a line."""

from __future__ import annotations

import pandas as pd

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.source import Source
from yaotong.intake.formats.delimited import to_utf8
from yaotong.intake.formats.jsontext import parse_json, plain


def read_jsonlines(data: bytes, limits: Limits) -> Source:
    """Read NDJSON bytes; numbers keep the text they are written as. FileRefused: bad_json and limits."""
    lines = [line for line in to_utf8(data).decode("utf-8").split("\n") if line.strip()]
    if not lines:
        raise FileRefused("empty_file", "文件是空的。请确认导出成功后重送。")
    if len(lines) > limits.rows:
        raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请拆分后分别送来。")
    return Source(text_frame([_record(line, number, limits) for number, line in enumerate(lines, 1)], limits))


def text_frame(records: list[dict[str, str | None]], limits: Limits) -> pd.DataFrame:
    """Records as `str` columns in order of first appearance; what a record lacks is missing."""
    names = list(dict.fromkeys(name for record in records for name in record))
    if len(names) > limits.columns:
        raise FileRefused("too_many_columns", f"有 {len(names)} 列，上限是 {limits.columns} 列。")
    columns = {name: pd.Series([record.get(name) for record in records], dtype="str") for name in names}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))


def _record(line: str, number: int, limits: Limits) -> dict[str, str | None]:
    where = f"第 {number} 行"
    record = parse_json(line, limits.json_depth, where=where, exact=True)
    if not isinstance(record, dict):
        raise FileRefused("bad_json", f"{where}不是一个对象。NDJSON 每行应为一个对象。")
    try:
        return {str(name): plain(value) for name, value in record.items()}
    except ValueError as error:
        raise FileRefused("bad_json", f"{where}{error}") from None
