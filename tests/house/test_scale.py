"""docs/scale.md reckons from its own table: every estimate is what its measured rows come to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scale.md").read_text("utf-8")
# Of a province and of the country: lines of a year and of a night.
PROVINCE, COUNTRY = (1_800e6, 5e6), (51_100e6, 140e6)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _said(pattern: str) -> float:
    found = re.findall(pattern, PAGE)
    assert len(found) == 1, pattern
    return _number(found[0])


def _rows(section: str) -> list[list[str]]:
    text = PAGE.split(f"\n## {section}", 1)[1].split("\n## ", 1)[0]
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in text.splitlines() if "|" in line]
    return cells[2:]


MEASURED = [[_number(cell) for cell in row] for row in _rows("一台机器上的曲线")]
SMALL, LARGE = MEASURED[1], MEASURED[-1]
FIXED = 20.0
WHOLE = (LARGE[3] - SMALL[3]) / (LARGE[0] - SMALL[0]) * 1e6
HISTORY = (101.4 - 59.7) / 45
NEW = (101.4 - FIXED - HISTORY * 60) / LARGE[5]


def _night(lines: tuple[float, float]) -> float:
    year, night = lines
    return FIXED + HISTORY * year / 1e6 + NEW * night


def test_what_a_line_costs_follows_from_the_table() -> None:
    assert _said(r"每多一百万行 ([\d.]+) 处理器秒。") == pytest.approx(WHOLE, abs=0.05)
    assert _said(r"历史每多一百万行 ([\d.]+) 处理器秒") == pytest.approx(HISTORY, abs=0.005)
    assert _said(r"每一行新行 ([\d.]+) 微秒") == pytest.approx(NEW * 1e6, abs=1.0)
    assert MEASURED[-1][6] == _said(r"6,000 万行时 ([\d.]+)，")


@pytest.mark.parametrize(
    ("section", "what", "reckoned"),
    [
        ("全省", "一夜，处理器秒", _night(PROVINCE)),
        ("全省", "一夜，16 核，分钟", _night(PROVINCE) / 16 / 60),
        ("全省", "规则书全部重判，处理器秒", WHOLE * PROVINCE[0] / 1e6),
        ("全省", "规则书全部重判，32 核，分钟", WHOLE * PROVINCE[0] / 1e6 / 32 / 60),
        ("全省", "一年的磁盘，GB", 62 * PROVINCE[0] / 1e9),
        ("全国", "一夜，处理器秒", _night(COUNTRY)),
        ("全国", "一夜，512 核，分钟", _night(COUNTRY) / 512 / 60),
        ("全国", "一年的磁盘，TB", 62 * COUNTRY[0] / 1e12),
    ],
)
def test_estimates_are_reckoned_from_what_was_measured(section: str, what: str, reckoned: float) -> None:
    told = dict(tuple(row) for row in _rows(section))  # type: ignore[arg-type]
    assert _number(told[what]) == pytest.approx(reckoned, rel=0.02)


def test_every_engine_told_of_is_told_with_its_seconds() -> None:
    rows = _rows("Spark")
    assert len(rows) >= 3
    for _, *seconds in rows:
        assert all(_number(one) > 0 for one in seconds)
