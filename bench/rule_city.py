"""A year of 1,000 pharmacies as the store keeps it: invented lines of every feed, staged as loads are.

    python -m bench.rule_city HOME --shops 1000 --days 365 --lines 60000000

Registers are the demo city's, taken in as files. The year lies in three loads (the first half, a quarter, the
last quarter) and the last night in three more (a quarter, a quarter and half of the shops), so that a
workspace with less history or fewer new lines is one whose manifest names fewer loads: see `fewer`.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
import shapely.affinity
from sqlalchemy import delete

from bench import rule_oddities as odd
from bench.rule_feeds import FEEDS_BESIDE, sales_table
from bench.rule_lines import City, Lines
from geo.crs import Crs, to_wgs84
from yaotong import acts
from yaotong.codes import Outcome
from yaotong.demo import write_city
from yaotong.demo.catalogue import REGISTERED, read_catalogue
from yaotong.demo.hours import ROUND_THE_CLOCK, Clock
from yaotong.demo.places import draw_places
from yaotong.demo.plan import Plan
from yaotong.demo.shops import build_shops
from yaotong.intake import Limits
from yaotong.records import Receipt
from yaotong.store import factfiles, loads, registry
from yaotong.store.clearing import clear
from yaotong.store.factfiles import Ended
from yaotong.store.schema import fact_file, placement
from yaotong.store.staging import Stage
from yaotong.workspace import Workspace, init_workspace, open_workspace

UNTIL = date(2026, 6, 30)
REGION = (120.90, 30.55, 121.32, 30.90)
# Pinghu has so many: a county of more is drawn larger, so that shops stand no closer than they do.
REAL_SHOPS = 280
REGISTERS = ("areas.geojson", "pharmacies.csv", "drugs.csv", "departments.csv", "calendar.csv", "recalls.csv")
# Share of the history's days that each load brings, oldest first; and of the shops that each night load does.
HISTORY = (("half", 0.5), ("quarter", 0.25), ("last", 0.25))
NIGHTS = (("night1", 0.25), ("night2", 0.25), ("night3", 0.5))
_BLOCK_LINES = 1_500_000
_ENDED_A_BLOCK = 150
# A shop with seventeen times the lines of the demo city's sells four times the registered drugs.
_REGISTERED_SHARE = 0.25


def build(home: Path, *, shops: int, days: int, lines: int, seed: int = 11) -> Workspace:
    """A workspace with so many lines of sales, and the other feeds in proportion."""
    workspace = init_workspace(home, synthetic=True, region=_larger(REGION, shops))
    now = datetime(2026, 7, 1, 2)
    # The registers only: the city's own sales are not taken in.
    write_city(home / "feeds", days=30, pharmacies=shops, seed=seed, until=UNTIL)
    _recall(home / "feeds" / "recalls.csv")
    _spread(home / "feeds", shops)
    for name in REGISTERS:
        path = home / "feeds" / name
        receipt = acts.take_in(workspace, path, feed=name.split(".")[0], now=now, limits=Limits.off())
        assert receipt.outcome in (Outcome.ACCEPTED, Outcome.PARTIAL), (name, receipt.message)
    city, rng = _city(shops, days, lines, seed), np.random.default_rng(seed)
    every = np.arange(shops)
    start = 0
    for name, first, last in _spans(days):
        start += _load(workspace, city, rng, name, every, (first, last), start)
    edges = np.round(np.cumsum([0.0, *(share for _, share in NIGHTS)]) * shops).astype(int)
    for (name, _), low, high in zip(NIGHTS, edges[:-1], edges[1:], strict=True):
        start += _load(workspace, city, rng, name, every[low:high], (UNTIL, UNTIL), start)
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    clear(workspace.store, version)  # as the runs of the nights before would have
    return workspace


def fewer(source: Path, home: Path, without: Sequence[str]) -> Workspace:
    """The same workspace without some loads (their names); it shares the files of the rest."""
    home.mkdir(parents=True)
    (home / "facts").symlink_to((source / "facts").resolve())
    for one in source.iterdir():
        if one.name not in ("facts", "feeds", "loads"):
            (shutil.copytree if one.is_dir() else shutil.copy)(one, home / one.name)
    workspace = open_workspace(home, {})
    with workspace.store.write() as connection:
        gone = [version for name, version in versions(connection).items() if name in without]
        connection.execute(delete(fact_file).where(fact_file.c.since_version.in_(gone)))
    return workspace


def versions(connection: Any) -> dict[str, int]:
    """Data version of each load that `build` made, by its name."""
    told = loads.history(connection, limit=1_000)
    mine = told[told["file"].isin([name for name, _ in (*HISTORY, *NIGHTS)])]
    return dict(zip(mine["file"], mine["data_version"].astype(int), strict=True))


def _scale(shops: int) -> float:
    return float(max(1.0, shops / REAL_SHOPS) ** 0.5)


def _middle() -> tuple[float, float]:
    west, south, east, north = REGION
    return (west + east) / 2, (south + north) / 2


def _larger(region: tuple[float, float, float, float], shops: int) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.affinity.scale(
        shapely.box(*region), *[_scale(shops)] * 2, origin=_middle()
    ).bounds
    return west, south, east, north


def _spread(feeds: Path, shops: int) -> None:
    """Draw the county, its towns and where its shops stand larger about its middle, in degrees of WGS-84."""
    by = _scale(shops)
    areas = gpd.read_file(feeds / "areas.geojson")
    areas["geometry"] = areas.geometry.scale(by, by, origin=_middle())
    areas.to_file(feeds / "areas.geojson", driver="GeoJSON")
    path = feeds / "pharmacies.csv"
    frame = pd.read_csv(path, dtype=str)
    for crs, some in frame.groupby("crs").groups.items():
        stand = to_wgs84(*(frame.loc[some, name].to_numpy(dtype=float) for name in ("lon", "lat")), Crs(crs))
        for name, middle, degrees in zip(("lon", "lat"), _middle(), stand, strict=True):
            frame.loc[some, name] = [f"{middle + (one - middle) * by:.6f}" for one in degrees]
    frame["crs"] = str(Crs.WGS84)
    frame.to_csv(path, index=False)


def _recall(path: Path) -> None:
    """Beside the demo's recalls, a lot that the lines know."""
    month = odd.RECALLED_MONTH
    lot = f"B{read_catalogue(UNTIL).position(odd.RECALLED):04d}{month}"
    told = {"batch_no": lot, "drug_code": odd.RECALLED, "effective_at": "2026-03-10 08:00:00", "level": "2"}
    frame = pd.concat([pd.read_csv(path, dtype=str), pd.DataFrame([told])])
    frame.to_csv(path, index=False)


