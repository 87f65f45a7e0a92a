"""Tiles per second of geo.tiles beside PostGIS, on the same shops and areas, over the same list of tiles.

    python -m bench.bench_map [shops] [areas] [viewers] [--without-postgis]

Cold: every tile of the list once, in the order asked, nothing kept from before; what a zoom needs is prepared
on the way and is part of it. Warm: every request, repeated ones too, from a cache by (z, x, y). PostGIS keeps
no cache: its table has a GiST index and is in memory. One core each, but where said.
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
