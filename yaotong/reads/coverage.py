"""Coverage (上报情况): which pharmacy reports, how late and how complete, by shop and by town.

Everything speaks of the sales sold on thirty Beijing days. What nobody reported has no delay and no
share: None here, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import ibis
import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts
from yaotong.rules.shapes import noticed
from yaotong.store import loads
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

WINDOW_DAYS = 30
# Notices under which no sales are due: the shop is shut, or nothing can be sent.
EXCUSES = ("closure", "outage")
REPORTED, MISSING, EXCUSED = "reported", "missing", "excused"
SORTS = ("worst", "delay", "trace", "buyer", "batch", "name")
_NEEDED = (
    "pharmacy_id",
    "area_code",
    "sold_at",
    "arrived_at",
    "recorded_at",
    "drug_code",
    "quantity",
    "trace_code",
    "batch_no",
    "buyer_key",
)
_QUANTILES = {"median": 0.5, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Figures:
    """How late and how complete some sales lines are; None wherever there is nothing to tell it from.

    Delays in seconds: `arrived` from the sale until the line came here, `booked` from the sale until the
    shop's till recorded it. Shares from 0 to 1; `buyer_share` of the `registrable` lines only: packs
    handed out of drugs whose buyer has to be registered.
    """

    lines: int = 0
    arrived_median_s: float | None = None
    arrived_p95_s: float | None = None
    booked_median_s: float | None = None
    booked_p95_s: float | None = None
    trace_share: float | None = None
    batch_share: float | None = None
    registrable: int = 0
    buyer_share: float | None = None


@dataclass(frozen=True, slots=True)
class ShopCoverage:
    """One active pharmacy. `strip` tells each day of the window, oldest first.

    `town_code`: where the register claims it is; it decides who sees a shop whose point lies nowhere.
    `days_silent`: days after the last one with sales that no notice excuses; None when there was none ever.
    `days_reported` counts days of `days_due` only.
    """

    pharmacy_id: str
    name: str
    area_code: str | None
    area_name: str
    town_code: str | None
    last_day: date | None
    days_silent: int | None
    days_due: int
    days_reported: int
    strip: tuple[str, ...]
    figures: Figures

    @property
    def days_missing(self) -> int:
        """Days due without any line."""
        return self.days_due - self.days_reported


@dataclass(frozen=True, slots=True)
class TownCoverage:
    """The active pharmacies of one area together; `current` of them have sales on the last day."""

    area_code: str | None
    area_name: str
    shops: int
    current: int
    never: int
    days_due: int
    days_reported: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What a viewer may see: `days` of the window, oldest first and none when there are no sales at all."""

    as_of: date | None
    days: tuple[date, ...]
    shops: tuple[ShopCoverage, ...]
    towns: tuple[TownCoverage, ...]
    data_version: int


def coverage_view(workspace: Workspace, viewer: Viewer) -> CoverageView:
    """The pharmacies of a viewer's area, the worst first, and their towns; computed once per data version."""
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    whole = _whole(workspace, version)
    shops = tuple(one for one in whole.shops if viewer.covers(one.area_code or one.town_code))
    areas = {one.area_code for one in shops}
    towns = tuple(one for one in whole.towns if one.area_code in areas and viewer.covers(one.area_code))
    return CoverageView(whole.as_of, whole.days, shops, towns, version)


def sorted_by(shops: tuple[ShopCoverage, ...], order: str) -> tuple[ShopCoverage, ...]:
    """The shops worst first by one figure; whoever has no such figure comes before all that have."""
    keys: Mapping[str, Any] = {
        "delay": lambda one: _late(one.figures.arrived_p95_s),
        "trace": lambda one: _low(one.figures.trace_share),
        "buyer": lambda one: _low(one.figures.buyer_share),
        "batch": lambda one: _low(one.figures.batch_share),
        "name": lambda one: one.name,
    }
    return tuple(sorted(shops, key=keys[order])) if order in keys else shops


def _late(seconds: float | None) -> float:
    return float("-inf") if seconds is None else -seconds


def _low(share: float | None) -> float:
    return -1.0 if share is None else share


@lru_cache(maxsize=4)
def _whole(workspace: Workspace, version: int) -> CoverageView:
    facts = open_facts(workspace.store, version=version)
    last = facts.sales.sold_at.max().to_pandas()
    shops = facts.pharmacies.filter(facts.pharmacies.status.fill_null("active") == "active")
    named = facts.areas.select("area_code", "area_name")
    listed = shops.left_join(named, "area_code").select(
        "pharmacy_id", "name", "area_code", "area_name", "town_code"
    )
    frame = listed.to_pandas().sort_values("pharmacy_id")
    as_of = None if pd.isna(last) else last.date()
    days = () if as_of is None else _days_until(as_of)
    recent = _recent(facts, days) if days else facts
    by_shop, by_town = (_figures(recent, key) if days else {} for key in ("pharmacy_id", "area_code"))
    told = _told(facts, recent, days)
    rows = [_shop(row, days, told, by_shop) for row in frame.to_dict("records")]
    rows.sort(key=_badness)
    return CoverageView(as_of, days, tuple(rows), _towns(rows, as_of, by_town), version)


def _days_until(last: date) -> tuple[date, ...]:
    return tuple(last - timedelta(days=back) for back in range(WINDOW_DAYS - 1, -1, -1))


@dataclass(frozen=True, slots=True)
class _Told:
    """By shop: the last day with sales, the days of the window with any, the days that a notice excuses."""

    last: dict[str, date]
    seen: dict[str, frozenset[date]]
    excused: dict[str, frozenset[date]]


