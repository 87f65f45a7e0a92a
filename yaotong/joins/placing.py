"""Put every pharmacy in exactly one area, and say where point and claim disagree."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import pandas as pd

from geo import area_mismatch, assign

PLACEMENT_KEY = ("license_no",)
QUALITY_KEY = ("kind", "subject")


def leaf_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas that no other area names as its parent: towns where there are towns, else counties.

    A county and its towns overlap by nature, and a pharmacy belongs to the smallest.
    """
    parents = set(areas["parent_code"].dropna())
    return areas[~areas["area_code"].isin(parents)].reset_index(drop=True)


def place(pharmacies: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per pharmacy: license_no, area_code (missing outside), place, row_sha.

    `place` is inside, edge, corner, outside or unlocated, as geo.assign says.
    """
    points = gpd.GeoDataFrame(
        {"license_no": pharmacies["license_no"].to_numpy()},
        geometry=gpd.points_from_xy(pharmacies["lon"].astype(float), pharmacies["lat"].astype(float)),
        crs="EPSG:4326",
    )
    found = assign(points, leaf_areas(areas))
    placed = pd.DataFrame(
        {"license_no": points["license_no"], "area_code": found["area_code"], "place": found["place"]}
    )
    return placed.assign(row_sha=_sha(placed))


def quality(pharmacies: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Data-quality findings: kind, subject, claimed, found, row_sha.

    kinds: area_mismatch (the point lies in another area than the register claims), outside (in no
    known area), unlocated (no coordinates). The register is never corrected silently.
    """
    both = pharmacies[["license_no", "town_code"]].merge(placed, on="license_no", how="inner")
    mismatch = area_mismatch(both["area_code"], both["town_code"])
    kind = pd.Series(pd.NA, index=both.index, dtype="string")
    kind = kind.mask(mismatch.astype(bool), "area_mismatch")
    kind = kind.mask(both["place"] == "outside", "outside").mask(both["place"] == "unlocated", "unlocated")
    found = pd.DataFrame(
        {
            "kind": kind,
            "subject": both["license_no"],
            "claimed": both["town_code"],
            "found": both["area_code"],
        }
    ).dropna(subset=["kind"])
    return found.assign(row_sha=_sha(found)).reset_index(drop=True)


def _sha(frame: pd.DataFrame) -> list[str]:
    texts: Any = frame.astype("string").fillna("").agg("\x1f".join, axis=1) if len(frame) else []
    return [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
