"""Tiles per second of geo.tiles beside PostGIS, on the same shops and areas, over the same list of tiles.

<<<<<<< HEAD
    python -m bench.bench_map [shops] [areas] [viewers] [--without-postgis]

Cold: every tile of the list once, in the order asked, nothing kept from before; what a zoom needs is prepared
on the way and is part of it. Warm: every request, repeated ones too, from a cache by (z, x, y). PostGIS keeps
no cache: its table has a GiST index and is in memory. One core each, but where said.
=======
On a busy machine the seconds of a processor tell more than those of the clock.

Run ``python -m bench.bench_map [shops [areas [alerts [lines]]]]``: by default 600,000 pharmacies in 42,849
areas with 100,000 open alerts and 2,000,000 sales lines. The registers and alerts are written by the
program's own bulk paths into a workspace in a temporary folder. Printed are the first map (registers read
anew), the next of another viewer, a map as known on an earlier day, a step to another day, and the stamp.
>>>>>>> h-known
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import shapely

from bench.map_city import TOTALS, Tile, areas, asked, shops
from bench.map_postgis import AREAS, SINGLE, TOGETHER, NoPostgis, load, server, tile
from geo.tiles import PointTiles, ShapeTiles

CORES = 2
Draw = Callable[[Tile], bytes]


<<<<<<< HEAD
def run(name: str, draw: Draw, tiles: Sequence[Tile]) -> None:
    """Draw each tile once and print how it went."""
    sizes, times = [], []
    for at in tiles:
        began = time.perf_counter()
        sizes.append(len(draw(at)))
        times.append(time.perf_counter() - began)
    slow = np.quantile(times, [0.5, 0.99]) * 1000
    print(
        f"  {name:<28} {len(tiles) / sum(times):9,.0f} 张/秒  "
        f"中位 {slow[0]:6.2f} 毫秒  99% {slow[1]:7.2f} 毫秒  最大 {max(sizes):9,} 字节",
        flush=True,
=======
def main(
    shops: int = 600_000, areas: int = 42_849, open_alerts: int = 100_000, lines: int = 2_000_000
) -> None:
    """Fill a workspace, read its map in several ways, print the seconds of each."""
    print(f"{shops:,} shops, {areas:,} areas, {open_alerts:,} alerts, {lines:,} lines")
    with tempfile.TemporaryDirectory() as folder:
        workspace = _timed("writing it", lambda: filled(Path(folder), shops, areas, open_alerts, lines))
        measured(workspace)


def measured(workspace: Workspace) -> None:
    """Read the map in each way."""
    msa, psb = (Viewer(one, "", one, "3") for one in ("msa", "psb"))
    data = _timed("first map, nothing read before", lambda: read_map(workspace, msa))
    print(f"  {len(data.shops):,} shops, {len(data.areas):,} areas, {len(data.alerts.own):,} own alerts")
    _timed("the same once more", lambda: read_map(workspace, msa))
    _timed("another department's", lambda: read_map(workspace, psb))
    _timed("one area's", lambda: read_map(workspace, msa, area_code=str(data.shops["area_code"].iloc[0])))
    _timed("an earlier day", lambda: read_map(workspace, msa, as_of=LAST - timedelta(days=9)))
    _timed("as known on the day it all came", lambda: read_map(workspace, msa, known=ARRIVED.date()))
    days = _timed("opening the days", lambda: read_days(workspace, msa))
    _timed("a step", lambda: days.on(LAST - timedelta(days=20)))
    started = time.perf_counter()
    for _ in range(100):
        map_stamp(workspace)
    print(f"{'a stamp':34s} {(time.perf_counter() - started) * 10:8.2f} ms")


def _timed(name: str, work: Callable[[], Any]) -> Any:
    started, spent = time.perf_counter(), time.process_time()
    result = work()
    seconds, busy = time.perf_counter() - started, time.process_time() - spent
    print(f"{name:34s} {seconds:8.2f} s, {busy:8.2f} s of a processor", flush=True)
    return result


def filled(folder: Path, shops: int, areas: int, open_alerts: int, lines: int) -> Workspace:
    """A workspace with the registers at data version 1, the sales at 2, and the alerts of one detection."""
    workspace = init_workspace(folder / "home", synthetic=True)
    rng = np.random.default_rng(1)
    places = _areas(areas)
    codes = places["area_code"].to_numpy()[places["level"] == "town"]
    lives = codes[rng.integers(0, len(codes), shops)]
    with workspace.store.write() as connection:
        _apply(connection, area, ("area_code",), places)
        _apply(connection, pharmacy, ("license_no",), _shops(shops, lives, rng))
        placed = pd.DataFrame({"license_no": _names(shops), "area_code": lives, "place": "inside"})
        _apply(connection, placement, ("license_no",), placed)
        listed = {"D1": "|EPH|OTC|", "D2": "|PSY2|RX|", "D3": "|OTC|"}
        named = pd.DataFrame(
            {"drug_code": list(listed), "drug_name": list(listed), "categories": listed.values()}
        )
        _apply(connection, drug, ("drug_code",), named)
        _loaded(connection, "pharmacies", 1)
    with workspace.store.write() as connection:
        _open(connection, open_alerts, lives, rng)
    _sell(workspace, lines, lives, rng)
    return workspace


def _apply(connection: Connection, table: Any, key: tuple[str, ...], frame: pd.DataFrame) -> None:
    registry.apply(connection, table, key, frame.assign(row_sha="0" * 32), 1)


def _loaded(connection: Connection, feed: str, version: int) -> None:
    receipt = Receipt(file="x", feed=feed, sha256=f"{version:064d}", outcome=Outcome.ACCEPTED)
    loads.record(connection, receipt, version=version, sent_by="bench", arrived_at=ARRIVED)


def _names(shops: int) -> list[str]:
    return [f"药{number:07d}" for number in range(shops)]


def _areas(count: int) -> pd.DataFrame:
    """Counties of twenty towns each, the towns as squares of a grid."""
    towns = count - count // 21
    side = int(np.ceil(np.sqrt(towns)))
    west, south = 80.0 + np.arange(towns) % side * 0.25, 20.0 + np.arange(towns) // side * 0.15
    squares = shapely.box(west, south, west + 0.25, south + 0.15)
    county = [f"3{number // 20:05d}" for number in range(towns)]
    code = [f"{one}{number % 20:03d}" for number, one in enumerate(county)]
    lower = pd.DataFrame({"area_code": code, "parent_code": county, "level": "town", "geometry": squares})
    upper = pd.DataFrame(
        {"area_code": sorted(set(county))[: count // 21], "parent_code": None, "level": "county"}
    )
    upper["geometry"] = squares[0]
    both = pd.concat([upper, lower], ignore_index=True)
    both["geometry"] = shapely.to_wkb(both["geometry"].to_numpy())
    return both.assign(area_name="区域" + both["area_code"], population=40_000)


def _shops(count: int, lives: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    names = _names(count)
    return pd.DataFrame(
        {
            "license_no": names,
            "name": [f"演示药店{one}" for one in names],
            "address": [f"演示路 {one} 号" for one in names],
            "lon": rng.uniform(80, 120, count),
            "lat": rng.uniform(20, 45, count),
            "crs": "wgs84",
            "town_code": lives,
            "phone": "0573-85000000",
            "opening_hours": "Mo-Su 08:00-21:00",
            "insurance_designated": rng.random(count) < 0.7,
            "dual_channel": rng.random(count) < 0.1,
            "scope": "|RX|OTC|",
            "chain": np.where(rng.random(count) < 0.5, "演示连锁", None),
            "kind": "chain_store",
            "status": "active",
            "valid_from": date(2024, 1, 1),
            "valid_to": date(2029, 1, 1),
        }
>>>>>>> h-known
    )


def warm(draw: Draw, requests: Sequence[Tile]) -> None:
    """Answer every request from a cache."""
    cache = {at: draw(at) for at in dict.fromkeys(requests)}
    began = time.perf_counter()
    for at in requests:
        cache.get(at)
    seconds = time.perf_counter() - began
    print(
        f"  {'我们，有缓存':<28} {len(requests) / seconds:9,.0f} 张/秒  {len(requests):,} 次请求", flush=True
    )


def on_cores(draw: Draw, tiles: Sequence[Tile]) -> None:
    """Draw the list by as many processes as there are cores, each a part of it."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_all, args=(draw, tiles[part::CORES])) for part in range(CORES)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    print(f"  {f'我们，{CORES} 个进程，无缓存':<24} {len(tiles) / seconds:9,.0f} 张/秒", flush=True)


