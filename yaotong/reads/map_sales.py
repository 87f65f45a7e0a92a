"""Sales as the dual map needs them: packs by shop and category in a window, and each shop's last sale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ShopSales:
    """`packs`: license_no, category, packs (net of returns); `last_sold`: last day with a sale, by shop."""

    as_of: date | None
    packs: pd.DataFrame
    last_sold: dict[str, date]


def read_sales(facts: Facts, as_of: date | None, window_days: int) -> ShopSales:
    """Sales up to and including a Beijing day; None asks for the last day that has any."""
    until = as_of or _last_day(facts)
    if until is None:
        return ShopSales(None, pd.DataFrame(columns=["license_no", "category", "packs"]), {})
    end = datetime.combine(until + timedelta(days=1), datetime.min.time())
    return ShopSales(until, _packs(facts, end - timedelta(days=window_days), end), _last_sold(facts, end))


def first_day(ws: Workspace, version: int) -> date | None:
    """The first day with sales at a data version; None without any."""
    first = open_facts(ws.store, version=version).sales.sold_at.min().to_pandas()
    return None if pd.isna(first) else first.date()


def _last_day(facts: Facts) -> date | None:
    last = facts.sales.sold_at.max().to_pandas()
    return None if pd.isna(last) else last.date()


def _last_sold(facts: Facts, end: datetime) -> dict[str, date]:
    sales = facts.sales
    grouped = sales.filter(sales.sold_at < end).group_by("pharmacy_id")
    frame = grouped.aggregate(last=sales.sold_at.max()).to_pandas()
    return {str(shop): last.date() for shop, last in zip(frame["pharmacy_id"], frame["last"], strict=True)}


def _packs(facts: Facts, start: datetime, end: datetime) -> pd.DataFrame:
    """One row per shop and category; a drug of two special categories counts in both, and once in SPECIAL."""
    sales = facts.sales_of(*SPECIAL_CATEGORIES)
    window = sales.filter((sales.sold_at >= start) & (sales.sold_at < end))
    grouped = window.group_by(["pharmacy_id", "categories"]).aggregate(packs=window.quantity.sum())
    frame = grouped.to_pandas().rename(columns={"pharmacy_id": "license_no"})
    each = [[one for one in SPECIAL_CATEGORIES if f"|{one}|" in text] for text in frame["categories"]]
    named = frame.assign(category=each).explode("category")
    both = pd.concat([named, frame.assign(category="SPECIAL")], ignore_index=True)
    summed: pd.DataFrame = both.groupby(["license_no", "category"], as_index=False)["packs"].sum()
    return summed
