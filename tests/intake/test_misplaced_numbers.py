"""A person's number in a column that is not for one: it leaves intake as a key, masked, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.helpers import KEY, csv_text, person, read, sale, written
from yaotong.intake import Pseudonymiser
from yaotong.records import FEEDS, Kind

OTHERS = ("sale_id", "trace_code", "batch_no", "prescription_no", "pharmacist_id", "settlement_id", "seal_id")
SHOP = {
    "license_no": "浙DB573100001",
    "name": "甲药店",
    "address": "平湖市路1号",
    "lon": "121.01",
    "lat": "30.62",
    "crs": "wgs84",
    "phone": "0573-85012345",
    "chain": "某连锁",
    "kind": "single",
    "town_code": "330482001",
}


def key_of(number: str, keyed: Pseudonymiser = KEY) -> str:
    import pyarrow as pa

    return str(keyed.keys(pa.array([number]))[0].as_py())


@pytest.mark.parametrize("column", OTHERS)
def test_a_persons_number_in_a_number_column_of_a_line_becomes_its_key(tmp_path: Path, column: str) -> None:
    names = tuple(dict.fromkeys((*sale(), column)))
    line = {**dict.fromkeys(names, ""), **sale(), column: person(7)}
    reading = read(written(tmp_path, csv_text([line], names)))
    assert reading.accepted[column].tolist() == [key_of(person(7))]
    assert person(7) not in reading.accepted.to_csv()


def test_a_serial_that_holds_the_day_of_its_line_stays(tmp_path: Path) -> None:
    serial = person(
        3, "20260601"
    )  # six digits of the shop, the day, a number: its check digit fits by chance
    reading = read(written(tmp_path, csv_text([sale(sale_id=serial, buyer_id_no="")])))
    assert reading.accepted["sale_id"].tolist() == [serial]


def test_short_and_long_columns_of_a_line_agree(tmp_path: Path) -> None:
    lines = [sale(n, sale_id=person(n % 900, "19900307") if n % 3 else f"S{n}") for n in range(3000)]
    names = tuple(sale())
    long = read(written(tmp_path, csv_text(lines, names))).accepted["sale_id"].tolist()
    short = [read(written(tmp_path, csv_text([one], names))).accepted["sale_id"].item() for one in lines[:4]]
    assert long[:4] == short


@pytest.mark.parametrize("column", ["license_no", "kind", "town_code"])
def test_a_register_does_not_take_a_persons_number_for_one_of_its_own(tmp_path: Path, column: str) -> None:
    rows = [{**SHOP, column: person(8)}, {**SHOP, "license_no": "浙DB573100002"}]
    reading = read(written(tmp_path, csv_text(rows, tuple(SHOP))), feed="pharmacies")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(1, column, "bad_id")]
    assert len(reading.accepted) == 1
    assert person(8) not in reading.masked.to_csv() + str(reading.rejected)


@pytest.mark.parametrize("column", ["name", "address", "phone", "chain"])
def test_words_of_a_register_keep_everything_but_a_persons_number(tmp_path: Path, column: str) -> None:
    reading = read(
        written(tmp_path, csv_text([{**SHOP, column: f"王五{person(9)}"}], tuple(SHOP))), feed="pharmacies"
    )
    assert reading.accepted[column].tolist() == ["王五9100**************"]


@pytest.mark.parametrize("cuts", [(6, 14), (4, 8, 12, 16), (6,), (17,)])
@pytest.mark.parametrize("between", [" ", "-"])
def test_a_number_written_in_groups_is_masked_too(
    tmp_path: Path, cuts: tuple[int, ...], between: str
) -> None:
    number, ends = person(9), (*cuts, 18)
    starts = (0, *cuts)
    grouped = between.join(number[start:end] for start, end in zip(starts, ends, strict=True))
    row = {**SHOP, "name": f"12 号 {grouped} 王五"}
    reading = read(written(tmp_path, csv_text([row], tuple(SHOP))), feed="pharmacies")
    assert reading.accepted["name"].tolist() == ["12 号 9100************** 王五"]


def test_groups_of_digits_that_are_nobodys_stay(tmp_path: Path) -> None:
    grouped = "910000 19900101 0010"  # the check digit would be 2
    reading = read(written(tmp_path, csv_text([{**SHOP, "name": grouped}], tuple(SHOP))), feed="pharmacies")
    assert reading.accepted["name"].tolist() == [grouped]


def test_words_of_a_register_keep_other_long_numbers(tmp_path: Path) -> None:
    number = "913304821467000001"  # a credit code of digits
    reading = read(written(tmp_path, csv_text([{**SHOP, "chain": number}], tuple(SHOP))), feed="pharmacies")
    assert reading.accepted["chain"].tolist() == [number]


@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_no_column_of_any_feed_lets_a_persons_number_through(tmp_path: Path, feed: str) -> None:
    """Each text and identifier column in turn, the others as good as a machine can guess."""
    good = {
        Kind.TEXT: "字",
        Kind.IDENTIFIER: "A1",
        Kind.NUMBER: "1",
        Kind.INTEGER: "1",
        Kind.MOMENT: "2026-06-01 08:30:00",
        Kind.DATE: "2026-06-01",
        Kind.FLAG: "true",
        Kind.CATEGORIES: "RX",
        Kind.GEOMETRY: "POLYGON((121 30,121.1 30,121.1 30.1,121 30))",
    }
    row = {one.name: one.choices[0] if one.choices else good[one.kind] for one in FEEDS[feed].columns}
    row |= {
        "until": "2026-06-01 09:30:00",
        "opening_hours": "24/7",
        "supplier_uscc": "",
        "uscc": "",
        "lon": "121",
        "lat": "30",
    }
    row = {name: value for name, value in row.items() if name in FEEDS[feed].names}
    if feed == "areas":
        row["crs"] = "wgs84"
    for column in FEEDS[feed].columns:
        if column.kind in (Kind.TEXT, Kind.IDENTIFIER):
            path = written(
                tmp_path, csv_text([{**row, column.name: person(11)}], tuple(row), ";"), "rows.csv"
            )
            reading = read(path, feed=feed)
            told = reading.accepted.to_csv() + reading.masked.to_csv() + str(reading.rejected)
            assert person(11) not in told, column.name
            assert reading.rows == 1
