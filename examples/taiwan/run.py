"""Taiwan, March 2020: real pharmacies and mask stock through the ordinary pipeline become a finder.

`python examples/taiwan/run.py [--data DIR] [--out DIR] [--at LON,LAT]` takes the published files in
unchanged, once as the register and once as counts of stock, and asks the citizens' own search. It writes
`taiwan.html`: choose one of 368 towns and see the nearest pharmacies that had masks, how many, and how old
that count is. `taiwan-map.html` is the dual map of the same: where outlets are, and how old their counts
are. Both open without a network. `--at` prints the list for one place. `build/taiwan/home` may be served:
`yaotong serve --home build/taiwan/home`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from drawing import draw_map  # noqa: E402

from yaotong import clock  # noqa: E402
from yaotong.acts.intake import take_in  # noqa: E402
from yaotong.intake import Limits  # noqa: E402
from yaotong.reads.public import Wanted, nearest, register  # noqa: E402
from yaotong.reads.shelf_stock import Stock, stock_of  # noqa: E402
from yaotong.workspace import Workspace, init_workspace  # noqa: E402

ASKED_AT = datetime(2020, 3, 3, 12, 0)  # the afternoon after the morning's counts
SHOWN, SEARCHED = 8, 100
ITEM, KINDS = "口罩", {"adult": "adult_mask", "child": "child_mask"}
FRESH_MINUTES = 60
Counted = dict[str, dict[str, Stock]]


def main(arguments: list[str] | None = None) -> int:
    """Run the example; the exit code is 0 when everything was written."""
    given = _arguments(arguments)
    workspace = take_all(given.data / "taiwan", given.out / "home")
    counted = counts(workspace)
    if given.at:
        lon, lat = (float(one) for one in given.at.split(","))
        for row in with_stock(workspace, counted, lon, lat):
            print(
                f"{row['distance']:>8}  {row['name']}  成人 {row['adult']}  儿童 {row['child']}  {row['age']}"
            )
        return 0
    towns = register(workspace).towns
    found = {town.area_code: with_stock(workspace, counted, town.lon, town.lat) for town in towns}
    names = {town.area_code: town.area_name for town in towns}
    page = (Path(__file__).parent / "finder.html").read_text("utf-8")
    filled = page.replace("/*TOWNS*/", _json(names)).replace("/*FOUND*/", _json(found))
    (given.out / "taiwan.html").write_text(filled, "utf-8")
    adult = counted["adult"]
    when = {shop: one.counted_at for shop, one in adult.items()}
    draw_map(workspace, when, ASKED_AT, given.out / "taiwan-map.html")
    empty = sum(not rows for rows in found.values())
    print(f"{len(names)} 个乡镇，{len(adult)} 家有库存记录；{empty} 个乡镇附近 {SEARCHED} 家内都没有存货。")
    print(f"已写出 {given.out}/taiwan.html 与 taiwan-map.html")
    return 0


def take_all(data: Path, home: Path) -> Workspace:
    """A fresh workspace with the towns, the outlets, two kinds of masks and their counts."""
    shutil.rmtree(home, ignore_errors=True)
    workspace = init_workspace(home, title="台湾 2020（真实数据）")
    for path, profile in (
        (data / "towns-10t.topojson", "taiwan_towns"),
        (data / "pharmacies_stock.csv", "taiwan_pharmacies"),
        (Path(__file__).parent / "drugs.csv", None),
        (data / "pharmacies_stock.csv", "taiwan_stock"),
    ):
        receipt = take_in(workspace, path, profile=profile, now=clock.now(), limits=Limits.off())
        print(
            f"{receipt.file}: {receipt.outcome}，{receipt.rows} 行，"
            f"接收 {receipt.accepted}，拒收 {len(receipt.rejected)}"
        )
        if not receipt.accepted:
            raise SystemExit(f"{path.name} 没有接收：{receipt.file_reason} {receipt.message}")
    return workspace


def counts(workspace: Workspace) -> Counted:
    """The last count of each kind by licence number, as it was known when it is asked."""
    fresh = timedelta(hours=workspace.settings.public_stock_hours)
    return {
        kind: dict(stock_of(workspace, frozenset((code,)), ASKED_AT, fresh)) for kind, code in KINDS.items()
    }


def with_stock(workspace: Workspace, counted: Counted, lon: float, lat: float) -> list[dict[str, Any]]:
    """The nearest pharmacies that had any masks, nearest first, each with the age of its count."""
    wanted = Wanted(drug=ITEM, in_stock=True)
    answer = nearest(workspace, lon, lat, limit=SEARCHED, at=ASKED_AT, wanted=wanted)
    rows = []
    for one in answer["features"]:
        told = one["properties"]
        number = told["license_no"]
        if not number.startswith("59"):
            continue
        when = datetime.fromisoformat(told["stock"]["counted_at"]).replace(tzinfo=None)
        rows.append(
            {
                "name": told["name"],
                "address": told["address"],
                "phone": told["phone"],
                "distance": distance_words(told["distance_m"]),
                **{kind: int(found[number].packs or 0) for kind, found in counted.items()},
                "age": age_words(when, ASKED_AT),
                "stale": (ASKED_AT - when).total_seconds() > 60 * FRESH_MINUTES,
            }
        )
    return rows[:SHOWN]


def distance_words(metres: float) -> str:
    """650 米 or 1.2 公里."""
    return f"{metres:.0f} 米" if metres < 1000 else f"{metres / 1000:.1f} 公里"


def age_words(counted_at: datetime, now: datetime) -> str:
    """How old a count is; one from after `now` is said as it is, not as fresh."""
    minutes = int((now - counted_at).total_seconds() // 60)
    if minutes < 0:
        return f"点数时间 {counted_at:%m-%d %H:%M}"
    if minutes < 120:
        return f"{minutes} 分钟前点数"
    return f"{minutes // 60} 小时前点数" if minutes < 2880 else f"{minutes // 1440} 天前点数"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(os.environ.get("YAOTONG_REAL_DATA") or ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "taiwan")
    parser.add_argument("--at", help="经度,纬度（WGS-84）")
    given = parser.parse_args(arguments)
    if not (given.data / "taiwan").is_dir():
        parser.error(f"{given.data} 里没有 taiwan。请用 --data 或 YAOTONG_REAL_DATA 指明数据目录。")
    given.out.mkdir(parents=True, exist_ok=True)
    return given


if __name__ == "__main__":
    sys.exit(main())
