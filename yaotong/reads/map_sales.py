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
import pyarrow as pa
from numpy.typing import NDArray

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Sold
from yaotong.reads.map_registers import SPECIAL
from yaotong.store import Connection, Store, loads
from yaotong.store.factbase import open_sold
from yaotong.store.factfiles import ended_between, kept
from yaotong.workspace import Workspace

_FEEDS = ("sales", "drugs")
# Sales lines whose sums by day are kept in memory: some 150 megabytes at the most.
KEPT_LINES = 10_000_000
# What came is put to what is known up to this share of it, or when it is a few lines.
_MOST_GROWN, _FEW = 0.2, 50_000
_MOST_KEPT = 4
NAMES = sorted([*SPECIAL_CATEGORIES, SPECIAL])
# Sums of parts of packs differ in their last bits with the order of adding: they are told to a millionth.
_DIGITS = 6
_Sums = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


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

    def with_more(self, more: DailySales) -> DailySales:
        """These sums and those of other lines, together."""
        shops = self.shops if more.shops.isin(self.shops).all() else self.shops.union(more.shops)
        mine, theirs = (shops.get_indexer(one.shops).astype(np.int32) for one in (self, more))
        sums = _Keyed.of(len(shops), self.days, mine[self.shop], self.category, self.packs)
        sums = sums.with_more(_Keyed.of(len(shops), more.days, theirs[more.shop], more.category, more.packs))
        sold = _Keyed.of(len(shops), self.sold_days, mine[self.sold_shop])
        sold = sold.with_more(_Keyed.of(len(shops), more.sold_days, theirs[more.sold_shop]))
        days, shop, category = sums.parts()
        sold_days, sold_shop, _ = sold.parts()
        return DailySales(shops, days, shop, category, sums.packs, sold_days, sold_shop)

    def _last(self, end: int) -> NDArray[np.datetime64]:
        last = np.full(len(self.shops), np.datetime64("NaT", "D"))
        # Days rise: the last one given to a shop stays.
        last[self.sold_shop[:end]] = self.sold_days[:end].astype("datetime64[D]")
        return last


