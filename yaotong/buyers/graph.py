"""What ties buyers together, each tie with its reason and how often; what each gathered and what is odd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.distance import haversine_m

# Of an edge between two buyers.
PACE, PAYER, PRESCRIPTION = "pace", "payer", "prescription"
# Of a buyer alone.
SPLIT, TRAVEL, MINOR, SHOPS = "splitting", "travel", "minor", "many_shops"
EDGE_COLUMNS: Final = ("a", "b", "reason", "times", "packs")
BUYER_COLUMNS: Final = ("buyer_key", "packs", "mg", "mg_unknown", "shops", "days", "region", "reasons")


@dataclass(frozen=True, slots=True)
class Limits:
    """When something is odd; the numbers are those of R-P01, R-P03, R-P04 and R-M06."""

    beside_s: int = 600  # two buyers at one shop
    meetings: int = 2  # at so many shops, or on so many days
    day_packs: float = 4
    day_shops: int = 3
    km_per_hour: float = 120
    least_km: float = 5
    clocks_s: int = 120
    adult_years: int = 18


@dataclass(frozen=True, eq=False)
class Graph:
    """Buyers (BUYER_COLUMNS, `reasons` a tuple) and edges (EDGE_COLUMNS, a < b)."""

    buyers: pd.DataFrame
    edges: pd.DataFrame


LIMITS: Final = Limits()


def graph_of(lines: pd.DataFrame, limits: Limits = LIMITS) -> Graph:
    """The graph of lines with a registered buyer.

    Args:
        lines: buyer_key, pharmacy_id, sold_at, quantity (negative: return), mg (per pack, NaN unknown),
            age, region, prescription_no, payer (whose insurance paid, if told), lon, lat.
    """
    buyers = _buyers(lines, limits)
    edges = pd.concat([_paces(lines, limits), _payers(lines), _papers(lines)], ignore_index=True)
    return Graph(buyers, edges[list(EDGE_COLUMNS)])


def around(graph: Graph, buyer_key: str, steps: int = 2) -> Graph:
    """The part of a graph within so many edges of a buyer."""
    inside = {buyer_key}
    for _ in range(steps):
        near = graph.edges[graph.edges["a"].isin(inside) | graph.edges["b"].isin(inside)]
        inside |= set(near["a"]) | set(near["b"])
    edges = graph.edges[graph.edges["a"].isin(inside) & graph.edges["b"].isin(inside)]
    return Graph(graph.buyers[graph.buyers["buyer_key"].isin(inside)], edges)


def _buyers(lines: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    frame = lines.assign(
        day=lines["sold_at"].dt.normalize(),
        mg_sold=lines["mg"].fillna(0.0) * lines["quantity"],
        unknown=lines["mg"].isna() & (lines["quantity"] > 0),
    )
    told = frame.groupby("buyer_key", as_index=False).agg(
        packs=("quantity", "sum"), mg=("mg_sold", "sum"), mg_unknown=("unknown", "sum"),
        shops=("pharmacy_id", "nunique"), days=("day", "nunique"), region=("region", "first"),
    )  # fmt: skip
    odd: dict[str, set[str]] = {}
    for reason, keys in (
        (SPLIT, _splitting(lines, limits)), (TRAVEL, _travelling(lines, limits)),
        (MINOR, lines.loc[lines["age"] < limits.adult_years, "buyer_key"]),
        (SHOPS, told.loc[told["shops"] >= limits.day_shops, "buyer_key"]),
    ):  # fmt: skip
        for key in set(keys):
            odd.setdefault(key, set()).add(reason)
    told["reasons"] = [tuple(sorted(odd.get(one, ()))) for one in told["buyer_key"]]
    told[["packs", "mg"]] = told[["packs", "mg"]].round(6)
    return told[list(BUYER_COLUMNS)]


def _splitting(lines: pd.DataFrame, limits: Limits) -> NDArray[np.object_]:
    """Buyers of whom 24 hours that end with a purchase hold too many packs from more than one shop."""
    frame = lines.sort_values(["buyer_key", "sold_at"], ignore_index=True)
    key, at = frame["buyer_key"].to_numpy(), _seconds(frame["sold_at"])
    number = pd.factorize(key)[0].astype(np.int64)
    where = number * (1 << 34) + at
    first = np.searchsorted(where, where - 86_399, side="left")
    packs = np.concatenate([[0.0], np.cumsum(frame["quantity"].to_numpy())])
    sums = packs[1:] - packs[first]
    shop = pd.factorize(frame["pharmacy_id"])[0]
    found = []
    for row in np.flatnonzero((sums >= limits.day_packs - 1e-9) & (frame["quantity"] > 0)):
        if len(set(shop[first[row] : row + 1].tolist())) > 1:
            found.append(key[row])
    return np.array(found, dtype=object)


def _travelling(lines: pd.DataFrame, limits: Limits) -> pd.Series:
    """Buyers registered at two shops one after the other that nobody travels between in the time."""
    frame = lines[lines["quantity"] > 0].sort_values(["buyer_key", "sold_at"], ignore_index=True)
    before = frame.shift()
    same = frame["buyer_key"] == before["buyer_key"]
    points = (before["lon"], before["lat"], frame["lon"], frame["lat"])
    km = pd.Series(haversine_m(*(one.to_numpy(dtype=float) for one in points)), frame.index) / 1000
    hours = (frame["sold_at"] - before["sold_at"]).dt.total_seconds() / 3600 + limits.clocks_s / 3600
    far = same & (km >= limits.least_km) & (km > hours * limits.km_per_hour)
    return frame.loc[far, "buyer_key"]


def _paces(lines: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Pairs of buyers beside one another, at two shops or on two days at least."""
    bought = lines[lines["quantity"] > 0]
    at = _seconds(bought["sold_at"])
    left = pd.DataFrame(
        {"shop": bought["pharmacy_id"].to_numpy(), "buyer": bought["buyer_key"].to_numpy(), "at": at,
         "packs": bought["quantity"].to_numpy(), "bucket": at // limits.beside_s}
    )  # fmt: skip
    right = pd.concat([left, left.assign(bucket=left["bucket"] + 1)])
    pairs = left.merge(right, on=["shop", "bucket"], suffixes=("", "_other"))
    apart = (pairs["at"] - pairs["at_other"]).abs()
    pairs = pairs[(pairs["buyer"] != pairs["buyer_other"]) & (apart <= limits.beside_s)]
    pairs = _ordered(pairs["buyer"], pairs["buyer_other"]).assign(
        occasion=pairs["shop"].to_numpy() + "/" + (pairs["at"] // 86_400).astype(str).to_numpy(),
        packs=(pairs["packs"] + pairs["packs_other"]).to_numpy(),
    )
    met = pairs.drop_duplicates(["a", "b", "occasion"])
    told = met.groupby(["a", "b"], as_index=False).agg(times=("occasion", "size"), packs=("packs", "sum"))
    return told[told["times"] >= limits.meetings].assign(reason=PACE)


def _payers(lines: pd.DataFrame) -> pd.DataFrame:
    """A buyer and whoever's insurance paid for it, and buyers for whom one person paid."""
    paid = lines[lines["payer"].notna() & (lines["quantity"] > 0)]
    other = paid[paid["payer"] != paid["buyer_key"]]
    pairs = _ordered(other["buyer_key"], other["payer"]).assign(packs=other["quantity"].to_numpy())
    return _tied(pairs, PAYER)


def _papers(lines: pd.DataFrame) -> pd.DataFrame:
    """Two buyers who used the same prescription."""
    used = lines[lines["prescription_no"].notna() & (lines["quantity"] > 0)]
    told = used.groupby(["prescription_no", "buyer_key"], as_index=False).agg(quantity=("quantity", "sum"))
    pairs = told.merge(told, on="prescription_no", suffixes=("", "_other"))
    pairs = pairs[pairs["buyer_key"] < pairs["buyer_key_other"]]
    both = _ordered(pairs["buyer_key"], pairs["buyer_key_other"]).assign(
        packs=(pairs["quantity"] + pairs["quantity_other"]).to_numpy()
    )
    return _tied(both, PRESCRIPTION)


def _tied(pairs: pd.DataFrame, reason: str) -> pd.DataFrame:
    told = pairs.groupby(["a", "b"], as_index=False).agg(times=("packs", "size"), packs=("packs", "sum"))
    return told.assign(reason=reason)


def _ordered(one: pd.Series, other: pd.Series) -> pd.DataFrame:
    first, second = one.to_numpy(dtype=object), other.to_numpy(dtype=object)
    swap = first > second if len(first) else np.zeros(0, bool)
    return pd.DataFrame({"a": np.where(swap, second, first), "b": np.where(swap, first, second)})


def _seconds(moments: pd.Series) -> NDArray[np.int64]:
    return moments.to_numpy(dtype="datetime64[s]").astype(np.int64)
