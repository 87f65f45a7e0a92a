"""One pharmacy's file: what the register says, what it sold, whether it reports, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.errors import NotFound
from yaotong.reads.alerts import AlertRow, Filters, rows_of, wanted_of
from yaotong.reads.sources import Quality, quality
from yaotong.store import registry
from yaotong.store.factbase import drugs_of
from yaotong.store.schema import area, pharmacy, placement
from yaotong.store.shoplines import of_categories, sold_days, sold_span
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

CALENDAR_DAYS = 60


@dataclass(frozen=True, slots=True)
class PharmacyView:
    """Everything a pharmacy's page shows.

    `months` × `packs` is a table of special-drug packs by category, None before anybody reported; `calendar`
    tells lines by day for the last sixty days of data, 0 where none came.
    """

    license_no: str
    register: dict[str, Any]
    area_name: str
    place: str
    months: tuple[str, ...]
    packs: dict[str, tuple[float | None, ...]]
    calendar: tuple[tuple[date, int], ...]
    alerts: tuple[AlertRow, ...]
    quality: tuple[Quality, ...]


def pharmacy_view(workspace: Workspace, viewer: Viewer, license_no: str, *, now: datetime) -> PharmacyView:
    """A pharmacy's file for a viewer; NotFound when neither its point nor its claim lies in their area."""
    with workspace.store.read() as connection:
        found = registry.having(connection, pharmacy, "license_no", [license_no])
        placed = registry.having(connection, placement, "license_no", [license_no])
        spot = next(iter(placed.to_dict("records")), {})
        where = None if pd.isna(spot.get("area_code")) else str(spot["area_code"])
        areas = registry.called(connection, area, "area_code", "area_name", [where] if where else [])
    claimed = found["town_code"].dropna().tolist()
    if found.empty or not (viewer.covers(where) or any(viewer.covers(one) for one in claimed)):
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")
    months, packs, calendar = _figures(workspace, license_no)
    with workspace.store.read() as connection:
        named = wanted_of(connection, viewer, Filters(state="", pharmacy_id=license_no))
        own = rows_of(connection, viewer, named, now=now)
    record = found.iloc[0].to_dict()
    return PharmacyView(
        license_no=license_no,
        register={str(key): None if pd.isna(value) else value for key, value in record.items()},
        area_name=str(areas.get(where, "")) if where else "",
        place=str(spot.get("place", "unlocated")),
        months=months,
        packs=packs,
        calendar=calendar,
        alerts=own,
        quality=quality(workspace, viewer, shop=license_no),
    )


def in_sight(workspace: Workspace, viewer: Viewer, license_no: str) -> bool:
    """Whether a shop is known and its point or its claim lies in the viewer's area."""
    with workspace.store.read() as connection:
        shops = registry.having(connection, pharmacy, "license_no", [license_no])
        placed = registry.having(connection, placement, "license_no", [license_no])
    claims, spots = shops["town_code"], placed["area_code"]
    places = [None if pd.isna(one) else str(one) for one in (*claims, *spots)]
    # A claim that is lacking is no place: only a point outside every area is the county's.
    lying = [None if pd.isna(one) else str(one) for one in spots] or [None]
    return bool(len(claims)) and any(viewer.covers(one) for one in (*filter(None, places), *lying))


_Packs = dict[str, tuple[float | None, ...]]


def _figures(
    workspace: Workspace, license_no: str
) -> tuple[tuple[str, ...], _Packs, tuple[tuple[date, int], ...]]:
    span = sold_span(workspace.store)
    if span is None:
        return (), {}, ()
    first, last = span
    months = pd.period_range(end=pd.Timestamp(last).to_period("M"), periods=12, freq="M")
    known = [month >= pd.Timestamp(first).to_period("M") for month in months]
    since = min(months[0].start_time.date(), last - timedelta(days=CALENDAR_DAYS))
    sold = sold_days(workspace.store, since, last, shops=[license_no])
    with workspace.store.read() as connection:
        drugs = drugs_of(connection, sold["drug_code"].dropna().unique())
    named = tuple(str(one) for one in months)
    packs = _packs(of_categories(sold, drugs, SPECIAL_CATEGORIES), named, known)
    return named, packs, _calendar(sold, first, last)


def _calendar(sold: pd.DataFrame, first: date, last: date) -> tuple[tuple[date, int], ...]:
    daily = sold.groupby("day")["lines"].sum()
    by_day = dict(zip(pd.to_datetime(daily.index).date, daily, strict=True))
    days = [last - timedelta(days=one) for one in range(CALENDAR_DAYS - 1, -1, -1)]
    return tuple((day, int(by_day.get(day, 0))) for day in days if day >= first)


def _packs(sold: pd.DataFrame, months: tuple[str, ...], known: list[bool]) -> _Packs:
    frame = sold.assign(month=pd.to_datetime(sold["day"]).dt.strftime("%Y-%m"))
    frame = frame[frame["month"].isin(months)]
    packs: _Packs = {}
    for code in SPECIAL_CATEGORIES:
        held = frame[frame["categories"].str.contains(f"|{code}|", regex=False)]
        by_month = held.groupby("month")["packs"].sum()
        if len(held):
            values = [float(by_month.get(month, 0.0)) for month in months]
            packs[code] = tuple(value if told else None for value, told in zip(values, known, strict=True))
    return packs
