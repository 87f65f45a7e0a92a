"""The contract of the drawer of sources: every profile is whole, and reads its invented sample as expected.

`tests/sources/<id>/` holds the sample under its real file name (with its companions) and `expected.json`:
file, rows, duplicates, rejected as [row, column, reason], notes, and the accepted rows' telling columns.
"""

from __future__ import annotations

import json
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.intake.helpers import read
from yaotong.errors import FileRefused
from yaotong.intake import profiles
from yaotong.intake.core.profile import Profile, profile_of
from yaotong.records import FEEDS

HERE = Path(__file__).parent
IDS = sorted(profiles())


def expectation(name: str) -> dict[str, Any]:
    path = HERE / name / "expected.json"
    assert path.is_file(), f"tests/sources/{name}/expected.json 不在：每个来源要有一份虚构样本和预期结果"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def told(frame: pd.DataFrame, names: list[str]) -> list[list[Any]]:
    """Cells as JSON has them; moments as text, degrees to a tenth of a metre, nothing as null."""
    rows = frame[names].astype(object).where(frame[names].notna(), None).to_numpy().tolist()
    return [[_plain(cell) for cell in row] for row in rows]


def _plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat(sep=" ")
    return round(cell, 6) if isinstance(cell, float) else cell


@pytest.mark.parametrize("name", IDS)
def test_a_source_reads_its_sample_as_expected(name: str) -> None:
    expected = expectation(name)
    reading = read(HERE / name / expected["file"], profile=name)
    assert reading.profile == name
    assert (reading.rows, reading.duplicates) == (expected["rows"], expected["duplicates"])
    assert [[one.row, one.column, one.reason] for one in reading.rejected] == expected["rejected"]
    assert list(reading.notes) == expected["notes"]
    columns = expected["accepted"][0]
    assert told(reading.accepted, columns) == expected["accepted"][1:]


@pytest.mark.parametrize("name", IDS)
def test_a_source_is_recognised_by_its_columns(name: str) -> None:
    path = HERE / name / expectation(name)["file"]
    assert read(path, feed=profiles()[name].feed).profile == name


@pytest.mark.parametrize("name", IDS)
def test_a_source_lets_no_unknown_column_pass_silently(name: str) -> None:
    profile = profiles()[name]
    named = {*profile.columns, *profile.ignored}
    assert named, "一个来源至少要读一列"
    assert profile.ignored == ("*",) or "*" not in profile.ignored
    assert profile.feed in FEEDS


def test_two_sources_with_the_same_columns_must_be_told_apart() -> None:
    with pytest.raises(FileRefused, match="kentucky_pharmacies、kentucky_shipments") as refused:
        read(HERE / "kentucky_pharmacies" / "pharmacy_year.csv.gz")
    assert refused.value.reason == "bad_schema"


def test_every_sample_has_its_source() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - set(IDS) == set(), "样本目录没有对应的 yaotong/intake/<id>.py"


GOOD = profiles()["taiwan_towns"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"feed": "salez"}, "feed 'salez' does not exist"),
        ({"title_zh": ""}, "title_zh is empty"),
        ({"credit": ""}, "credit is empty"),
        ({"columns": {"TOWNCODE": "area_kode"}}, "'area_kode' is no column of areas"),
        (
            {"columns": {"TOWNCODE": "area_code"}},
            "required column 'geometry' is neither mapped, constant nor relaxed",
        ),
        ({"signature": (), "file_pattern": "*"}, "no file can be recognised"),
        ({"columns": {**GOOD.columns, "TOWNID": "area_code"}}, "'area_code' is mapped twice"),
        ({"relax": ("lon",)}, "'lon' is no column of areas"),
    ],
)
def test_a_half_made_profile_says_what_is_missing(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(GOOD, **changes)


def test_a_module_without_a_profile_or_with_a_foreign_name_is_named() -> None:
    empty = types.ModuleType("yaotong.intake.half_made", "A source.")
    with pytest.raises(ValueError, match=r"half_made\.py defines no PROFILE"):
        profile_of(empty)
    empty.__dict__["PROFILE"] = GOOD
    with pytest.raises(ValueError, match="id must be the module's name"):
        profile_of(empty)
    silent = types.ModuleType("yaotong.intake.taiwan_towns")
    silent.__dict__["PROFILE"] = GOOD
    with pytest.raises(ValueError, match="does not say what it is"):
        profile_of(silent)


def test_a_companion_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    lonely = tmp_path / "pharmacies_stock.csv"
    lonely.write_bytes((HERE / "taiwan_pharmacies" / lonely.name).read_bytes())
    with pytest.raises(FileRefused, match=r"points\.json"):
        read(lonely, profile="taiwan_pharmacies")


def test_one_file_is_a_register_unless_counts_are_asked_for() -> None:
    path = HERE / "taiwan_pharmacies" / "pharmacies_stock.csv"
    assert [read(path, feed=one).profile for one in (None, "pharmacies", "stock_counts")] == [
        "taiwan_pharmacies",
        "taiwan_pharmacies",
        "taiwan_stock",
    ]


def test_the_profiles_are_profiles() -> None:
    assert all(isinstance(one, Profile) for one in profiles().values())
    assert len(IDS) >= 9
