"""Points per second of geo.assign beside a plain geopandas.sjoin, measured in one run.

Run ``python bench/bench_assign.py [points] [areas]``: by default 600,000 points in 10,000 wavy areas.
The join only finds pairs; assign also settles borders, says where each point stands and keeps every row.
"""

import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely

from geo import assign

ROUNDS = 3


def wavy_areas(count: int) -> gpd.GeoDataFrame:
    """Return about ``count`` areas of 200 vertices that share their wavy borders."""
    side = round(count**0.5)
    cells = [shapely.box(x, y, x + 1, y + 1) for y in range(side) for x in range(side)]
    dense = shapely.segmentize(np.array(cells), 0.02)

    def wave(places: np.ndarray) -> np.ndarray:
        steps = places.round(2)  # both neighbours then bend the very same vertices
        return steps + 0.1 * np.sin(steps[:, ::-1] * 7.0)

    shapes = shapely.transform(dense, wave)
    codes = [f"{number:06d}" for number in range(side * side)]
    return gpd.GeoDataFrame({"area_code": codes}, geometry=shapes)


def best_seconds(work: Callable[[], object]) -> float:
    """Return the shortest of a few runs."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main(points: int, count: int) -> None:
    """Print points per second of both and their ratio."""
    areas = wavy_areas(count)
    side = round(count**0.5)
    lon, lat = np.random.default_rng(1).uniform(0, side, (2, points))
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat))
    joined = best_seconds(lambda: gpd.sjoin(frame, areas, how="left", predicate="intersects"))
    assigned = best_seconds(lambda: assign(frame, areas))
    print(f"{points:,} points, {len(areas):,} areas, best of {ROUNDS}")
    print(f"geopandas.sjoin {points / joined:12,.0f} points/s  {joined:.2f} s")
    print(f"geo.assign      {points / assigned:12,.0f} points/s  {assigned:.2f} s")
    print(f"ratio (sjoin time / assign time) {joined / assigned:.2f}")


if __name__ == "__main__":
    sizes = [int(value) for value in sys.argv[1:3]]
    main(*sizes, *(600_000, 10_000)[len(sizes) :])
