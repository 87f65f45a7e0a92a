"""What the dual map shows: areas with figures, pharmacies with facts and risk, and how fresh it all is.

A viewer sees the alerts dispatched to their department; those of other departments are counted by
level and area, never named. What nobody reported is None here, never zero.

A map has two times. Its day (`as_of`) is one of behaviour: the windows of its figures end there. `known` is
one of knowledge: registers, sales and alerts are what was known at its end, so that a map once seen can be
seen again whatever came after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.codes import Level
from yaotong.facts import Facts
from yaotong.reads.map_alerts import EVER, KnownAlerts, OpenAlerts, read_alerts
from yaotong.reads.map_inspections import no_inspections, read_inspections
from yaotong.reads.map_registers import SPECIAL as SPECIAL
from yaotong.reads.map_registers import Seen, read_registers
from yaotong.reads.map_sales import CountrySales, DailySales, ShopSales, read_sales
from yaotong.reads.map_scores import no_scores, scores_on
from yaotong.reads.map_stamp import map_stamp as map_stamp
from yaotong.reads.map_stock import no_stock, read_stock
from yaotong.reads.risk import Scores
from yaotong.store import Connection
from yaotong.store.factbase import open_facts
from yaotong.store.loads import current_version, version_at
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

WINDOW_DAYS = 30
# A shop without any sale for this long is marked as silent; closing days of one week stay below it.
SILENT_DAYS = 7
# A rate of fewer events has a relative standard error above 22 %: shown, but flagged.
FEW = 20


@dataclass(frozen=True, slots=True)
class MapData:
    """One consistent picture of a region on a day.

    `areas`: one row per area with its outline (WGS-84), `is_leaf`, shops, shops_reporting (within the
    window) and open alerts by level, all departments together. `shops`: registry facts, last_sold_on,
    `reporting` (current, silent, never) and `worst`, the gravest open alert the viewer may read.
    `packs`: license_no, category (SPECIAL: all special drugs together), packs in the window.
    `known`: the day or moment at whose end all this was known; None for now.
    """

    as_of: date | None
    since: date | None
    data_version: int
    title: str
    synthetic: bool
    categories: Mapping[str, str]
    areas: gpd.GeoDataFrame
    shops: pd.DataFrame
    packs: pd.DataFrame
    alerts: OpenAlerts
    known: date | None = None
    # What one layer alone asks for is read when it asks: as map_stock and map_inspections tell.
    stock: Callable[[], pd.DataFrame] = no_stock
    inspections: Callable[[], pd.DataFrame] = no_inspections
    # Scores of the risk formula; None as known on an earlier day, for the formula is of today.
    scores: Callable[[], Scores | None] = no_scores

    @property
    def leaves(self) -> gpd.GeoDataFrame:
        """The areas that figures are given for: those without a part of their own."""
        return self.areas[self.areas["is_leaf"]]

    @property
    def note(self) -> str:
        """What to know of the picture: schematic outlines, a past not recorded; "" when nothing."""
        told = sorted({str(one) for one in self.areas["note"].dropna()})
        if self.known is not None and not self.data_version:
            told.append(f"截至 {self.known:%Y-%m-%d} 还没有收到任何数据")
        if self.alerts.unrecorded:
            told.append(f"{self.alerts.unrecorded} 条预警当时的内容没有记录，按最早的记录显示")
        return "；".join(told)


@dataclass(frozen=True, slots=True)
class MapDays:
    """All the pictures of a region that one state of knowledge gives, a day at a time."""

    seen: Seen
    sales: DailySales | CountrySales
    alerts: KnownAlerts
    data_version: int
    title: str
    synthetic: bool
    known: date | None
    facts: Callable[[], Facts]
    scores: Callable[[date | None, date | None], Scores | None]

    @property
    def first_day(self) -> date | None:
        """The first day with sales."""
        return self.sales.first_day

    @property
    def last_day(self) -> date | None:
        """The last day with sales."""
        return self.sales.last_day

    def on(self, as_of: date | None = None) -> MapData:
        """The picture on a day, the last day with sales by default."""
        day = as_of or self.last_day
        sales = _no_sales() if day is None else self.sales.on(day, WINDOW_DAYS)
        names = self.seen.names
        last = sales.last_of(names)
        opened = self.alerts.on(day)
        return MapData(
            as_of=day,
            since=day - timedelta(days=WINDOW_DAYS - 1) if day else None,
            data_version=self.data_version,
            title=self.title,
            synthetic=self.synthetic,
            categories=self.seen.categories,
            areas=_with_figures(self.seen, _age_days(last, day) < WINDOW_DAYS, opened),
            shops=_with_state(self.seen.shops, last, day, self.alerts.worst(day)),
            packs=sales.packs_of(names),
            alerts=opened,
            known=self.known,
            stock=cache(lambda: read_stock(self.facts(), day)),
            inspections=cache(lambda: read_inspections(self.facts(), day)),
            scores=cache(lambda: self.scores(as_of, day)),
        )


def read_map(
    ws: Workspace,
    viewer: Viewer,
    *,
    as_of: date | None = None,
    known: date | None = None,
    area_code: str | None = None,
    today: date | None = None,
) -> MapData:
    """The map for a viewer on a day (the last day with sales by default), of one area or all they cover.

    With `known`, the map as it was known at the end of that Beijing day (at that moment, for a datetime).
    NotFound when `area_code` is no area, or one the viewer does not cover.
    """
    with ws.store.read() as connection:
        version = _version(connection, known)
        day = as_of or read_sales(ws, connection, version).last_day
        days = _days(ws, connection, viewer, version, known, area_code, day, today)
        return days.on(as_of)


def read_days(
    ws: Workspace,
    viewer: Viewer,
    *,
    known: date | None = None,
    area_code: str | None = None,
    today: date | None = None,
) -> MapDays:
    """What `read_map` gives on any day, for stepping through them: only the first one costs a read."""
    with ws.store.read() as connection:
        version = _version(connection, known)
        return _days(ws, connection, viewer, version, known, area_code, EVER, today)


def _days(
    ws: Workspace,
    connection: Connection,
    viewer: Viewer,
    version: int,
    known: date | None,
    area_code: str | None,
    day: date | None,
    today: date | None,
) -> MapDays:
    """The alerts only of a day; of all, when it is EVER."""
    seen = read_registers(ws, connection, version, viewer, area_code)
    return MapDays(
        seen=seen,
        sales=read_sales(ws, connection, version),
        alerts=read_alerts(connection, viewer.department, day, seen, _end_of(known)),
        data_version=version,
        title=ws.settings.title,
        synthetic=ws.settings.synthetic,
        known=known,
        facts=partial(open_facts, ws.store, version=version),
        scores=scores_on(ws, viewer, known, today),
    )


def _version(connection: Connection, known: date | None) -> int:
    moment = _end_of(known)
    return current_version(connection) if moment is None else version_at(connection, moment)


def _end_of(known: date | None) -> datetime | None:
    """A moment as it is; the last one of a day."""
    if known is None or isinstance(known, datetime):
        return known
    return datetime.combine(known, time.max)


def _no_sales() -> ShopSales:
    none = np.zeros(0, dtype=np.int64)
    return ShopSales(pd.Index([], dtype=object), none.astype("datetime64[D]"), none, none, none.astype(float))


def _age_days(last: NDArray[np.datetime64], day: date | None) -> NDArray[np.float64]:
    """Days from the last sale to the day; infinite where there was none."""
    if day is None:
        return np.full(len(last), np.inf)
    ages = (np.datetime64(day) - last).astype("timedelta64[D]")
    return np.where(np.isnat(ages), np.inf, ages.astype(float))


def _with_state(
    shops: pd.DataFrame, last: NDArray[np.datetime64], day: date | None, worst: pd.Series
) -> pd.DataFrame:
    ages = _age_days(last, day)
    reporting = np.select([np.isinf(ages), ages < SILENT_DAYS], ["never", "current"], "silent")
    return shops.assign(
        last_sold_on=pd.Series(last.astype(object), dtype=object),
        reporting=pd.Series(reporting, dtype="str"),
        worst=worst,
    )


def _with_figures(seen: Seen, within: NDArray[np.bool_], alerts: OpenAlerts) -> gpd.GeoDataFrame:
    """Counts per area; a leaf where nobody reported within the window has shops_reporting 0."""
    areas, placed = seen.areas, seen.place >= 0
    figures = {"shops": placed, "shops_reporting": placed & within}
    counted: dict[str, NDArray[Any]] = {
        name: np.bincount(seen.place[one], minlength=len(areas)) for name, one in figures.items()
    }
    by_level = alerts.by_area.groupby(["level", "area_code"])["alerts"].sum()
    for level in map(str, Level):
        found = by_level.loc[level] if level in by_level.index else pd.Series([], dtype=float)
        counted[level] = areas["area_code"].map(found).fillna(0).astype(int).to_numpy()
    return areas.assign(**counted)