def _all(draw: Draw, tiles: Sequence[Tile]) -> None:
    for at in tiles:
        draw(at)


def prepared(name: str, make: Callable[[], Any]) -> Any:
    """What is made, and how long it took."""
    began = time.perf_counter()
    made = make()
    print(f"{name}：准备 {time.perf_counter() - began:.1f} 秒", flush=True)
    return made


def points(count: int, viewers: int, connection: Any) -> None:
    """Shops drawn together where there is no room, singly below."""
    lon, lat, columns = shops(count)
    requests = asked(lon, lat, viewers)
    ours = prepared(f"{count:,} 家药店", lambda: PointTiles(lon, lat, columns, TOTALS))
    apart = ours.single_from
    if connection:
        load(connection, "shops", shapely.points(lon, lat), columns)
    kinds = (("合画", TOGETHER, range(apart)), ("单点", SINGLE, range(apart, 23)))
    for name, query, zooms in kinds:
        some = [at for at in requests if at[0] in zooms]
        distinct = list(dict.fromkeys(some))
        print(f"{name}：第 {min(at[0] for at in some)}–{max(at[0] for at in some)} 级，{len(distinct):,} 张")
        run("我们，无缓存", lambda at: ours.tile(*at), distinct)
        on_cores(lambda at: ours.tile(*at), distinct)
        warm(lambda at: ours.tile(*at), some)
        if connection:
            run("PostGIS", lambda at, query=query: tile(connection, query, at), distinct)


