"""Entries of the register as citizens are told of them, and a register in memory brought up to date.

Six hundred thousand entries take many seconds to read; what a load changed of them is put in beside the rest
in a fraction of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.reads.fitting import Mask, Shelf, shelf_of
from yaotong.reads.standing_facts import KINDS, NEVER, Checked, checked_of
from yaotong.store import Connection, checks, registry
from yaotong.store.schema import pharmacy, placement
from yaotong.store.taken import changed_at

# What a feature tells of an entry, and what is asked of it beside that.
COLUMNS = (
    "license_no", "name", "address", "lon", "lat", "area_code", "area_name", "phone", "opening_hours",
    "insurance_designated", "dual_channel", "service_list", "valid_to", "arrived_at", "scope",
    "status", "valid_from", "town_code", "chain", "checked",
)  # fmt: skip
_NUMBERS = ("lon", "lat")
_Order = NDArray[np.intp]
_Put = Callable[[Any, Any], Any]


def told_shops(
    connection: Connection, names: Mapping[str, str], only: frozenset[str] | None = None
) -> pd.DataFrame:
    """The entries in force by licence number: all, or those of some licence numbers.

    `names`: of areas, by code.
    """
    key = "license_no"
    if only is None:
        shops = registry.read(connection, pharmacy)
        placed = registry.read(connection, placement, names=(key, "area_code"))
        changed = changed_at(connection, pharmacy, key)
    else:
        shops = registry.having(connection, pharmacy, key, only)
        placed = registry.having(connection, placement, key, only)[[key, "area_code"]]
        changed = {one: at for part in _parts(only) for one, at in _changed(connection, part).items()}
    shops = shops.merge(placed, on=key, how="left")
    shops = shops.sort_values(key, ignore_index=True)  # at one distance, the lower number first
    shops["area_name"] = shops["area_code"].map(names)
    told = {arrived: f"{arrived.isoformat()}+08:00" for arrived in set(changed.values())}
    arrivals = {one: told[arrived] for one, arrived in changed.items()}
    shops["arrived_at"] = pd.Series([arrivals.get(one) for one in shops[key]], shops.index, dtype=object)
    shops["service_list"] = [_services(one) for one in shops["services"]]
    found = _checked(connection, only)
    shops["checked"] = pd.Series([found.get(one, NEVER) for one in shops[key]], shops.index, dtype=object)
    return _held({name: shops[name] for name in COLUMNS})


def patched(
    shelf: Shelf, changed: frozenset[str], shops: pd.DataFrame, drugs: pd.DataFrame
) -> tuple[Shelf, bool]:
    """A shelf with the entries of `changed` as `shops` tells them, and whether any place is another now.

    An entry of `changed` that `shops` lacks is no longer there.
    """
    old, new = shelf.shops, shelf_of(shops, drugs)
    codes, told = old["license_no"].to_numpy(), shops["license_no"].to_numpy()
    gone = _places(codes, changed)
    same = codes[gone].tolist() == told.tolist()
    put = _put_at(gone) if same else _put_among(np.delete(np.arange(len(old)), gone), codes, told)
    frame = _held({name: put(old[name].to_numpy(), shops[name].to_numpy()) for name in COLUMNS})
    moved = not same or any(
        not np.array_equal(old[one].to_numpy()[gone], shops[one].to_numpy(), equal_nan=True)
        for one in _NUMBERS
    )
    return _joined(shelf, new, put, frame), moved


def _joined(old: Shelf, new: Shelf, put: _Put, frame: pd.DataFrame) -> Shelf:
    hours = list(dict.fromkeys((*old.hours, *new.hours)))
    numbers = {text: number for number, text in enumerate(hours)}
    # -1, no hours, stays where it is: the last of the list below.
    renumbered = np.array([*(numbers[one] for one in new.hours), -1], dtype=np.intp)
    return replace(
        new,
        shops=frame,
        active=put(old.active, new.active),
        since=put(old.since, new.since),
        until=put(old.until, new.until),
        flags={one: put(old.flags[one], new.flags[one]) for one in old.flags},
        all_night=put(old.all_night, new.all_night),
        hours=tuple(hours),
        hours_number=put(old.hours_number, renumbered[new.hours_number]),
        services=_put_each(old, new, put, "services"),
        scopes=_put_each(old, new, put, "scopes"),
        scope_unknown=put(old.scope_unknown, new.scope_unknown),
        said=pd.Series(put(old.said.to_numpy(), new.said.to_numpy()), dtype=object, copy=False),
    )


def _put_each(old: Shelf, new: Shelf, put: _Put, name: str) -> dict[str, Mask]:
    before, after = getattr(old, name), getattr(new, name)
    none_old, none_new = (np.zeros(len(one.active), dtype=bool) for one in (old, new))
    every = dict.fromkeys((*before, *after))
    return {one: put(before.get(one, none_old), after.get(one, none_new)) for one in every}


def _put_at(places: _Order) -> _Put:
    """New values at places of old ones; an array in which nothing changes is used again as it is."""

    def put(old: Any, new: Any) -> Any:
        if old[places].tolist() == new.tolist():
            return old
        both = old.copy()
        both[places] = new
        return both

    return put


def _put_among(left: _Order, codes: NDArray[Any], told: NDArray[Any]) -> _Put:
    """New values among the old ones that are left, in the order of their licence numbers."""
    at = np.searchsorted(codes[left], told) if len(told) else np.empty(0, np.intp)
    order = np.insert(left, at, len(codes) + np.arange(len(told)))
    return lambda old, new: np.concatenate([old, new.astype(old.dtype)])[order]


def _held(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Columns as plain objects: taken out and put together far sooner than texts as pandas keeps them."""
    kinds = {name: float if name in _NUMBERS else object for name in columns}
    held = {name: np.asarray(one, dtype=kinds[name]) for name, one in columns.items()}
    series = {name: pd.Series(one, dtype=kinds[name], copy=False) for name, one in held.items()}
    return pd.DataFrame(series, copy=False)


def _places(codes: NDArray[Any], some: frozenset[str]) -> _Order:
    """Where those of some licence numbers are that are there; the codes are in order."""
    wanted = np.array(sorted(some), dtype=object)
    at = np.searchsorted(codes, wanted) if len(wanted) else np.empty(0, np.intp)
    there = [one < len(codes) and codes[one] == code for one, code in zip(at, wanted, strict=True)]
    places: _Order = at[np.array(there, dtype=bool)]
    return places


def _changed(connection: Connection, only: tuple[str, ...]) -> dict[str, Any]:
    return changed_at(connection, pharmacy, "license_no", only=only)


def _checked(connection: Connection, only: frozenset[str] | None) -> dict[str, Checked]:
    """What published visits found, of all or of some."""
    visits = [one for one in checks.published(connection) if only is None or one["license_no"] in only]
    said = {
        kind: registry.said_last(connection, pharmacy, "license_no", columns)
        for kind, columns in KINDS.items()
        if visits
    }
    return checked_of(visits, said)


def _parts(only: frozenset[str]) -> list[tuple[str, ...]]:
    every = sorted(only)
    return [tuple(every[start : start + 500]) for start in range(0, len(every), 500)]


def _services(text: object) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split("|") if one.strip()) if isinstance(text, str) else ()
