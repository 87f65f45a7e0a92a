"""Print the scale of detection/calibration.py anew: `python -m bench.calibrate_detect` (YAOTONG_SHARED).

The scores that shares of event-free points exceed, over the simulated panels of seeds 1 to 5: seeds that
no reported figure uses.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from bench.bench_detect import SIZES, run_shared, scan_file
from yaotong.detection.calibration import SHARES

SEEDS = range(1, 6)


def main() -> None:
    """One line of scores for each suite."""
    print("shares  ", SHARES[1:])
    for suite in SIZES:
        scores = np.sort(np.concatenate([_event_free(suite, seed) for seed in SEEDS]))[::-1]
        print(suite, [round(float(scores[int(len(scores) * share)]), 2) for share in SHARES[1:]], flush=True)


def _event_free(suite: str, seed: int) -> np.ndarray:
    reps, nulls = SIZES[suite]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_shared("simulate.py", suite, "--out", folder, "--reps", reps, "--nulls", nulls, "--seed", seed)
        found = scan_file(suite, folder)
        meta = pd.read_parquet(folder / f"{suite}_meta.parquet", columns=["series_id", "is_null"])
        first = int(pd.read_json(folder / f"{suite}_info.json", typ="series")["eval_from"])
    quiet = meta.loc[meta["is_null"], "series_id"]
    return found.loc[(found["t"] >= first) & found["series_id"].isin(quiet), "score"].dropna().to_numpy()


if __name__ == "__main__":
    main()
