"""Three rules beside the same logic in pandas and in PostgreSQL, on the same lines in the same run.

    python -m bench.rule_peers HOME [--without-postgres]

A rule and pandas read the fact files each time; PostgreSQL has the lines loaded, indexed and analysed before
(told apart). What a peer finds must be what the rule finds: shops, buyers or codes, and their days.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from bench.rule_queries import QUERIES, TABLES
from yaotong.acts.judging import Judging
from yaotong.facts import Facts, Window
from yaotong.rules.book import book
from yaotong.rules.run import run_rule
from yaotong.store.factbase import open_facts
from yaotong.workspace import open_workspace

Keys = set[tuple[str, date]]
LINES = "line_id pharmacy_id sold_at drug_code quantity buyer_key prescription_no trace_code".split()
_LIMBS = ((1, "packs", 4), (1, "shops", 3), (7, "packs", 6), (30, "packs", 10), (30, "mg", 7200))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of a piece of work, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def by_rule(rule_id: str, facts: Facts, window: Window) -> Keys:
    frame = run_rule(book()[rule_id], facts, window)
    return set(zip(frame["subject"], frame["behaviour_day"], strict=True))


def _ephedrine(facts: Facts) -> pd.DataFrame:
    sales = facts.sales.select(*LINES[:-1]).to_pandas()
    drugs = facts.drugs.to_pandas()
    both = sales[sales["prescription_no"].isna()].merge(
        drugs[drugs["categories"].str.contains("|EPH|", regex=False)], on="drug_code"
    )
    day = both["sold_at"].dt.date
    return both[(day >= both["valid_from"]) & (day <= both["valid_to"])]


def pandas_m01(facts: Facts) -> Keys:
    """Lines of one buyer at one shop up to half an hour before a line, and returns as long after it."""
    eph = _ephedrine(facts)[[*LINES[:6], "limit_per_sale"]]
    named = eph[eph["buyer_key"].notna()]
    pairs = named[named["quantity"] > 0].merge(named, on=["pharmacy_id", "buyer_key"], suffixes=("_at", ""))
    apart = (pairs["sold_at_at"] - pairs["sold_at"]).dt.total_seconds()
    returned = (pairs["quantity"] < 0) & apart.between(-1800, 0, inclusive="left")
    pairs = pairs[apart.between(0, 1800) | returned]
    ends = ["line_id_at", "pharmacy_id", "sold_at_at", "limit_per_sale_at"]
    visits = pairs.groupby(ends, as_index=False, dropna=False)["quantity"].sum()
    over = visits[visits["quantity"] > visits["limit_per_sale_at"].clip(upper=2).fillna(2)]
    alone = eph[eph["buyer_key"].isna() & (eph["quantity"] > eph["limit_per_sale"].clip(upper=2).fillna(2))]
    found = zip(over["pharmacy_id"], over["sold_at_at"].dt.date, strict=True)
    return {*found, *zip(alone["pharmacy_id"], alone["sold_at"].dt.date, strict=True)}


def pandas_p01(facts: Facts) -> Keys:
    """What a buyer had from each shop in the 30 days that end with a purchase."""
    eph = _ephedrine(facts)
    eph = eph.loc[eph["buyer_key"].notna(), [*LINES[:6], "active_mg_per_pack"]]
    at = eph.loc[eph["quantity"] > 0, ["line_id", "buyer_key", "sold_at"]]
    pairs = at.rename(columns={"line_id": "at_line", "sold_at": "at"}).merge(eph, on="buyer_key")
    age = (pairs["at"] - pairs["sold_at"]).dt.total_seconds()
    pairs, found = pairs.assign(age=age)[age.between(0, 30 * 86_400, inclusive="left")], set()
    pairs["mg"] = pairs["quantity"] * pairs["active_mg_per_pack"].fillna(0.0)
    for days, measure, limit in _LIMBS:
        near = pairs[pairs["age"] < days * 86_400]
        by = ["at_line", "buyer_key", "at"]
        sums = (
            near.groupby([*by, "pharmacy_id"], as_index=False)[["quantity", "mg"]]
            .sum()
            .round({"quantity": 6, "mg": 6})
        )
        sums["shops"], sums["packs"] = (sums["quantity"] > 0).astype(float), sums["quantity"]
        totals = sums.groupby(by, as_index=False)[measure].sum().round({measure: 6})
        over = totals[totals[measure] >= limit]
        found |= set(zip(over["buyer_key"], over["at"].dt.date, strict=True))
    return found


def pandas_n01(facts: Facts) -> Keys:
    """Codes that occur twice, in order, with what is out after each line."""
    sales = facts.sales.select(*LINES).to_pandas()
    sales = sales[sales["trace_code"].notna()]
    some = sales[sales["trace_code"].duplicated(keep=False)].sort_values(["trace_code", "sold_at", "line_id"])
    by = some.groupby("trace_code")
    same = (by["quantity"].shift() == some["quantity"]) & (by["pharmacy_id"].shift() == some["pharmacy_id"])
    buyer = some["buyer_key"].fillna("")
    same &= buyer.groupby(some["trace_code"]).shift() == buyer
    same &= (some["sold_at"] - by["sold_at"].shift()).dt.total_seconds() <= 300
    counted = some["quantity"].mask(same & (some["quantity"] > 0), 0.0)
    out = counted.groupby(some["trace_code"]).cumsum()
    times = (counted > 0).groupby(some["trace_code"]).cumsum()
    again = some[(counted > 0) & (out > 1 + 1e-9) & (times >= 2)]
    return set(zip(again["trace_code"], again["sold_at"].dt.date, strict=True))


PANDAS: dict[str, Callable[[Facts], Keys]] = {"R-M01": pandas_m01, "R-N01": pandas_n01, "R-P01": pandas_p01}


def postgres(facts: Facts) -> tuple[float, dict[str, tuple[float, Keys]]]:
    """Seconds of loading, and of each rule's query with what it found, on a server of its own."""
    import psycopg

    from tests.postgres.cluster import ROLE, Cluster

    cluster = Cluster()
    try:
        with psycopg.connect(host=str(cluster.folder), user=ROLE, dbname="postgres") as connection:
            connection.execute("set work_mem = '256MB'")
            loading, _ = timed(lambda: _load(connection, facts))
            told = {}
            for rule_id, query in QUERIES.items():
                seconds, rows = timed(lambda query=query: connection.execute(query).fetchall())
                told[rule_id] = (seconds, set(rows))
            return loading, told
    finally:
        cluster.remove()


