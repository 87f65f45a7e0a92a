"""Pharmacies of Greater Manchester with the hours of seven days, as CSV without or GeoJSON with points."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pandas as pd

from yaotong.intake.core.profile import Prepared, Profile

_DAYS = {
    "Mo": "opening_hours_monday",
    "Tu": "opening_hours_tuesday",
    "We": "opening_hours_wednesday",
    "Th": "opening_hours_thursday",
    "Fr": "opening_hours_friday",
    "Sa": "opening_hours_saturday",
    "Su": "opening_hours_sunday",
}


def with_hours(frame: pd.DataFrame, path: Path) -> Prepared:
    """Write the week in OpenStreetMap's syntax, and the address with its postcode."""
    days = frame[list(_DAYS.values())].fillna("")
    weeks = [week_of(list(row)) for row in days.itertuples(index=False, name=None)]
    prepared = frame.assign(
        opening_hours=pd.Series(weeks, frame.index, dtype="str"),
        address=frame["address"].str.cat(frame["postcode"], sep=", ", na_rep=""),
    )
    return prepared, ()


def week_of(days: list[str]) -> str | None:
    """Seven days' texts as one: "Mo-Fr 09:00-18:00; Sa,Su off"-like; None when a day is not known.

    A text that is no time stays in the answer, so that the check of opening hours refuses the row.
    """
    if any(not one.strip() for one in days):
        return None
    spans = ["off" if one.strip().upper() == "CLOSED" else one.replace(" ", "") for one in days]
    parts = []
    for span, group in groupby(zip(_DAYS, spans, strict=True), key=lambda pair: pair[1]):
        names = [name for name, _ in group]
        parts.append(f"{names[0]}-{names[-1]} {span}" if len(names) > 1 else f"{names[0]} {span}")
    return "; ".join(parts)


PROFILE = Profile(
    id="manchester_pharmacies",
    feed="pharmacies",
    title_zh="大曼彻斯特药店与营业时间",
    cadence="once",
    licence="Open Government Licence v3.0",
    credit="NHS Business Services Authority; Trafford Data Lab",
    signature=("organisation_data_service_code", "pharmacy_name", "address", "postcode", *_DAYS.values()),
    columns={
        "organisation_data_service_code": "license_no",
        "pharmacy_name": "name",
        "address": "address",
        "ward_code": "town_code",
        "opening_hours": "opening_hours",
        "lon": "lon",
        "lat": "lat",
        "crs": "crs",
    },
    constants={"crs": "wgs84"},
    ignored=(*_DAYS.values(), "postcode", "health_and_wellbeing_board", "ward_name", "la_code", "la_name"),
    relax=("lon", "lat"),
    prepare=with_hours,
)
