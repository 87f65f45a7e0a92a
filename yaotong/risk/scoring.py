"""Components to a score, a class, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from yaotong.risk import components
from yaotong.risk.components import Component, alert_rows
from yaotong.risk.formula import COMPONENTS, MEASURED, Formula, Grade
from yaotong.risk.inputs import Inputs
from yaotong.risk.points import Numbers, as_points, hundredths
from yaotong.risk.shrinking import Prior

# Reasons for a component that no shop of the region could have: nobody sends the feed.
FOR_ALL = ("no_duty_feed",)


@dataclass(frozen=True, slots=True)
class Scored:
    """`shops`, one row per shop: license_no, kind, area_code, score (0–100; NaN when insufficient), least
    (what the known components alone come to), high (if everything unknown were at its worst), grade ("" when
    insufficient), held (no A: a component is missing that others send), insufficient ("" or never_sent,
    silent), the components in points (NaN: unknown) and `<component>_reason`.

    `alerts`: the alert rows with their points and breach, in whole hundredths. `priors`: by measure and kind.
    """

    formula: Formula
    shops: pd.DataFrame
    alerts: pd.DataFrame
    priors: Mapping[str, Mapping[str, Prior]]


def score(inputs: Inputs, formula: Formula) -> Scored:
    """Every shop's score with its parts; alerts of shops that are not among them are left out."""
    shops, rows = inputs.shops, alert_rows(inputs.alerts, formula)
    found = {name: reckon(shops, rows, formula) for name, reckon in components.RECKONED.items()}
    found["credit"] = components.credit(shops, found["breaches"].points, formula)
    frame = shops[["license_no", "kind", "area_code"]].copy()
    frame["base"], frame["base_reason"] = float(formula.base), ""
    for name, one in found.items():
        frame[name], frame[f"{name}_reason"] = one.points, one.reason
    totals = _totals(frame, formula)
    frame = frame.assign(**totals)
    return Scored(formula, _classed(frame, shops, formula), rows, _priors(found))


def _totals(frame: pd.DataFrame, formula: Formula) -> dict[str, Numbers]:
    """The sum of what is known, and the same with every unknown component at its cap."""
    known = sum(hundredths(frame[name].fillna(0)) for name in COMPONENTS if name != "credit")
    known = known - hundredths(frame["credit"])
    worst = known + sum(hundredths(frame[name].isna() * formula.caps[name]) for name in MEASURED)
    top = int(hundredths(formula.cap))
    return {"least": as_points(np.clip(known, 0, top)), "high": as_points(np.clip(worst, 0, top))}


def _classed(frame: pd.DataFrame, shops: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    silent = shops["silent_days"].to_numpy(float)
    why = np.where(np.isnan(silent), "never_sent", np.where(silent >= formula.silent_days, "silent", ""))
    lacking = np.zeros(len(frame), dtype=bool)
    for name in MEASURED:
        lacking |= (frame[name].isna() & ~frame[f"{name}_reason"].isin(FOR_ALL)).to_numpy()
    steps = np.searchsorted(np.array(formula.grade_limits), frame["least"].to_numpy(), side="right")
    held = lacking & (steps == 0)
    grades = np.array([str(one) for one in Grade], dtype=object)[np.where(held, 1, steps)]
    return frame.assign(
        score=frame["least"].where(why == ""),
        grade=np.where(why == "", grades, ""),
        held=held & (why == ""),
        insufficient=why.astype(object),
    )


def _priors(found: Mapping[str, Component]) -> dict[str, dict[str, Prior]]:
    return {measure: by_kind for one in found.values() for measure, by_kind in one.priors.items()}
