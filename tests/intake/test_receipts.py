"""What the command line says of a file: which source it was read as, and which it might have been."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.intake.helpers import csv_text, sale, written
from yaotong.cli import main

SOURCES = Path(__file__).parent.parent / "sources"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("receipts") / "home"
    assert run("init", "--home", folder) == 0
    return folder


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return int(left.value.code or 0)


@pytest.mark.parametrize(
    ("name", "file", "title"),
    [
        ("district_register", "register.csv", "区县药品零售企业登记表"),
        ("pos_sales", "pos_export.csv", "药店收银系统导出的销售明细"),
        ("nhsa_3505", "sales_3505.ndjson", "医保进销存接口"),
    ],
)
def test_auto_says_which_source_it_took(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, file: str, title: str
) -> None:
    path = SOURCES / name / file
    assert run("intake", "--home", home, "--profile", "auto", path) == 1  # the samples hold bad rows too
    printed = capsys.readouterr().out
    assert f"按来源 {name}（{title}" in printed
    for note in json.loads((SOURCES / name / "expected.json").read_text("utf-8"))["notes"]:
        assert note in printed
    run("intake", "--home", home, "--profile", "auto", "--json", path)
    assert json.loads(capsys.readouterr().out)["profile"] == name


def test_our_own_columns_are_called_standard(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, csv_text([sale(pharmacy_id="浙DB573100001")]))
    run("intake", "--home", home, "--profile", "auto", path)
    assert "按标准列名读取" in capsys.readouterr().out


def test_an_ambiguous_file_names_the_candidates(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = SOURCES / "kentucky_pharmacies" / "pharmacy_year.csv.gz"
    assert run("intake", "--home", home, "--profile", "auto", twice) == 1
    assert "同样像 kentucky_pharmacies、kentucky_shipments" in capsys.readouterr().err