def _city(shops: int, days: int, lines: int, seed: int) -> City:
    catalogue, first = read_catalogue(UNTIL), UNTIL - timedelta(days=days - 1)
    made = build_shops(Plan(30, shops, seed, UNTIL), draw_places(), catalogue)
    clock = Clock(Plan(days, shops, seed, UNTIL), made.pattern)
    weights = made.sells * catalogue.weights + 1e-12
    shares = weights / weights.sum(axis=1, keepdims=True)
    shares[:, catalogue.bears(*REGISTERED)] *= _REGISTERED_SHARE
    opened = clock.open_days & made.trading[:, None]
    # Shops that have closed sell as others do, until `silent` takes nearly all of it away.
    return City(
        shops=made.license_nos,
        towns=made.town,
        sells=np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1),
        rate=clock.open_days * (lines / opened.sum()),
        first=first,
        clock=clock,
        catalogue=catalogue,
        designated=(made.feed["insurance_designated"] == "true").to_numpy(),
        trading=made.trading,
        all_night=made.pattern == ROUND_THE_CLOCK,
    )


def _spans(days: int) -> Iterator[tuple[str, date, date]]:
    first = UNTIL - timedelta(days=days - 1)
    left = days - 1
    for name, share in HISTORY:
        count = left if name == HISTORY[-1][0] else round((days - 1) * share)
        yield name, first, first + timedelta(days=count - 1)
        first, left = first + timedelta(days=count), left - count


def _load(
    workspace: Workspace, city: City, rng: Any, name: str, shops: Any, span: tuple[date, date], start: int
) -> int:
    """Stage and keep the lines of some shops and days as one load; how many sales there were."""
    arrived = datetime.combine(span[1], datetime.min.time()) + timedelta(days=1, hours=2)
    with workspace.store.read() as connection:
        placed = registry.read(connection, placement).dropna(subset="area_code")
    areas = dict(zip(placed["license_no"], placed["area_code"], strict=True))
    folder = workspace.store.facts_dir / "staging" / name
    stages = {feed: Stage(folder / feed, feed, areas, arrived) for feed in ("sales", *FEEDS_BESIDE)}
    counts, ended = dict.fromkeys(stages, 0), []
    for block in _blocks(city, rng, shops, span, start, counted=name in dict(HISTORY)):
        sales = sales_table(block)
        if name == HISTORY[-1][0]:
            ended += _some_ended(sales)
        for feed, table in (("sales", sales), *((feed, of(block)) for feed, of in FEEDS_BESIDE.items())):
            entries = np.arange(counts[feed], counts[feed] + table.num_rows)
            stages[feed].add(table, entries)
            counts[feed] += table.num_rows
    _keep(workspace, name, stages, counts, ended)
    return counts["sales"]


def _blocks(
    city: City, rng: Any, shops: Any, span: tuple[date, date], start: int, *, counted: bool
) -> Iterator[Lines]:
    """Lines of whole months, by some shops at a time."""
    first = span[0]
    while first <= span[1]:
        beyond = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = min(span[1], beyond - timedelta(days=1))
        days = (last - first).days + 1
        step = max(1, int(_BLOCK_LINES / (city.rate.mean() * days)))
        for low in range(0, len(shops), step):
            some = shops[low : low + step]
            block = Lines.drawn(city, rng, some, first, days, start, counted=counted)
            start += len(block.shop)
            yield block
        first = beyond


def _some_ended(sales: pa.Table) -> list[Ended]:
    some = sales.slice(0, _ENDED_A_BLOCK).select(["pharmacy_id", "sale_id", "line_sha"]).to_pylist()
    return [Ended(f"{row['pharmacy_id']}/{row['sale_id']}", row["line_sha"].hex()) for row in some]


def _keep(workspace: Workspace, name: str, stages: dict[str, Stage], counts: Any, ended: list[Ended]) -> None:
    staged = {feed: stage.settle(np.zeros(counts[feed], dtype=bool)) for feed, stage in stages.items()}
    rows = sum(counts.values())
    receipt = Receipt(name, "sales", "0" * 64, Outcome.ACCEPTED, rows=rows, accepted=rows)
    with workspace.store.write() as connection:
        version = loads.next_version(connection)
        for feed, files in staged.items():
            factfiles.keep(connection, workspace.store.facts_dir, feed, files, version)
        factfiles.correct(connection, "sales", ended, version)
        arrived = datetime(2026, 7, 1, 2)
        loads.record(connection, receipt, version=version, sent_by="bench", arrived_at=arrived)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    for one, default in (("shops", 1_000), ("days", 365), ("lines", 60_000_000)):
        parser.add_argument(f"--{one}", type=int, default=default)
    given = parser.parse_args()
    build(given.home, shops=given.shops, days=given.days, lines=given.lines)
