"""Every table that leaves goes through `yaotong.cells`, so that no cell of it begins like a formula."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from yaotong.cells import exported
from yaotong.demo import write_city

ROOT = Path(__file__).parent.parent.parent
# Ways to write a table that a spreadsheet opens.
WRITERS = re.compile(r"\.to_csv\(|\.to_excel\(|\bcsv\.writer\(|DictWriter\(|\bWorkbook\(|\bwrite_csv\(")
THROUGH_CELLS = re.compile(r"from yaotong\.cells import \(?[^)]*\bexported")
# The demo city's feeds are input: intake must find in them what was written. The test below looks inside.
# A correction of the register goes the same way, and nobody opens it on its way.
INPUT = {"yaotong/demo/writing.py", "yaotong/acts/correcting.py"}


def sources() -> list[Path]:
    return sorted(path for part in ("yaotong", "webapp", "layers") for path in (ROOT / part).rglob("*.py"))


def test_every_writer_of_tables_uses_the_one_function() -> None:
    writing = [path for path in sources() if WRITERS.search(path.read_text("utf-8"))]
    names = {path.relative_to(ROOT).as_posix() for path in writing}
    assert {"yaotong/intake/core/rejects.py", *INPUT} <= names, (
        "the pattern no longer finds the known writers"
    )
    bare = [
        path.relative_to(ROOT).as_posix()
        for path in writing
        if not THROUGH_CELLS.search(path.read_text("utf-8"))
    ]
    assert set(bare) - INPUT == set(), "请用 yaotong.cells.exported_frame 写出表格"


@pytest.mark.parametrize(
    ("line", "writes"),
    [
        ("frame.to_csv(path)", True),
        ("writer = csv.writer(file)", True),
        ("book = openpyxl.Workbook()", True),
        ("pacsv.write_csv(table, file)", True),
        ("pacsv.read_csv(file)", False),
        ("rows = csv.reader(file)", False),
    ],
)
def test_the_pattern_tells_writing_from_reading(line: str, writes: bool) -> None:
    assert bool(WRITERS.search(line)) is writes


def test_no_cell_of_the_demo_city_begins_like_a_formula(tmp_path: Path) -> None:
    write_city(tmp_path, days=31, pharmacies=20)
    tables = sorted(tmp_path.rglob("*.csv"))
    assert tables
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = {cell for row in csv.reader(file) for cell in row}
        assert [cell for cell in cells if exported(cell) != cell] == []
