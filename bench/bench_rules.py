"""Seconds of every rule over a generated year, beside plain pandas for R-M01 and R-N01 in the same run.

Run ``python bench/bench_rules.py [lines]``: by default 1,000,000 sales lines of 280 shops over 365 days.
The last day is judged alone, as every night, and then the whole year in one run; the pandas peers judge
the year. A peer that disagrees with its rule is reported; no time fails the run.

``python -m bench.bench_rules --city 60000000`` measures whole detect runs on fact files: see rule_province.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from bench import rule_province
from yaotong.facts import FACT_SCHEMAS, Facts, Window
from yaotong.rules.book import book
from yaotong.rules.run import run_rule
from yaotong.workdays import days_frame

SHOPS, DAYS, BUYERS = 280, 365, 40_000
FIRST = date(2025, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)
# Name, categories, limit, share of all lines.
DRUGS = (
    ("氨麻美敏片", "|EPH|OTC_A|", 2.0, 0.02),
    ("复方磷酸可待因", "|OPI_CMP|RX|", None, 0.005),
    ("地西泮片", "|PSY2|RX|", None, 0.005),
    ("右美沙芬片", "|WATCH|FOUR|", None, 0.02),
    ("布洛芬缓释胶囊", "|FOUR|", None, 0.10),
    ("急支糖浆", "|FOUR|", None, 0.05),
    ("连花清瘟胶囊", "|FOUR|", None, 0.05),
    ("阿莫西林胶囊", "|FOUR|RX|", None, 0.05),
    ("维生素C片", "|OTC|", None, 0.70),
)


def sales_frame(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Lines in the order of their moments; one in five hundred is a return, one in a thousand a code anew."""
    seconds = np.sort(rng.integers(0, DAYS, count) * 86_400 + rng.integers(8 * 3600, 21 * 3600, count))
    drug = rng.choice(len(DRUGS), count, p=[share for *_, share in DRUGS])
    shop = rng.integers(0, SHOPS, count)
    code = np.where(rng.random(count) < 0.001, rng.integers(0, count, count), np.arange(count))
    buyer = rng.integers(0, BUYERS, count)
    named = (drug < 3) & (rng.random(count) < 0.98)
    amounts = np.where(
        rng.random(count) < 0.002, -1.0, rng.choice([1.0, 2.0, 3.0], count, p=[0.8, 0.19, 0.01])
    )
    pharmacy = pd.Series(shop).map("P{:03d}".format)
    sale = pd.Series(np.arange(count)).map("{:07d}".format)
    return pd.DataFrame(
        {
            "line_id": pharmacy + "/" + sale,
            "pharmacy_id": pharmacy,
            "sale_id": sale,
            "sold_at": (np.datetime64(FIRST, "s") + seconds.astype("timedelta64[s]")),
            "drug_code": np.array([name for name, *_ in DRUGS])[drug],
            "trace_code": pd.Series(code).map("{:020d}".format),
            "batch_no": pd.Series(rng.integers(0, 500, count)).map("B{:03d}".format),
            "quantity": amounts,
            "buyer_key": pd.Series(buyer).map("k:{:06d}".format).where(named, None),
        }
    )


