"""A small region written straight into the stores: three towns, of which one has never sent a line.

Known by heart, so that tests can say what every figure must be:
west (40,000 people): W1 sells and has a red alert of msa and psb; W2 fell silent.
east (20,000 people): E1 sells, and nhsa alone has a yellow alert on it.
north (10,000 people): N1 never sent anything.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, insert

from tests.staged import put_sales
from yaotong.store import alerts
from yaotong.store.schema import area, drug, load, pharmacy, placement
from yaotong.workspace import Workspace, init_workspace

AS_OF = date(2026, 3, 31)
COUNTY, WEST, EAST, NORTH = "330482", "330482001", "330482002", "330482003"
HOSTILE = "<img src=x onerror=alert(1)>药房</script><script>alert(2)</script>"
SHOPS = {
    "W1": (WEST, 121.02, 30.70),
    "W2": (WEST, 121.05, 30.72),
    "E1": (EAST, 121.12, 30.70),
    "N1": (NORTH, 121.08, 30.80),
}
NOTE = "示意边界（非真实界线）"
_ARRIVED = datetime(2026, 4, 1, 6)
_FRESH = {"since_version": 1, "row_sha": "0" * 32}


def build(home: Path, names: dict[str, str] | None = None) -> Workspace:
    """The region in a new workspace at data version 1; `names` replaces shops' names."""
    ws = init_workspace(home, title="云药通 · 测试", synthetic=True)
    with ws.store.write() as connection:
        _load(connection)
        connection.execute(insert(area), _areas())
        connection.execute(insert(pharmacy), [_shop(one, names or {}) for one in SHOPS])
        connection.execute(insert(placement), [_placed(one) for one in SHOPS])
        connection.execute(insert(drug), _drugs())
        add_alert(connection, "a-red", "R-M01", "red", ["W1"], WEST, {"msa": "lead", "psb": "assist"})
        add_alert(connection, "a-yellow", "R-N01", "yellow", ["E1"], EAST, {"nhsa": "lead"})
    put_sales(ws.store, _sales(), {shop: town for shop, (town, _, _) in SHOPS.items()}, 1)
    return ws


def add_alert(
    connection: Connection,
    alert_id: str,
    rule_id: str,
    level: str,
    shops: list[str],
    area_code: str | None,
    told: dict[str, str],
    closed_at: datetime | None = None,
    clause: str = "visit",
) -> None:
    """One alert of 2026-03-20 with its dispatches, and its closing event when it has one."""
    day, start = date(2026, 3, 20), datetime(2026, 3, 20, 9)
    lead = next(one for one, part in told.items() if part == "lead")
    due = {f"{step}_due": datetime(2026, 4, 10) for step in ("accept", "check", "dispose", "close")}
    row: dict[str, Any] = {
        "alert_id": alert_id, "rule_id": rule_id, "rule_version": 1, "subject_kind": "pharmacy",
        "subject": shops[0], "level": level, "state": "closed" if closed_at else "dispatched", "revision": 1,
        "lead": lead, "area_code": area_code, "pharmacy_ids": json.dumps(shops), "clause": clause,
        "measure": 4.0, "threshold": 2.0, "first_day": day, "last_day": day, "behaviour_from": start,
        "behaviour_until": start, "opened_at": _ARRIVED, "condition_gone": False, "data_version": 1, **due,
    }  # fmt: skip
    alerts.insert_alerts(connection, [row])
    sent = {"alert_id": alert_id, "sent_at": _ARRIVED}
    alerts.add_dispatches(
        connection, [{**sent, "department": one, "part": part} for one, part in told.items()]
    )
    if closed_at:
        event = {
            "seq": 2,
            "at": closed_at,
            "actor": "x",
            "department": lead,
            "act": "close",
            "reason": "",
            "text": "",
        }
        alerts.add_events(
            connection, [{"alert_id": alert_id, "from_state": "disposed", "to_state": "closed", **event}]
        )


def _load(connection: Connection) -> None:
    row = {"data_version": 1, "feed": "sales", "profile": "sales", "file": "x.csv", "sha256": "0" * 64}
    counts = {"rows": 1, "accepted": 1, "duplicates": 0, "rejected": 0, "outcome": "accepted"}
    connection.execute(
        insert(load), {**row, **counts, "receipt": "{}", "sent_by": "test", "arrived_at": _ARRIVED}
    )


def _areas() -> list[dict[str, Any]]:
    boxes = {WEST: ("西镇", 121.0, 30.65, 121.08, 30.76, 40_000), EAST: ("东镇", 121.08, 30.65, 121.16, 30.76, 20_000),
             NORTH: ("北镇", 121.0, 30.76, 121.16, 30.85, 10_000), COUNTY: ("示例县", 121.0, 30.65, 121.16, 30.85, 70_000)}  # fmt: skip
    return [
        {"area_code": one, "area_name": name, "geometry": shapely.to_wkb(shapely.box(w, s, e, n)), "note": NOTE,
         "parent_code": None if one == COUNTY else COUNTY, "level": "county" if one == COUNTY else "town",
         "population": people, **_FRESH}
        for one, (name, w, s, e, n, people) in boxes.items()
    ]  # fmt: skip


def _shop(one: str, names: dict[str, str]) -> dict[str, Any]:
    _, lon, lat = SHOPS[one]
    return {
        "license_no": one, "name": names.get(one, f"演示药店{one}"), "address": f"{one} 路 1 号", "lon": lon, "lat": lat,
        "crs": "wgs84", "kind": "single" if one == "W2" else "chain_store", "chain": "演示连锁", "status": "active",
        "insurance_designated": one != "W2", "dual_channel": None, **_FRESH,
    }  # fmt: skip


def _placed(one: str) -> dict[str, Any]:
    return {"license_no": one, "area_code": SHOPS[one][0], "place": "inside", **_FRESH}


def _drugs() -> list[dict[str, Any]]:
    listed = {"D1": "|EPH|OTC|", "D2": "|PSY2|RX|", "D3": "|OTC|"}
    return [
        {"drug_code": one, "drug_name": one, "categories": text, **_FRESH} for one, text in listed.items()
    ]


def _sales() -> pd.DataFrame:
    """W1: 60 EPH and 10 PSY2 in the window; W2: 5 EPH until 03-20; E1: 40 OTC only; an old year of W1."""
    lines = [("W1", "D1", 2.0, AS_OF - timedelta(days=day)) for day in range(30)]
    lines += [("W1", "D2", 10.0, AS_OF), ("W2", "D1", 5.0, date(2026, 3, 20)), ("E1", "D3", 40.0, AS_OF)]
    lines += [("W1", "D1", 500.0, AS_OF - timedelta(days=30))]
    frame = pd.DataFrame(lines, columns=["pharmacy_id", "drug_code", "quantity", "day"])
    frame["sold_at"] = pd.to_datetime(frame.pop("day")) + pd.Timedelta(hours=10)
    frame["sale_id"] = [f"s{number}" for number in range(len(frame))]
    frame["line_id"] = frame["pharmacy_id"] + "/" + frame["sale_id"]
    return frame
