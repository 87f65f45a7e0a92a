"""The components of a score, in vectors: one row per shop, points in whole hundredths, NaN where unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.risk.formula import Formula
from yaotong.risk.points import Numbers, as_points, hundredths
from yaotong.risk.shrinking import Prior, prior_columns, priors, shrunk

Flags = NDArray[np.bool_]
COUNTED = ("open", "confirmed")
INSPECTED = ("filed", "ordered", "corrected")


@dataclass(frozen=True, slots=True)
class Component:
    """Points per shop (NaN: unknown), why they are unknown or what they rest on ("" when plain), and the
    priors of the shares among them by measure."""

    points: Numbers
    reason: NDArray[np.object_]
    priors: dict[str, dict[str, Prior]]


def alert_rows(alerts: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    """The alerts with `points` towards the alerts and `breach` towards the breaches, in whole hundredths.

    A weight is divided among the shops an alert names: a buyer who went to five shops is not five wrongs.
    """
    levels = alerts["level"].astype(str)
    counted = alerts["status"].isin(COUNTED).to_numpy()
    age, named = alerts["age_days"].to_numpy(float), alerts["named"].to_numpy(float)
    weight = levels.map({str(one): value for one, value in formula.level_points.items()}).to_numpy(float)
    points = hundredths(weight / named * np.exp(-age / formula.decay_days))
    breach = levels.map({str(one): value for one, value in formula.breach_points.items()}).to_numpy(float)
    recent = (alerts["status"] == "confirmed").to_numpy() & (age <= formula.breach_days)
    return alerts.assign(
        points=np.where(counted, points, 0), breach=np.where(recent, hundredths(breach / named), 0)
    )


def of_shops(shops: pd.DataFrame, rows: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """A column of alert rows summed per shop, in the order of the shops."""
    place = pd.Index(shops["license_no"]).get_indexer(pd.Index(rows["license_no"]))
    known = place >= 0
    summed = np.bincount(place[known], rows[column].to_numpy()[known], minlength=len(shops))
    return summed.astype(np.int64)


def alerts(shops: pd.DataFrame, rows: pd.DataFrame, formula: Formula) -> Component:
    """Open and confirmed alerts, each fading with its age."""
    return _plain(as_points(of_shops(shops, rows, "points")))


def breaches(shops: pd.DataFrame, rows: pd.DataFrame, formula: Formula) -> Component:
    """What checks of the last year confirmed, and inspections that ended badly, up to a cap."""
    whole = of_shops(shops, rows, "breach")
    for name, points in formula.inspection_points.items():
        whole = whole + hundredths(points * shops[name].to_numpy(float))
    return _plain(np.minimum(as_points(whole), formula.breach_cap))


def special(shops: pd.DataFrame, rows: pd.DataFrame, formula: Formula) -> Component:
    """How much of a shop's business special drugs are, small numbers pulled to its kind."""
    share, found = _share(shops, "special_lines", "lines", formula)
    points = formula.special_cap * np.minimum(share / formula.special_full, 1)
    lacking = shops["lines"].to_numpy(float) == 0
    never = shops["silent_days"].isna().to_numpy()
    reason = np.where(lacking, np.where(never, "no_sales_sent", "no_recent_sales"), "").astype(object)
    return Component(_exact(points, lacking), reason, {"special": found})


def quality(shops: pd.DataFrame, rows: pd.DataFrame, formula: Formula) -> Component:
    """Days without data, late lines, buyers not registered, and a register that contradicts itself."""
    parts, found = quality_parts(shops, formula)
    whole = sum(np.nan_to_num(part * 100).round().astype(np.int64) for part in parts.values())
    points = np.minimum(as_points(whole), formula.quality_cap)
    lacking = shops["silent_days"].isna().to_numpy()
    reason = np.where(lacking, "no_sales_sent", "").astype(object)
    return Component(np.where(lacking, np.nan, points), reason, found)


def quality_parts(
    shops: pd.DataFrame, formula: Formula
) -> tuple[dict[str, Numbers], dict[str, dict[str, Prior]]]:
    """The parts of the data quality in points, NaN where one cannot be told; and the priors of the shares."""
    due = shops["days_due"].to_numpy(float)
    missing = _ratio(shops["days_missing"].to_numpy(float), due)
    late, late_priors = _share(shops, "late_lines", "dated_lines", formula)
    unregistered, priors_of = _share(shops, "unregistered", "registrable", formula)
    untold = (shops["dated_lines"].to_numpy(float) == 0) | backfilled(shops, formula)
    parts = {
        "missing": _exact(formula.missing_days_points * missing, due == 0),
        "late": _exact(formula.late_points * late, untold),
        "unregistered": _exact(
            formula.unregistered_points * unregistered, shops["registrable"].to_numpy(float) == 0
        ),
        "faults": as_points(hundredths(formula.fault_points * shops["faults"].to_numpy(float))),
    }
    return parts, {"late": late_priors, "unregistered": priors_of}


def backfilled(shops: pd.DataFrame, formula: Formula) -> bool:
    """Whether most lines of everybody came late: then they were loaded later, and lateness tells nothing."""
    dated = float(shops["dated_lines"].sum())
    return dated > 0 and float(shops["late_lines"].sum()) / dated > formula.backfilled_share


def absence(shops: pd.DataFrame, rows: pd.DataFrame, formula: Formula) -> Component:
    """The share of open hours with no pharmacist on duty, small numbers pulled to the kind."""
    sends = shops["sends_duty"].to_numpy(bool)
    hours = shops["open_hours"].to_numpy(float)
    known = sends & (np.nan_to_num(hours) > 0)
    sent = shops.assign(
        open_hours=np.where(known, hours, 0.0), absent_hours=np.where(known, shops["absent_hours"], 0.0)
    )
    share, found = _share(sent, "absent_hours", "open_hours", formula)
    points = formula.absence_cap * np.minimum(share / formula.absence_full, 1)
    unsent = "no_duty_sent" if sends.any() else "no_duty_feed"
    reason = np.where(known, "", np.where(sends, "no_opening_hours", unsent)).astype(object)
    return Component(_exact(points, ~known), reason, {"absence": found})


def credit(shops: pd.DataFrame, breached: Numbers, formula: Formula) -> Component:
    """Inspections passed in the last year, of a shop without any breach; none known is no bonus."""
    passed = shops["passed"].to_numpy(float)
    points = np.minimum(formula.credit_points * passed, formula.credit_cap)
    reason = np.where(passed == 0, "no_record", np.where(breached > 0, "breached", "")).astype(object)
    return Component(as_points(hundredths(np.where(reason == "", points, 0.0))), reason, {})


Reckon = Callable[[pd.DataFrame, pd.DataFrame, Formula], Component]
RECKONED: dict[str, Reckon] = {
    "alerts": alerts,
    "breaches": breaches,
    "special": special,
    "quality": quality,
    "absence": absence,
}


def _share(shops: pd.DataFrame, part: str, whole: str, formula: Formula) -> tuple[Numbers, dict[str, Prior]]:
    found = priors(shops[part], shops[whole], shops["kind"], formula)
    mean, strength = prior_columns(shops["kind"], found)
    return shrunk(shops[part].to_numpy(float), shops[whole].to_numpy(float), mean, strength), found


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    found: Numbers = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return found


def _exact(points: Numbers, unknown: Flags | np.bool_) -> Numbers:
    """Points in hundredths, NaN where unknown."""
    told = as_points(hundredths(np.nan_to_num(points)))
    return np.where(unknown, np.nan, told)


def _plain(points: Numbers) -> Component:
    return Component(points, np.full(len(points), "", dtype=object), {})
