"""Seconds to read the dual map of a generated country, by the parts that the speed rests on.

On a busy machine the seconds of a processor tell more than those of the clock.

Run ``python -m bench.bench_map_read [shops [areas [alerts [lines]]]]``: by default 600,000 pharmacies in
42,849 areas with 100,000 open alerts and 2,000,000 sales lines. The registers and alerts are written by
the program's own bulk paths into a workspace in a temporary folder. Printed are the first map (registers read
anew), the next of another viewer, a map as known on an earlier day, a step to another day, and the stamp.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from yaotong.codes import Outcome
from yaotong.facts import FACT_SCHEMAS
from yaotong.reads.map import map_stamp, read_days, read_map
from yaotong.records import Receipt
from yaotong.rules.book import book
from yaotong.store import Connection, alerts, factfiles, loads, registry
from yaotong.store.schema import area, drug, pharmacy, placement
from yaotong.store.staging import Stage
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

ARRIVED, OPENED = datetime(2026, 7, 1, 6), datetime(2026, 7, 1, 8)
LAST = date(2026, 6, 30)
_PART = 20_000


def main(
    shops: int = 600_000, areas: int = 42_849, open_alerts: int = 100_000, lines: int = 2_000_000
) -> None:
    """Fill a workspace, read its map in several ways, print the seconds of each."""
    print(f"{shops:,} shops, {areas:,} areas, {open_alerts:,} alerts, {lines:,} lines")
    with tempfile.TemporaryDirectory() as folder:
        workspace = _timed("writing it", lambda: filled(Path(folder), shops, areas, open_alerts, lines))
        measured(workspace)


def measured(workspace: Workspace) -> None:
    """Read the map in each way."""
    msa, psb = (Viewer(one, "", one, "3") for one in ("msa", "psb"))
    data = _timed("first map, nothing read before", lambda: read_map(workspace, msa))
    print(f"  {len(data.shops):,} shops, {len(data.areas):,} areas, {len(data.alerts.own):,} own alerts")
    _timed("the same once more", lambda: read_map(workspace, msa))
    _timed("another department's", lambda: read_map(workspace, psb))
    _timed("one area's", lambda: read_map(workspace, msa, area_code=str(data.shops["area_code"].iloc[0])))
    _timed("an earlier day", lambda: read_map(workspace, msa, as_of=LAST - timedelta(days=9)))
    _timed("as known on the day it all came", lambda: read_map(workspace, msa, known=ARRIVED.date()))
    days = _timed("opening the days", lambda: read_days(workspace, msa))
    _timed("a step", lambda: days.on(LAST - timedelta(days=20)))
    started = time.perf_counter()
    for _ in range(100):
        map_stamp(workspace)
    print(f"{'a stamp':34s} {(time.perf_counter() - started) * 10:8.2f} ms")


def _timed(name: str, work: Callable[[], Any]) -> Any:
    started, spent = time.perf_counter(), time.process_time()
    result = work()
    seconds, busy = time.perf_counter() - started, time.process_time() - spent
    print(f"{name:34s} {seconds:8.2f} s, {busy:8.2f} s of a processor", flush=True)
    return result


def filled(folder: Path, shops: int, areas: int, open_alerts: int, lines: int) -> Workspace:
    """A workspace with the registers at data version 1, the sales at 2, and the alerts of one detection."""
    workspace = init_workspace(folder / "home", synthetic=True)
    rng = np.random.default_rng(1)
    places = _areas(areas)
    codes = places["area_code"].to_numpy()[places["level"] == "town"]
    lives = codes[rng.integers(0, len(codes), shops)]
    with workspace.store.write() as connection:
        _apply(connection, area, ("area_code",), places)
        _apply(connection, pharmacy, ("license_no",), _shops(shops, lives, rng))
        placed = pd.DataFrame({"license_no": _names(shops), "area_code": lives, "place": "inside"})
        _apply(connection, placement, ("license_no",), placed)
        listed = {"D1": "|EPH|OTC|", "D2": "|PSY2|RX|", "D3": "|OTC|"}
        named = pd.DataFrame(
            {"drug_code": list(listed), "drug_name": list(listed), "categories": listed.values()}
        )
        _apply(connection, drug, ("drug_code",), named)
        _loaded(connection, "pharmacies", 1)
    with workspace.store.write() as connection:
        _open(connection, open_alerts, lives, rng)
    _sell(workspace, lines, lives, rng)
    return workspace


def _apply(connection: Connection, table: Any, key: tuple[str, ...], frame: pd.DataFrame) -> None:
    registry.apply(connection, table, key, frame.assign(row_sha="0" * 32), 1)


def _loaded(connection: Connection, feed: str, version: int) -> None:
    receipt = Receipt(file="x", feed=feed, sha256=f"{version:064d}", outcome=Outcome.ACCEPTED)
    loads.record(connection, receipt, version=version, sent_by="bench", arrived_at=ARRIVED)


def _names(shops: int) -> list[str]:
    return [f"药{number:07d}" for number in range(shops)]


def _areas(count: int) -> pd.DataFrame:
    """Counties of five by four towns, towns and counties as boxes of a grid."""
    towns = count - count // 21
    number = np.arange(towns)
    side = int(np.ceil(np.sqrt(towns / 20)))
    across = number // 20 % side * 5 + number % 5
    down = number // 20 // side * 4 + number % 20 // 5
    west, south = 80.0 + across * 0.25, 20.0 + down * 0.15
    squares = shapely.box(west, south, west + 0.25, south + 0.15)
    county = [f"3{number // 20:05d}" for number in range(towns)]
    code = [f"{one}{number % 20:03d}" for number, one in enumerate(county)]
    lower = pd.DataFrame({"area_code": code, "parent_code": county, "level": "town", "geometry": squares})
    first = number[number % 20 == 0]
    outlines = shapely.box(west[first], south[first], west[first] + 1.25, south[first] + 0.6)
    upper = pd.DataFrame(
        {"area_code": sorted(set(county)), "parent_code": None, "level": "county", "geometry": outlines}
    )
    both = pd.concat([upper[: count // 21], lower], ignore_index=True)
    both["geometry"] = shapely.to_wkb(both["geometry"].to_numpy())
    people = np.where(both["level"] == "county", 800_000, 40_000)
    return both.assign(area_name="区域" + both["area_code"], population=people)


def _shops(count: int, lives: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    names = _names(count)
    return pd.DataFrame(
        {
            "license_no": names,
            "name": [f"演示药店{one}" for one in names],
            "address": [f"演示路 {one} 号" for one in names],
            "lon": rng.uniform(80, 120, count),
            "lat": rng.uniform(20, 45, count),
            "crs": "wgs84",
            "town_code": lives,
            "phone": "0573-85000000",
            "opening_hours": "Mo-Su 08:00-21:00",
            "insurance_designated": rng.random(count) < 0.7,
            "dual_channel": rng.random(count) < 0.1,
            "scope": "|RX|OTC|",
            "chain": np.where(rng.random(count) < 0.5, "演示连锁", None),
            "kind": "chain_store",
            "status": "active",
            "valid_from": date(2024, 1, 1),
            "valid_to": date(2029, 1, 1),
        }
    )


def _open(connection: Connection, count: int, lives: np.ndarray, rng: np.random.Generator) -> None:
    """Alerts of pharmacies: four in five name one shop, the others four."""
    rules = [one for one in book().values() if str(one.subject_kind) == "pharmacy"]
    shops = rng.integers(0, len(lives), (count, 4))
    for start in range(0, count, _PART):
        part = [
            _alert(number, rules, shops[number], lives) for number in range(start, min(count, start + _PART))
        ]
        alerts.insert_alerts(connection, part)
        told = [{"alert_id": one["alert_id"], "sent_at": OPENED} for one in part]
        alerts.queue_all(connection, [{**one, **_SENT} for one in _messages(part)])
        alerts.add_dispatches(connection, [{**one, "department": "msa", "part": "lead"} for one in told])
        alerts.add_dispatches(
            connection, [{**one, "department": "psb", "part": "assist"} for one in told[::2]]
        )


_SENT = {"state": "sent", "attempts": 1, "delivered_at": OPENED}


def _messages(part: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(part):
        for department in ("msa", "psb")[: 2 - number % 2]:
            yield from alerts.messages(one["alert_id"], 1, department, ("inbox",), OPENED)


def _alert(number: int, rules: list[Any], shops: np.ndarray, lives: np.ndarray) -> dict[str, Any]:
    rule, day = rules[number % len(rules)], LAST - timedelta(days=number % 200)
    named = [f"药{one:07d}" for one in shops[: 4 if number % 5 == 0 else 1]]
    moment = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    due = {f"{step}_due": OPENED + timedelta(days=5) for step in ("accept", "check", "dispose", "close")}
    return {
        "alert_id": f"{number:012x}", "rule_id": rule.rule_id, "rule_version": 1, "subject_kind": "pharmacy",
        "subject": named[0], "level": str(rule.level), "state": "dispatched", "lead": "msa",
        "area_code": str(lives[shops[0]]), "pharmacy_ids": json.dumps(named),
        "clause": next(iter(rule.clauses)), "measure": 4.0, "threshold": 2.0,
        "first_day": day, "last_day": day, "behaviour_from": moment,
        "behaviour_until": moment, "opened_at": OPENED, "data_version": 1, **due,
    }  # fmt: skip


def _sell(workspace: Workspace, lines: int, lives: np.ndarray, rng: np.random.Generator) -> None:
    """A hundred days of sales of the first shops, twenty lines of each."""
    shop = np.arange(lines) // 20
    moments = np.datetime64(LAST) - rng.integers(0, 100, lines).astype("timedelta64[D]")
    given = {
        "pharmacy_id": [f"药{one:07d}" for one in shop],
        "sale_id": [f"{one:09d}" for one in range(lines)],
        "sold_at": moments.astype("datetime64[s]") + np.timedelta64(10 * 3600, "s"),
        "drug_code": np.array(["D1", "D2", "D3"])[rng.integers(0, 3, lines)],
        "quantity": rng.integers(1, 3, lines).astype(float),
    }
    schema = [one for one in FACT_SCHEMAS["sales"] if one.name not in ("line_id", "arrived_at")]
    table = pa.table(
        {
            one.name: pa.array(given[one.name], one.type) if one.name in given else pa.nulls(lines, one.type)
            for one in schema
        }
    )
    keys = pa.array([number.to_bytes(16) for number in range(lines)], pa.binary(16))
    table = table.append_column("line_key", keys).append_column("line_sha", keys)
    areas = dict(zip(_names(min(len(lives), lines // 20 + 1)), ["3"] * lines, strict=False))
    stage = Stage(workspace.store.facts_dir / "staging" / "bench", "sales", areas, ARRIVED)
    stage.add(table, np.arange(lines))
    with workspace.store.write() as connection:
        staged = stage.settle(np.zeros(lines, dtype=bool))
        factfiles.keep(connection, workspace.store.facts_dir, "sales", staged, 2)
        _loaded(connection, "sales", 2)


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
