"""What citizens may know of shelves and shifts: the last counts of a drug, and who has a pharmacist on duty.

Only the feeds of counts and of shifts are opened here. Counts are shown as they were sent, with their moment;
what was sold since is in a feed that citizens' pages never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

import ibis
import numpy as np
import pandas as pd

from yaotong.reads.map_stock import last_counts
from yaotong.store.factbase import open_lines
from yaotong.store.publicly import public_read
from yaotong.store.taken import version_of
from yaotong.workspace import Workspace

# A shift that nobody ended is not believed for longer than a day.
_LONGEST_SHIFT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Stock:
    """`packs` by the counts that are fresh, None where there is none; `counted_at` the oldest of those used.

    Without a fresh count, `counted_at` is when it was last counted at all.
    """

    packs: float | None
    counted_at: datetime

    @property
    def state(self) -> str:
        """yes, no or unknown: an old count is neither."""
        return "unknown" if self.packs is None else "yes" if self.packs > 0 else "no"


def stock_of(ws: Workspace, codes: frozenset[str], at: datetime, fresh: timedelta) -> Mapping[str, Stock]:
    """What was counted of some drugs, all together, by licence number; a shop that counts none is absent."""
    if not codes:
        return MappingProxyType({})
    with public_read(ws.store) as connection:
        version = version_of(connection, ("stock_counts",))
    counts = _counts(ws, codes, version)
    past = counts[counts["counted_at"] <= at]
    known = past[past["counted_at"] > at - fresh]
    last = past.groupby("pharmacy_id").agg(when=("counted_at", "max"), kinds=("drug_code", "size"))
    sums = known.groupby("pharmacy_id").agg(
        packs=("counted", "sum"), when=("counted_at", "min"), kinds=("drug_code", "size")
    )
    found = {str(shop): Stock(None, when.to_pydatetime()) for shop, when in last["when"].items()}
    for shop, packs, when, kinds in sums.itertuples():
        # Nothing of one kind is no "no" while the count of another is old.
        if packs > 0 or kinds == last.at[shop, "kinds"]:
            found[str(shop)] = Stock(float(packs), when.to_pydatetime())
    return MappingProxyType(found)


@lru_cache(maxsize=32)
def _counts(ws: Workspace, codes: frozenset[str], version: int) -> pd.DataFrame:
    """pharmacy_id, drug_code, counted, counted_at at a version of the counts."""
    lines = open_lines(ws.store, "stock_counts")
    wanted = ibis.memtable({"drug_code": sorted(codes)})
    frame: pd.DataFrame = last_counts(lines, wanted).to_pandas()
    return frame


def on_duty(ws: Workspace, at: datetime) -> frozenset[str]:
    """Licence numbers of the shops that reported a pharmacist on duty at a moment; silence is no yes."""
    with public_read(ws.store) as connection:
        version = version_of(connection, ("duty",))
    if not version:
        return frozenset()
    return _there(ws, version, at.replace(second=0, microsecond=0))


@lru_cache(maxsize=16)
def _there(ws: Workspace, version: int, minute: datetime) -> frozenset[str]:
    shifts = _shifts(ws, version)
    moment = np.datetime64(minute, "s")
    begun = shifts["duty_from"].to_numpy().astype("datetime64[s]")
    until = shifts["duty_until"].to_numpy().astype("datetime64[s]")
    lasting = np.isnat(until) & (moment - begun < np.timedelta64(_LONGEST_SHIFT))
    there = (begun <= moment) & (lasting | (until > moment))
    return frozenset(shifts["pharmacy_id"].to_numpy()[there].tolist())


@lru_cache(maxsize=2)
def _shifts(ws: Workspace, version: int) -> pd.DataFrame:
    lines = open_lines(ws.store, "duty")
    frame: pd.DataFrame = lines.select("pharmacy_id", "duty_from", "duty_until").to_pandas()
    return frame
