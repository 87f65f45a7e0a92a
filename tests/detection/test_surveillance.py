"""Our named methods beside the R package surveillance 1.20.3, on a made series (surveillance.R)."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from yaotong.detection import charts, farrington

TOLD = pd.read_csv(Path(__file__).with_name("surveillance.csv"))
Y = TOLD["observed"].to_numpy(float)[None]
FIRST = date(2016, 1, 4)
SAID = slice(299, None)


def test_farrington_flexible_gives_the_same_bounds_and_alarms() -> None:
    expected, upper, p = farrington.flexible(Y, FIRST, 7, 0.01)
    assert expected[0, SAID] == pytest.approx(TOLD["ff_expected"][SAID], rel=1e-6)
    assert upper[0, SAID].tolist() == TOLD["ff_upper"][SAID].tolist()
    assert (p[0, SAID] <= 0.01).tolist() == (TOLD["ff_alarm"][SAID] == 1).tolist()
    assert TOLD["ff_alarm"][SAID].sum() >= 3


def test_farrington_of_1996_gives_the_same_bounds_and_alarms() -> None:
    _, upper, p = farrington.original(Y, FIRST, 7, 0.01)
    # R stops its fits at 1e-8 of the deviance; ours go on.
    assert upper[0, SAID] == pytest.approx(TOLD["fa_upper"][SAID], rel=1e-4)
    assert (p[0, SAID] <= 0.01).tolist() == (TOLD["fa_alarm"][SAID] == 1).tolist()


@pytest.mark.parametrize("kind", ["c1", "c2", "c3"])
def test_ears_gives_the_same_bounds(kind: str) -> None:
    upper = charts.ears(Y, kind, 0.01).upper[0, SAID]
    assert upper == pytest.approx(TOLD[f"{kind}_upper"][SAID], abs=1e-9)


def test_the_cusum_is_the_same() -> None:
    mean = np.array([[Y[0, :299].mean()]])
    chart = charts.cusum(Y[:, SAID], mean)
    assert chart.statistic[0] == pytest.approx(TOLD["cusum"][SAID], abs=1e-9)
    # Where the sum alone is past the limit no count is needed; R's closed form turns back up there.
    open_ = chart.upper[0] > 0
    assert chart.upper[0][open_] == pytest.approx(TOLD["cusum_upper"][SAID][open_], abs=1e-9)


def test_the_likelihood_ratio_of_a_rise_is_the_same_and_starts_anew_after_an_alarm() -> None:
    told = charts.glr(Y[:, SAID], TOLD["mu"].to_numpy()[None, SAID], np.array([0.1])).statistic[0]
    assert told == pytest.approx(TOLD["glr"][SAID], abs=1e-8)
    assert (told > charts.GLR_LIMIT).tolist() == (TOLD["glr_alarm"][SAID] == 1).tolist()
