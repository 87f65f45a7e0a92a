"""The sales as signals: daily counts by shop and watched group, judged by the detector, as a table of facts.

What is said of a day follows from the facts up to that day, whatever window was asked for. The counts of a
data version are judged once in a process, known again by their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from yaotong.counting import noticed, packs_of
from yaotong.detection.signals.counted import Sold, laid_out
from yaotong.detection.signals.judged import Levels, judge_levels, signals_of
from yaotong.fact_schemas import SIGNALS_SCHEMA
from yaotong.watched import GROUPS, grouped

if TYPE_CHECKING:
    from yaotong.facts import Facts

_COUNTY_DIGITS = 6
_KEPT = 2
_FIGURES = ("span_days", "observed", "expected", "upper", "excess", "p", "q")
NAME = "signals"


@dataclass(frozen=True)
class Told:
    """The levels as judged, and the rows of SIGNALS_SCHEMA; both None and empty where nothing is sold."""

    levels: Levels | None
    rows: pd.DataFrame


_known: OrderedDict[bytes, Told] = OrderedDict()
_lock = Lock()


def signals_table(facts: Facts, since: date, until: date) -> ir.Table:
    """SIGNALS_SCHEMA of the days from `since` to `until`, both included, as a table beside the facts."""
    rows = told(facts).rows
    if rows.empty:
        return ibis.memtable(SIGNALS_SCHEMA.empty_table())
    inside = rows[(rows["day"] >= since) & (rows["day"] <= until)]
    return ibis.memtable(pa.Table.from_pandas(inside, schema=SIGNALS_SCHEMA, preserve_index=False))


def told(facts: Facts) -> Told:
    """The counts of the facts in force, judged."""
    sold = counted(facts)
    if sold is None:
        return Told(None, pd.DataFrame())
    key = _hash_of(sold)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    levels = judge_levels(sold, _counties(sold.towns))
    found = Told(levels, _rows(signals_of(levels)))
    with _lock:
        _known[key] = found
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def counted(facts: Facts) -> Sold | None:
    """Packs by watched group, shop and day on a grid; None where nothing was ever sold."""
    sales, drugs = facts.sales, grouped(facts.drugs)
    day = sales.sold_at.date()
    of = sales.join(
        drugs, [sales.drug_code == drugs.drug_code, day >= drugs.valid_from, day <= drugs.valid_to]
    )
    days = of.select("pharmacy_id", "group", "quantity", day=of.sold_at.date())
    packs = days.group_by("pharmacy_id", "day", "group").agg(packs=packs_of(days.quantity)).to_pandas()
    reported = facts.every_shop_day().select("pharmacy_id", "day").to_pandas()
    if reported.empty:
        return None
    promoted = noticed(facts, "promotion").to_pandas()
    shops = facts.pharmacies.select("pharmacy_id", "area_code").to_pandas().dropna()
    towns = dict(zip(shops["pharmacy_id"], shops["area_code"], strict=True))
    last = pd.to_datetime(reported["day"]).max().date()
    return laid_out(packs, reported, promoted, towns, GROUPS, last)


def _counties(towns: np.ndarray[Any, Any]) -> Mapping[str, str]:
    """The county of each town: the first six digits of its code."""
    return {town: town[:_COUNTY_DIGITS] for town in sorted(set(towns)) if town}


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    rows = found.rename(columns={"group": "drug_group"})
    numbers = zip(*(rows[name] for name in _FIGURES), strict=True)
    rows["figures"] = [figures_text(dict(zip(_FIGURES, one, strict=True))) for one in numbers]
    told: pd.DataFrame = rows[SIGNALS_SCHEMA.names]
    return told


def figures_text(numbers: Mapping[str, float]) -> str:
    """Numbers as a finding carries them: to six digits, by name."""
    return json.dumps({name: float(f"{value:.6g}") for name, value in numbers.items()})


def _hash_of(sold: Sold) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    said = [sold.first.isoformat(), *sold.groups, *sold.shops, *(str(one) for one in sold.towns)]
    digest.update(json.dumps(said).encode())
    digest.update(np.ascontiguousarray(sold.packs).tobytes())
    return digest.digest()
