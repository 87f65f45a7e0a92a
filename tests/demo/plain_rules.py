"""The seven rules as a reader of the rule book would work them out by hand: slow, plain, pandas only.

Each function takes the city's tables and answers its findings; the real rules are written elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class City:
    """A written city read back as plain tables."""

    sales: pd.DataFrame
    drugs: pd.DataFrame
    pharmacies: pd.DataFrame
    recalls: pd.DataFrame
    calendar: pd.DataFrame


def read_city(folder: Path) -> City:
    """Every feed as pandas reads it; sales with their drug's present category, day and line id."""
    parts = [pd.read_csv(path, dtype=str) for path in sorted((folder / "sales").glob("*.csv"))]
    sales = pd.concat(parts, ignore_index=True)
    sales["sold_at"] = pd.to_datetime(sales["sold_at"])
    sales["day"] = sales["sold_at"].dt.normalize()
    sales["quantity"] = sales["quantity"].astype(float)
    sales["line_id"] = sales["pharmacy_id"] + "/" + sales["sale_id"]
    drugs = pd.read_csv(folder / "drugs.csv", dtype=str, keep_default_na=False)
    now = drugs[drugs["valid_to"] == ""].set_index("drug_code")
    sales["category"] = sales["drug_code"].map(now["category"])
    sales["drug_name"] = sales["drug_code"].map(now["drug_name"])
    sales["active_mg"] = pd.to_numeric(sales["drug_code"].map(now["active_mg_per_pack"]), errors="coerce")
    pharmacies = pd.read_csv(
        folder / "pharmacies.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )
    recalls = pd.read_csv(folder / "recalls.csv", dtype=str)
    calendar = pd.read_csv(folder / "calendar.csv", dtype=str, keep_default_na=False)
    return City(sales, drugs, pharmacies, recalls, calendar)


def bears(sales: pd.DataFrame, category: str) -> pd.Series:
    return sales["category"].str.split("|").map(lambda held: category in held)


def over_the_counter_eph(city: City) -> pd.DataFrame:
    """Ephedrine compounds that no prescription covers, in order of time."""
    lines = city.sales[bears(city.sales, "EPH") & city.sales["prescription_no"].isna()]
    return lines.sort_values("sold_at", kind="stable")


def eph_limit(city: City) -> set[str]:
    """R-M01: shops where one buyer nets over 2 packs within 30 minutes."""
    found = set()
    eph = over_the_counter_eph(city)
    visits = eph.groupby(["pharmacy_id", "buyer_id_no"])["quantity"].transform("size")
    for (shop, _buyer), lines in eph[(visits > 1) | (eph["quantity"] > 2)].groupby(
        ["pharmacy_id", "buyer_id_no"]
    ):
        for at in lines["sold_at"]:
            window = (lines["sold_at"] >= at) & (lines["sold_at"] <= at + pd.Timedelta(minutes=30))
            if lines.loc[window, "quantity"].sum() > 2:
                found.add(shop)
    return found


def split(city: City) -> set[str]:
    """R-M03: shops where one buyer nets over 2 packs in a day, or 4 in a week, with half an hour between."""
    found = set()
    eph = over_the_counter_eph(city)
    comes = eph.groupby(["pharmacy_id", "buyer_id_no"])["quantity"].transform("size")
    for (shop, _buyer), lines in eph[comes > 1].groupby(["pharmacy_id", "buyer_id_no"]):
        for end in lines.loc[lines["quantity"] > 0, "sold_at"]:
            age = end - lines["sold_at"]
            later = (lines["quantity"] < 0) & (age < pd.Timedelta(0)) & (lines["day"] == end.normalize())
            earlier = lines.loc[age > pd.Timedelta(minutes=30)]
            for days, most in ((1, 2.01), (7, 4)):
                near = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=days))
                before = earlier["quantity"][near].sum()
                if before > 0 and lines.loc[near | later, "quantity"].sum() >= most:
                    found.add(shop)
    return found


def structuring(city: City) -> set[str]:
    """R-P01: buyers over any of the limits in a rolling window."""
    found = set()
    eph = over_the_counter_eph(city)
    total = eph["quantity"].abs().groupby(eph["buyer_id_no"])
    busy = (total.transform("sum") >= 4) | (total.transform("size") >= 3)
    for buyer, lines in eph[busy].groupby("buyer_id_no"):
        for at in lines["sold_at"]:
            if any(_over(lines, at, days, packs) for days, packs in ((1, 4), (7, 6), (30, 10))):
                found.add(buyer)
    return found


