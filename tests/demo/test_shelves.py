"""The books of shelves: what was counted follows from what came, went and was lost, but where a story says not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
from stdnum.cn import uscc

from tests.demo.conftest import Written
from yaotong.demo import write_city
from yaotong.demo.regions import JINSHAN, PINGHU, REGIONS

_SHELF = ["pharmacy_id", "drug_code"]
_OUT = ("transfer_out", "damaged", "expired", "lost", "stolen")


def _read(written: Written, feed: str) -> pd.DataFrame:
    return pd.read_csv(written.folder / f"{feed}.csv", dtype=str)


def _movements(written: Written) -> pd.DataFrame:
    """Signed packs of every movement: shelf, at, packs."""
    sales, bought, moves = written.city.sales, _read(written, "purchases"), _read(written, "stock_moves")
    sign = moves["kind"].map(lambda one: -1.0 if one in _OUT else 1.0)
    parts = (
        sales.assign(at=sales["sold_at"], packs=-sales["quantity"]),
        bought.assign(at=pd.to_datetime(bought["received_at"]), packs=bought["quantity"].astype(float)),
        moves.assign(at=pd.to_datetime(moves["moved_at"]), packs=sign * moves["quantity"].astype(float)),
    )
    return pd.concat([one[[*_SHELF, "at", "packs"]] for one in parts])


def test_counts_follow_from_the_book_but_where_a_story_takes_packs_away(year: Written) -> None:
    counts = _read(year, "stock_counts")
    senders = set(_read(year, "purchases")["pharmacy_id"])
    counts = counts[counts["pharmacy_id"].isin(senders)]
    counts = counts.assign(at=pd.to_datetime(counts["counted_at"]), packs=counts["quantity"].astype(float))
    moved = _movements(year)
    moved = moved[moved["pharmacy_id"].isin(senders)]
    both = pd.concat([moved.assign(counted=False), counts[[*_SHELF, "at", "packs"]].assign(counted=True)])
    both = both.sort_values([*_SHELF, "at", "counted"], kind="stable")
    both["book"] = both["packs"].where(~both["counted"], 0.0).groupby([both[one] for one in _SHELF]).cumsum()
    held = both[both["counted"]].assign(gap=lambda one: one["book"] - one["packs"])
    lack = held.groupby(_SHELF)["gap"].diff().dropna().round(6)
    assert len(lack) > 2_000
    wrong = held.loc[lack[lack != 0].index.intersection(held.index)]
    found = held.assign(lack=held.groupby(_SHELF)["gap"].diff())
    wrong = found[found["lack"].fillna(0.0).round(6) != 0]
    guilty = {story.subject for story in year.truth.of("R-M17", "guilty")}
    assert len(guilty) >= 3
    assert set(wrong["pharmacy_id"]) == guilty
    assert set(wrong["lack"]) == {6.0, -8.0, 7.0, 5.0, 14.0}
    assert (counts["packs"] >= 0).all()


def test_every_supplier_is_a_number_that_passes_its_check(year: Written) -> None:
    assert all(uscc.is_valid(one) for one in _read(year, "purchases")["supplier_uscc"].unique())


def test_packs_are_bought_under_the_codes_they_are_sold_under(year: Written) -> None:
    bought = _read(year, "purchases")
    coded = bought[bought["trace_code"].notna()]
    assert not coded["trace_code"].duplicated().any()
    assert (coded["quantity"] == "1").all()
    sold = year.city.sales
    senders, drugs = set(bought["pharmacy_id"]), set(coded["drug_code"])
    after = year.truth.until - timedelta(
        days=200
    )  # before it the opening stock of the year's first day is sold
    sold = sold[sold["pharmacy_id"].isin(senders) & sold["drug_code"].isin(drugs)]
    sold = sold[sold["trace_code"].notna() & (sold["sold_at"].dt.date > after) & (sold["quantity"] > 0)]
    met = sold.merge(coded, on="trace_code", how="left", suffixes=("", "_in"))
    assert len(met) > 3_000
    told = {one for story in year.truth.stories for one in story.sale_ids}
    odd = met["received_at"].isna() | (pd.to_datetime(met["received_at"]) > met["sold_at"])
    odd |= (met["pharmacy_id"] != met["pharmacy_id_in"]) | (met["drug_code"] != met["drug_code_in"])
    odd |= met["batch_no"] != met["batch_no_in"]
    lines = met["pharmacy_id"] + "/" + met["sale_id"]
    assert set(lines[odd]) <= told


def test_a_neighbouring_region_shares_buyers_and_nothing_else(tmp_path: Path) -> None:
    truths = {
        name: write_city(tmp_path / name, days=45, pharmacies=20, region=where)
        for name, where in REGIONS.items()
    }
    both = [{one["buyer"] for one in truth.crossing if one["both"]} for truth in truths.values()]
    alone = [{one["buyer"] for one in truth.crossing if not one["both"]} for truth in truths.values()]
    assert both[0] == both[1]
    assert len(both[0]) == 4
    assert not alone[0] & alone[1]
    lines = [_lines(tmp_path / name) for name in REGIONS]
    buyers, codes = ([set(one[name].dropna()) for one in lines] for name in ("buyer_id_no", "trace_code"))
    assert not codes[0] & codes[1]
    assert both[0] <= buyers[0] & buyers[1]
    assert len(buyers[0] & buyers[1]) <= len(both[0]) + 2  # of a crowd, a few meet by chance
    shops = [
        set(pd.read_csv(tmp_path / name / "pharmacies.csv", dtype=str)["license_no"]) for name in REGIONS
    ]
    assert not shops[0] & shops[1]


def _lines(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_csv(one, dtype=str) for one in sorted((folder / "sales").glob("*.csv"))])


def test_the_regions_boxes_hold_their_towns_and_are_told_apart() -> None:
    for region in (PINGHU, JINSHAN):
        west, south, east, north = region.box
        assert all(west < town.lon < east and south < town.lat < north for town in region.towns)
        assert all(town.area_code.startswith(region.code) for town in region.towns)
    assert PINGHU.box == (120.90, 30.55, 121.32, 30.90)
