"""Two real instances, 100,000 buyers each: how long one matching takes, and what goes over the wire.

`python -m bench.bench_exchange [COUNT]`: each instance has its own workspace, database, keys, port and server
process; the one asks by its command line. Sealing and agreeing are not part of the time. The load of the
machine is printed beside the figure: two cores are meant to be free.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.special_figures import Figure
from tests.exchange.instances import Instance, free_port, recorded
from tests.exchange.regions import agree, people, region
from yaotong import clock

THRESHOLD = 5
LIMIT_S = 60.0


def main() -> None:
    """Print the figures; exit code 1 when it took a minute or more."""
    sys.exit(not show(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000).met)


def show(count: int) -> Figure:
    """Print the figures of a matching; how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = _measured(Path(folder), count)
    return Figure(f"跨区域比对，各 {count:,} 人", seconds, LIMIT_S, "秒")


def _measured(folder: Path, count: int) -> float:
    now, common = clock.now(), count // 50
    known, chance = people(2 * count - common, seed=7), np.random.default_rng(11)
    spaces = []
    for code, mine in (("330482", known[:count]), ("310116", known[count - common :])):
        bought = dict(zip(mine, chance.integers(1, 4, count).tolist(), strict=True))
        began = time.monotonic()
        last = now.date() - timedelta(days=1)
        spaces.append(region(folder / code, code, bought, last=last, now=now))
        print(f"{code}: {count} buyers taken in and sealed in {time.monotonic() - began:.1f} s", flush=True)
    one, other = (Instance(space.settings.home, free_port()) for space in spaces)
    with recorded(other) as (url, seen):
        days = {
            "valid_from": now.date() - timedelta(days=10),
            "valid_until": now.date() + timedelta(days=99),
        }
        agree(*spaces, (one.url, url), threshold=THRESHOLD, now=now, **days)
        for space in spaces:
            space.store.engine.dispose()
        try:
            other.start()
            return _run(one, seen)
        finally:
            other.kill()


def _run(one: Instance, seen: list[bytes]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = one.run("exchange", "run", "PH-JS-2026", "--json")
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"one matching: {told['seconds']:.1f} s (limit {LIMIT_S:.0f}), {told['matches']} matches, "
        f"{sum(map(len, seen)) / 1e6:.1f} MB on the wire, asking side {cpu:.1f} s of CPU, "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return float(told["seconds"])


if __name__ == "__main__":
    main()
