"""Vectors, not loops: what a county and a province of shops take. The bounds are loose: machines are shared."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from tests.risk.plain import LEVELS, V1
from yaotong.risk import Inputs, area_scores, no_measures, score


def region(count: int) -> Inputs:
    """Shops of three kinds in 500 towns with measures of every sort, and three alerts each."""
    chance = np.random.default_rng(1)
    shops = no_measures([f"S{number:07d}" for number in range(count)])
    shops["kind"] = chance.choice(["chain_store", "single", "hospital"], count)
    shops["area_code"] = [f"33{number % 500:07d}" for number in range(count)]
    shops["silent_days"] = chance.integers(0, 9, count).astype(float)
    shops["lines"] = chance.integers(0, 5000, count).astype(float)
    shops["special_lines"] = np.floor(shops["lines"] * chance.beta(1, 30, count))
    shops["days_due"], shops["days_missing"] = 30.0, chance.integers(0, 5, count).astype(float)
    shops["dated_lines"], shops["late_lines"] = shops["lines"], np.floor(shops["lines"] / 10)
    shops["sends_duty"], shops["open_hours"], shops["absent_hours"] = True, 300.0, chance.random(count) * 100
    rows = 3 * count
    alerts = pd.DataFrame(
        {
            "alert_id": [f"a{number}" for number in range(rows)],
            "license_no": chance.choice(shops["license_no"], rows),
            "level": chance.choice(LEVELS, rows),
            "status": chance.choice(["open", "confirmed", "refuted", "dismissed"], rows),
            "age_days": chance.integers(0, 365, rows),
            "named": 1,
        }
    )
    return Inputs(shops, alerts)


@pytest.mark.parametrize(
    ("count", "seconds"), [(30_000, 5.0), pytest.param(600_000, 30.0, marks=pytest.mark.slow)]
)
def test_a_region_is_scored_in_time(count: int, seconds: float) -> None:
    fed = region(count)
    began = time.perf_counter()
    scored = score(fed, V1)
    areas = area_scores(scored)
    assert time.perf_counter() - began < seconds
    assert (len(scored.shops), len(areas)) == (count, 500)
    assert set(scored.shops["grade"]) == {"", "A", "B", "C", "D"}
