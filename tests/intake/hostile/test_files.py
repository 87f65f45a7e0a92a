"""Every hostile or broken file ends in exactly its reason, and its near twin does not."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from tests.intake.helpers import person, read, written
from tests.intake.hostile.books import book_files
from tests.intake.hostile.drawn import drawn_files
from tests.intake.hostile.sent import Sent
from tests.intake.hostile.tables import table_files
from tests.intake.hostile.texts import text_files
from yaotong.errors import FileRefused
from yaotong.intake import Reading, write_rejects

SEED = 20260701


def _all() -> list[Sent]:
    kinds = (text_files, book_files, table_files, drawn_files)
    return [one for kind in kinds for one in kind(random.Random(f"{SEED}{kind.__name__}"))]


CASES = _all()


def _read(case: Sent, folder: Path) -> Reading:
    path = written(folder, case.content, case.name)
    return read(path, case.feed, reference=case.reference, limits=case.limits)


@pytest.mark.parametrize("case", [one for one in CASES if one.ends], ids=str)
def test_a_file_is_refused_whole_for_its_reason(tmp_path: Path, case: Sent) -> None:
    with pytest.raises(FileRefused) as refused:
        _read(case, tmp_path)
    assert refused.value.reason == case.ends
    assert refused.value.message.isprintable()
    assert refused.value.message.endswith(("。", "？"))
    assert person() not in refused.value.message


@pytest.mark.parametrize("case", [one for one in CASES if not one.ends], ids=str)
def test_a_file_is_read_and_only_its_bad_rows_are_refused(tmp_path: Path, case: Sent) -> None:
    reading = _read(case, tmp_path)
    assert tuple(one.reason for one in reading.rejected) == case.rows
    assert all(one.message for one in reading.rejected)
    if case.rows:
        write_rejects(reading, tmp_path / "rejects.csv")
        back = pd.read_csv(tmp_path / "rejects.csv", dtype=str, keep_default_na=False)
        assert not [cell for line in back.to_numpy() for cell in line if cell.startswith(("=", "+", "@"))]
        assert person() not in (tmp_path / "rejects.csv").read_text("utf-8")
