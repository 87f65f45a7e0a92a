"""Real public data for these tests; they skip, saying so, where it is absent."""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geo import read_topojson, repair

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("YAOTONG_REAL_DATA", ROOT / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is absent: set YAOTONG_REAL_DATA (looked in {folder})")
    return folder


@pytest.fixture(scope="session")
def raw_counties(real_data: Path) -> gpd.GeoDataFrame:
    """3,231 county polygons as published, 22 of them invalid and one empty."""
    counties = read_topojson(real_data / "us-points" / "counties-10m.topojson", "counties")
    return counties.rename(columns={"id": "area_code"})


@pytest.fixture(scope="session")
def counties(raw_counties: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return repair(raw_counties)[0]


@pytest.fixture(scope="session")
def us_pharmacies(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "us-points" / "pharmacy_points.csv.gz")


@pytest.fixture(scope="session")
def towns(real_data: Path) -> gpd.GeoDataFrame:
    """368 towns of Taiwan."""
    raw = read_topojson(real_data / "taiwan" / "towns-10t.topojson", "towns")
    return raw.rename(columns={"TOWNCODE": "area_code"})


@pytest.fixture(scope="session")
def taiwan_outlets(real_data: Path) -> pd.DataFrame:
    """Outlets of the stock list joined to their points by 醫事機構代碼; ids that start with 59 (5,439) are pharmacies."""
    stock = pd.read_csv(real_data / "taiwan" / "pharmacies_stock.csv", dtype=str, encoding="utf-8-sig")
    points = gpd.read_file(real_data / "taiwan" / "points.json")
    points = points.assign(lon=points.geometry.x, lat=points.geometry.y)[["id", "lon", "lat"]]
    return stock.merge(points, left_on="醫事機構代碼", right_on="id", validate="one_to_one")
