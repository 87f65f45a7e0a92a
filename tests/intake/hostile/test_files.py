"""Every hostile or broken file ends in exactly its reason, and its near twin does not."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from tests.intake.helpers import NOW, csv_text, person, read, sale, written
from tests.intake.hostile.books import book_files
from tests.intake.hostile.drawn import drawn_files
from tests.intake.hostile.sent import Sent
from tests.intake.hostile.tables import table_files
from tests.intake.hostile.texts import text_files
from yaotong.acts.intake import take_in
from yaotong.codes import FILE_REASONS, ROW_REASONS
from yaotong.errors import FileRefused
from yaotong.intake import Reading, write_rejects
from yaotong.intake.formats import pieces
from yaotong.intake.formats.opening import TEXT
from yaotong.workspace import init_workspace

SEED = 20260701
# Not about one file alone: each has a test of its own below.
SINGLY = {"duplicate_upload", "duplicate_row"}


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


@pytest.mark.parametrize("case", [one for one in CASES if Path(one.name).suffix in TEXT], ids=str)
def test_a_text_ends_the_same_when_it_is_read_in_blocks(
    tmp_path: Path, case: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 100)
    try:
        ended, rows = "", tuple(one.reason for one in _read(case, tmp_path).rejected)
    except FileRefused as refused:
        ended, rows = refused.reason, ()
    assert (ended, rows) == (case.ends, case.rows)


def test_the_table_has_every_reason_on_both_sides() -> None:
    assert len(CASES) >= 400
    assert len({str(one) for one in CASES}) == len(CASES)
    reasons = FILE_REASONS | ROW_REASONS
    assert {one.about for one in CASES if one.gets_it} == reasons - SINGLY
    assert {one.about for one in CASES if not one.gets_it} == reasons - SINGLY


def test_a_seed_makes_the_same_files_again() -> None:
    first, again, other = (list(text_files(random.Random(seed))) for seed in (1, 1, 2))
    assert first == again
    assert sum(one.content != two.content for one, two in zip(first, other, strict=True)) > 100


def test_a_key_of_sending_serves_one_file_only(tmp_path: Path) -> None:
    ws = init_workspace(tmp_path)
    first, same, other = (
        written(tmp_path, csv_text([sale(serial)]), f"{name}.csv")
        for name, serial in (("first", 1), ("same", 1), ("other", 2))
    )
    kept = take_in(ws, first, feed="sales", now=NOW, once="key")
    assert (kept.file_reason, kept.accepted) == (None, 1)
    assert take_in(ws, same, feed="sales", now=NOW, once="key").file_reason is None
    assert take_in(ws, other, feed="sales", now=NOW, once="key").file_reason == "duplicate_upload"
    assert take_in(ws, other, feed="sales", now=NOW, once="another").accepted == 1


def test_a_line_that_stands_twice_is_counted_and_not_refused(tmp_path: Path) -> None:
    """A repeat does no harm: the contract's duplicate_row is said of no row, `duplicates` counts them."""
    reading = read(written(tmp_path, csv_text([sale(1), sale(1), sale(2)])), "sales")
    assert (reading.rows, len(reading.accepted), reading.duplicates, reading.rejected) == (3, 2, 1, ())
