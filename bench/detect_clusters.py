"""The scan for clusters beside its references: hits and false alarms on simulated maps, and its speed.

Maps and scores come from the shared benchmark. SaTScan, smerc and SpatialEpi are not run here: their
figures are those measured for issue 10 on a machine of two cores, and are printed as such.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from yaotong.detection.clusters import Clustered, clusters
from yaotong.detection.setting import Options

_MAP = "grid256"
_MAPS, _NULLS = 20, 100
_DATED_MAPS, _DATED_NULLS, _DATED_REPLICATIONS = 25, 100, 199
_DAYS = 60
# Seconds for 999 replications as stated in issue 10: regions, then SaTScan, smerc, SpatialEpi, ours at most.
_SPEEDS = ((245, 0.155, 1.0, 2.0, 0.05), (1000, 1.85, 16.0, 39.0, 0.6))
_MOST_FLAGGED, _LEAST_POWER = 0.07, 0.53


def cluster_figures(folder: Path, seeds: list[int]) -> None:
    """Print the figures of issue 10 on clusters; `folder` holds the shared benchmark."""
    print("\nclusters（圆形扫描，999 次重复）")
    print("  参考（neast245，立项时测）SaTScan 误报 0.033 找到 0.973；圆形扫描 误报 0.042 找到 0.934")
    for seed in seeds:
        with tempfile.TemporaryDirectory() as place:
            _spatial(folder, Path(place), seed)
    for regions, *others, most in _SPEEDS:
        took = _seconds(regions)
        told = "、".join(
            f"{name} {t:g}" for name, t in zip(("SaTScan", "smerc", "SpatialEpi"), others, strict=True)
        )
        print(
            f"  {regions} 个区域：{took:.3f} 秒 (≤ {most:g}){'' if took <= most else ' ✗'}；立项时测 {told}",
            flush=True,
        )
    print("\nclusters（时空，方差是均值的 1.5 倍，60 天，误报 5%）")
    print("  参考（neast245，立项时测）泊松扫描 误报 0.77；置换扫描 误报 0.60")
    for seed in seeds:
        with tempfile.TemporaryDirectory() as place:
            _dated(folder, Path(place), seed)


def _run(folder: Path, *arguments: object) -> str:
    command = [sys.executable, *map(str, arguments)]
    command[1] = str(folder / command[1])
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _spatial(folder: Path, place: Path, seed: int) -> None:
    _run(
        folder, "simulate.py", "spatial", "--map", _MAP, "--out", place, "--sims", _MAPS, "--nulls", _NULLS,
        "--seed", seed,
    )  # fmt: skip
    regions = _located(place)
    cases = pd.read_csv(place / f"{_MAP}_cases.csv").drop(columns="sim_id").to_numpy()
    found = [clusters(regions.assign(cases=here), every=True) for here in cases]
    _run(folder, "run_spatial.py", place, _MAP, "scan", "--out", place)
    plain = pd.read_csv(place / f"{_MAP}__scan.csv", keep_default_na=False)
    same = [_first(one) == set(held.split()) for one, held in zip(found, plain["regions"], strict=True)]
    ours, theirs = _scored(folder, place, f"{_MAP}_truth.csv", found), _score(folder, place, _MAP)
    for name, one in (("", ours), (" 基准的扫描", theirs)):
        print(
            f"  种子 {seed}{name}：误报 {one['alpha']:.3f}  找到 {one['hit']:.3f}  区域标出 {one['sens']:.3f}"
            f"  标出为真 {one['ppv']:.3f}",
            flush=True,
        )
    print(f"  种子 {seed}：最可能的聚集与基准的扫描相同 {sum(same)} / {len(same)} 张图", flush=True)


def _dated(folder: Path, place: Path, seed: int) -> None:
    _run(
        folder, "simulate.py", "spacetime", "--map", _MAP, "--out", place, "--sims", _DATED_MAPS,
        "--nulls", _DATED_NULLS, "--seed", seed,
    )  # fmt: skip
    regions = _located(place)
    told = np.load(place / f"{_MAP}_st.npz")
    dates = np.repeat(pd.date_range("2026-01-01", periods=_DAYS), len(regions))
    rows = pd.concat([regions] * _DAYS, ignore_index=True).assign(date=dates, expected=told["base"].ravel())
    for method, asked in (("spacetime", True), ("spacetime_poisson", False)):
        options = Options(method=method, replications=_DATED_REPLICATIONS)
        found = [clusters(rows.assign(cases=here.ravel()), options) for here in told["counts"]]
        one = _scored(folder, place, f"{_MAP}_st_truth.csv", found)
        fails = asked and (one["alpha"] > _MOST_FLAGGED or one["power"] < _LEAST_POWER)
        print(
            f"  种子 {seed} {method}：误报 {one['alpha']:.3f} (≤ {_MOST_FLAGGED})  找到 {one['power']:.3f}"
            f" (≥ {_LEAST_POWER})  标出为真 {one['ppv']:.3f}{' ✗' if fails else ''}",
            flush=True,
        )


def _located(place: Path) -> pd.DataFrame:
    """The map's plane laid on the equator, where a degree is as long each way."""
    given = pd.read_csv(place / f"{_MAP}_regions.csv")
    return pd.DataFrame(
        {
            "region_id": given["region_id"].astype(str),
            "lon": 120 + given["x"] / 100,
            "lat": given["y"] / 100,
            "population": given["population"],
        }
    )


def _scored(folder: Path, place: Path, truth: str, found: list[Clustered]) -> pd.Series[float]:
    """The scorer's row of all maps."""
    rows = []
    for number, one in enumerate(found):
        first = one.table[one.table["cluster_id"] == 1]
        stat = float(first["llr"].iloc[0]) if len(first) else 0.0
        rows.append((number, one.top_p, stat, " ".join(first["region_id"])))
    pd.DataFrame(rows, columns=["sim_id", "p", "stat", "regions"]).to_csv(place / "ours.csv", index=False)
    return _score(folder, place, truth.removesuffix("_truth.csv"), "ours.csv")


def _score(folder: Path, place: Path, name: str, file: str = f"{_MAP}__scan.csv") -> pd.Series[float]:
    """What the shared scorer says of all maps of a file."""
    _run(folder, "spatial_score.py", place, name, place / file, "--out", place / "scores.csv")
    return pd.read_csv(place / "scores.csv").set_index("size").loc["all"]


def _first(found: Clustered) -> set[str]:
    return set(found.table.loc[found.table["cluster_id"] == 1, "region_id"])


def _seconds(regions: int) -> float:
    """The least CPU seconds of five, once warm."""
    rng = np.random.default_rng(1)
    population = np.round(rng.lognormal(9.5, 1.0, regions))
    table = pd.DataFrame(
        {
            "region_id": [f"r{one}" for one in range(regions)],
            "lon": rng.uniform(120, 122, regions),
            "lat": rng.uniform(30, 32, regions),
            "population": population,
            "cases": rng.multinomial(600, population / population.sum()),
        }
    )
    took = []
    for _ in range(6):
        began = time.process_time()
        clusters(table)
        took.append(time.process_time() - began)
    return min(took[1:])
