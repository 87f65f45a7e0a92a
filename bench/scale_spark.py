"""A few rules over one city's fact files by DuckDB, and by a Spark cluster of one worker and of two.

    python -m bench.scale_spark HOME

HOME is a city of bench.rule_city. A standalone master and its workers, one core each, run on this machine
beside the driver. Each engine answers in a process of its own, once to warm and once measured; the findings
of all must be the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from tests.spark.cluster import Cluster
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.run import run_rule
from yaotong.store.factbase import open_facts
from yaotong.workspace import open_workspace

# One that adds lines up, one that meets codes with codes, one that looks back for a month, one of series.
RULES = ("R-M01", "R-N01", "R-P01", "R-D03")
_YEAR = Window(date(2025, 7, 1), date(2026, 6, 30))


def once(home: Path, engine: str) -> None:
    """Print the seconds of each rule, and what it found, as JSON."""
    facts = open_facts(open_workspace(home, {}).store, until=_YEAR.until, engine=engine)
    told = {}
    for name in RULES:
        rule = book()[name]
        run_rule(rule, facts, Window(_YEAR.until, _YEAR.until))
        began = time.perf_counter()
        found = run_rule(rule, facts, _YEAR)
        seconds = time.perf_counter() - began
        told[name] = (seconds, sorted(zip(found["subject"], found["behaviour_day"].astype(str), strict=True)))
    print(json.dumps(told))


def main(home: Path) -> None:
    """Print a line for each rule: seconds by engine, and the ratio of two workers to one."""
    told = {"duckdb": _alone(home, "duckdb", {})}
    for many in (1, 2):
        cluster = Cluster(workers=many)
        try:
            settings = {"SPARK_CONF_DIR": str(cluster.driver_settings)}
            told[f"spark, {many}"] = _alone(home, cluster.master, settings)
        finally:
            cluster.remove()
    for name in RULES:
        seconds = {engine: one[name][0] for engine, one in told.items()}
        same = all(one[name][1] == told["duckdb"][name][1] for one in told.values())
        line = "  ".join(f"{engine} {second:7.2f} s" for engine, second in seconds.items())
        gain = seconds["spark, 1"] / seconds["spark, 2"]
        found = len(told["duckdb"][name][1])
        print(f"  {name}  {line}  two workers {gain:.2f} times as fast  {found} findings, same: {same}")


def _alone(home: Path, engine: str, settings: dict[str, str]) -> dict[str, tuple[float, list[list[str]]]]:
    command = [sys.executable, "-W", "ignore", "-m", "bench.scale_spark", str(home), engine]
    done = subprocess.run(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, check=True
    )
    told: dict[str, tuple[float, list[list[str]]]] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    if len(sys.argv) > 2:
        once(Path(sys.argv[1]), sys.argv[2])
    else:
        main(Path(sys.argv[1]))
