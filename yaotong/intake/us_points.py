"""Coordinates of pharmacies of the United States with the county they claim; names are not in the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.companions import companion
from yaotong.intake.core.profile import Prepared, Profile

_COUNTY = ["BUYER_STATE", "BUYER_COUNTY"]


def with_county_codes(frame: pd.DataFrame, path: Path) -> Prepared:
    """Look the claimed county's code up by state and name."""
    counties = companion(path, "county_population.csv.gz", (*_COUNTY, "countyfips"))
    codes = counties.dropna(subset=[*_COUNTY, "countyfips"]).drop_duplicates(_COUNTY)
    found = frame[_COUNTY].merge(codes[[*_COUNTY, "countyfips"]], on=_COUNTY, how="left")["countyfips"]
    prepared = frame.assign(town_code=found.set_axis(frame.index))
    return prepared, (f"{int(prepared['town_code'].isna().sum()):,} 行所称的县在县名表里查不到，区划留空。",)


PROFILE = Profile(
    id="us_points",
    feed="pharmacies",
    title_zh="美国药店坐标",
    cadence="once",
    licence="Open Database License",
    credit="The Washington Post, ARCOS release; US Census Bureau",
    signature=("BUYER_DEA_NO", "BUYER_STATE", "BUYER_COUNTY", "lat", "lon"),
    columns={"BUYER_DEA_NO": "license_no", "lon": "lon", "lat": "lat", "town_code": "town_code"},
    constants={"crs": "wgs84"},
    ignored=(*_COUNTY,),
    relax=("name", "address"),
    prepare=with_county_codes,
)