def _told(facts: Facts, recent: Facts, days: tuple[date, ...]) -> _Told:
    if not days:
        return _Told({}, {}, {})
    sales, window = facts.sales, recent.sales
    last = sales.group_by("pharmacy_id").agg(day=sales.sold_at.max()).to_pandas()
    seen = window.select("pharmacy_id", day=window.sold_at.date()).distinct().to_pandas()
    off = noticed(facts, *EXCUSES).to_pandas()
    ends = zip(last["pharmacy_id"], pd.to_datetime(last["day"]).dt.date, strict=True)
    return _Told(dict(ends), _days_by_shop(seen), _days_by_shop(off))


def _days_by_shop(frame: pd.DataFrame) -> dict[str, frozenset[date]]:
    days = pd.Series(pd.to_datetime(frame["day"]).dt.date, index=frame.index, dtype=object)
    return {str(shop): frozenset(some) for shop, some in days.groupby(frame["pharmacy_id"])}


def _recent(facts: Facts, days: tuple[date, ...]) -> Facts:
    """The facts with the active shops' sales of these days only, drawn once for all the questions."""
    start = datetime.combine(days[0], datetime.min.time())
    end = datetime.combine(days[-1] + timedelta(days=1), datetime.min.time())
    sales, shops = facts.sales, facts.pharmacies
    active = shops.filter(shops.status.fill_null("active") == "active").select("pharmacy_id", "area_code")
    window = sales.filter((sales.sold_at >= start) & (sales.sold_at < end)).join(active, "pharmacy_id")
    backend = ibis.get_backend(sales)
    return replace(facts, sales=backend.create_table("recent_sales", window.select(*_NEEDED), temp=True))


def _figures(recent: Facts, key: str) -> dict[str | None, Figures]:
    """Figures of the lines by pharmacy_id or area_code."""
    lines = recent.sales
    arrived, booked = (
        lines[name].epoch_seconds() - lines.sold_at.epoch_seconds() for name in ("arrived_at", "recorded_at")
    )
    late = {
        f"{kind}_{name}_s": delay.quantile(share)
        for kind, delay in (("arrived", arrived), ("booked", booked))
        for name, share in _QUANTILES.items()
    }
    found = lines.group_by(key).agg(
        lines=lines.count(), traced=lines.trace_code.count(), batched=lines.batch_no.count(), **late
    )
    held = recent.sales_of(*SPECIAL_CATEGORIES)
    held = held.filter(held.quantity > 0)
    buyers = held.group_by(key).agg(registrable=held.count(), registered=held.buyer_key.count())
    frame = found.to_pandas().merge(buyers.to_pandas(), on=key, how="left")
    return {_text(row[key]): _one_figures(row) for row in frame.to_dict("records")}


def _one_figures(row: Mapping[Any, Any]) -> Figures:
    lines = int(row["lines"])
    registrable = 0 if pd.isna(row["registrable"]) else int(row["registrable"])
    delays = {name: _number(row[name]) for name in row if str(name).endswith("_s")}
    return Figures(
        lines=lines,
        trace_share=row["traced"] / lines,
        batch_share=row["batched"] / lines,
        registrable=registrable,
        buyer_share=row["registered"] / registrable if registrable else None,
        **delays,
    )


def _shop(
    row: Mapping[Any, Any], days: tuple[date, ...], told: _Told, figures: Mapping[str | None, Figures]
) -> ShopCoverage:
    shop = str(row["pharmacy_id"])
    seen, excused = told.seen.get(shop, frozenset()), told.excused.get(shop, frozenset())
    strip = tuple(REPORTED if day in seen else EXCUSED if day in excused else MISSING for day in days)
    last = told.last.get(shop)
    return ShopCoverage(
        pharmacy_id=shop,
        name=str(row["name"]),
        area_code=_text(row["area_code"]),
        area_name=_text(row["area_name"]) or "",
        town_code=_text(row["town_code"]),
        last_day=last,
        days_silent=None if last is None else _silent(last, days[-1], excused),
        days_due=sum(day not in excused for day in days),
        days_reported=sum(day in seen and day not in excused for day in days),
        strip=strip,
        figures=figures.get(shop, Figures()),
    )


def _silent(last: date, until: date, excused: frozenset[date]) -> int:
    return (until - last).days - sum(last < day <= until for day in excused)


def _badness(one: ShopCoverage) -> tuple[Any, ...]:
    """Never reported, silent longest, most days missing, least complete, latest; unknown before known."""
    figures = one.figures
    shares = (figures.trace_share, figures.buyer_share, figures.batch_share)
    known = [share for share in shares if share is not None]
    complete = min(known) if known else -1.0
    silent = -1 if one.days_silent is None else 0
    return (
        silent,
        -(one.days_silent or 0),
        -one.days_missing,
        complete,
        _late(figures.arrived_p95_s),
        one.pharmacy_id,
    )


def _towns(
    shops: list[ShopCoverage], as_of: date | None, figures: Mapping[str | None, Figures]
) -> tuple[TownCoverage, ...]:
    by_area: dict[str | None, list[ShopCoverage]] = {}
    for one in shops:
        by_area.setdefault(one.area_code, []).append(one)
    towns = [
        TownCoverage(
            area_code=code,
            area_name=some[0].area_name,
            shops=len(some),
            current=sum(one.last_day is not None and one.last_day == as_of for one in some),
            never=sum(one.last_day is None for one in some),
            days_due=sum(one.days_due for one in some),
            days_reported=sum(one.days_reported for one in some),
            figures=figures.get(code, Figures()),
        )
        for code, some in by_area.items()
    ]
    return tuple(sorted(towns, key=lambda one: (_share(one), one.area_code or "")))


def _share(one: TownCoverage) -> float:
    return one.days_reported / one.days_due if one.days_due else -1.0


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
