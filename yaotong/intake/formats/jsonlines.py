"""NDJSON: one object a line, of scalars, of further objects and of lists of objects."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.source import Source, text_frame_of
from yaotong.intake.formats.delimited import to_utf8
from yaotong.intake.formats.jsontext import parse_json, plain

_TEXT = pa.large_string()  # as frames hold it


def read_jsonlines(data: bytes, limits: Limits) -> Source:
    """Read NDJSON bytes; numbers keep the text they are written as. FileRefused: bad_json and limits.

    What is nested becomes a column named by its path: {"a": [{"b": 1}, {"b": 2}]} is "1|2" in column "a.b".
    """
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
    columns = {name: pa.array([record.get(name) for record in records], _TEXT) for name in names}
    return text_frame_of(columns, len(records))


def _record(line: str, number: int, limits: Limits) -> dict[str, str | None]:
    where = f"第 {number} 行"
    record = parse_json(line, limits.json_depth, where=where, exact=True)
    if not isinstance(record, dict):
        raise FileRefused("bad_json", f"{where}不是一个对象。NDJSON 每行应为一个对象。")
    found: dict[str, list[str]] = {}
    try:
        if not any(isinstance(value, dict | list) for value in record.values()):
            return {name: plain(value) for name, value in record.items()}
        _flatten(record, "", found)
        return {name: _joined(values) for name, values in found.items()}
    except ValueError as error:
        raise FileRefused("bad_json", f"{where}{error}") from None


def _flatten(value: object, path: str, found: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            _flatten(one, f"{path}.{name}" if path else str(name), found)
    elif isinstance(value, list):
        for one in value:
            if not isinstance(one, dict):
                raise ValueError("有列表：列表里只能是对象。")
            _flatten(one, path, found)
    else:
        found.setdefault(path, []).append(plain(value) or "")


def _joined(values: list[str]) -> str | None:
    if len(values) > 1 and any("|" in one for one in values):
        raise ValueError("列表里的值含有竖线 |。")
    return "|".join(values) or None
