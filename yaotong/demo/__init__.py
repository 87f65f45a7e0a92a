"""The demo city: a synthetic Pinghu written as ordinary feed files, with the truth beside them.

Everything in it is invented except the names and codes of the county and its towns; ID numbers use area
910000, which no county has, and the boundaries are schematic.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from yaotong.demo.cast import Cast
from yaotong.demo.catalogue import Catalogue, read_catalogue
from yaotong.demo.demand import closed_for_festival, draw_counts, plain_demand
from yaotong.demo.hours import Clock
from yaotong.demo.people import Extras
from yaotong.demo.places import Places, areas_geojson, draw_places, named_places
from yaotong.demo.plan import Plan
from yaotong.demo.regions import PINGHU, Region
from yaotong.demo.registers import calendar, departments, suppliers
from yaotong.demo.shelves import Bookkeeper, write_books
from yaotong.demo.shops import Shops, build_shops
from yaotong.demo.stage import Evidence, Stage
from yaotong.demo.stories import TELLERS
from yaotong.demo.stories.silence import tell_festival
from yaotong.demo.till import Lines, Texts, in_order, ring_up, sale_ids, story_lines
from yaotong.demo.truth import CityTruth, Story
from yaotong.demo.visits import inspections
from yaotong.demo.writing import write_json, write_sales, write_table

__all__ = ["CityTruth", "Story", "write_city"]

Progress = Callable[[str, int, int], None]
DEFAULT_UNTIL = date(2026, 6, 30)
_STEPS = 6


def _silent(_step: str, _done: int, _total: int) -> None:
    """Progress nobody asked for."""


def write_city(
    feeds_dir: Path,
    *,
    days: int = 365,
    pharmacies: int = 280,
    seed: int = 20260101,
    until: date = DEFAULT_UNTIL,
    region: Region = PINGHU,
    progress: Progress | None = None,
) -> CityTruth:
    """Write a demo city as feed files of contract §3 into `feeds_dir`, and `truth.json` beside them.

    Args:
        feeds_dir: folder for areas.geojson, pharmacies.csv, drugs.csv, departments.csv, places.csv,
            recalls.csv, suppliers.csv, calendar.csv, inspections.csv, purchases.csv, stock_counts.csv,
            stock_moves.csv and sales/sales-YYYY-MM.csv; made
            when absent, files of an older city replaced.
        days: days of sales, 14..3660, the last one being `until`.
        pharmacies: 9..5000; below about 40, or under 60 days, some stories have no room and are listed
            under `omitted`.
        seed: same arguments, same bytes.
        until: last day of sales.
        region: where the city stands.
        progress: told (what, done, total) as the work goes on.

    Returns:
        What was planted, as in `truth.json`.

    Raises:
        ValueError: a size out of range.
    """
    tell = progress or _silent
    plan = Plan(days, pharmacies, seed, until, region)
    tell("绘制镇街", 1, _STEPS)
    places, catalogue = draw_places(plan.region), read_catalogue(until)
    shops = build_shops(plan, places, catalogue)
    tell("安排故事", 2, _STEPS)
    stage = _stage(plan, catalogue, shops)
    tell("生成销售", 3, _STEPS)
    lines = _lines(stage)
    ids = sale_ids(plan, lines)
    tell("写入名录", 4, _STEPS)
    rows = _write_registers(stage, places, feeds_dir) | _write_books(stage, lines, feeds_dir)
    tell("写入销售", 5, _STEPS)
    rows["sales"] = write_sales(feeds_dir, plan, shops, catalogue, lines, ids, tell)
    truth = _truth(stage, lines, ids, rows)
    write_json(feeds_dir / "truth.json", truth.as_dict(), indent=1)
    tell("完成", _STEPS, _STEPS)
    return truth


def _write_registers(stage: Stage, places: Places, feeds_dir: Path) -> dict[str, int]:
    """Write every feed but sales; answers the rows of each."""
    feeds_dir.mkdir(parents=True, exist_ok=True)
    write_json(feeds_dir / "areas.geojson", areas_geojson(places, stage.plan.region))
    return {
        "areas": len(stage.plan.region.towns) + 1,
        "pharmacies": write_table(feeds_dir, "pharmacies", stage.shops.feed),
        "drugs": write_table(feeds_dir, "drugs", stage.catalogue.feed()),
        "departments": write_table(feeds_dir, "departments", departments(stage.plan.region)),
        "places": write_table(feeds_dir, "places", named_places(stage.plan.region)),
        "recalls": write_table(feeds_dir, "recalls", stage.recalls),
        "suppliers": write_table(feeds_dir, "suppliers", suppliers(stage.plan)),
        "calendar": write_table(feeds_dir, "calendar", calendar(stage.plan, stage.notices)),
        "inspections": write_table(feeds_dir, "inspections", inspections(stage.plan, stage.shops)),
    }


def _write_books(stage: Stage, lines: Lines, feeds_dir: Path) -> dict[str, int]:
    """Write purchases, counts and moves; answers the rows of each."""
    keeper = Bookkeeper(stage.plan, stage.shops, stage.catalogue, lines, stage.buying, stage.twists)
    made = write_books(keeper, stage.spared, stage.bought)
    return {
        name: write_table(feeds_dir, name, getattr(made, name))
        for name in ("purchases", "stock_counts", "stock_moves")
    }


def _stage(plan: Plan, catalogue: Catalogue, shops: Shops) -> Stage:
    """Plain demand with every story told into it; families close for the festival last of all."""
    clock = Clock(plan, shops.pattern)
    demand = plain_demand(plan, shops, catalogue, clock)
    stage = Stage(plan, catalogue, shops, clock, Cast(plan, shops), demand, Extras(plan))
    for teller in TELLERS:
        teller(stage)
    tell_festival(stage, closed_for_festival(plan, shops, stage.cast.taken | stage.cast.lent))
    return stage


def _lines(stage: Stage) -> Lines:
    """The crowd's and the stories' lines in order of time."""
    counts = draw_counts(stage.plan, stage.demand)
    lines = ring_up(stage.plan, stage.catalogue, stage.shops, stage.clock, counts)
    if stage.lines:
        lines = lines.joined(story_lines(stage.plan, stage.catalogue, stage.lines))
    return in_order(lines)


def _truth(stage: Stage, lines: Lines, ids: Texts, rows: dict[str, int]) -> CityTruth:
    """Stories with the ids their lines got, and what the register gets wrong."""
    numbers = np.array(stage.shops.license_nos, dtype=object)
    line_ids: Texts = numbers[lines.shop] + "/" + ids
    of_row: dict[int, str] = {
        int(lines.mark[place]): str(line_ids[place]) for place in np.flatnonzero(lines.mark >= 0)
    }
    stories = [
        dataclasses.replace(story, sale_ids=_sale_ids(story, evidence, of_row, lines, line_ids))
        for story, evidence in stage.stories
    ]
    plan = stage.plan
    return CityTruth(
        plan.seed, plan.days, plan.pharmacies, plan.until, tuple(stories), _quality(plan, stage.shops),
        tuple(stage.omitted), tuple(stage.echoes), rows, tuple(stage.crossing),
    )  # fmt: skip


def _sale_ids(
    story: Story, evidence: Evidence | None, of_row: dict[int, str], lines: Lines, line_ids: Texts
) -> tuple[str, ...]:
    own = [of_row[row] for row in story.rows]
    if evidence is None:
        return tuple(own)
    day = lines.second // 86_400
    mine = np.isin(lines.shop, evidence.shops) & evidence.drugs[lines.drug]
    mine &= (day >= evidence.first) & (day <= evidence.last)
    return (*own, *(str(one) for one in line_ids[mine]))


def _quality(plan: Plan, shops: Shops) -> tuple[dict[str, str], ...]:
    """Shops whose licence claims another town than the point lies in."""
    found: dict[str, list[str]] = defaultdict(list)
    for shop in shops.mismatched:
        found["license_no"].append(shops.license_nos[int(shop)])
        found["claimed_town"].append(str(shops.feed["town_code"].iloc[int(shop)]))
        found["actual_town"].append(plan.region.place(int(shops.town[shop])))
    return tuple(
        {"kind": "town_mismatch", "license_no": number, "claimed_town": claimed, "actual_town": actual}
        for number, claimed, actual in zip(
            found["license_no"], found["claimed_town"], found["actual_town"], strict=True
        )
    )
