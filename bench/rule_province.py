"""The rule book over a year of fact files: all of it, one night's news, and three rules beside their peers.

    python -m bench.bench_rules --city 60000000 [--shops 1000] [--peer-lines 3000000] [--work FOLDER]

A province has 30,000 pharmacies, 5 million new lines a night and 1.8 billion a year: 1,000 pharmacies with
60 million stand in, and a night of theirs is a thirtieth. What a night costs is measured with a quarter, half
and all of the history behind it, and with a quarter, half and all of the shops' news in it. Every run is a
`detect` in a process of its own, alerts and all. Nothing fails for being slow; the wanted bounds are printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.rule_city import HISTORY, NIGHTS, fewer, versions
from yaotong.store.schema import fact_file
from yaotong.workspace import Workspace

MOST_SECONDS, MOST_BYTES, PROVINCE = 600, 6e9, 30
_LESS_HISTORY = {"quarter": ("half", "quarter"), "half": ("half",), "whole": ()}
_FEWER_NEWS = {"quarter": ("night2", "night3"), "half": ("night3",), "whole": ()}
Told = list[dict[str, Any]]


def alone(*command: object) -> Told:
    """What a module tells on its output, one JSON object a line; SystemExit when it fails."""
    run = [sys.executable, "-W", "ignore", "-m", *map(str, command)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [json.loads(line) for line in process.stdout]
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {process.returncode}")
    return told


def sizes(workspace: Workspace) -> tuple[int, int]:
    """Sales lines of the history, and of the night."""
    with workspace.store.read() as connection:
        known = versions(connection)
        rows = connection.execute(
            # What clearing copied is no news: it is counted where it was sent.
            select(fact_file.c.since_version, fact_file.c.rows).where(
                fact_file.c.feed == "sales", fact_file.c.copy_of.is_(None)
            )
        ).fetchall()
    nights = {known[name] for name, _ in NIGHTS}
    news = sum(row.rows for row in rows if row.since_version in nights)
    return sum(row.rows for row in rows) - news, news


def whole_book(city: Path, work: Path) -> None:
    """Print seconds of every rule over all lines, and the most memory."""
    workspace = fewer(city, work / "whole", ())
    *runs, end = alone("bench.rule_once", "whole", workspace.settings.home)
    print(f"\nthe full book over {sum(sizes(workspace)):,} lines")
    for run in runs:
        print(f"{run['rule']} {run['seconds']:9.1f} s {run['found']:9,} findings")
    print(
        f"in all {end['seconds']:9.1f} s (wanted: {MOST_SECONDS}), {end['cpu_seconds']:.1f} s of processors, "
        f"{end['peak_bytes'] / 1e9:.2f} GB at the most (wanted: {MOST_BYTES / 1e9:.0f})",
        flush=True,
    )
    for one in alone("bench.rule_looks", workspace.settings.home):
        print(
            f"a look at one {one['look']}'s page: median {one['median'] * 1e3:.0f} ms, "
            f"p95 {one['p95'] * 1e3:.0f} ms ({one['times']} looks)",
            flush=True,
        )


def nights(city: Path, work: Path) -> None:
    """Print what a night costs by the history behind it and by the news in it."""
    print("\na night         history lines    new lines    seconds    of processors    a new line (us)")
    done: dict[tuple[int, int], None] = {}
    runs = [(name, without, ()) for name, without in _LESS_HISTORY.items()]
    runs += [(f"news {name}", (), without) for name, without in _FEWER_NEWS.items()]
    for number, (name, less, news) in enumerate(runs):
        workspace = fewer(city, work / f"night{number}", (*less, *news))
        history, new = sizes(workspace)
        if (history, new) in done:
            continue
        done[history, new] = None
        *rules, end = alone("bench.rule_once", "night", workspace.settings.home)
        print(
            f"{name:14} {history:14,} {new:12,} {end['seconds']:10.1f} {end['cpu_seconds']:16.1f} "
            f"{end['seconds'] / new * 1e6:18.1f}"
        )
        dear = sorted(rules, key=lambda run: -run["seconds"])[:6]
        print("    " + ", ".join(f"{run['rule']} {run['seconds']:.1f} s" for run in dear), flush=True)
    print(f"a province's night has {PROVINCE} times the new lines of the whole one")


def peers(city: Path) -> None:
    """Print the ratios to pandas and to PostgreSQL."""
    *rules, end = alone("bench.rule_peers", city)
    print(
        f"\nthree rules beside their peers (loading PostgreSQL: {end['loading_seconds']:.1f} s, not counted)"
    )
    for one in rules:
        line = f"{one['rule']} {one['seconds']:7.2f} s {one['found']:8,} findings"
        for peer in ("pandas", "postgres"):
            ratio = one[peer]["seconds"] / one["seconds"]
            line += f"    {peer} {one[peer]['seconds']:8.2f} s, ratio {ratio:6.2f}"
            line += "" if one[peer]["agrees"] else " NOT THE SAME FINDINGS"
        print(line, flush=True)


def _built(folder: Path, lines: int, shops: int) -> Path:
    if not folder.exists():
        alone("bench.rule_city", folder, "--lines", lines, "--shops", shops)
    return folder


def main(given: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.bench_rules --city")
    parser.add_argument("lines", type=int)
    parser.add_argument("--shops", type=int)
    parser.add_argument("--peer-lines", type=int, default=3_000_000)
    parser.add_argument("--work", type=Path, help="a folder whose cities are kept and used again")
    told = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="yaotong-rules-") as folder:
        work, kept = Path(folder), told.work or Path(folder)
        shops = told.shops or max(9, told.lines // 60_000)
        city = _built(kept / f"city-{told.lines}", told.lines, shops)
        print(f"{told.lines:,} lines of {shops:,} pharmacies; loads: {', '.join(dict((*HISTORY, *NIGHTS)))}")
        nights(city, work)
        whole_book(city, work)
        few = min(told.peer_lines, told.lines)
        peers(_built(kept / f"city-{few}", few, max(9, few // 60_000)))


if __name__ == "__main__":
    main(sys.argv[1:])