def _over(lines: pd.DataFrame, at: pd.Timestamp, days: int, packs: float) -> bool:
    inside = lines[(lines["sold_at"] >= at) & (lines["sold_at"] < at + pd.Timedelta(days=days))]
    by_shop = inside.groupby("pharmacy_id")["quantity"].sum()
    shops = days == 1 and (by_shop > 0).sum() >= 3
    active = days == 30 and (inside["quantity"] * inside["active_mg"]).sum() >= 7200
    return bool(inside["quantity"].sum() >= packs or shops or active)


def trace_twice(city: City) -> set[str]:
    """R-N01: codes whose packs were sold more than once and not returned, re-scans within 2 minutes apart."""
    coded = city.sales.dropna(subset="trace_code").sort_values("sold_at", kind="stable")
    repeated = coded[coded.duplicated("trace_code", keep=False)]
    return {str(code) for code, lines in repeated.groupby("trace_code") if _sold_again(lines)}


def _sold_again(lines: pd.DataFrame) -> bool:
    sold = lines[lines["quantity"] > 0]
    same = ["pharmacy_id", "buyer_id_no", "settlement_id"]
    rescans = (sold["sold_at"].diff() <= pd.Timedelta(minutes=2)) & (
        sold[same].fillna("") == sold[same].shift().fillna("")
    ).all(axis=1)
    split = sold["quantity"].lt(1).all() and sold["quantity"].sum() <= 1
    kept = len(sold) - int(rescans.sum()) - int((lines["quantity"] < 0).sum())
    return kept >= 2 and not split


def lines_of_other_codes(city: City) -> pd.DataFrame:
    """Lines whose 20-digit code does not begin with the product code that the catalogue tells."""
    told = city.drugs[city.drugs["valid_to"] == ""].set_index("drug_code")["product_code"]
    coded = city.sales[city.sales["trace_code"].str.fullmatch(r"\d{20}").fillna(False).astype(bool)]
    return coded[coded["trace_code"].str[:7] != coded["drug_code"].map(told)]


def other_codes(city: City) -> set[str]:
    """R-M19: shops with three whole packs or more of such codes in a week from Monday to Sunday."""
    lines = lines_of_other_codes(city)
    lines = lines[(lines["quantity"] > 0) & (lines["quantity"] % 1 == 0)]
    monday = lines["day"] - pd.to_timedelta(lines["day"].dt.day_of_week, unit="D")
    counts = lines.groupby(["pharmacy_id", monday.rename("monday")]).size()
    return set(counts[counts >= 3].index.get_level_values("pharmacy_id"))


def recalled_lot(city: City) -> set[str]:
    """R-M14: lots sold more than 24 hours after their recall took effect."""
    sold = city.sales[city.sales["quantity"] > 0]
    both = sold.merge(city.recalls, on=["batch_no", "drug_code"])
    late = both[both["sold_at"] > pd.to_datetime(both["effective_at"]) + pd.Timedelta(hours=24)]
    return set(late["drug_code"] + ":" + late["batch_no"])


def silent_days(city: City) -> pd.DataFrame:
    """Shop-days without a line on days the hours say open, inside no holiday and no notice."""
    counts = city.sales.groupby(["pharmacy_id", "day"]).size().unstack(fill_value=0)
    days = pd.date_range(counts.columns.min(), counts.columns.max())
    counts = counts.reindex(columns=days, fill_value=0)
    shops = city.pharmacies.set_index("license_no")
    noticed = city.calendar[city.calendar["kind"].isin(["closure", "holiday"])]
    silent = (counts == 0).stack()
    rows = silent[silent].reset_index().set_axis(["pharmacy_id", "day", "silent"], axis=1)
    rows["mean"] = rows["pharmacy_id"].map(counts.mean(axis=1))
    sunday = rows["day"].dt.day_of_week == 6
    rests = rows["pharmacy_id"].map(shops["opening_hours"]).str.contains("Su off")
    rows = rows[~(sunday & rests)]
    for notice in noticed.itertuples():
        inside = rows["day"].between(pd.Timestamp(notice.date_from), pd.Timestamp(notice.date_until))
        rows = rows[~(inside & ((notice.scope == "") | (rows["pharmacy_id"] == notice.scope)))]
    return rows


