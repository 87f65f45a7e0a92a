"""Shares of few cases pulled to the mean of their peers: empirical Bayes with a beta prior.

Of two sales one may be special by chance; a share of 50 % would say nothing of the shop. The prior of an
outlet kind is estimated from its shops by moments: the mean of all their cases, and how much shops differ
beyond chance, which gives its strength in cases. Source: J. C. Kleinman, "Proportions with extraneous
variance", JASA 68 (1973), 46–54.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from yaotong.risk.formula import Formula
from yaotong.risk.points import Numbers, rounded

EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a shop of a kind before anything is known of it: a mean share, worth `strength`."""

    kind: str
    mean: float
    strength: float
    shops: int

    def __post_init__(self) -> None:
        if not 0 <= self.mean <= 1 or self.strength <= 0:
            raise ValueError(f"{self} is no prior")


def priors(part: pd.Series, whole: pd.Series, kinds: pd.Series, formula: Formula) -> dict[str, Prior]:
    """The prior of each kind with enough shops, and EVERYBODY's for all others; {} when nothing is known.

    `part` of `whole` cases per shop; shops without a case say nothing.
    """
    known = (whole > 0).to_numpy()
    x, n = part.to_numpy(float)[known], whole.to_numpy(float)[known]
    if not len(n):
        return {}
    named = kinds.fillna(EVERYBODY).astype(str).to_numpy()[known]
    found = {EVERYBODY: _prior(EVERYBODY, x, n, formula)}
    for kind in sorted(set(named) - {EVERYBODY}):
        mine = named == kind
        if int(mine.sum()) >= formula.least_peers:
            found[kind] = _prior(kind, x[mine], n[mine], formula)
    return found


def _prior(kind: str, x: Numbers, n: Numbers, formula: Formula) -> Prior:
    """Rounded as it is told, and then used so."""
    mean = float(rounded(x.sum() / n.sum()))
    strength = round(_strength(x, n, mean, formula), 1)
    return Prior(kind, mean, strength, len(n))


def _strength(x: Numbers, n: Numbers, mean: float, formula: Formula) -> float:
    """Cases that the prior is worth: many where shops differ no more than by chance."""
    spread = mean * (1 - mean)
    weights = float(((1 - n / n.sum()) * (n - 1)).sum())
    if spread <= 0 or weights <= 0:
        return formula.strength_high
    found = float((n * (x / n - mean) ** 2).sum()) / spread
    alike = (found - (len(n) - 1)) / weights
    if alike <= 0:
        return formula.strength_high
    return float(np.clip(1 / alike - 1, formula.strength_low, formula.strength_high))


def prior_columns(kinds: pd.Series, found: dict[str, Prior]) -> tuple[Numbers, Numbers]:
    """Mean and strength of each shop's prior; NaN where nothing at all is known."""
    if not found:
        nothing = np.full(len(kinds), np.nan)
        return nothing, nothing
    used = [found.get(one, found[EVERYBODY]) for one in kinds.fillna(EVERYBODY).astype(str)]
    return np.array([one.mean for one in used]), np.array([one.strength for one in used])


def shrunk(part: Numbers, whole: Numbers, mean: Numbers, strength: Numbers) -> Numbers:
    """The share as it is told: (part + mean × strength) / (whole + strength)."""
    return rounded((part + mean * strength) / (whole + strength))
