"""JSON read strictly: no repeated names, no NaN, no depth beyond the limit."""

from __future__ import annotations

import json
import re
from typing import Any

from yaotong.errors import FileRefused

_PIECES = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{}]')
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_DIGITS = 400  # no float is longer before its point, and Python turns no 4,300 digits into a number


def parse_json(text: str, depth: int, *, where: str = "", exact: bool = False) -> Any:
    """Parse one document; with `exact`, numbers stay the text they are written as.

    Raises:
        FileRefused: bad_json (with the line), or json_depth.
    """
    _check_depth(text, depth)
    number, whole = (str, str) if exact else (None, _whole)
    try:
        document = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=number, parse_int=whole
        )
        if _HALF.search(text):
            _check_letters(document)
        return document
    except json.JSONDecodeError as error:
        place = where or f"第 {error.lineno} 行"
        raise FileRefused("bad_json", f"{place}不是合法的 JSON。请重新导出。") from None
    except ValueError as error:
        raise FileRefused("bad_json", f"{where}{error}") from None


def plain(value: object) -> str | None:
    """A JSON scalar as the text a CSV would hold; None for null. ValueError for anything else."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    raise ValueError("有嵌套的值：每个字段只能是文字、数字、真假或空。")


def _check_depth(text: str, limit: int) -> None:
    if text.count("{") + text.count("[") <= limit:
        return
    depth = 0
    for found in _PIECES.finditer(text):
        mark = found.group()[0]
        depth += 1 if mark in "[{" else -1 if mark in "]}" else 0
        if depth > limit:
            raise FileRefused("json_depth", f"JSON 嵌套超过 {limit} 层。")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"有超过 {_MOST_DIGITS} 位的数。")
    return int(digits)


def _check_letters(document: object) -> None:
    """Half of a pair of surrogates can be escaped in JSON, but is no letter: nothing could write it out."""
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("有不成对的 \\u 代理码，不是文字。") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("同一对象里有重复的名字。")
    return found


def _no_constant(_name: str) -> Any:
    raise ValueError("NaN 与 Infinity 不是 JSON 的数。")
