"""Shops that a public notice says are shut on some days, whatever their hours say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """The first and the last day, and whom a notice is about: a mask over the register."""

    since: date
    until: date
    shops: Mask


def closures_of(notices: pd.DataFrame, shops: pd.DataFrame) -> tuple[Closure, ...]:
    """The closures among the notices in force; their scope is a shop, a chain, an area, or everybody."""
    told = notices[notices["kind"] == "closure"]
    found = []
    for since, until, scope in zip(told["date_from"], told["date_until"], told["scope"], strict=True):
        mask = _about(shops, scope)
        if mask.any():
            found.append(Closure(since, until, mask))
    return tuple(found)


def _about(shops: pd.DataFrame, scope: object) -> Mask:
    if not isinstance(scope, str) or not scope:
        return np.ones(len(shops), dtype=np.bool_)
    areas = shops["area_code"].fillna("").str.startswith(scope) if scope.isdigit() else False
    mask: Mask = ((shops["license_no"] == scope) | (shops["chain"] == scope) | areas).to_numpy(dtype=bool)
    return mask


def shut_until(closures: tuple[Closure, ...], number: int, day: date) -> date | None:
    """The last day on end that a shop (its place in the register) is shut, when it is on `day`; else None."""
    last: date | None = None
    for one in sorted(closures, key=lambda closure: closure.since):
        reached = day if last is None else last
        if one.shops[number] and one.since <= reached and one.until >= reached:
            last = one.until
    return last


def shut_on(closures: tuple[Closure, ...], day: date, length: int) -> Mask:
    """Who is shut on a day."""
    mask = np.zeros(length, dtype=np.bool_)
    for one in closures:
        if one.since <= day <= one.until:
            mask |= one.shops
    return mask
