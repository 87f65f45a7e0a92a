"""Kentucky 2006-2014: real pharmacies and shipments through the ordinary pipeline, ranked with reasons.

`python examples/kentucky/run.py [--data DIR] [--out DIR]` takes the published files in unchanged,
writes `ranking.csv` (outlets with reasons), `unknown.csv` (outlets whose kind the name does not tell,
ranked apart) and `kentucky.html` (the dual map, one file, opens without a network).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

from drawing import draw_map  # noqa: E402

from yaotong import clock  # noqa: E402
from yaotong.acts.intake import take_in  # noqa: E402
from yaotong.intake import Limits  # noqa: E402
from yaotong.joins.compare import neighbours, own_past, per_head  # noqa: E402
from yaotong.store import registry  # noqa: E402
from yaotong.store.factbase import open_facts  # noqa: E402
from yaotong.store.outlines import read_areas  # noqa: E402
from yaotong.store.schema import pharmacy, placement  # noqa: E402
from yaotong.workspace import Workspace, init_workspace  # noqa: E402

FIPS = "21"
LAST_YEARS = 3
# An outlet this far above the state's usual outlet, its own past or its neighbours is named.
TIMES = {"per_head": 4.0, "past_ratio": 3.0, "neighbour_ratio": 4.0}
_RETAIL = (
    r"PHARM|PHCY|PHAR\b|DRUG|RX|APOTHEC|MEDICINE|PRESCRIPTION|WALGREEN|CVS|RITE|KROGER|WAL-?MART|K-?MART"
    r"|TARGET|MEIJER|FOOD CITY|SAM'S|COSTCO|WINN|PUBLIX"
)
_NOT_RETAIL = (
    r"HOSPICE|PHARMERICA|OMNICARE|LONG TERM|INSTITUT|CORRECT|CONVALESC|INFUSION|UNIVERSITY|HOSPITAL"
    r"|MEDICAL CENTER|HEALTH DEP|VETERAN|MAIL|ACQUISITION"
)


def main(arguments: list[str] | None = None) -> int:
    """Run the example; the exit code is 0 when everything was written."""
    given = _arguments(arguments)
    workspace = take_all(given.data, given.out / "home")
    outlets = compare_outlets(workspace)
    known = outlets[outlets["outlet"] == "retail"]
    ranking = known[known["flags"] > 0].sort_values(["flags", "excess"], ascending=False)
    apart = outlets[outlets["outlet"] != "retail"].sort_values("volume", ascending=False)
    columns = ["license_no", "name", "county", "outlet", "volume", *TIMES, "flags", "reasons"]
    ranking[columns].to_csv(given.out / "ranking.csv", index=False, encoding="utf-8-sig")
    apart[columns].to_csv(given.out / "unknown.csv", index=False, encoding="utf-8-sig")
    draw_map(workspace, outlets, FIPS, given.out / "kentucky.html")
    print(
        f"{len(outlets)} 家收货方：{len(known)} 家为零售，{len(apart)} 家类型不明或非零售，另列不参与排名。"
    )
    print(f"{len(ranking)} 家至少有一项突出，其中 {int((ranking['flags'] >= 2).sum())} 家两项以上：")
    for row in ranking.head(10).itertuples():
        print(f"  {row.name}（{row.county}）{row.reasons}")
    print(f"已写出 {given.out}/ranking.csv、unknown.csv、kentucky.html")
    return 0


def take_all(data: Path, home: Path) -> Workspace:
    """A fresh workspace with the counties, the pharmacies and nine years of shipments."""
    shutil.rmtree(home, ignore_errors=True)
    workspace = init_workspace(home, title="肯塔基州 2006–2014（真实数据）")
    drugs = home / "drugs.csv"
    drugs.write_text("drug_code,drug_name,category\nOPIOID,阿片类口服制剂（片）,OPI_CMP\n", "utf-8")
    files = [
        (data / "us-points" / "counties-10m.topojson", "us_counties"),
        (data / "kentucky" / "pharmacy_year.csv.gz", "kentucky_pharmacies"),
        (drugs, None),
        (data / "kentucky" / "pharmacy_year.csv.gz", "kentucky_shipments"),
    ]
    for path, profile in files:
        receipt = take_in(workspace, path, profile=profile, now=clock.now(), limits=Limits.off())
        print(
            f"{receipt.file}: {receipt.outcome}，{receipt.rows} 行，"
            f"接收 {receipt.accepted}，拒收 {len(receipt.rejected)}"
        )
        if not receipt.accepted:
            raise SystemExit(f"{path.name} 没有接收：{receipt.file_reason} {receipt.message}")
    return workspace


def compare_outlets(workspace: Workspace) -> pd.DataFrame:
    """One row per outlet with its latest volume (pills a year), three comparisons and the reasons."""
    panel = shipments(workspace)
    with workspace.store.read() as connection:
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement)[["license_no", "area_code"]]
        areas = read_areas(connection).set_index("area_code")
    shops = shops.merge(placed, on="license_no", how="left")
    # What lies in no county is compared by the county it claims; the point itself stays unknown.
    shops["county_code"] = shops["area_code"].fillna(shops["town_code"])
    recent = panel[panel["year"] > panel["year"].max() - LAST_YEARS]
    volume = recent.groupby("license_no")["quantity"].mean()
    shops = shops[shops["license_no"].isin(volume.index)].copy()
    shops["volume"] = shops["license_no"].map(volume)
    shops["outlet"] = [outlet_kind(name) for name in shops["name"]]
    shops["county"] = shops["county_code"].map(areas["area_name"]).fillna("不详")
    rates = per_head(shops["volume"], shops["county_code"], areas["population"].to_dict())
    shops["per_head"] = rates / rates[shops["outlet"] == "retail"].median()
    past = own_past(panel)
    worst = past[past["year"].isin(recent["year"])].groupby("license_no")["past_ratio"].max()
    shops["past_ratio"] = shops["license_no"].map(worst)
    shops["neighbour_ratio"] = neighbours(shops["lon"], shops["lat"], shops["volume"])
    over = pd.DataFrame({name: shops[name] >= limit for name, limit in TIMES.items()})
    shops["flags"] = over.sum(axis=1)
    shops["excess"] = sum((shops[name] / limit).fillna(0.0) for name, limit in TIMES.items())
    shops["reasons"] = [reasons(row) for row in shops.to_dict("records")]
    return shops.reset_index(drop=True)


def shipments(workspace: Workspace) -> pd.DataFrame:
    """license_no, year, quantity: pills shipped to each outlet in each year."""
    bought = open_facts(workspace.store).purchases
    grouped = bought.group_by(license_no=bought.pharmacy_id, year=bought.received_at.year())
    frame: pd.DataFrame = grouped.agg(quantity=bought.quantity.sum()).to_pandas()
    return frame


def outlet_kind(name: str) -> str:
    """retail, other (an institution's supplier), or unknown when the name does not tell."""
    upper = pd.Series([name.upper()])
    if upper.str.contains(_NOT_RETAIL, regex=True).iloc[0]:
        return "other"
    return "retail" if upper.str.contains(_RETAIL, regex=True).iloc[0] else "unknown"


def reasons(row: dict[str, object]) -> str:
    """The comparisons that stand out, in words."""
    words = {
        "per_head": "按所在县人口为全州零售药店中位数的 {:.1f} 倍",
        "past_ratio": "为本店早年水平的 {:.1f} 倍",
        "neighbour_ratio": "为邻近药店中位数的 {:.1f} 倍",
    }
    return "；".join(
        words[name].format(row[name])
        for name, limit in TIMES.items()
        if float(row[name] or 0) >= limit  # type: ignore[arg-type]
    )


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(os.environ.get("YAOTONG_REAL_DATA") or ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "kentucky")
    given = parser.parse_args(arguments)
    if not (given.data / "kentucky").is_dir():
        parser.error(f"{given.data} 里没有 kentucky。请用 --data 或 YAOTONG_REAL_DATA 指明数据目录。")
    given.out.mkdir(parents=True, exist_ok=True)
    return given


if __name__ == "__main__":
    sys.exit(main())
