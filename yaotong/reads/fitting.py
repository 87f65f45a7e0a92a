"""Which shops of the register fit what a citizen asks for: masks made once per version, then combined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.codes import CATEGORIES
from yaotong.errors import UsageError
from yaotong.reads.opening import state_of
from yaotong.reads.shut import Closure, shut_on
from yaotong.terms import TERMS

Mask = NDArray[np.bool_]
SERVICES = frozenset(one.removeprefix("service.") for one in TERMS if one.startswith("service."))
# One character would stand in the names of half the catalogue.
_MIN_NAME_CHARS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a citizen asks for; a side left None or empty stays open.

    `text` is looked for in names and addresses. `services` must all be offered. `drug` is a category of
    the register's business scope, or a drug's code or name: what is in stock is nobody's to know here.
    """

    open_at: datetime | None = None
    insurance: bool | None = None
    dual_channel: bool | None = None
    all_night: bool = False
    services: tuple[str, ...] = ()
    drug: str = ""
    area_code: str = ""
    text: str = ""
    # Looked up before the shelf is asked: who has a pharmacist there, who counted the drug as there.
    on_duty: bool = False
    in_stock: bool = False
    # What the words for a medicine came to, instead of `drug`.
    meant: frozenset[str] | None = None
    # Only shops of these licence numbers: those with stock, or with a pharmacist there.
    among: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The register's columns as masks of one length; compared and hashed as the one object it is."""

    shops: pd.DataFrame
    drugs: tuple[tuple[str, str, frozenset[str]], ...]
    active: Mask
    since: NDArray[np.datetime64]
    until: NDArray[np.datetime64]
    flags: dict[tuple[str, bool], Mask]
    all_night: Mask
    hours: tuple[str, ...]
    hours_number: NDArray[np.intp]
    services: dict[str, Mask]
    scopes: dict[str, Mask]
    scope_unknown: Mask
    said: pd.Series = field(repr=False)
    closures: tuple[Closure, ...] = field(default=(), repr=False)


def shelf_of(shops: pd.DataFrame, drugs: pd.DataFrame, closures: tuple[Closure, ...] = ()) -> Shelf:
    """Masks of a register with `service_list` (tuples), and of the drug catalogue's names and categories."""
    numbers, hours = pd.factorize(shops["opening_hours"])
    scopes = [_parts(one) for one in shops["scope"]]
    return Shelf(
        shops=shops,
        drugs=tuple(
            (str(code), str(name).lower(), frozenset(_parts(categories)))
            for code, name, categories in zip(
                drugs["drug_code"], drugs["drug_name"], drugs["categories"], strict=True
            )
        ),
        active=(shops["status"].fillna("active") == "active").to_numpy(dtype=bool),
        since=_days(shops["valid_from"]),
        until=_days(shops["valid_to"]),
        flags={
            (name, asked): np.array([_is(one, asked) for one in shops[name]], dtype=bool)
            for name in ("insurance_designated", "dual_channel")
            for asked in (True, False)
        },
        all_night=(shops["opening_hours"] == "24/7").to_numpy(dtype=bool),
        hours=tuple(hours),
        hours_number=numbers,
        services=_holders(shops["service_list"]),
        scopes=_holders(scopes),
        scope_unknown=np.array([not one for one in scopes], dtype=bool),
        said=pd.Series(
            [f"{name or ''} {address or ''}".lower() for name, address in _said(shops)], dtype=object
        ),
        closures=closures,
    )


def fitting(shelf: Shelf, wanted: Wanted, day: date) -> Mask:
    """Which shops fit on a day: unknown never passes for a yes, save for a drug, where it is told as unknown.

    UsageError for a service that neither the glossary nor the register knows.
    """
    keep = _licensed(shelf, day)
    for name, asked in (("insurance_designated", wanted.insurance), ("dual_channel", wanted.dual_channel)):
        if asked is not None:
            keep &= shelf.flags[name, asked]
    if wanted.all_night:
        keep &= shelf.all_night
    if wanted.open_at is not None:
        keep &= _open(shelf, wanted.open_at.replace(second=0, microsecond=0))
    for service in wanted.services:
        keep &= _offering(shelf, service)
    if wanted.drug:
        keep &= _allowed(shelf, categories_of(wanted.drug, shelf.drugs))
    if wanted.meant is not None:
        keep &= _allowed(shelf, wanted.meant)
    if wanted.area_code:
        keep &= shelf.shops["area_code"].fillna("").str.startswith(wanted.area_code).to_numpy(dtype=bool)
    if wanted.among is not None:
        keep &= shelf.shops["license_no"].isin(wanted.among).to_numpy(dtype=bool)
    if wanted.text:
        keep &= shelf.said.str.contains(wanted.text.lower(), regex=False).to_numpy(dtype=bool)
    return keep