def small_frames() -> dict[str, pd.DataFrame]:
    """Register, catalogue, recalls and notices beside the sales."""
    shops = range(SHOPS)
    areas = [f"3304820{one % 9 + 1:02d}" for one in shops]
    drugs = [
        {"drug_code": name, "drug_name": name, "categories": categories, "limit_per_sale": limit,
         "active_mg_per_pack": 300.0, "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}
        for name, categories, limit, _ in DRUGS
    ]  # fmt: skip
    recall = pd.Timestamp(LAST - timedelta(days=60))
    return {
        "pharmacies": pd.DataFrame(
            {"pharmacy_id": [f"P{one:03d}" for one in shops], "area_code": areas, "status": "active"}
        ),
        "drugs": pd.DataFrame(drugs),
        "recalls": pd.DataFrame(
            {"batch_no": ["B001", "B002"], "drug_code": "急支糖浆", "effective_at": recall, "level": "2"}
        ),
        "days": days_frame(FIRST, LAST),
    }


def facts_of(sales: pd.DataFrame) -> Facts:
    """Facts over tables in memory, on DuckDB."""
    frames = {"sales": sales, **small_frames()}
    backend = ibis.duckdb.connect()
    tables = {}
    for name, schema in FACT_SCHEMAS.items():
        frame = frames.get(name, pd.DataFrame())
        columns = [
            pa.array(frame[one.name], type=one.type, from_pandas=True)
            if one.name in frame
            else pa.nulls(len(frame), one.type)
            for one in schema
        ]
        backend.con.register("given", pa.table(columns, schema=schema))
        backend.con.execute(f"create table {name} as select * from given")
        backend.con.unregister("given")
        tables[name] = backend.table(name)
    return Facts(**tables)


Keys = set[tuple[str, date]]


def pandas_m01(sales: pd.DataFrame) -> Keys:
    """R-M01 with frames: pairs of lines of one buyer at one shop, half an hour apart at the most."""
    drugs = small_frames()["drugs"][["drug_code", "categories", "limit_per_sale"]]
    both = sales.merge(drugs, on="drug_code")
    eph = both[both["categories"].str.contains("|EPH|", regex=False)]
    columns = ["line_id", "pharmacy_id", "buyer_key", "sold_at", "quantity", "limit_per_sale"]
    named = eph.loc[eph["buyer_key"].notna(), columns]
    pairs = named[named["quantity"] > 0].merge(named, on=["pharmacy_id", "buyer_key"], suffixes=("_at", ""))
    apart = (pairs["sold_at_at"] - pairs["sold_at"]).dt.total_seconds()
    returned = (pairs["quantity"] < 0) & apart.between(-1800, 0, inclusive="left")
    pairs = pairs[apart.between(0, 1800) | returned]
    ends = ["line_id_at", "pharmacy_id", "sold_at_at", "limit_per_sale_at"]
    visits = pairs.groupby(ends, as_index=False)["quantity"].sum()
    over = visits[visits["quantity"] > visits["limit_per_sale_at"].clip(upper=2).fillna(2)]
    alone = eph[eph["buyer_key"].isna() & (eph["quantity"] > eph["limit_per_sale"].clip(upper=2).fillna(2))]
    found = zip(over["pharmacy_id"], over["sold_at_at"].dt.date, strict=True)
    return {*found, *zip(alone["pharmacy_id"], alone["sold_at"].dt.date, strict=True)}


def pandas_n01(sales: pd.DataFrame) -> Keys:
    """R-N01 with frames: codes that occur twice, in order, with what is out after each line."""
    some = sales[sales["trace_code"].duplicated(keep=False)].sort_values(["trace_code", "sold_at", "line_id"])
    by = some.groupby("trace_code")
    same = by["quantity"].shift() == some["quantity"]
    same &= by["pharmacy_id"].shift() == some["pharmacy_id"]
    buyer = some["buyer_key"].fillna("")
    same &= buyer.groupby(some["trace_code"]).shift() == buyer
    same &= (some["sold_at"] - by["sold_at"].shift()).dt.total_seconds() <= 300
    counted = some["quantity"].mask(same & (some["quantity"] > 0), 0.0)
    out = counted.groupby(some["trace_code"]).cumsum()
    times = (counted > 0).groupby(some["trace_code"]).cumsum()
    again = some[(counted > 0) & (out > 1 + 1e-9) & (times >= 2)]
    return set(zip(again["trace_code"], again["sold_at"].dt.date, strict=True))


PEERS: dict[str, Callable[[pd.DataFrame], Keys]] = {"R-M01": pandas_m01, "R-N01": pandas_n01}


@dataclass
class Timer:
    """Seconds of a piece of work and what it gave."""

    seconds: float = 0.0
    result: object = field(default=None)

    @classmethod
    def of(cls, work: Callable[[], object]) -> "Timer":
        began = time.perf_counter()
        result = work()
        return cls(time.perf_counter() - began, result)


def main(count: int) -> None:
    """Print seconds per rule for a day and for the year, and the ratio to pandas where there is a peer."""
    sales = sales_frame(count, np.random.default_rng(1))
    facts = facts_of(sales)
    year, day = Window(FIRST, LAST), Window(LAST, LAST)
    print(f"{count:,} lines, {SHOPS} shops, {DAYS} days")
    print("rule      last day    whole year    findings    pandas, year    ratio (pandas / rule)")
    for rule_id, rule in book().items():
        alone = Timer.of(lambda rule=rule: run_rule(rule, facts, day))
        whole = Timer.of(lambda rule=rule: run_rule(rule, facts, year))
        frame = whole.result
        line = f"{rule_id} {alone.seconds:10.2f} s {whole.seconds:11.2f} s {len(frame):11,}"
        if rule_id in PEERS:
            peer = Timer.of(lambda rule_id=rule_id: PEERS[rule_id](sales))
            agree = peer.result == set(zip(frame["subject"], frame["behaviour_day"], strict=True))
            line += f" {peer.seconds:13.2f} s {peer.seconds / whole.seconds:13.2f}"
            line += "" if agree else "    NOT THE SAME FINDINGS"
        print(line, flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    if sys.argv[1:2] == ["--city"]:
        rule_province.main(sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
