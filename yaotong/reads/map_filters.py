"""Filters of the dual map: which pharmacies are shown and counted, the same on both sides.

Figures of areas that count pharmacies or packs count the ones shown; alerts are those of the day, whatever
is filtered, and the map says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from yaotong.errors import UsageError
from yaotong.reads.fitting import SERVICES
from yaotong.reads.map import WINDOW_DAYS, MapData
from yaotong.terms import term

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Chosen = Mapping[str, tuple[str, ...]]
_MOST_CHAINS = 12


@dataclass(frozen=True, slots=True)
class Filter:
    """One question about a shop: `mask(shops, value)` says which shops answer it with a value."""

    key: str
    title_zh: str
    options: Callable[[pd.DataFrame], list[tuple[str, str]]]
    mask: Callable[[pd.DataFrame, str], Mask]


def narrowed(data: MapData, chosen: Chosen) -> MapData:
    """The same picture with the shops that fit: any of the values of each filter, and every filter.

    UsageError for a filter or a value that is none.
    """
    if not chosen:
        return data
    keep = np.ones(len(data.shops), dtype=bool)
    for key, values in chosen.items():
        keep &= _fitting(data.shops, key, values)
    shops = data.shops[keep].reset_index(drop=True)
    packs = data.packs[data.packs["license_no"].isin(shops["license_no"])].reset_index(drop=True)
    return replace(data, shops=shops, packs=packs, areas=_counted(data, shops))


def options_of(data: MapData) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be asked for here: key, title, values with their names; filters without any are left out."""
    told = [(one.key, one.title_zh, one.options(data.shops)) for one in FILTERS.values()]
    return [(key, title, options) for key, title, options in told if options]


def _fitting(shops: pd.DataFrame, key: str, values: tuple[str, ...]) -> Mask:
    if key not in FILTERS:
        raise UsageError(f"没有筛选 {key}。可用的有：{'、'.join(FILTERS)}。")
    fits: Mask = np.logical_or.reduce([FILTERS[key].mask(shops, value) for value in values])
    return fits


def _counted(data: MapData, shops: pd.DataFrame) -> Any:
    """Areas with the number of the shops shown, and of those that reported within the window."""
    counts = shops["area_code"].value_counts()
    reporting = pd.Series(False, index=shops.index)
    if data.as_of is not None:
        since = np.datetime64(data.as_of - timedelta(days=WINDOW_DAYS - 1))
        reporting = pd.to_datetime(shops["last_sold_on"]) >= since
    reported = shops.loc[reporting, "area_code"].value_counts()
    codes = data.areas["area_code"]
    return data.areas.assign(
        shops=codes.map(counts).fillna(0).astype(int),
        shops_reporting=codes.map(reported).fillna(0).astype(int),
    )


def _known_kinds(shops: pd.DataFrame) -> list[tuple[str, str]]:
    return [(one, name) for one, name in _KINDS.items() if one == "other" or shops["kind"].eq(one).any()]


def _kind(shops: pd.DataFrame, value: str) -> Mask:
    _one_of(value, _KINDS, "kind")
    if value == "other":
        return ~shops["kind"].isin([one for one in _KINDS if one != "other"]).to_numpy()
    return shops["kind"].eq(value).to_numpy()


def _chains(shops: pd.DataFrame) -> list[tuple[str, str]]:
    """The largest chains by the number of their shops."""
    return [(str(one), str(one)) for one in shops["chain"].dropna().value_counts().index[:_MOST_CHAINS]]


def _insured(shops: pd.DataFrame, value: str) -> Mask:
    _one_of(value, _INSURED, "insured")
    if value == "dual":
        return shops["dual_channel"].eq(True).to_numpy()
    if value == "unknown":
        return shops["insurance_designated"].isna().to_numpy()
    return shops["insurance_designated"].eq(value == "yes").to_numpy()


def _reporting(shops: pd.DataFrame, value: str) -> Mask:
    _one_of(value, _REPORTING, "reporting")
    return shops["reporting"].eq(value).to_numpy()


def _service(shops: pd.DataFrame, value: str) -> Mask:
    _one_of(value, SERVICES, "service")
    listed = "|" + shops["services"].fillna("").astype(str).str.replace(" ", "") + "|"
    return listed.str.contains(f"|{value}|", regex=False).to_numpy()


def _offered(shops: pd.DataFrame) -> list[tuple[str, str]]:
    return [(one, term(f"service.{one}")) for one in sorted(SERVICES) if _service(shops, one).any()]


def _one_of(value: str, known: Any, key: str) -> None:
    if value not in known:
        raise UsageError(f"筛选 {key} 没有值 {value[:20]!r}。可用的有：{'、'.join(sorted(known))}。")


_KINDS = {"chain_store": "连锁门店", "single": "单体药店", "other": "其他或未登记"}
_INSURED = {"yes": "医保定点", "dual": "双通道", "no": "非定点", "unknown": "未登记"}
_REPORTING = {"current": "正常上报", "silent": "停报", "never": "从未上报"}
FILTERS: Mapping[str, Filter] = {
    one.key: one
    for one in (
        Filter("kind", "类型", _known_kinds, _kind),
        Filter("chain", "连锁", _chains, lambda shops, value: shops["chain"].eq(value).to_numpy()),
        Filter("insured", "医保", lambda _: list(_INSURED.items()), _insured),
        Filter("service", "服务", _offered, _service),
        Filter("reporting", "数据", lambda _: list(_REPORTING.items()), _reporting),
    )
}
