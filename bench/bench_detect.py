"""The detector beside the published methods, on simulated panels: `make bench-detect`.

Data and scores come from the benchmark beside the repository (YAOTONG_SHARED, default ../shared), run as
it is; the reference figures are those of its CSV files. SEEDS="20261123 7 8" chooses the panels.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from bench.detect_clusters import cluster_figures
from bench.detect_speed import speeds
from yaotong.detection.scan import scan

SHARED = Path(os.environ.get("YAOTONG_SHARED", "../shared"))
FOLDER = SHARED / "bench" / "detection"
SIZES = {"weekly42": (20, 10), "daily": (16, 8), "panel": (16, 8)}
REFERENCE = {"weekly42": "weekly42_all.csv", "daily": "daily_all.csv", "panel": "panel.csv"}
# figure: (column of the scorer, row of its split), and what issue 10 asks of it.
FIGURES = {
    "weekly42": (("找到", "pod_at_0.01", "all", 0.54), ("爆发周标出", "sens_at_0.01", "all", 0.35)),
    "daily": (("找到", "pod_at_0.01", "all", 0.72), ("事件日标出", "sens_at_0.01", "all", 0.35)),
    "panel": (
        ("找到", "pod_at_0.01", "all", 0.82),
        ("一日大宗", "pod_at_0.01", "kind=bulk", 0.60),
        ("缓升", "pod_at_0.01", "kind=ramp", 0.75),
    ),
}
MOST_P90, MOST_FALSE = 0.020, 0.075


def main() -> None:
    """Print every figure of issue 10 on series and clusters, ours beside the best reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[20261123, 90210, 4711])
    parser.add_argument("--without-speed", action="store_true")
    parser.add_argument("--only-clusters", action="store_true")
    chosen = parser.parse_args()
    if not FOLDER.is_dir():
        raise SystemExit(f"没有 {FOLDER}：用 YAOTONG_SHARED 指出基准所在的目录")
    for suite in () if chosen.only_clusters else SIZES:
        print(f"\n{suite}")
        for line in best_references(suite):
            print(f"  参考 {line}")
        for seed in chosen.seeds:
            with tempfile.TemporaryDirectory() as folder:
                judge_suite(suite, seed, Path(folder))
    cluster_figures(FOLDER, chosen.seeds)
    if not chosen.without_speed and not chosen.only_clusters:
        speeds()


def best_references(suite: str) -> list[str]:
    """The three best detectors of the reference file at 1 % false positives, prototypes left out."""
    with (FOLDER / "reference" / REFERENCE[suite]).open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "all" and row["pod_at_0.01"]]
    rows = [row for row in rows if not row["detector"].startswith("proto")]
    rows.sort(key=lambda row: -float(row["pod_at_0.01"]))
    return [
        f"{row['detector']:12} 找到 {float(row['pod_at_0.01']):.3f}  标出 {float(row['sens_at_0.01']):.3f}"
        f"  p90 误报 {float(row['fpr_p90_at_0.01']):.4f}"
        for row in rows[:3]
    ]


def judge_suite(suite: str, seed: int, folder: Path) -> None:
    """Simulate, scan, score, and print ours with what is asked."""
    reps, nulls = SIZES[suite]
    run_shared("simulate.py", suite, "--out", folder, "--reps", reps, "--nulls", nulls, "--seed", seed)
    scanned = scan_file(suite, folder)
    scanned[["series_id", "t", "alarm", "score"]].to_parquet(folder / "ours.parquet")
    run_shared(
        "score.py", "--data", folder, "--suite", suite, folder / "ours.parquet", "--by", "kind",
        "--out", folder / "scores.csv",
    )  # fmt: skip
    scores = pd.read_csv(folder / "scores.csv").set_index("split")
    told = []
    for name, column, split, asked in FIGURES[suite]:
        value = scores.loc[split, column]
        told.append(f"{name} {value:.3f} (≥ {asked}){'' if value >= asked else ' ✗'}")
    p90 = scores.loc["all", "fpr_p90_at_0.01"]
    told.append(f"p90 误报 {p90:.4f} (≤ {MOST_P90}){'' if p90 <= MOST_P90 else ' ✗'}")
    found, false = false_discoveries(scanned, suite, folder)
    share = false / max(found, 1)
    told.append(f"错报份额 {share:.3f} / {found} (≤ {MOST_FALSE}){'' if share <= MOST_FALSE else ' ✗'}")
    print(f"  种子 {seed}: " + "  ".join(told), flush=True)


def scan_file(suite: str, folder: Path) -> pd.DataFrame:
    """The rows of `yaotong scan` on the suite, with t of the simulator."""
    table = pd.read_parquet(folder / f"{suite}.parquet")
    given = table.drop(columns="t").astype({"series_id": str})
    if suite == "panel":
        groups = pd.read_parquet(folder / "panel_groups.parquet").astype({"series_id": str})
        given = given.merge(groups, on="series_id")
    found = scan(given).table
    return found.assign(series_id=table["series_id"].to_numpy(), t=table["t"].to_numpy())


def false_discoveries(scanned: pd.DataFrame, suite: str, folder: Path) -> tuple[int, int]:
    """Points of the evaluated window with q at most 0.05; those of them outside every event."""
    truth = pd.read_parquet(folder / f"{suite}_truth.parquet", columns=["series_id", "t", "outbreak_cases"])
    meta = pd.read_parquet(folder / f"{suite}_meta.parquet", columns=["series_id", "start", "end"])
    first = int(pd.read_json(folder / f"{suite}_info.json", typ="series")["eval_from"])
    told = scanned[(scanned["t"] >= first) & (scanned["q_value"] <= 0.05)]
    told = told.merge(truth, on=["series_id", "t"], how="left").merge(meta, on="series_id")
    inside = (told["t"] >= told["start"]) & (told["t"] <= told["end"]) & (told["start"] > 0)
    real = inside | (told["outbreak_cases"].fillna(0) > 0)
    return len(told), int((~real).sum())


def run_shared(script: str, *arguments: object) -> None:
    """One program of the benchmark, as it is."""
    subprocess.run(
        [sys.executable, FOLDER / script, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL
    )


if __name__ == "__main__":
    main()
