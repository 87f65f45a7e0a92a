"""One pharmacy's file: what the register says, what it sold, whether it reports, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.errors import NotFound
from yaotong.facts import Facts
from yaotong.reads.alerts import AlertRow, Filters, rows_of, wanted_of
from yaotong.reads.sources import Quality, quality
from yaotong.store import registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import area, pharmacy, placement
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
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement)
        areas = registry.read(connection, area).set_index("area_code")["area_name"]
    found = shops[shops["license_no"] == license_no]
    spot = next(iter(placed[placed["license_no"] == license_no].to_dict("records")), {})
    where = None if pd.isna(spot.get("area_code")) else str(spot["area_code"])
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
        quality=tuple(one for one in quality(workspace, viewer) if one.license_no == license_no),
    )


def in_sight(workspace: Workspace, viewer: Viewer, license_no: str) -> bool:
    """Whether a shop is known and its point or its claim lies in the viewer's area."""
    with workspace.store.read() as connection:
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement)
    claims = shops.loc[shops["license_no"] == license_no, "town_code"]
    spots = placed.loc[placed["license_no"] == license_no, "area_code"]
    places = [None if pd.isna(one) else str(one) for one in (*claims, *spots)]
    # A claim that is lacking is no place: only a point outside every area is the county's.
    lying = [None if pd.isna(one) else str(one) for one in spots] or [None]
    return bool(len(claims)) and any(viewer.covers(one) for one in (*filter(None, places), *lying))


_Packs = dict[str, tuple[float | None, ...]]


def _figures(
    workspace: Workspace, license_no: str
) -> tuple[tuple[str, ...], _Packs, tuple[tuple[date, int], ...]]:
    facts = open_facts(workspace.store)
    span = facts.sales.aggregate(first=facts.sales.sold_at.min(), last=facts.sales.sold_at.max()).to_pandas()
    first, last = span["first"].iloc[0], span["last"].iloc[0]
    if pd.isna(last):
        return (), {}, ()
    months = pd.period_range(end=pd.Timestamp(last).to_period("M"), periods=12, freq="M")
    known = [month >= pd.Timestamp(first).to_period("M") for month in months]
    named = tuple(str(one) for one in months)
    return named, _packs(facts, license_no, named, known), _calendar(facts, license_no, first, last)


def _calendar(
    facts: Facts, license_no: str, first: pd.Timestamp, last: pd.Timestamp
) -> tuple[tuple[date, int], ...]:
    own = facts.sales.filter(facts.sales.pharmacy_id == license_no)
    daily = own.group_by(day=own.sold_at.date()).agg(lines=own.count()).to_pandas()
    by_day = dict(zip(pd.to_datetime(daily["day"]).dt.date, daily["lines"], strict=True))
    days = [last.date() - timedelta(days=one) for one in range(CALENDAR_DAYS - 1, -1, -1)]
    return tuple((day, int(by_day.get(day, 0))) for day in days if day >= first.date())


def _packs(facts: Facts, license_no: str, months: tuple[str, ...], known: list[bool]) -> _Packs:
    sold = facts.sales_of(*SPECIAL_CATEGORIES)
    sold = sold.filter(sold.pharmacy_id == license_no)
    grouped = sold.group_by("categories", month=sold.sold_at.strftime("%Y-%m")).agg(packs=sold.quantity.sum())
    frame = grouped.to_pandas()
    packs: _Packs = {}
    for code in SPECIAL_CATEGORIES:
        held = frame[frame["categories"].str.contains(f"|{code}|", regex=False)]
        by_month = held.groupby("month")["packs"].sum()
        if len(held):
            values = [float(by_month.get(month, 0.0)) for month in months]
            packs[code] = tuple(value if told else None for value, told in zip(values, known, strict=True))
    return packs
