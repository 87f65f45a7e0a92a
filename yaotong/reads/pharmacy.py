"""One pharmacy's file: what the register says, what it sold, whether it reports, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from yaotong.codes import CATEGORIES, SPECIAL_CATEGORIES
from yaotong.errors import NotFound
from yaotong.reads.alerts import AlertRow, rows_of
from yaotong.reads.sources import Quality, quality
from yaotong.store import registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import area, pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

CALENDAR_DAYS = 60


@dataclass(frozen=True, slots=True)
class PharmacyView:
    """Everything a pharmacy's page shows. `months` × `packs` is a table of special-drug packs;
    `calendar` tells lines by day for the last sixty days of data, 0 where none came."""

    license_no: str
    register: dict[str, Any]
    area_name: str
    place: str
    months: tuple[str, ...]
    packs: dict[str, tuple[float, ...]]
    calendar: tuple[tuple[date, int], ...]
    alerts: tuple[AlertRow, ...]
    quality: tuple[Quality, ...]


def pharmacy_view(workspace: Workspace, viewer: Viewer, license_no: str, *, now: datetime) -> PharmacyView:
    """A pharmacy's file for a viewer; NotFound outside the viewer's area."""
    with workspace.store.read() as connection:
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement)
        areas = registry.read(connection, area).set_index("area_code")["area_name"]
    found = shops[shops["license_no"] == license_no]
    spot = next(iter(placed[placed["license_no"] == license_no].to_dict("records")), {})
    where = None if pd.isna(spot.get("area_code")) else str(spot["area_code"])
    if found.empty or not viewer.covers(where):
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")
    months, packs, calendar = _figures(workspace, license_no)
    own = [row for row in rows_of(workspace, viewer, now=now) if license_no in row.pharmacy_ids]
    record = found.iloc[0].to_dict()
    return PharmacyView(
        license_no=license_no,
        register={str(key): None if pd.isna(value) else value for key, value in record.items()},
        area_name=str(areas.get(where, "")) if where else "",
        place=str(spot.get("place", "unlocated")),
        months=months,
        packs=packs,
        calendar=calendar,
        alerts=tuple(own),
        quality=tuple(one for one in quality(workspace) if one.license_no == license_no),
    )


def _figures(
    workspace: Workspace, license_no: str
) -> tuple[tuple[str, ...], dict[str, tuple[float, ...]], tuple[tuple[date, int], ...]]:
    facts = open_facts(workspace.store)
    last = facts.sales.sold_at.max().to_pandas()
    if pd.isna(last):
        return (), {}, ()
    own = facts.sales.filter(facts.sales.pharmacy_id == license_no)
    daily = own.group_by(day=own.sold_at.date()).agg(lines=own.count()).to_pandas()
    by_day = dict(zip(pd.to_datetime(daily["day"]).dt.date, daily["lines"], strict=True))
    days = [last.date() - timedelta(days=one) for one in range(CALENDAR_DAYS - 1, -1, -1)]
    months = tuple(
        str(one) for one in pd.period_range(end=pd.Timestamp(last).to_period("M"), periods=12, freq="M")
    )
    sold = facts.sales_of(*SPECIAL_CATEGORIES)
    sold = sold.filter(sold.pharmacy_id == license_no)
    grouped = sold.group_by("categories", month=sold.sold_at.strftime("%Y-%m")).agg(packs=sold.quantity.sum())
    frame = grouped.to_pandas()
    packs = {
        CATEGORIES[code]: tuple(
            float(frame.loc[(frame["month"] == month) & held, "packs"].sum()) for month in months
        )
        for code in SPECIAL_CATEGORIES
        if (held := frame["categories"].str.contains(f"|{code}|", regex=False)).any()
    }
    return months, packs, tuple((day, int(by_day.get(day, 0))) for day in days)
