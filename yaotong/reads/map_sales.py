"""Sales as the dual map needs them: packs by shop and category in a window, and each shop's last sale.

Where they fit, the sales of a data version are added up by day once, so that another day costs a few sums;
a country's are asked of the fact files day by day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Sold
from yaotong.reads.map_registers import SPECIAL
from yaotong.store import Connection, Store, loads
from yaotong.store.factbase import open_sold
from yaotong.workspace import Workspace

_FEEDS = ("sales", "drugs")
# Sales lines whose sums by day are kept in memory: some 150 megabytes at the most.
KEPT_LINES = 10_000_000
NAMES = sorted([*SPECIAL_CATEGORIES, SPECIAL])
# Sums of parts of packs differ in their last bits with the order of adding: they are told to a millionth.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ShopSales:
    """Sales up to a day. `shops` are licence numbers in order, `last` the last day with a sale, NaT for none.

    Packs (net of returns) in the window: one number per `shop` and `category`, places in `shops` and NAMES.
    """

    shops: pd.Index
    last: NDArray[np.datetime64]
    shop: NDArray[np.int64]
    category: NDArray[np.int64]
    packs: NDArray[np.float64]

    def packs_of(self, names: pd.Index) -> pd.DataFrame:
        """license_no, category and packs of the shops named."""
        there = (names.get_indexer(self.shops) >= 0)[self.shop]
        told = {
            "license_no": self.shops.to_numpy()[self.shop[there]],
            "category": np.array(NAMES, dtype=object)[self.category[there]],
        }
        frame = pd.DataFrame({name: pd.Series(one, dtype="str") for name, one in told.items()})
        return frame.assign(packs=self.packs[there].round(_DIGITS))

    def last_of(self, names: pd.Index) -> NDArray[np.datetime64]:
        """The last day with a sale of each shop named, NaT for none."""
        place = self.shops.get_indexer(names)
        return np.append(self.last, np.datetime64("NaT", "D"))[place]


@dataclass(frozen=True, slots=True)
class DailySales:
    """Sums by day; `days` count from 1970 and rise. Shops and categories are places in `shops` and NAMES."""

    shops: pd.Index
    days: NDArray[np.int32]
    shop: NDArray[np.int32]
    category: NDArray[np.int32]
    packs: NDArray[np.float64]
    sold_days: NDArray[np.int32]
    sold_shop: NDArray[np.int32]

    @property
    def first_day(self) -> date | None:
        """The first day with a sale."""
        return _date_of(self.sold_days[0]) if len(self.sold_days) else None

    @property
    def last_day(self) -> date | None:
        """The last day with a sale."""
        return _date_of(self.sold_days[-1]) if len(self.sold_days) else None

    def on(self, day: date, window_days: int) -> ShopSales:
        """The window that ends with a Beijing day, and the last sales up to it."""
        until = _number_of(day)
        since, end = np.searchsorted(self.days, [until - window_days + 1, until + 1])
        part = slice(since, end)
        sums = _summed(self.shop[part], self.category[part], self.packs[part])
        return ShopSales(self.shops, self._last(int(np.searchsorted(self.sold_days, until + 1))), *sums)

    def _last(self, end: int) -> NDArray[np.datetime64]:
        last = np.full(len(self.shops), np.datetime64("NaT", "D"))
        # Days rise: the last one given to a shop stays.
        last[self.sold_shop[:end]] = self.sold_days[:end].astype("datetime64[D]")
        return last


@dataclass(frozen=True, slots=True)
class CountrySales:
    """Sales asked of the fact files for each day."""

    store: Store
    version: int
    first_day: date | None
    last_day: date | None

    def on(self, day: date, window_days: int) -> ShopSales:
        """The window that ends with a Beijing day, and the last sales up to it."""
        sold = open_sold(self.store, self.version)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time())
        last = _last_before(sold, end)
        shops = pd.Index(last["shop"].to_numpy(dtype=object))
        packs = _in_window(sold, end - timedelta(days=window_days), end)
        place = shops.get_indexer(pd.Index(packs["shop"].to_numpy(dtype=object)))
        sums = _summed(place, packs["category"].to_numpy(), packs["packs"].to_numpy())
        return ShopSales(shops, last["day"].to_numpy().astype("datetime64[D]"), *sums)


def read_sales(ws: Workspace, connection: Connection, version: int) -> DailySales | CountrySales:
    """The sales at a data version."""
    made = loads.mark_of(connection, _FEEDS, version)
    return _sales(ws, made, version if made is None else made.version, KEPT_LINES)


@lru_cache(maxsize=4)
def _sales(
    ws: Workspace, _made: loads.Mark | None, version: int, kept_lines: int
) -> DailySales | CountrySales:
    sold = open_sold(ws.store, version)
    if sold.sales.count().to_pyarrow().as_py() <= kept_lines:
        return _daily(sold)
    span = sold.sales.aggregate(first=sold.sales.sold_at.min(), last=sold.sales.sold_at.max())
    first, last = span.to_pandas().iloc[0]
    return CountrySales(ws.store, version, first.date(), last.date())


def _daily(sold: Sold) -> DailySales:
    sales, special = sold.sales, _special(sold)
    some = sales.group_by(shop=sales.pharmacy_id, day=sales.sold_at.date()).aggregate(lines=sales.count())
    days = _frame(some.select("shop", "day"))
    bare = special.group_by(
        shop=special.pharmacy_id, day=special.sold_at.date(), categories=special.categories
    )
    packs = _by_category(_frame(bare.aggregate(packs=special.quantity.sum())))
    number, shops = pd.factorize(days["shop"].to_numpy(dtype=object), sort=True)
    names = pd.Index(shops)
    days = days.assign(shop=number).sort_values(["day", "shop"])
    packs = packs.assign(shop=names.get_indexer(pd.Index(packs["shop"].to_numpy(dtype=object))))
    packs = packs.sort_values(["day", "shop", "category", "packs"])
    return DailySales(
        shops=names,
        days=packs["day"].to_numpy(np.int32),
        shop=packs["shop"].to_numpy(np.int32),
        category=packs["category"].to_numpy(np.int32),
        packs=packs["packs"].to_numpy(np.float64),
        sold_days=days["day"].to_numpy(np.int32),
        sold_shop=days["shop"].to_numpy(np.int32),
    )


def _special(sold: Sold) -> ir.Table:
    return sold.sales_of(*SPECIAL_CATEGORIES)


def _frame(table: ir.Table) -> pd.DataFrame:
    """Days as numbers."""
    frame: pd.DataFrame = table.to_pandas()
    days = pd.to_datetime(frame["day"]).to_numpy().astype("datetime64[D]")
    return frame.assign(day=days.astype(np.int32))


def _in_window(sold: Sold, start: datetime, end: datetime) -> pd.DataFrame:
    sales = _special(sold)
    window = sales.filter((sales.sold_at >= start) & (sales.sold_at < end))
    grouped = window.group_by(shop=window.pharmacy_id, categories=window.categories)
    return _by_category(grouped.aggregate(packs=window.quantity.sum()).to_pandas())


def _by_category(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per category: a drug of two special categories counts in both, and once in SPECIAL."""
    codes, texts = pd.factorize(frame["categories"])
    parts = [frame.assign(category=NAMES.index(SPECIAL))]
    for number, text in enumerate(texts):
        rows = frame[codes == number]
        named = [place for place, one in enumerate(NAMES) if f"|{one}|" in str(text)]
        parts += [rows.assign(category=place) for place in named]
    return pd.concat(parts, ignore_index=True).drop(columns="categories")


def _last_before(sold: Sold, end: datetime) -> pd.DataFrame:
    sales = sold.sales
    grouped = sales.filter(sales.sold_at < end).group_by(shop=sales.pharmacy_id)
    return _frame(grouped.aggregate(day=sales.sold_at.max().date())).sort_values("shop")


def _summed(
    shop: NDArray[np.integer], category: NDArray[np.integer], packs: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Shop, category and packs, one for each pair of the first two, in their order."""
    found, place = np.unique(shop.astype(np.int64) * len(NAMES) + category, return_inverse=True)
    added = np.bincount(place, weights=packs, minlength=len(found)).astype(np.float64)
    return found // len(NAMES), found % len(NAMES), added


def _number_of(day: date) -> int:
    return int(np.datetime64(day).astype("datetime64[D]").astype(np.int64))


def _date_of(number: np.int32) -> date:
    day: date = number.astype("datetime64[D]").astype(object)
    return day
