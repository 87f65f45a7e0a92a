"""What a few shops or one buyer sent, read off the months asked for alone, and nothing else opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from yaotong.store.asked import asked
from yaotong.store.engine import Store
from yaotong.store.factfiles import corrections, paths_of_months
from yaotong.store.registry import in_force
from yaotong.store.schema import fact_file

COLUMNS = ("day", "drug_code", "lines", "packs")


def sold_days(
    store: Store,
    since: date,
    until: date,
    *,
    shops: Sequence[str] | None = None,
    buyer: str | None = None,
) -> pd.DataFrame:
    """COLUMNS of sales from day to day (both included), by day and drug; only of some shops, of one buyer.

    `packs` are net of returns. StoreError when a file cannot be read.
    """
    with store.read() as connection:
        files = _files(connection, store, "sales", since, until)
        ended = _ended(connection)
    if not files or (shops is not None and not shops):
        return pd.DataFrame(columns=list(COLUMNS))
    where = "sold_at >= ? and sold_at < ?"
    values: list[Any] = [since, until + timedelta(days=1)]
    if shops is not None:
        where += f" and pharmacy_id in ({', '.join('?' * len(shops))})"
        values += shops
    if buyer is not None:
        where += " and buyer_key = ?"
        values.append(buyer)
    return asked(
        "select cast(sold_at as date) as day, drug_code, count(*) as lines, sum(quantity) as packs"
        f" from read_parquet(?, hive_partitioning=false) where {where}{_standing(ended)} group by all",
        [files, *values, *ended],
    )


def inspections_of(store: Store, shops: Sequence[str], since: datetime, until: datetime) -> pd.DataFrame:
    """pharmacy_id, inspected_at and outcome of some shops' inspections from one moment to another."""
    with store.read() as connection:
        files = _files(connection, store, "inspections", since, until)
        ended = _ended(connection, "inspections")
    if not files or not shops:
        return pd.DataFrame({"pharmacy_id": [], "inspected_at": pd.to_datetime([]), "outcome": []})
    return asked(
        "select pharmacy_id, inspected_at, outcome from read_parquet(?, hive_partitioning=false)"
        f" where inspected_at between ? and ? and pharmacy_id in ({', '.join('?' * len(shops))})"
        f"{_standing(ended)}",
        [files, since, until, *shops, *ended],
    )


def of_categories(sold: pd.DataFrame, drugs: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Those of sold_days whose drug bore any of the categories on the day, with `categories` beside them.

    `drugs` as from factbase.drugs_of.
    """
    marks = [f"|{one}|" for one in categories]
    held = drugs["categories"].fillna("").map(lambda one: any(mark in one for mark in marks)).astype(bool)
    # In seconds: 9999-12-31 lies beyond what nanoseconds reach.
    dated = drugs.loc[held, ["drug_code", "categories", "valid_from", "valid_to"]].astype(
        {"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"}
    )
    both = sold.astype({"day": "datetime64[s]"}).merge(dated, on="drug_code")
    then = (both["valid_from"] <= both["day"]) & (both["day"] <= both["valid_to"])
    return both[then].drop(columns=["valid_from", "valid_to"])


def sold_span(store: Store) -> tuple[date, date] | None:
    """The first and the last day of all sales; None before any came."""
    with store.read() as connection:
        months = sorted(
            connection.execute(
                select(fact_file.c.month)
                .distinct()
                .where(fact_file.c.feed == "sales", in_force(fact_file, None))
            ).scalars()
        )
        ended = _ended(connection)
        # By month: all of a month's lines may have been corrected away.
        first = _first_that_has(connection, store, months, ended, "min")
        last = _first_that_has(connection, store, months[::-1], ended, "max")
    return None if first is None or last is None else (first, last)


def _first_that_has(
    connection: Connection, store: Store, months: Sequence[str], ended: list[Any], edge: str
) -> date | None:
    for month in months:
        found = asked(
            f"select {edge}(sold_at) as day from read_parquet(?, hive_partitioning=false)"
            f" where true{_standing(ended)}",
            [paths_of_months(connection, store.facts_dir, "sales", month, month), *ended],
        )["day"].iloc[0]
        if not pd.isna(found):
            return pd.Timestamp(found).date()
    return None


def _ended(connection: Connection, feed: str = "sales") -> list[Any]:
    """The wordings that no longer hold, as one value of a query; nothing where there are none."""
    shas = [bytes.fromhex(one) for one in corrections(connection, feed)["line_sha"]]
    return [shas] if shas else []


def _standing(ended: list[Any]) -> str:
    return " and line_sha not in (select unnest(?))" if ended else ""


def _files(connection: Connection, store: Store, feed: str, since: date, until: date) -> list[str]:
    """The files in force of the months from day to day, both included."""
    return paths_of_months(connection, store.facts_dir, feed, f"{since:%Y-%m}", f"{until:%Y-%m}")
