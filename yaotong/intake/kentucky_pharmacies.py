"""Kentucky's pharmacies 2006-2014 out of the yearly shipments: one per registration, as last known.

Rows without a year only carry a coordinate. The county of the point is not always the county of the
address: the address is what the register claims, so it comes first.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.companions import companion
from yaotong.intake.core.profile import Prepared, Profile

_COUNTIES = "county_year.csv"
_ADDRESS = ("BUYER_ADDRESS1", "BUYER_ADDRESS2", "BUYER_CITY", "BUYER_ZIP")


def one_row_a_pharmacy(frame: pd.DataFrame, path: Path) -> Prepared:
    """The last year's row of each registration, with the coordinate and county any of its rows has."""
    counties = companion(path, _COUNTIES, ("BUYER_COUNTY", "countyfips"))
    fips = counties.dropna().drop_duplicates("BUYER_COUNTY").set_index("BUYER_COUNTY")["countyfips"]
    ordered = frame.sort_values("year", kind="stable", na_position="first")
    last = ordered.drop_duplicates("BUYER_DEA_NO", keep="last").sort_index()
    known = frame.groupby("BUYER_DEA_NO")[["LAT", "LON", "county_fips"]].first()
    points = known.reindex(last["BUYER_DEA_NO"]).set_axis(last.index)
    parts = last[list(_ADDRESS)].fillna("")
    address = parts.iloc[:, 0].str.cat(parts.iloc[:, 1:], sep=", ").str.replace(r"(?:, )+", ", ", regex=True)
    prepared = last.assign(
        address=address,
        town_code=last["BUYER_COUNTY"].map(fips).astype("str").fillna(points["county_fips"]),
        lon=points["LON"],
        lat=points["LAT"],
    )
    unlocated = int(prepared["lon"].isna().sum())
    return prepared, (
        f"{len(frame):,} 行历年记录归并为 {len(prepared):,} 家药店，名称地址取最近一年；"
        f"其中 {unlocated:,} 家没有坐标，{int(prepared['town_code'].isna().sum()):,} 家没有所在县。",
    )


PROFILE = Profile(
    id="kentucky_pharmacies",
    feed="pharmacies",
    title_zh="肯塔基州药店（2006–2014 受控药品配送记录中的收货方）",
    cadence="once",
    licence="Open Database License",
    credit="The Washington Post, ARCOS release",
    signature=("BUYER_DEA_NO", "year", "BUYER_NAME", "BUYER_BUS_ACT", "pill_count", "LAT", "LON"),
    columns={
        "BUYER_DEA_NO": "license_no",
        "BUYER_NAME": "name",
        "address": "address",
        "lon": "lon",
        "lat": "lat",
        "town_code": "town_code",
        "BUYER_BUS_ACT": "kind",
    },
    values={"kind": {"RETAIL PHARMACY": "single", "CHAIN PHARMACY": "chain_store"}},
    constants={"crs": "wgs84"},
    ignored=("*",),
    relax=("lon", "lat"),
    needed=("BUYER_COUNTY", "county_fips", *_ADDRESS),
    prepare=one_row_a_pharmacy,
)
