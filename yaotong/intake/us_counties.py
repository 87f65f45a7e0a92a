"""Outlines of the counties of the United States, with the population of the latest year beside them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.companions import companion
from yaotong.intake.core.profile import Prepared, Profile


def with_population(frame: pd.DataFrame, path: Path) -> Prepared:
    """Join the latest population by county code; a county without one keeps none.

    The year is told to the sender: what is no year of four digits tells none, and may be anything.
    """
    people = companion(path, "county_population.csv.gz", ("countyfips", "year", "population"))
    people = people[people["year"].str.fullmatch("[0-9]{4}").fillna(False).astype(bool)]
    latest = str(people["year"].max()) if len(people) else ""
    by_code = (
        people[people["year"] == latest].drop_duplicates("countyfips").set_index("countyfips")["population"]
    )
    prepared = frame.assign(
        population=frame["id"].map(by_code).astype("str"), parent_code=frame["id"].str.slice(0, 2)
    )
    unknown = int(prepared["population"].isna().sum())
    taken = f"人口取 {latest} 年" if latest else "没有哪一年的人口数可取"
    return prepared, (f"{taken}；{unknown:,} 个县没有人口数，留空。",)


PROFILE = Profile(
    id="us_counties",
    feed="areas",
    title_zh="美国各县边界与人口",
    cadence="once",
    licence="ISC (us-atlas); public domain (US Census)",
    credit="us-atlas; US Census Bureau",
    signature=("id", "name", "geometry"),
    file_pattern="counties-10m.topojson",
    columns={
        "id": "area_code",
        "name": "area_name",
        "geometry": "geometry",
        "population": "population",
        "parent_code": "parent_code",
    },
    constants={"level": "county"},
    prepare=with_population,
    layer="counties",
)
