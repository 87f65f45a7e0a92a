"""Per head, own past and neighbours: what each sees, and that missing stays missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yaotong.joins.compare import MIN_POPULATION, neighbours, own_past, per_head


def panel(quantities: list[float], shop: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {"license_no": shop, "year": range(2006, 2006 + len(quantities)), "quantity": quantities}
    )


def test_per_head_needs_enough_residents_on_both_sides_of_the_limit() -> None:
    volume, area = pd.Series([1e5, 1e5, 1e5]), pd.Series(["x", "y", None])
    rates = per_head(volume, area, {"x": MIN_POPULATION, "y": MIN_POPULATION - 1})
    assert rates[0] == 1e5 / MIN_POPULATION
    assert rates[1:].isna().all()


def test_the_own_past_leaves_the_tested_year_out() -> None:
    ratios = own_past(panel([1e5, 1e5, 1e5, 3e5]))["past_ratio"]
    assert ratios.iloc[-1] == 3.0
    assert ratios.iloc[:3].isna().all()  # fewer than three earlier years


def test_a_lasting_rise_stays_visible_for_years() -> None:
    ratios = own_past(panel([1e5, 1e5, 1e5, 1e5, 2e6, 2e6, 2e6, 2e6, 2e6]))["past_ratio"]
    assert (ratios.iloc[4:] >= 19).all()


def test_steady_growth_is_no_jump() -> None:
    ratios = own_past(panel([1e5, 1.1e5, 1.2e5, 1.3e5, 1.4e5]))["past_ratio"]
    assert ratios.max() < 1.5


def test_missing_years_are_not_zero() -> None:
    frame = panel([1e5, 1e5, 1e5, 1e5]).drop(index=1)
    assert own_past(frame)["past_ratio"].isna().all()


def test_neighbours_see_one_high_shop_among_low_ones_and_not_a_lonely_one() -> None:
    lon = pd.Series([*np.linspace(0, 0.1, 9), 40.0, np.nan])
    lat = pd.Series([0.0] * 11)
    volume = pd.Series([10.0] * 8 + [100.0, 500.0, 500.0])
    ratios = neighbours(lon, lat, volume)
    assert ratios[8] == 10.0
    assert (ratios[:8] == 1.0).all()
    assert ratios[9:].isna().all()
