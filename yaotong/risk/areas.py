"""Scores of areas: the mean of their shops pulled to the mean of all; ranked only where there are enough."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yaotong.risk.formula import Formula
from yaotong.risk.points import as_points, hundredths
from yaotong.risk.scoring import Scored


def area_scores(scored: Scored) -> pd.DataFrame:
    """One row per area that holds a shop, by code: shops, scored, insufficient, insufficient_share, mean_all,
    strength (in shops), points (the sum of the scores), score (NaN when no shop has one), rank (1: highest;
    NA when fewer shops have a score than the formula asks for)."""
    formula, shops = scored.formula, scored.shops[scored.shops["area_code"].notna()]
    known = scored.shops["score"].dropna()
    mean = as_points(hundredths(known.mean())) if len(known) else np.nan
    grouped = shops.groupby("area_code", sort=True)
    found = pd.DataFrame(
        {
            "shops": grouped.size(),
            "scored": grouped["score"].count(),
            "points": as_points(grouped["score"].apply(lambda one: int(hundredths(one.dropna()).sum()))),
        }
    ).reset_index()
    found["insufficient"] = found["shops"] - found["scored"]
    found["insufficient_share"] = found["insufficient"] / found["shops"]
    found["mean_all"], found["strength"] = float(mean), float(formula.area_strength_shops)
    return _ranked(found, formula)


def _ranked(found: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    weight = found["scored"] + found["strength"]
    pulled = (found["points"] + found["mean_all"] * found["strength"]) / weight
    told = as_points(hundredths(pulled.fillna(0)))
    found["score"] = pd.Series(told, index=found.index).where(found["scored"] > 0)
    enough = found["scored"] >= formula.area_least_shops
    rank = found["score"].where(enough).rank(method="min", ascending=False)
    return found.assign(rank=rank.astype("Int64"))
