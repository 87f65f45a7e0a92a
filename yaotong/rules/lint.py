"""What is wrong with a rule before it ever runs, each fault with its file and line."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from yaotong.facts import Facts, Window
from yaotong.rules import case_feeds, cases
from yaotong.rules.builder import facts_from
from yaotong.rules.model import FIGURES, FINDING_COLUMNS, Parameter, Rule
from yaotong.rules.scope import tables_read

_DAY = date(2026, 3, 2)
_READ = re.compile(r"""row(?:\[|\.get\()["']([^"']+)["']""")
_PARAMETER = re.compile(r"[a-z][a-z_0-9]*")
_CELLS = 5  # name, unit, default, bounds, nature
_FIXED = "法定"
# Told by the expression that is built to be looked over, so that nobody builds it once more.
_READ_BY: dict[Callable[..., Any], frozenset[str]] = {}


def failed_import(path: Path, error: Exception) -> str:
    """Why a rule's file cannot be imported, with the line: a value out of bounds, a misspelt name."""
    if isinstance(error, SyntaxError):
        return f"{path.name}:{error.lineno} 语法有误：{error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    line = next((one.lineno for one in reversed(frames) if Path(one.filename).name == path.name), 1)
    return f"{path.name}:{line} {type(error).__name__}：{error}"


def expression_faults(rule: Rule, path: Path) -> list[str]:
    """Columns that do not exist or that the result lacks, found by building the expression on no data."""
    window = Window(_DAY, _DAY)
    try:
        table = rule.find(_no_facts(), window, rule.values())
    except Exception as error:
        return [failed_import(path, error)]
    _READ_BY[rule.find] = tables_read(table)
    missing = [name for name in FINDING_COLUMNS if name not in table.columns]
    strange = [name for name in table.columns if name not in {*FINDING_COLUMNS, FIGURES}]
    line = rule.find.__code__.co_firstlineno if inspect.isfunction(rule.find) else 1
    said = [f"{path.name}:{line} 的结果缺少列 {'、'.join(missing)}"] if missing else []
    return said + ([f"{path.name}:{line} 的结果有不认识的列 {'、'.join(strange)}"] if strange else [])


def tables_of(rule: Rule) -> frozenset[str]:
    """The fact tables that a rule reads, by their names in Facts: the same on any facts and any day."""
    if rule.find not in _READ_BY:
        _READ_BY[rule.find] = tables_read(rule.find(_no_facts(), Window(_DAY, _DAY), rule.values()))
    return _READ_BY[rule.find]


def page_faults(rule: Rule, path: Path) -> list[str]:
    """What a page lacks or says otherwise than the code: cases, columns of their tables, parameters."""
    lines = list(enumerate(path.read_text("utf-8").splitlines(), start=1))
    return [
        *_case_faults(path, lines),
        *_column_faults(path, _section(lines, "案例")),
        *_parameter_faults(rule, path, lines),
    ]


@lru_cache(maxsize=1)
def _no_facts() -> Facts:
    return facts_from(since=_DAY, until=_DAY)


_Lines = list[tuple[int, str]]


def _section(lines: _Lines, name: str) -> _Lines:
    """The lines of a section, its heading first; [] where there is none."""
    heads = [place for place, (_, text) in enumerate(lines) if text.startswith("## ")]
    for place in heads:
        if lines[place][1].strip() == f"## {name}":
            after = next((one for one in heads if one > place), len(lines))
            return lines[place:after]
    return []


def _case_faults(path: Path, lines: _Lines) -> Iterator[str]:
    section = _section(lines, "案例")
    line = section[0][0] if section else len(lines)
    for kind in ("触发", "不触发"):
        if not any(text.startswith(f"### {kind}：") for _, text in section):
            yield f"{path.name}:{line} 缺少“{kind}：”的案例"


def _column_faults(path: Path, section: _Lines) -> Iterator[str]:
    """Columns that no case reads: a misspelt one would be passed over in silence."""
    known, title = _case_columns(), ""
    for place, (line, text) in enumerate(section):
        below = section[place + 1][1] if place + 1 < len(section) else ""
        if text.strip().startswith("|") and re.fullmatch(r"\|[\s:|-]+\|", below.strip()):
            if title not in known:
                yield f"{path.name}:{line} 案例没有名为“{title}”的表"
                continue
            for name in _cells(text):
                if name not in known[title]:
                    yield f"{path.name}:{line} 表“{title}”没有“{name}”一列"
        elif text.strip() and not text.strip().startswith("|"):
            title = text.strip().rstrip("：")


def _parameter_faults(rule: Rule, path: Path, lines: _Lines) -> Iterator[str]:
    coded = {one.name: one for one in rule.parameters}
    section = _section(lines, "参数")
    rows = {cells[0]: (line, cells) for line, text in section if (cells := _cells(text))}
    for name, (line, cells) in rows.items():
        if len(cells) != _CELLS or not _PARAMETER.fullmatch(name):
            continue
        if name not in coded:
            yield f"{path.name}:{line} 代码里没有参数 {name}"
        else:
            said = _differences(coded[name], cells)
            yield from (f"{path.name}:{line} 参数 {name} 的{one}" for one in said)
    head = section[0][0] if section else len(lines)
    for name in coded:
        if name not in rows:
            yield f"{path.name}:{head} 参数表缺少 {name}"


def _differences(one: Parameter, cells: list[str]) -> Iterator[str]:
    _, unit, default, bounds, nature = cells
    if unit != one.unit:
        yield f"单位“{unit}”与代码的“{one.unit}”不同"
    low, _, high = bounds.partition("–")
    figures = (("默认值", default, one.default), ("下界", low, one.low), ("上界", high, one.high))
    for what, text, value in figures:
        if _number(text) != float(value):
            yield f"{what}“{text}”与代码的 {value:g} 不同"
    if nature.startswith(_FIXED) != one.statutory:
        yield f"性质“{nature}”与代码不同"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cells(text: str) -> list[str]:
    row = text.strip()
    return [one.strip() for one in row.strip("|").split("|")] if row.startswith("|") else []


@lru_cache(maxsize=1)
def _case_columns() -> Mapping[str, frozenset[str]]:
    """The columns of each table of a case: those its reader asks for, read from the reader itself."""
    readers: dict[str, list[Callable[..., Any]]] = {
        title: [read, case_feeds.repeated] for title, (_, read) in case_feeds.TABLES.items()
    }
    readers |= {title: [read] for title, read in cases.READERS.items()}
    readers["药店"].append(case_feeds.licence_of)
    return {
        title: frozenset(name for read in some for name in _READ.findall(inspect.getsource(read)))
        for title, some in readers.items()
    }
