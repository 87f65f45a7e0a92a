"""What a file is called, and a file that cannot be read: a receipt without a number, never an exception."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.intake.helpers import csv_text, person, sale
from yaotong import acts
from yaotong.intake import file_text
from yaotong.records import Receipt
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 7, 1, 8, 30)


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "home")


def sent(home: Workspace, folder: Path, name: bytes) -> Receipt:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.write_text(csv_text([sale()]))
    return acts.take_in(home, path, now=NOW)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("销售明细.csv".encode("gb18030"), ""),  # as an archive from an old Windows unpacks
        (b"a\x1b[31mred.csv", "a�[31mred.csv"),
        ("‮gnp.csv".encode(), "�gnp.csv"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused_and_shown_with_signs(
    home: Workspace, tmp_path: Path, name: bytes, told: str
) -> None:
    receipt = sent(home, tmp_path, name)
    assert receipt.file_reason == "unsafe_filename"
    assert "�" in receipt.file
    assert receipt.file.isprintable()
    assert receipt.file.encode("utf-8")
    if name.isascii() or b"gnp" in name:
        assert receipt.file == told


def test_a_name_with_a_persons_number_is_not_told_on(home: Workspace, tmp_path: Path) -> None:
    receipt = sent(home, tmp_path, f"李四{person()}.csv".encode())
    assert (receipt.accepted, receipt.file) == (1, "李四9100**************.csv")


@pytest.mark.sqlite
def test_a_number_in_a_name_is_nowhere_in_the_database(home: Workspace, tmp_path: Path) -> None:
    sent(home, tmp_path, f"李四{person()}.csv".encode())
    # What was just written lies in the file beside it.
    database = b"".join(one.read_bytes() for one in home.settings.home.glob("yaotong.db*"))
    assert b"9100**************.csv" in database
    assert person().encode() not in database


@pytest.mark.parametrize("name", ["20260601083000123.csv", "330482202606011234.csv", "出货 1.csv"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert file_text(name) == name


def test_a_file_that_cannot_be_read_has_a_receipt_without_a_hash(home: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "mem.csv"
    path.symlink_to("/proc/self/mem")  # opens, and fails with an error of the device when it is read
    receipt = acts.take_in(home, path, now=NOW)
    assert (receipt.file_reason, receipt.sha256) == ("corrupt_file", "")
