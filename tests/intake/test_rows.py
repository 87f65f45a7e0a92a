"""Every reason for refusing one row, with a row on the other side of each; and what is made of good rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from tests.intake.helpers import KEY, SALES_HEAD, csv_text, person, read, sale, written
from yaotong.facts import PURCHASES_SCHEMA, SALES_SCHEMA
from yaotong.intake import Limits, Reading, Reference, write_rejects
from yaotong.records import FEEDS

BAD_CHECK = person()[:-1] + ("0" if person()[-1] != "0" else "1")
SHOP = {
    "license_no": "P1",
    "name": "示例药店",
    "address": "一路1号",
    "lon": "121.01",
    "lat": "30.70",
    "crs": "wgs84",
    "town_code": "330482001",
    "uscc": "91330482MA9300014H",
    "opening_hours": "Mo-Su 08:00-21:00",
    "scope": "RX|EPH",
    "dual_channel": "是",
    "status": "",
    "valid_to": "2030-01-31",
}
REGION = (120.90, 30.55, 121.32, 30.90)


def read_sales(folder: Path, *rows: dict[str, str], reference: Reference | None = None) -> Reading:
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    full = [{name: row.get(name, "") for name in names} for row in rows]
    return read(written(folder, csv_text(full, names)), feed="sales", reference=reference)


def read_shops(folder: Path, *changes: dict[str, str], reference: Reference | None = None) -> Reading:
    rows = [{**SHOP, "license_no": f"P{place}", **one} for place, one in enumerate(changes)]
    return read(written(folder, csv_text(rows, tuple(SHOP), ";")), feed="pharmacies", reference=reference)


SALE_FAULTS = [
    ("missing_value", "quantity", {"quantity": " "}, {"quantity": " 1 "}),
    ("bad_date", "sold_at", {"sold_at": "2026-02-30 08:00:00"}, {"sold_at": "2024-02-29 08:00:00"}),
    ("bad_date", "sold_at", {"sold_at": "2026-06-01 24:00:00"}, {"sold_at": "2026-06-01 23:59:59"}),
    ("bad_date", "sold_at", {"sold_at": "01/06/2026"}, {"sold_at": "2026/6/1 8:05"}),
    ("bad_date", "sold_at", {"sold_at": "2026年13月1日"}, {"sold_at": "2026年6月1日"}),
    ("future_time", "sold_at", {"sold_at": "2026-07-02 08:30:01"}, {"sold_at": "2026-07-02 08:30:00"}),
    (
        "too_old",
        "sold_at",
        {"sold_at": "1989-12-31 23:59:59", "buyer_id_no": ""},
        {"sold_at": "1990-01-01 00:00:00", "buyer_id_no": ""},
    ),
    ("bad_number", "quantity", {"quantity": "two"}, {"quantity": "２"}),
    ("bad_number", "quantity", {"quantity": "NaN"}, {"quantity": "-2.5"}),
    ("bad_number", "unit_price", {"unit_price": "￥3"}, {"unit_price": "+3."}),
    ("out_of_range", "quantity", {"quantity": "100000.1"}, {"quantity": "100000"}),
    ("out_of_range", "unit_price", {"unit_price": "-0.01"}, {"unit_price": "0"}),
    ("bad_id", "buyer_id_no", {"buyer_id_no": BAD_CHECK}, {"buyer_id_no": person(2)}),
    (
        "bad_id",
        "buyer_id_no",
        {"buyer_id_no": person(born="19900230")},
        {"buyer_id_no": person(born="20000229")},
    ),
    (
        "bad_id",
        "buyer_id_no",
        {"buyer_id_no": person(born="20270101")},
        {"buyer_id_no": person(born="20260531")},
    ),
    ("bad_id", "buyer_id_no", {"buyer_id_no": "910000900307123"}, {"buyer_id_no": "H12345678"}),
    ("bad_id", "buyer_id_no", {"buyer_id_no": person()[:17]}, {"buyer_id_no": "0123456789"}),
    ("bad_id", "buyer_id_no", {"buyer_id_no": "E123"}, {"buyer_id_no": "E1234"}),
    (
        "bad_id",
        "buyer_id_no",
        {"buyer_id_no": person(born="20260602")},
        {"buyer_id_no": person(born="20260601")},
    ),
    ("bad_enum", "channel", {"channel": "phone"}, {"channel": "Online"}),
    ("bad_enum", "paid_by_insurance", {"paid_by_insurance": "maybe"}, {"paid_by_insurance": "否"}),
    ("control_char", "batch_no", {"batch_no": "a\x07b"}, {"batch_no": "a b"}),
    ("control_char", "batch_no", {"batch_no": "a\u202eb"}, {"batch_no": "a—b"}),
    ("too_long", "batch_no", {"batch_no": "药" * 4097}, {"batch_no": "药" * 4096}),
]


@pytest.mark.parametrize(("reason", "column", "bad", "good"), SALE_FAULTS)
def test_a_sales_line_is_refused_for_its_reason_and_its_neighbour_is_not(
    tmp_path: Path, reason: str, column: str, bad: dict[str, str], good: dict[str, str]
) -> None:
    reading = read_sales(tmp_path, sale(1, **bad), sale(2, **good))
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(1, column, reason)]
    assert list(reading.accepted["sale_id"]) == ["S2"]


@pytest.mark.parametrize(
    ("reason", "column", "bad", "good"),
    [
        ("bad_uscc", "uscc", {"uscc": "91330482MA9300014A"}, {"uscc": "91330482ma9300014h"}),
        ("bad_hours", "opening_hours", {"opening_hours": "早八点到晚九点"}, {"opening_hours": "24/7"}),
        ("bad_enum", "scope", {"scope": "RX|ROCKETS"}, {"scope": "rx、otc"}),
        ("bad_enum", "crs", {"crs": "mars"}, {"crs": "GCJ-02"}),
        ("bad_date", "valid_to", {"valid_to": "2030-01-31 08:00"}, {"valid_to": "20300131"}),
        ("missing_value", "lon", {"lon": ""}, {}),
        ("bad_coordinate", "lon", {"lon": "0", "lat": "0"}, {}),
        ("bad_coordinate", "lon", {"lon": "181"}, {}),
        ("coords_swapped", "lon", {"lon": "30.70", "lat": "121.01"}, {}),
        ("coords_swapped", "lon", {"lon": "30.70", "lat": "89.9"}, {}),
        ("coords_out_of_region", "lon", {"lon": "121.33"}, {"lon": "121.3199"}),
        ("unknown_town", "town_code", {"town_code": "330482999"}, {"town_code": ""}),
    ],
)
def test_a_pharmacy_is_refused_for_its_reason_and_its_neighbour_is_not(
    tmp_path: Path, reason: str, column: str, bad: dict[str, str], good: dict[str, str]
) -> None:
    region = (89.0, 30.55, 121.32, 30.90) if bad.get("lat") == "89.9" else REGION
    known = Reference(towns=frozenset(("330482001",)), region=region)
    reading = read_shops(tmp_path, bad, good, reference=known)
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(1, column, reason)]
    assert list(reading.accepted["license_no"]) == ["P1"]


def test_unknown_shops_and_drugs_are_refused_only_where_a_register_is_known(tmp_path: Path) -> None:
    rows = [sale(1, pharmacy_id="P9"), sale(2, drug_code="D9"), sale(3)]
    known = Reference(pharmacies=frozenset(("P1",)), drugs=frozenset(("D1",)))
    reading = read_sales(tmp_path, *rows, reference=known)
    assert [one.reason for one in reading.rejected] == ["unknown_pharmacy", "unknown_drug"]
    assert read_sales(tmp_path, *rows).rejected == ()


def test_a_row_is_refused_once_for_its_first_column(tmp_path: Path) -> None:
    reading = read_sales(tmp_path, sale(1, quantity="x", sold_at="y", drug_code=""))
    assert [(one.column, one.reason) for one in reading.rejected] == [("sold_at", "bad_date")]


def test_repeats_are_counted_and_contradictions_refused(tmp_path: Path) -> None:
    reading = read_sales(
        tmp_path, sale(1), sale(1), sale(1, quantity="3"), sale(1, pharmacy_id="P2"), sale(1)
    )
    assert reading.duplicates == 2
    assert [(one.row, one.reason) for one in reading.rejected] == [(3, "conflict")]
    assert list(reading.accepted["line_id"]) == ["P1/S1", "P2/S1"]
    assert list(reading.accepted["row"]) == [1, 4]


def test_a_repeat_of_a_refused_row_is_refused_again(tmp_path: Path) -> None:
    reading = read_sales(tmp_path, sale(1, quantity="x"), sale(1, quantity="x"))
    assert (reading.duplicates, len(reading.rejected)) == (0, 2)


def test_sales_have_the_columns_of_the_facts(tmp_path: Path) -> None:
    moment = {"sold_at": "2026-03-06T16:30:00Z", "recorded_at": "2026-03-07 00:31:00+08:00"}
    line = {**sale(1), **moment, "prescriber_id": " ys01 ", "unit_price": "12.345"}
    frame = read_sales(tmp_path, line).accepted
    assert list(frame.columns) == [name for name in SALES_SCHEMA.names if name != "arrived_at"] + [
        "row_sha",
        "row",
    ]
    first = frame.iloc[0]
    assert (first["sold_at"], first["recorded_at"]) == (
        pd.Timestamp("2026-03-07 00:30"),
        pd.Timestamp("2026-03-07 00:31"),
    )
    assert first["buyer_key"] == KEY.keys(pa.array([person()]))[0].as_py()
    assert first["prescriber_key"] == KEY.keys(pa.array(["YS01"]))[0].as_py()
    assert (first["buyer_region"], first["buyer_age_years"]) == (
        "9100",
        36,
    )  # born 1990-03-07: the birthday itself
    assert first["unit_price_fen"] in (1234, 1235)
    assert str(frame["sold_at"].dtype) == "datetime64[s]"


@pytest.mark.parametrize(("day", "age"), [("2026-03-06 23:59:59", 35), ("2026-03-07 00:00:00", 36)])
def test_a_buyer_ages_on_the_birthday(tmp_path: Path, day: str, age: int) -> None:
    assert list(read_sales(tmp_path, sale(1, sold_at=day)).accepted["buyer_age_years"]) == [age]


def test_a_passport_is_a_buyer_without_region_or_age(tmp_path: Path) -> None:
    frame = read_sales(
        tmp_path, sale(1, buyer_id_no="ｅ１２３４５６７"), sale(2, buyer_id_no="E1234567")
    ).accepted
    assert frame["buyer_key"].nunique() == 1
    assert frame["buyer_region"].isna().all()
    assert frame["buyer_age_years"].isna().all()


def test_purchases_have_the_columns_of_the_facts(tmp_path: Path) -> None:
    text = (
        "purchase_id,pharmacy_id,received_at,drug_code,quantity,expiry\nA1,P1,2026-05-01,D1,20,2028-05-31\n"
    )
    frame = read(written(tmp_path, text)).accepted
    assert list(frame.columns) == [name for name in PURCHASES_SCHEMA.names if name != "arrived_at"] + [
        "row_sha",
        "row",
    ]
    assert (frame["line_id"].iloc[0], frame["expiry"].iloc[0]) == ("P1/A1", pd.Timestamp("2028-05-31"))


def test_a_pharmacy_keeps_its_source_coordinates_beside_wgs84(tmp_path: Path) -> None:
    first, second = (read_shops(tmp_path, {}, {"crs": "gcj02"}).accepted.iloc[one] for one in (0, 1))
    assert (first["lon"], first["lat"]) == (121.01, 30.70)
    assert (second["source_lon"], second["source_lat"]) == (121.01, 30.70)
    assert 0.003 < abs(second["lon"] - 121.01) < 0.01
    assert (first["scope"], first["status"], first["dual_channel"]) == ("|RX|EPH|", "active", True)


def test_a_refusal_can_be_mended_and_shows_nobody(tmp_path: Path) -> None:
    clear = person(7)
    reading = read_sales(tmp_path, sale(1, buyer_id_no=clear, quantity="=1+1", batch_no=f"批{clear}号"))
    write_rejects(reading, tmp_path / "out" / "rejects.csv")
    raw = (tmp_path / "out" / "rejects.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert clear.encode() not in raw
    row = pd.read_csv(tmp_path / "out" / "rejects.csv", dtype=str).iloc[0]
    assert (row["row"], row["column"], row["reason"]) == ("1", "quantity", "bad_number")
    assert row["buyer_id_no"] == "9100" + "*" * 14
    assert (row["quantity"], row["sale_id"]) == ("'=1+1", "S1")


def test_every_kind_of_feed_is_recognised_by_its_required_columns(tmp_path: Path) -> None:
    for feed in FEEDS.values():
        if feed.name == "areas":
            continue
        path = written(tmp_path, ",".join(feed.required) + "\n", f"{feed.name}.csv")
        assert read(path).feed is feed


def test_a_field_limit_can_be_lifted(tmp_path: Path) -> None:
    path = written(tmp_path, csv_text([sale(1, drug_code="药" * 5000)], SALES_HEAD))
    assert [one.reason for one in read(path).rejected] == ["too_long"]
    assert read(path, limits=Limits.off()).rejected == ()


def test_one_licence_for_two_shops_is_refused_and_said_twice_is_not(tmp_path: Path) -> None:
    head = "license_no,name,address,lon,lat,crs\n"
    first = "浙DA1,甲店,路1号,121.0,30.7,wgs84\n"
    reading = read(written(tmp_path, head + first + first + first.replace("甲店", "乙店")), "pharmacies")
    assert (len(reading.accepted), reading.duplicates) == (1, 1)
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [
        (3, "license_no", "licence_conflict")
    ]
