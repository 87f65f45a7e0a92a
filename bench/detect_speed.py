"""How fast the detector is: series-days, fits, and one night of a million daily series."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np

from yaotong.detection import daily, farrington, weekly
from yaotong.detection.state import ALONE, FIRST_DAYS, GROUPED, started

_FIRST = date(2022, 11, 1)
_YEARS_DAYS = 1096
_SERIES = 480
_NIGHTLY = 1_000_000
_CORES = 2
_CHUNK = 24_000


def speeds() -> None:
    """Print the speeds on one core, then the night on two."""
    counts = _made(_SERIES, _YEARS_DAYS)
    alone, grouped = np.arange(_SERIES + 1), np.arange(0, _SERIES + 1, 24)
    cells = counts.size
    print("\n速度（单核，CPU 时间；R 的 farringtonFlexible 每秒 73–128 点）")
    for name, members, tuning in (("单店", alone, ALONE), ("成组", grouped, GROUPED)):
        rate = cells / _best(lambda m=members, u=tuning: _pass(counts, m, u))
        print(f"  默认方法 {name}：每秒 {rate:,.0f} 序列日 (≥ 500,000){'' if rate >= 5e5 else ' ✗'}")
    weeks = _made(_SERIES, 624, 7.0)
    rate = _SERIES * (624 - weekly.LEAST_WEEKS) / _best(lambda: weekly.scan_weeks(weeks))
    print(f"  逐周方法：每秒 {rate:,.0f} 次重估")
    fits = _SERIES * 49
    rate = fits / _best(lambda: farrington.flexible(weeks, date(2013, 1, 7), 7, 0.01, 575))
    print(f"  Farrington flexible：每秒 {rate:,.0f} 次拟合 (≥ 50,000){'' if rate >= 5e4 else ' ✗'}")
    night()


def night() -> None:
    """A million series whose state knows three years: judge and learn one more day, on two cores."""
    members = np.arange(0, _CHUNK + 1, 24)
    counts = _made(_CHUNK, _YEARS_DAYS // 8)
    state = started(counts[:, :FIRST_DAYS])
    groups = daily.fresh_groups(members)
    daily.advance(state, groups, members, counts, _FIRST, 0, GROUPED)
    day = counts.shape[1]
    del counts
    parts = -(-_NIGHTLY // _CHUNK)
    every = np.concatenate([state] * parts)[:_NIGHTLY]
    flows = np.concatenate([groups] * parts)[: -(-_NIGHTLY // 24)]
    del state, groups
    gc.collect()
    today = _made(_NIGHTLY, 1)
    began = time.perf_counter()
    _night(every, flows, today, day)
    took = time.perf_counter() - began
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"  一百万个逐日序列的一夜（{_CORES} 核）：{took:.1f} 秒 (≤ 60)，状态 {every.nbytes / 2**30:.1f} GB，"
        f"进程最多用 {top:.1f} GB (≤ 8)",
        flush=True,
    )


def _night(every: np.ndarray, flows: np.ndarray, today: np.ndarray, day: int) -> None:
    bounds = np.unique(np.r_[np.linspace(0, len(every), _CORES + 1).astype(int) // 24 * 24, len(every)])

    def one(a: int, b: int) -> None:
        members = np.unique(np.r_[np.arange(0, b - a, 24), b - a])
        daily.advance(every[a:b], flows[a // 24 : -(-b // 24)], members, today[a:b], _FIRST, day, GROUPED)

    with ThreadPoolExecutor(_CORES) as pool:
        list(pool.map(one, bounds[:-1], bounds[1:]))


def _pass(counts: np.ndarray, members: np.ndarray, tuning: object) -> None:
    groups = daily.fresh_groups(members)
    daily.advance(started(counts[:, :FIRST_DAYS]), groups, members, counts, _FIRST, 0, tuning)


def _best(run: Callable[[], object]) -> float:
    """The least CPU seconds of three, once warm: the machine may be busy with other work."""
    run()
    took = []
    for _ in range(3):
        began = time.process_time()
        run()
        took.append(time.process_time() - began)
    return min(took)


def _made(series: int, dates: int, scale: float = 1.0) -> np.ndarray:
    """Overdispersed counts at levels from 0.3 to 200, float32."""
    rng = np.random.default_rng(1)
    level = np.repeat([0.3, 1.0, 3.0, 10.0, 40.0, 200.0], -(-series // 6))[:series, None] * scale
    return rng.poisson(rng.gamma(level / 0.5, 0.5, (series, dates))).astype(np.float32)