def silent_shops(city: City) -> pd.DataFrame:
    """R-M20: silences of 2 days or more that chance does not explain and the town does not share."""
    rows = silent_days(city)
    rows["town"] = rows["pharmacy_id"].map(city.pharmacies.set_index("license_no")["town_code"])
    shops_in_town = city.pharmacies[city.pharmacies["status"] == "active"].groupby("town_code").size()
    together = rows.groupby(["town", "day"])["pharmacy_id"].transform("size") / rows["town"].map(
        shops_in_town
    )
    rows = rows[(together < 0.5) & (rows["mean"] >= 3)].sort_values(["pharmacy_id", "day"])
    run = (rows.groupby("pharmacy_id")["day"].diff() != pd.Timedelta(days=1)).cumsum()
    runs = (
        rows.groupby(["pharmacy_id", run])["day"].agg(["min", "max", "size"]).reset_index(level=1, drop=True)
    )
    return runs[runs["size"] >= 2].reset_index()


def surges(city: City, category: str) -> pd.DataFrame:
    """R-M30: shops with z >= 3, >= 10 packs and >= 2 x the same weekday's 8-week median, 2 days running."""
    lines = city.sales[bears(city.sales, category)]
    daily = lines.groupby(["pharmacy_id", "day"])["quantity"].sum().unstack(fill_value=0.0)
    daily = daily.reindex(
        columns=pd.date_range(city.sales["day"].min(), city.sales["day"].max()), fill_value=0.0
    )
    past = np.stack([daily.shift(7 * week, axis=1).to_numpy() for week in range(1, 9)])
    with np.errstate(invalid="ignore"):
        median = np.median(past, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(past - median), axis=0), 1.0)
    high = (daily - median) / spread
    hit = (high >= 3) & (daily >= 10) & (daily >= 2 * median) & ~np.isnan(median)
    hit &= ~_promoted(city, daily)
    twice = hit & hit.shift(1, axis=1, fill_value=False)
    rows = twice.stack()
    return rows[rows].reset_index().set_axis(["pharmacy_id", "day", "hit"], axis=1)


def _promoted(city: City, daily: pd.DataFrame) -> pd.DataFrame:
    answer = pd.DataFrame(False, index=daily.index, columns=daily.columns)
    for notice in city.calendar[city.calendar["kind"] == "promotion"].itertuples():
        shops = daily.index if notice.scope == "" else daily.index.intersection([notice.scope])
        answer.loc[shops, pd.Timestamp(notice.date_from) : pd.Timestamp(notice.date_until)] = True
    return answer


GROUPS = {
    "fever": "布洛芬缓释|对乙酰氨基酚",
    "cough": "急支糖浆|氨溴索|小青龙",
    "antiviral": "连花清瘟|奥司他韦|玛巴洛沙韦",
    "antibacterial": "阿莫西林|阿奇霉素|左氧氟沙星",
}


def epidemic(city: City, towns: pd.Series) -> pd.DataFrame:
    """R-H01: town x group, EARS-C2 over 3, >= 1.5 x the 28-day median, >= 20 packs, 2 days running."""
    found = []
    days = pd.date_range(city.sales["day"].min(), city.sales["day"].max())
    for group, names in GROUPS.items():
        lines = city.sales[city.sales["drug_name"].str.contains(names)]
        town = lines["pharmacy_id"].map(towns).rename("town")
        daily = lines.groupby([town, "day"])["quantity"].sum().unstack(fill_value=0.0)
        daily = daily.reindex(columns=days, fill_value=0.0).T
        base = daily.shift(3).rolling(7)
        c2 = (daily - base.mean()) / base.std().clip(lower=0.5)
        median = daily.shift(1).rolling(28, min_periods=21).median()
        hit = (c2 > 3) & (daily >= 1.5 * median) & (daily >= 20)
        promoted = _promoted(city, daily.T)
        hit &= ~promoted.loc[daily.columns].T
        twice = (hit & hit.shift(1, fill_value=False)).T.stack()
        rows = twice[twice].reset_index().set_axis(["town", "day", "hit"], axis=1)
        found.append(rows.assign(group=group))
    return pd.concat(found, ignore_index=True)