def polygons(count: int, viewers: int, connection: Any) -> None:
    """Areas; what a zoom needs is prepared before, and told apart: it is once for each zoom and all tiles."""
    laid, columns = areas(count)
    lon, lat, _ = shops(10_000)
    requests = asked(lon, lat, max(viewers // 4, 1))
    distinct = list(dict.fromkeys(requests))
    ours = ShapeTiles(laid, columns)
    first = {z: (z, x, y) for z, x, y in distinct}
    prepared(f"{len(laid):,} 个区域，{len(first)} 级", lambda: [ours.tile(*at) for at in first.values()])
    print(f"区域：{len(distinct):,} 张")
    run("我们，无缓存", lambda at: ours.tile(*at), distinct)
    warm(lambda at: ours.tile(*at), requests)
    if connection:
        load(connection, "areas", laid, columns)
        run("PostGIS", lambda at: tile(connection, AREAS, at), distinct)


def main(count: int, laid: int, viewers: int, *, with_postgis: bool) -> None:
    """Print how fast each is, and its longest tile."""
    try:
        with server() if with_postgis else nullcontext() as connection:
            points(count, viewers, connection)
            polygons(laid, viewers, connection)
    except NoPostgis as missing:
        print(missing)
        main(count, laid, viewers, with_postgis=False)


if __name__ == "__main__":
    sizes = [int(value) for value in sys.argv[1:] if not value.startswith("--")]
    numbers = (*sizes, *(600_000, 10_000, 30)[len(sizes) :])
    main(*numbers, with_postgis="--without-postgis" not in sys.argv)
