"""The published data, unchanged, gives these rows. A count that moves is a change of meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.crs import Crs, to_wgs84
from tests.intake.helpers import read
from yaotong.intake import Limits
from yaotong.intake.formats.opening import open_source


@pytest.mark.parametrize(
    ("file", "profile", "rows", "refused"),
    [
        ("kentucky/pharmacy_year.csv.gz", "kentucky_pharmacies", 1469, []),
        ("kentucky/pharmacy_year.csv.gz", "kentucky_shipments", 8338, []),
        ("us-points/pharmacy_points.csv.gz", "us_points", 68_133, ["licence_conflict"]),
        ("us-points/counties-10m.topojson", "us_counties", 3231, ["bad_geometry"]),
        ("taiwan/pharmacies_stock.csv", "taiwan_pharmacies", 6588, []),
        ("taiwan/towns-10t.topojson", "taiwan_towns", 368, []),
        ("manchester/gm_pharmacies.csv", "manchester_pharmacies", 631, ["bad_hours"]),
        ("manchester/gm_pharmacies.geojson", "manchester_pharmacies", 631, ["bad_hours"]),
        ("sales-daily/one_pharmacy_by_atc.csv", "daily_sales", 9970, []),
        ("pinghu/330482.geojson", "pinghu_outline", 1, []),
    ],
)
def test_a_real_file_is_read_unchanged(
    real_data: Path, file: str, profile: str, rows: int, refused: list[str]
) -> None:
    reading = read(real_data / file, profile=profile, limits=Limits.off())
    assert reading.rows == rows
    assert [one.reason for one in reading.rejected] == refused
    assert (reading.duplicates, len(reading.accepted)) == (0, rows - len(refused))


def test_kentucky_totals_survive_the_reading(real_data: Path) -> None:
    shipped = read(real_data / "kentucky/pharmacy_year.csv.gz", profile="kentucky_shipments").accepted
    shops = read(real_data / "kentucky/pharmacy_year.csv.gz", profile="kentucky_pharmacies").accepted
    plain = pd.read_csv(real_data / "kentucky/pharmacy_year.csv.gz")["pill_count"].sum()
    assert shipped["quantity"].sum() == pytest.approx(plain) == pytest.approx(2_002_368_979.2)
    assert int(shops["lon"].notna().sum()) == 1465
    claimed = shops["town_code"].dropna()  # 68 outlets have no yearly row and so no county
    assert len(claimed) == 1401
    assert claimed.str.fullmatch(r"21\d{3}").all()
    assert set(shipped["pharmacy_id"]) <= set(shops["license_no"])


def test_taiwan_outlets_are_located_and_stocked(real_data: Path) -> None:
    shops = read(real_data / "taiwan/pharmacies_stock.csv", feed="pharmacies").accepted
    assert int(shops["lon"].notna().sum()) == 5764
    assert shops["kind"].value_counts().to_dict() == {"pharmacy": 6248, "health_centre": 338, "hospital": 2}
    stock = read(real_data / "taiwan/pharmacies_stock.csv", feed="stock_counts").accepted
    assert len(stock) == 2 * 6588
    assert set(stock["drug_code"]) == {"adult_mask", "child_mask"}


def test_the_counties_say_which_were_repaired(real_data: Path) -> None:
    reading = read(real_data / "us-points/counties-10m.topojson")
    assert reading.accepted.geometry.is_valid.all()
    assert len([one for one in reading.notes if "已修复" in one]) == 22


def test_a_real_spreadsheet_says_which_sheet_was_not_read(real_data: Path) -> None:
    books = sorted((real_data / "cn-insurance-rules").glob("*.xlsx"))
    sources = [open_source(book, Limits(), ()) for book in books]
    assert [len(one.frame) for one in sources] == [282, 481, 12, 61, 30, 35]
    assert all("药品通用名" in one.frame.columns and "Sheet2" in one.notes[0] for one in sources)


def test_pinghu_is_moved_from_gcj02(real_data: Path) -> None:
    reading = read(real_data / "pinghu/330482.geojson")
    west, south, _, _ = reading.accepted.total_bounds
    raw = read(real_data / "pinghu/330482.geojson").accepted  # the same file twice says the same
    assert list(raw["row_sha"]) == list(reading.accepted["row_sha"])
    first = reading.accepted.geometry.iloc[0].geoms[0].exterior.coords[0]
    assert first == pytest.approx(to_wgs84(121.317615, 30.479316, Crs.GCJ02), abs=1e-9)
    assert 120.9 < west < 121.1
    assert 30.3 < south < 30.8
    assert np.isfinite(reading.accepted.total_bounds).all()
