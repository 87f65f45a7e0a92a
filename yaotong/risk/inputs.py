"""What the formula is fed: one row of measures per shop, and one row per alert and shop it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

STATUSES = ("open", "confirmed", "refuted", "dismissed")
# Measures of a shop: counts are never negative; NaN is what nobody sent.
COUNTS = (
    "lines", "special_lines", "days_due", "days_missing", "dated_lines", "late_lines", "registrable",
    "unregistered", "faults", "open_hours", "absent_hours", "passed", "filed", "ordered", "corrected",
)  # fmt: skip
# Measures that are parts of others.
_PARTS = (
    ("special_lines", "lines"),
    ("days_missing", "days_due"),
    ("late_lines", "dated_lines"),
    ("unregistered", "registrable"),
    ("absent_hours", "open_hours"),
)
SHOP_COLUMNS = ("license_no", "kind", "area_code", "silent_days", "sends_duty", *COUNTS)
ALERT_COLUMNS = ("alert_id", "license_no", "level", "status", "age_days", "named")
# What stays unknown when it is not sent; every other count is then nothing.
_UNKNOWN = ("open_hours", "absent_hours")


@dataclass(frozen=True, slots=True)
class Inputs:
    """`shops`: SHOP_COLUMNS, one row per shop. `silent_days`: days since the last sale that no notice
    excuses, NaN when none ever came; `sends_duty`: whether any shift of it is known. Counts are of the
    formula's spans. `alerts`: ALERT_COLUMNS; `named` is how many shops an alert names.

    ValueError when they contradict themselves. Rows are kept in the order of their keys.
    """

    shops: pd.DataFrame
    alerts: pd.DataFrame

    def __post_init__(self) -> None:
        _need(self.shops, SHOP_COLUMNS)
        _need(self.alerts, ALERT_COLUMNS)
        object.__setattr__(self, "shops", _ordered(self.shops, ["license_no"]))
        object.__setattr__(self, "alerts", _ordered(self.alerts, ["license_no", "alert_id"]))
        self._check_shops()
        self._check_alerts()

    def _check_shops(self) -> None:
        shops = self.shops
        if shops["license_no"].duplicated().any():
            raise ValueError("a shop has one row of measures")
        for name in COUNTS:
            if (shops[name] < 0).any() or (name not in _UNKNOWN and shops[name].isna().any()):
                raise ValueError(f"{name} is a count")
        for part, whole in _PARTS:
            if (shops[part] > shops[whole] + 1e-9).any():
                raise ValueError(f"{part} cannot exceed {whole}")

    def _check_alerts(self) -> None:
        alerts = self.alerts
        if alerts.duplicated(["alert_id", "license_no"]).any():
            raise ValueError("an alert names a shop once")
        if not alerts["status"].isin(STATUSES).all():
            raise ValueError("an alert is open, confirmed, refuted or dismissed")
        if (alerts["age_days"] < 0).any() or (alerts["named"] < 1).any():
            raise ValueError("an alert has an age and names a shop")


def no_measures(licenses: Sequence[str]) -> pd.DataFrame:
    """Rows of shops of which nothing ever came: a start to fill in."""
    frame = pd.DataFrame({"license_no": list(licenses)}, dtype=object)
    frame["kind"], frame["area_code"], frame["silent_days"] = None, None, np.nan
    frame["sends_duty"] = False
    for name in COUNTS:
        frame[name] = np.nan if name in _UNKNOWN else 0.0
    return frame[list(SHOP_COLUMNS)]


def _need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [one for one in columns if one not in frame.columns]
    if missing:
        raise ValueError(f"missing: {', '.join(missing)}")


def _ordered(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.sort_values(keys, kind="stable").reset_index(drop=True)
