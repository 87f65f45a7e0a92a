"""What the facts tell for a report: how shops report, and what special drugs they sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts
from yaotong.reads.coverage import EXCUSES
from yaotong.reads.risk_measures import duty_hours
from yaotong.reports.data_kpis import TIMELY_HOURS, Figures
from yaotong.reports.periods import Period
from yaotong.risk.formula import FORMULAS, LATEST
from yaotong.rules.shapes import noticed
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Shops:
    """Frames over the active shops in force at a data version, for one span of days.

    `shops`: pharmacy_id, name, area_code, place (area or claimed town), area_name, valid_from.
    `lines` by pharmacy_id: lines, timely, traced. `seen`: (pharmacy_id, day) with any line; `excused`:
    those a notice excuses. `duty` by pharmacy_id: open_hours, absent_hours. `inspected`: pharmacy_id,
    outcome and count of inspections.
    """

    first: date
    last: date
    shops: pd.DataFrame
    lines: pd.DataFrame
    seen: pd.DataFrame
    excused: pd.DataFrame
    duty: pd.DataFrame
    inspected: pd.DataFrame

    def of(self, viewer: Viewer) -> pd.DataFrame:
        """The shops in a viewer's area."""
        inside = [viewer.covers(one) for one in self.shops["place"]]
        return self.shops[pd.Series(inside, index=self.shops.index, dtype=bool)]


@lru_cache(maxsize=16)
def shop_days(workspace: Workspace, version: int, first: date, last: date) -> Shops:
    """What the shops reported on the days from `first` to `last`."""
    facts = open_facts(workspace.store, version=version, until=last)
    start, end = _moments(first, last)
    inside = facts.sales.filter((facts.sales.sold_at >= start) & (facts.sales.sold_at < end))
    delay = inside.arrived_at.epoch_seconds() - inside.sold_at.epoch_seconds()
    counted = inside.group_by("pharmacy_id").agg(
        lines=inside.count(),
        timely=(delay <= TIMELY_HOURS * 3600).cast("int64").sum(),
        traced=inside.trace_code.count(),
    )
    seen = inside.select("pharmacy_id", day=inside.sold_at.date()).distinct()
    off = noticed(facts, *EXCUSES)
    off = off.filter((off.day >= first) & (off.day <= last)).select("pharmacy_id", "day")
    looked = facts.inspections.filter(
        (facts.inspections.inspected_at >= start) & (facts.inspections.inspected_at < end)
    )
    inspected = looked.group_by(["pharmacy_id", "outcome"]).agg(count=looked.count())
    return Shops(
        first=first,
        last=last,
        shops=_active(facts),
        lines=counted.to_pandas().set_index("pharmacy_id"),
        seen=_days(seen.to_pandas()),
        excused=_days(off.to_pandas()),
        duty=duty_hours(facts, last, (last - first).days + 1, FORMULAS[LATEST]),
        inspected=inspected.to_pandas(),
    )


def figures(found: Shops, viewer: Viewer, special: int) -> Figures:
    """The counts of the viewer's shops; `special` sales lines are counted elsewhere."""
    shops = found.of(viewer)
    ids = set(shops["pharmacy_id"])
    lines = found.lines[found.lines.index.isin(ids)]
    seen, off = (one[one["pharmacy_id"].isin(ids)] for one in (found.seen, found.excused))
    began = pd.to_datetime(shops["valid_from"])
    began = began.where(began > pd.Timestamp(found.first), pd.Timestamp(found.first))
    whole = ((pd.Timestamp(found.last) - began).dt.days + 1).clip(lower=0)
    duty = found.duty[found.duty.index.isin(ids)]
    excused = set(off.itertuples(index=False, name=None))
    reported = sum(one not in excused for one in seen.itertuples(index=False, name=None))
    return Figures(
        shops=len(shops),
        reporting=int(seen["pharmacy_id"].nunique()),
        days_due=int(whole.sum()) - len(off),
        days_reported=reported,
        lines=int(lines["lines"].sum()),
        timely=int(lines["timely"].sum()),
        traced=int(lines["traced"].sum()),
        special=special,
        open_hours=float(duty["open_hours"].sum()) if len(duty) else None,
        absent_hours=float(duty["absent_hours"].sum()) if len(duty) else None,
    )


@lru_cache(maxsize=16)
def special_sales(workspace: Workspace, version: int, first: date, last: date) -> pd.DataFrame:
    """pharmacy_id, day, category, lines and packs of special drugs handed out; returns are not counted.

    A drug of several categories counts in each; `category` "" is every line once.
    """
    facts = open_facts(workspace.store, version=version, until=last)
    start, end = _moments(first, last)
    sold = facts.sales_of(*SPECIAL_CATEGORIES)
    sold = sold.filter(sold.sold_at >= start, sold.sold_at < end, sold.quantity > 0)
    sold = sold.mutate(day=sold.sold_at.date())
    keys = ["pharmacy_id", "day", "categories"]
    found = sold.group_by(keys).agg(lines=sold.count(), packs=sold.quantity.sum()).to_pandas()
    found["day"] = pd.to_datetime(found["day"]).dt.date
    parts = [found.assign(category="")]
    for name in SPECIAL_CATEGORIES:
        parts.append(found[found["categories"].str.contains(f"|{name}|", regex=False)].assign(category=name))
    columns = ["pharmacy_id", "day", "category"]
    whole: pd.DataFrame = pd.concat(parts).groupby(columns, as_index=False)[["lines", "packs"]].sum()
    return whole.sort_values(columns).reset_index(drop=True)


def last_whole_day(period: Period, known_at: datetime) -> date:
    """The last day of a period that is over; its first while none is."""
    return max(period.first, min(period.last, known_at.date() - timedelta(days=1)))


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time.min), datetime.combine(last + timedelta(days=1), time.min)


def _active(facts: Facts) -> pd.DataFrame:
    shops = facts.pharmacies.filter(facts.pharmacies.status.fill_null("active") == "active")
    named = facts.areas.select("area_code", "area_name")
    frame = shops.left_join(named, "area_code").select(
        "pharmacy_id", "name", "area_code", "area_name", "town_code", "valid_from"
    )
    found: pd.DataFrame = frame.to_pandas().sort_values("pharmacy_id").reset_index(drop=True)
    text = ["area_code", "area_name", "town_code"]
    found[text] = found[text].astype(object).where(found[text].notna(), None)
    found["place"] = found["area_code"].where(found["area_code"].notna(), found["town_code"])
    found["place"] = found["place"].astype(object).where(found["place"].notna(), None)
    return found


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(day=pd.to_datetime(frame["day"]).dt.date)