@dataclass(frozen=True, slots=True)
class _Keyed:
    """Sums under one number for day, shop and category, rising, each there once."""

    shops: int
    keys: NDArray[np.int64]
    packs: NDArray[np.float64]

    @classmethod
    def of(
        cls, shops: int, days: NDArray[np.int32], shop: NDArray[np.int32],
        category: NDArray[np.int32] | None = None, packs: NDArray[np.float64] | None = None,
    ) -> _Keyed:  # fmt: skip
        keys = (days.astype(np.int64) * max(shops, 1) + shop) * len(NAMES)
        keys = keys if category is None else keys + category
        weights = np.zeros(len(keys)) if packs is None else packs
        if (np.diff(keys) > 0).all():
            return cls(shops, keys, weights)
        keys, place = np.unique(keys, return_inverse=True)
        return cls(shops, keys, np.bincount(place, weights=weights, minlength=len(keys)).astype(float))

    def with_more(self, more: _Keyed) -> _Keyed:
        at = np.searchsorted(self.keys, more.keys)
        known = np.append(self.keys, -1)[at] == more.keys
        packs = self.packs.copy()
        packs[at[known]] += more.packs[known]
        new = ~known
        keys = np.insert(self.keys, at[new], more.keys[new])
        return _Keyed(self.shops, keys, np.insert(packs, at[new], more.packs[new]))

    def parts(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Days, shops and categories."""
        both, category = np.divmod(self.keys, len(NAMES))
        days, shop = np.divmod(both, max(self.shops, 1))
        return days.astype(np.int32), shop.astype(np.int32), category.astype(np.int32)


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
        shops, last = _last_before(sold, end)
        sums = _in_window(sold, end - timedelta(days=window_days), end, shops)
        return ShopSales(shops, last.astype("datetime64[D]"), *sums)


def read_sales(ws: Workspace, connection: Connection, version: int) -> DailySales | CountrySales:
    """The sales at a data version."""
    made = loads.mark_of(connection, _FEEDS, version)
    return _sales(ws, made, version if made is None else made.version, KEPT_LINES)


@lru_cache(maxsize=_MOST_KEPT)
def _sales(
    ws: Workspace, made: loads.Mark | None, version: int, kept_lines: int
) -> DailySales | CountrySales:
    grown = _grown(ws, version, kept_lines)
    if grown is None:
        sold = open_sold(ws.store, version)
        lines = int(sold.sales.count().to_pyarrow().as_py())
        if lines > kept_lines:
            span = sold.sales.aggregate(first=sold.sales.sold_at.min(), last=sold.sales.sold_at.max())
            first, last = span.to_pandas().iloc[0]
            return CountrySales(ws.store, version, first.date(), last.date())
        grown = daily(sold), lines
    if made is not None:
        with ws.store.read() as connection:
            drugs = loads.mark_of(connection, _FEEDS[1:], version)
        _LAST.pop(ws, None)
        _LAST[ws] = _Last(made, drugs, *grown)
        while len(_LAST) > _MOST_KEPT:
            _LAST.pop(next(iter(_LAST)), None)
    return grown[0]


@dataclass(frozen=True, slots=True)
class _Last:
    """The sums last made: of which loads they are, and of how many lines."""

    made: loads.Mark
    drugs: loads.Mark | None
    sales: DailySales
    lines: int


# By workspace, the one used last at the end.
_LAST: dict[Workspace, _Last] = {}


def _grown(ws: Workspace, version: int, kept_lines: int) -> tuple[DailySales, int] | None:
    """The sums last made with what came since, and the lines in them; None where more than that changed."""
    last = _LAST.get(ws)
    if last is None or last.made.version > version:
        return None
    since = last.made.version
    with ws.store.read() as connection:
        same = loads.mark_of(connection, _FEEDS, since) == last.made
        if not same or loads.mark_of(connection, _FEEDS[1:], version) != last.drugs:
            return None
        if ended_between(connection, _FEEDS[0], since, version):
            return None
        came = sum(one.rows for one in kept(connection, ws.store.facts_dir, _FEEDS[0], version, since=since))
    if last.lines + came > kept_lines or came > max(last.lines * _MOST_GROWN, _FEW):
        return None
    sales = last.sales.with_more(daily(open_sold(ws.store, version, since=since))) if came else last.sales
    return sales, last.lines + came


def daily(sold: Sold) -> DailySales:
    """The sums of some sales."""
    sales, special = sold.sales, _special(sold)
    some = sales.group_by(shop=sales.pharmacy_id, day=sales.sold_at.date()).aggregate(lines=sales.count())
    days = some.select("shop", "day").to_pyarrow()
    keys = {"shop": special.pharmacy_id, "day": special.sold_at.date(), "categories": special.categories}
    packs = special.group_by(**keys).aggregate(packs=special.quantity.sum()).to_pyarrow()
    names, sold_shop = _coded(days["shop"])
    sold_day = _numbers(days["day"])
    order = np.lexsort((sold_shop, sold_day))
    rows, category = _by_category(packs["categories"])
    shop, day, amount = (
        _placed(packs["shop"], names)[rows],
        _numbers(packs["day"])[rows],
        _amounts(packs)[rows],
    )
    packed = np.lexsort((amount, category, shop, day))
    return DailySales(
        shops=names,
        days=day[packed],
        shop=shop[packed],
        category=category[packed],
        packs=amount[packed],
        sold_days=sold_day[order],
        sold_shop=sold_shop[order],
    )


def _special(sold: Sold) -> ir.Table:
    return sold.sales_of(*SPECIAL_CATEGORIES)


def _in_window(sold: Sold, start: datetime, end: datetime, shops: pd.Index) -> _Sums:
    sales = _special(sold)
    window = sales.filter((sales.sold_at >= start) & (sales.sold_at < end))
    grouped = window.group_by(shop=window.pharmacy_id, categories=window.categories)
    packs = grouped.aggregate(packs=window.quantity.sum()).to_pyarrow()
    rows, category = _by_category(packs["categories"])
    return _summed(_placed(packs["shop"], shops)[rows], category, _amounts(packs)[rows])


def _last_before(sold: Sold, end: datetime) -> tuple[pd.Index, NDArray[np.int32]]:
    """The shops that sold anything, in order, and the last day of each."""
    sales = sold.sales
    grouped = sales.filter(sales.sold_at < end).group_by(shop=sales.pharmacy_id)
    found = grouped.aggregate(day=sales.sold_at.max().date()).to_pyarrow()
    shops, number = _coded(found["shop"])
    return shops, _numbers(found["day"])[np.argsort(number)]


def _summed(shop: NDArray[np.int32], category: NDArray[np.int32], packs: NDArray[np.float64]) -> _Sums:
    """Shop, category and packs, one for each pair of the first two, in their order."""
    found, place = np.unique(shop.astype(np.int64) * len(NAMES) + category, return_inverse=True)
    added = np.bincount(place, weights=packs, minlength=len(found)).astype(np.float64)
    return found // len(NAMES), found % len(NAMES), added


def _by_category(texts: pa.ChunkedArray) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Rows and a category of each: a drug of two special ones counts in both, and once in SPECIAL."""
    coded = texts.combine_chunks().dictionary_encode()
    code = coded.indices.to_numpy()
    rows, places = [np.arange(len(code))], [NAMES.index(SPECIAL)]
    for number, text in enumerate(coded.dictionary.to_pylist()):
        named = [place for place, one in enumerate(NAMES) if f"|{one}|" in text]
        rows += [np.flatnonzero(code == number)] * len(named)
        places += named
    return np.concatenate(rows), np.repeat(np.array(places, np.int32), [len(one) for one in rows])


def _coded(names: pa.ChunkedArray) -> tuple[pd.Index, NDArray[np.int32]]:
    """The different names in order, and the place of each given one among them."""
    coded = names.combine_chunks().dictionary_encode()
    told = np.array(coded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(told)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return pd.Index(told[order], dtype=object), place[coded.indices.to_numpy()]


def _placed(names: pa.ChunkedArray, known: pd.Index) -> NDArray[np.int32]:
    """The places of names among known ones."""
    different, place = _coded(names)
    return known.get_indexer(different).astype(np.int32)[place]


def _numbers(days: pa.ChunkedArray) -> NDArray[np.int32]:
    numbers: NDArray[np.int32] = days.cast(pa.int32()).to_numpy()
    return numbers


def _amounts(packs: pa.Table) -> NDArray[np.float64]:
    amounts: NDArray[np.float64] = packs["packs"].cast(pa.float64()).to_numpy()
    return amounts


def _number_of(day: date) -> int:
    return int(np.datetime64(day).astype("datetime64[D]").astype(np.int64))


def _date_of(number: np.int32) -> date:
    day: date = number.astype("datetime64[D]").astype(object)
    return day
