"""Made maps, and the plain twin of the scan: every window by itself, in the words of the papers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from geo.distance import haversine_m


def made(n: int, seed: int = 1, total: int = 600, raised: int = 0, risk: float = 3.0) -> pd.DataFrame:
    """n regions near Pinghu, cases by population; round r0 `raised` regions have `risk` times their share."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(120.8, 121.4, n), rng.uniform(30.5, 30.9, n)
    population = np.round(rng.lognormal(9.5, 1.0, n))
    weight = population.copy()
    weight[np.argsort(haversine_m(lon[0], lat[0], lon, lat))[:raised]] *= risk
    cases = rng.multinomial(total, weight / weight.sum())
    ids = [f"r{one}" for one in range(n)]
    return pd.DataFrame({"region_id": ids, "lon": lon, "lat": lat, "cases": cases, "population": population})


def circles_of(table: pd.DataFrame, size: str, share: float = 0.5) -> Iterator[tuple[int, frozenset[int]]]:
    """Centre and regions of every circle: all regions as near as the last, while they hold at most `share`."""
    whole = table[size].sum()
    for centre, here in enumerate(table.itertuples()):
        away = haversine_m(here.lon, here.lat, table["lon"].to_numpy(), table["lat"].to_numpy())
        for reach in sorted(set(away)):
            held = np.flatnonzero(away <= reach + 0.001)
            if table[size].to_numpy()[held].sum() <= share * whole * (1 + 1e-12):
                yield centre, frozenset(held.tolist())


def poisson_llr(c: float, e: float, total: float) -> float:
    """Kulldorff 1997 for too many cases."""
    if c <= e:
        return 0.0
    outside = (total - c) * math.log((total - c) / (total - e)) if total > c else 0.0
    return c * math.log(c / e) + outside


def bernoulli_llr(c: float, n: float, total: float, everyone: float) -> float:
    """Kulldorff 1997, the Bernoulli model, from the two likelihoods."""
    if c * everyone <= total * n:
        return 0.0

    def likelihood(k: float, m: float) -> float:
        return sum(x * math.log(x / m) for x in (k, m - k) if x > 0)

    return likelihood(c, n) + likelihood(total - c, everyone - n) - likelihood(total, everyone)


def plain(windows: dict[frozenset[int], float]) -> list[tuple[float, frozenset[int]]]:
    """The best window, then the best that shares no region with those taken, until none is above 0."""
    taken: list[tuple[float, frozenset[int]]] = []
    used: frozenset[int] = frozenset()
    for held, score in sorted(windows.items(), key=lambda one: -one[1]):
        if score > 0 and not held & used:
            taken.append((score, held))
            used |= held
    return taken


def dated(
    n: int, dates: int = 40, seed: int = 1, ratio: float = 1.5, level: float = 3.0, **event: float
) -> pd.DataFrame:
    """n regions by dates, counts with variance `ratio` x mean, what is expected told.

    event: `regions` round r0 have `risk` times as many in the last `last` dates.
    """
    rng = np.random.default_rng(seed)
    place = made(n, seed)
    mean = np.outer(place["population"] / place["population"].mean(), np.full(dates, level))
    true = mean.copy()
    if event:
        near = np.argsort(haversine_m(place["lon"][0], place["lat"][0], place["lon"], place["lat"]))
        true[near[: int(event["regions"])], -int(event["last"]) :] *= event["risk"]
    rate = rng.gamma(true / (ratio - 1), ratio - 1) if ratio > 1 else true
    days = pd.date_range("2026-01-01", periods=dates)
    return pd.DataFrame(
        {
            "region_id": np.repeat(place["region_id"].to_numpy(), dates),
            "lon": np.repeat(place["lon"].to_numpy(), dates),
            "lat": np.repeat(place["lat"].to_numpy(), dates),
            "date": np.tile(days, n),
            "cases": rng.poisson(rate).ravel(),
            "expected": mean.ravel(),
        }
    )
