"""Coverage: every figure beside a plain twin, unknown never good, and nothing outside the viewer's area."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cities import city, copy_of
from yaotong.acts.intake import take_in
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.reads.coverage import (
    EXCUSED,
    MISSING,
    REPORTED,
    SORTS,
    WINDOW_DAYS,
    CoverageView,
    Figures,
    coverage_view,
    sorted_by,
)
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOW = datetime(2026, 7, 1, 9, 0)
COUNTY = Viewer("a", "县局", "msa", "330482", "leader")
TOWN = Viewer("b", "当湖所", "msa", "330482001")
ELSEWHERE = Viewer("c", "邻县局", "msa", "330483", "leader")
PHARMACY_HEAD = "license_no,name,address,lon,lat,crs,town_code,status\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return copy_of(city("small"), tmp_path_factory.mktemp("coverage") / "home")


@pytest.fixture
def own(small: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(small, tmp_path / "home")


def _take(workspace: Workspace, tmp_path: Path, feed: str, text: str) -> None:
    path = tmp_path / f"{feed}.csv"
    path.write_text(text, "utf-8")
    receipt = take_in(workspace, path, feed=feed, now=NOW)
    assert receipt.outcome == "accepted", receipt.as_dict()


def _rows(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    facts = open_facts(workspace.store)
    tables = {name: getattr(facts, name).to_pandas() for name in ("sales", "pharmacies", "drugs", "notices")}
    return {
        name: frame.astype(object).where(frame.notna(), None).to_dict("records")
        for name, frame in tables.items()
    }


def _middle(values: list[float], share: float) -> float | None:
    """A quantile by hand: linear between the two nearest ranks."""
    if not values:
        return None
    values, place = sorted(values), share * (len(values) - 1)
    low, high = values[math.floor(place)], values[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def _told(lines: list[dict[str, Any]], special: Callable[[dict[str, Any]], bool]) -> Figures:
    if not lines:
        return Figures()
    delays = {
        name: [(one[name] - one["sold_at"]).total_seconds() for one in lines if one[name] is not None]
        for name in ("arrived_at", "recorded_at")
    }
    held = [one for one in lines if special(one) and one["quantity"] > 0]
    return Figures(
        lines=len(lines),
        arrived_median_s=_middle(delays["arrived_at"], 0.5),
        arrived_p95_s=_middle(delays["arrived_at"], 0.95),
        booked_median_s=_middle(delays["recorded_at"], 0.5),
        booked_p95_s=_middle(delays["recorded_at"], 0.95),
        trace_share=statistics.mean(one["trace_code"] is not None for one in lines),
        batch_share=statistics.mean(one["batch_no"] is not None for one in lines),
        registrable=len(held),
        buyer_share=statistics.mean(one["buyer_key"] is not None for one in held) if held else None,
    )


def _special(drugs: list[dict[str, Any]]) -> Callable[[dict[str, Any]], bool]:
    by_code: dict[str, list[dict[str, Any]]] = {}
    for drug in drugs:
        by_code.setdefault(drug["drug_code"], []).append(drug)

    def is_special(line: dict[str, Any]) -> bool:
        day = line["sold_at"].date()
        kinds = {
            kind
            for drug in by_code.get(line["drug_code"], [])
            if _day(drug["valid_from"]) <= day <= _day(drug["valid_to"])
            for kind in drug["categories"].split("|")
        }
        return bool(kinds & set(SPECIAL_CATEGORIES))

    return is_special


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _compare(found: Figures, meant: Figures) -> None:
    for name in Figures.__slots__:  # type: ignore[attr-defined]
        one, other = getattr(found, name), getattr(meant, name)
        assert (one is None) == (other is None), name
        assert one is None or one == pytest.approx(other, rel=1e-9), name


def _twin(workspace: Workspace, view: CoverageView) -> None:
    rows = _rows(workspace)
    active = {one["pharmacy_id"]: one for one in rows["pharmacies"] if one["status"] in (None, "active")}
    last = max(one["sold_at"] for one in rows["sales"]).date()
    days = [last - timedelta(days=back) for back in range(WINDOW_DAYS)][::-1]
    special = _special(rows["drugs"])
    inside = [
        one for one in rows["sales"] if one["sold_at"].date() >= days[0] and one["pharmacy_id"] in active
    ]
    assert view.as_of == last
    assert view.days == tuple(days)
    assert {one.pharmacy_id for one in view.shops} == set(active)
    for shop in view.shops:
        own = [one for one in inside if one["pharmacy_id"] == shop.pharmacy_id]
        ever = [one["sold_at"].date() for one in rows["sales"] if one["pharmacy_id"] == shop.pharmacy_id]
        where = active[shop.pharmacy_id]
        scopes = (None, shop.pharmacy_id, where["area_code"], where["chain"])
        notices = [
            one for one in rows["notices"] if one["kind"] in ("closure", "outage") and one["scope"] in scopes
        ]
        off = {
            day
            for day in days
            if any(_day(one["date_from"]) <= day <= _day(one["date_until"]) for one in notices)
        }
        seen = {one["sold_at"].date() for one in own}
        assert shop.last_day == max(ever, default=None)
        assert shop.days_due == len([day for day in days if day not in off])
        assert shop.days_reported == len(seen - off)
        assert shop.strip == tuple(
            REPORTED if day in seen else EXCUSED if day in off else MISSING for day in days
        )
        if shop.last_day is not None and shop.last_day >= days[0]:
            assert shop.days_silent == len([day for day in days if day > shop.last_day and day not in off])
        _compare(shop.figures, _told(own, special))
    for town in view.towns:
        members = [one for one in view.shops if one.area_code == town.area_code]
        ids = {one.pharmacy_id for one in members}
        _compare(town.figures, _told([one for one in inside if one["pharmacy_id"] in ids], special))
        assert town.shops == len(members) > 0
        assert town.current == len([one for one in members if one.last_day == last])
        assert town.never == len([one for one in members if one.last_day is None])
        assert town.days_due == sum(one.days_due for one in members)
        assert town.days_reported == sum(one.days_reported for one in members)
    assert sum(one.shops for one in view.towns) == len(view.shops)


def test_every_figure_agrees_with_its_plain_twin(small: Workspace) -> None:
    view = coverage_view(small, COUNTY)
    assert len({one.figures.trace_share for one in view.shops}) > 5
    assert len({one.days_reported for one in view.shops}) > 3
    _twin(small, view)


def test_it_agrees_too_with_closures_lines_without_anything_and_shops_that_never_reported(
    own: Workspace, tmp_path: Path
) -> None:
    before = coverage_view(own, COUNTY).shops
    shut, torn, last = before[0], before[-1], coverage_view(own, COUNTY).days[-1]
    town = before[3].area_code
    _take(
        own,
        tmp_path,
        "calendar",
        "date_from,date_until,scope,kind,name\n"
        f"{last - timedelta(days=2)},{last + timedelta(days=3)},{shut.pharmacy_id},closure,盘点停业\n"
        f"{last - timedelta(days=9)},{last - timedelta(days=9)},{town},outage,线路故障\n"
        f"{last - timedelta(days=8)},{last - timedelta(days=8)},,promotion,促销\n",
    )
    _take(
        own,
        tmp_path,
        "pharmacies",
        PHARMACY_HEAD + "浙NEW001,演示新店,某路1号,121.02,30.70,wgs84,330482001,active\n",
    )
    drug = _rows(own)["drugs"][0]["drug_code"]
    bare = "".join(f"bare{n},{torn.pharmacy_id},{last} 1{n}:00:00,{drug},1\n" for n in range(5))
    _take(own, tmp_path, "sales", "sale_id,pharmacy_id,sold_at,drug_code,quantity\n" + bare)
    view = coverage_view(own, COUNTY)
    _twin(own, view)
    strips = {one.pharmacy_id: one for one in view.shops}
    assert EXCUSED in strips[shut.pharmacy_id].strip
    assert any(one.days_due == WINDOW_DAYS - 1 for one in view.shops if one.area_code == town)
    assert strips[torn.pharmacy_id].figures.trace_share < torn.figures.trace_share  # type: ignore[operator]


def test_who_never_reported_stands_first_and_is_unknown_in_everything(own: Workspace, tmp_path: Path) -> None:
    _take(
        own,
        tmp_path,
        "pharmacies",
        PHARMACY_HEAD + "浙NEW001,演示新店,某路1号,121.02,30.70,wgs84,330482001,active\n",
    )
    first = coverage_view(own, COUNTY).shops[0]
    assert (first.pharmacy_id, first.last_day, first.days_silent) == ("浙NEW001", None, None)
    assert first.figures == Figures()
    assert first.figures.trace_share is None
    for order in ("delay", "trace", "buyer", "batch"):
        unknown = sorted_by(coverage_view(own, COUNTY).shops, order)
        figures = [one.figures.lines for one in unknown]
        assert figures.index(0) < 1 or order == "buyer"


def test_the_worst_come_first(small: Workspace) -> None:
    shops = coverage_view(small, COUNTY).shops
    silent = [one.days_silent for one in shops if one.days_silent is not None]
    assert silent == sorted(silent, reverse=True)
    level = [one.days_missing for one in shops if one.days_silent == 0]
    assert level == sorted(level, reverse=True)
    assert all(
        {one.pharmacy_id for one in sorted_by(shops, order)} == {one.pharmacy_id for one in shops}
        for order in SORTS
    )
    late = [
        one.figures.arrived_p95_s
        for one in sorted_by(shops, "delay")
        if one.figures.arrived_p95_s is not None
    ]
    assert late == sorted(late, reverse=True)


def test_a_town_sees_its_own_shops_and_another_county_none(small: Workspace) -> None:
    whole, town, none = (coverage_view(small, one) for one in (COUNTY, TOWN, ELSEWHERE))
    assert {one.area_code for one in town.shops} == {"330482001"}
    assert [one.area_code for one in town.towns] == ["330482001"]
    assert 0 < len(town.shops) < len(whole.shops)
    assert (none.shops, none.towns) == ((), ())


def test_new_lines_are_seen_at_once(own: Workspace, tmp_path: Path) -> None:
    before = coverage_view(own, COUNTY)
    shop, drug = before.shops[0].pharmacy_id, _rows(own)["drugs"][0]["drug_code"]
    _take(
        own,
        tmp_path,
        "sales",
        f"sale_id,pharmacy_id,sold_at,drug_code,quantity\nX1,{shop},{before.as_of} 12:00:00,{drug},1\n",
    )
    after = next(one for one in coverage_view(own, COUNTY).shops if one.pharmacy_id == shop)
    assert after.figures.lines == before.shops[0].figures.lines + 1


def test_without_any_sales_nothing_is_claimed(tmp_path: Path) -> None:
    from yaotong.workspace import init_workspace

    empty = init_workspace(tmp_path / "home", environ={})
    _take(
        empty,
        tmp_path,
        "pharmacies",
        PHARMACY_HEAD + "浙NEW001,演示新店,某路1号,121.02,30.70,wgs84,,active\n",
    )
    view = coverage_view(empty, COUNTY)
    assert (view.as_of, view.days) == (None, ())
    assert [(one.days_due, one.last_day, one.figures) for one in view.shops] == [(0, None, Figures())]


@pytest.mark.slow
def test_a_year_of_a_full_city_is_answered_in_time(tmp_path: Path) -> None:
    from yaotong.reads.coverage import _whole

    full = city("full")
    _whole.cache_clear()
    started = time.perf_counter()
    view = coverage_view(full, COUNTY)
    cold, started = time.perf_counter() - started, time.perf_counter()
    coverage_view(full, COUNTY)
    warm = time.perf_counter() - started
    assert len(view.shops) > 250
    assert warm < 0.1
    assert cold < 1.5, f"{cold:.2f} s"


def test_pandas_agrees_about_quantiles() -> None:
    """The twin's quantile is the usual one."""
    values = [5.0, 1.0, 4.0, 9.0, 2.0]
    assert _middle(values, 0.95) == pytest.approx(pd.Series(values).quantile(0.95))
