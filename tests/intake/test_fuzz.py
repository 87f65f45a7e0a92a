"""A sample of the mutated files, and that the search would find what it looks for."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import pytest

from tests.intake import fuzzing
from tests.intake.fuzzing import Seed, mutated, outcome, run
from tests.intake.helpers import csv_text, person, read, sale, written
from yaotong.errors import FileRefused
from yaotong.intake import profiles
from yaotong.records import FEEDS


@pytest.mark.parametrize("first", range(0, 2_000, 500))
def test_mutated_files_end_in_a_reason(first: int) -> None:
    counts, finds = run(7, first, 500)
    assert finds == []
    assert counts.total() == 500
    assert {"accepted", "partial", "corrupt_file", "bad_schema"} <= set(counts)


def test_an_input_is_the_same_whenever_it_is_made() -> None:
    assert mutated(3, 11) == mutated(3, 11)
    assert len({mutated(3, number).data for number in range(40)}) > 35


def test_sound_seeds_are_read(tmp_path: Path) -> None:
    ends = {(one.feed, one.profile, one.form): outcome(one, tmp_path) for one in fuzzing.seeds()}
    assert set(ends.values()) <= {"accepted", "partial"}
    assert {one for (_, one, _) in ends if one} == set(profiles())
    assert {one for (one, _, _) in ends if one} == set(FEEDS)


def test_an_unknown_end_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("not a reason")

    monkeypatch.setattr(fuzzing, "read_file", broken)
    counts, finds = run(7, 0, 3)
    assert len(finds) == 3
    assert "KeyError" in finds[0]
    assert not counts


def test_a_warning_and_a_long_think_are_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    def warning(*_: object, **__: object) -> None:
        warnings.warn("a value was lost", RuntimeWarning, stacklevel=1)
        raise FileRefused("corrupt_file", "文件已损坏。")

    def endless(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzzing, "read_file", warning)
    assert "RuntimeWarning a value was lost" in run(7, 0, 1)[1][0]
    monkeypatch.setattr(fuzzing, "read_file", endless)
    monkeypatch.setattr(fuzzing, "_SLOW_S", 0.05)
    assert "took longer" in run(7, 0, 1)[1][0]


def test_only_what_waits_twice_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = [1.0, 0.0, 1.0, 1.0]

    def waiting(*_: object, **__: object) -> None:
        time.sleep(waits.pop(0))
        raise FileRefused("corrupt_file", "文件已损坏。")

    monkeypatch.setattr(fuzzing, "read_file", waiting)
    monkeypatch.setattr(fuzzing, "_STUCK_S", 0.1)
    counts, finds = run(7, 0, 2)
    assert dict(counts) == {"corrupt_file": 1}
    assert finds == ["seed 7 number 1: waited longer than 0.1 s, twice"]


def test_a_clear_number_is_a_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaotong.intake.core.rejects.mask_id_like", lambda value: value)
    seed = Seed("a.csv", csv_text([sale(batch="x", sold_at=f"x {person()}")]).encode(), "sales")
    with pytest.raises(AssertionError, match="clear number"):
        outcome(seed, tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"2026-06-01{person()}0", False),
        (f"7{person()}", False),
        (person()[:17] + "x", False),
        ("81036501234567890876", True),
        ("9100001234567890123456", True),
    ],
)
def test_a_number_that_slipped_into_digits_is_masked(tmp_path: Path, text: str, shown: bool) -> None:
    reading = read(written(tmp_path, csv_text([sale(sold_at=text)])), "sales")
    assert (text in reading.masked["sold_at"].iloc[0]) is shown
    assert (text in reading.rejected[0].message) is shown
