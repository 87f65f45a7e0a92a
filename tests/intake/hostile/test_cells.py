"""Each cell is refused for its reason, and its neighbour is not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.intake.helpers import read
from tests.intake.hostile.cells import REFERENCE, CellCase, cell_cases
from yaotong.codes import ROW_REASONS

CASES = list(cell_cases())
# A repeated line is counted, not refused; rows that the table has no columns for are files of their own.
ELSEWHERE = {"duplicate_row", "column_count", "conflict", "licence_conflict", "bad_geometry", "bad_text"}


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.feed}-{one.column}-{one.reason}")
def test_a_cell_is_refused_for_its_reason_and_its_neighbour_is_not(tmp_path: Path, case: CellCase) -> None:
    path = tmp_path / f"{case.feed}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(case.rows[0]))
        writer.writeheader()
        writer.writerows(case.rows)
    reading = read(path, case.feed, reference=REFERENCE)
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(2, case.column, case.reason)]
    assert reading.rejected[0].message.endswith(("。", "？"))
    assert len(reading.accepted) == 1


def test_the_cases_are_many_and_cover_the_reasons_of_cells() -> None:
    assert len(CASES) >= 150
    assert {one.reason for one in CASES} >= ROW_REASONS - ELSEWHERE