def categories_of(drug: str, drugs: Iterable[tuple[str, str, frozenset[str]]]) -> frozenset[str]:
    """The categories meant by a category (code or name), a drug's code, or words in names; may be empty."""
    text = drug.strip()
    named = frozenset(code for code, name in CATEGORIES.items() if text in (code, name))
    if named or not text:
        return named
    known = tuple(drugs)
    coded = [categories for code, _, categories in known if code == text]
    if not coded and len(text) >= _MIN_NAME_CHARS:
        coded = [categories for _, name, categories in known if text.lower() in name]
    return frozenset().union(*coded)


def in_scope(scope: object, categories: frozenset[str]) -> str:
    """Whether a scope ("|RX|OTC_A|") holds one of the categories: yes, no or unknown."""
    held = _parts(scope)
    if not categories or not held:
        return "unknown"
    return "yes" if categories.intersection(held) else "no"


@lru_cache(maxsize=16)
def _open(shelf: Shelf, minute: datetime) -> Mask:
    """Who is open; hours change on whole minutes only, so everybody who asks in one minute shares this."""
    states = np.array([state_of(text, minute) == "open" for text in shelf.hours] + [False], dtype=bool)
    mask: Mask = states[shelf.hours_number]  # -1, no hours, takes the False at the end
    return mask & ~shut_on(shelf.closures, minute.date(), len(mask)) if shelf.closures else mask


def _offering(shelf: Shelf, service: str) -> Mask:
    if service not in shelf.services and service not in SERVICES:
        known = "、".join(sorted(SERVICES | set(shelf.services)))
        raise UsageError(f"没有这种服务；可选：{known}。")
    return shelf.services.get(service, np.zeros(len(shelf.active), dtype=bool))


def _allowed(shelf: Shelf, categories: frozenset[str]) -> Mask:
    """Scopes that hold one of the categories or are unknown; all when nobody knows the drug's categories."""
    if not categories:
        return np.ones(len(shelf.active), dtype=bool)
    held = [shelf.scopes[one] for one in categories if one in shelf.scopes]
    allowed: Mask = np.logical_or.reduce([shelf.scope_unknown, *held])
    return allowed


def _licensed(shelf: Shelf, day: date) -> Mask:
    """Neither suspended nor closed, and inside the licence's days where the register gives them."""
    today = np.datetime64(day)
    since = np.isnat(shelf.since) | (shelf.since <= today)
    until = np.isnat(shelf.until) | (shelf.until >= today)
    licensed: Mask = shelf.active & since & until
    return licensed


def _said(shops: pd.DataFrame) -> Iterable[tuple[str, str]]:
    named = (shops[one].where(shops[one].notna(), None) for one in ("name", "address"))
    return zip(*named, strict=True)


def _holders(lists: Iterable[tuple[str, ...]]) -> dict[str, Mask]:
    rows = list(lists)
    values = {value for row in rows for value in row}
    return {value: np.array([value in row for row in rows], dtype=bool) for value in values}


def _days(column: pd.Series) -> NDArray[np.datetime64]:
    days: NDArray[np.datetime64] = pd.to_datetime(column).to_numpy().astype("datetime64[D]")
    return days


def _parts(text: object) -> tuple[str, ...]:
    return tuple(one for one in text.split("|") if one) if isinstance(text, str) else ()


def _is(value: Any, asked: bool) -> bool:
    """Known, and as asked."""
    return value is not None and not pd.isna(value) and bool(value) is asked