def _load(connection: Any, facts: Facts) -> None:
    connection.execute(TABLES)
    for name, columns in (("sales", LINES), ("drugs", facts.drugs.columns)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.csv"
            getattr(facts, name).select(*columns).to_csv(path, header=False)
            wanted = f"copy {name} ({', '.join(columns)}) from stdin (format csv)"
            with path.open("rb") as file, connection.cursor().copy(wanted) as copy:
                while part := file.read(1 << 20):
                    copy.write(part)
    connection.execute("create index on sales (drug_code)")
    connection.execute("create index on sales (trace_code)")
    connection.execute("analyze sales; analyze drugs")


def main(home: Path, *, with_postgres: bool) -> None:
    """One JSON object per rule: seconds of the rule and of each peer, findings, and whether they agree."""
    workspace = open_workspace(home, {})
    facts = open_facts(workspace.store)
    loading, served = postgres(facts) if with_postgres else (0.0, {})
    for rule_id, peer in PANDAS.items():
        window = Judging(workspace.store, facts, 0).days(book()[rule_id])
        assert window is not None
        seconds, found = timed(lambda rule_id=rule_id, window=window: by_rule(rule_id, facts, window))
        peers = {"pandas": timed(lambda peer=peer: peer(facts))}
        if rule_id in served:
            peers["postgres"] = served[rule_id]
        told = {name: {"seconds": each, "agrees": keys == found} for name, (each, keys) in peers.items()}
        print(json.dumps({"rule": rule_id, "seconds": seconds, "found": len(found), **told}), flush=True)
    print(json.dumps({"loading_seconds": loading}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), with_postgres="--without-postgres" not in sys.argv)
