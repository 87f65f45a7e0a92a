"""Areas: pulled to the mean of all, and small ones not ranked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from tests.risk.plain import V1, alert, inputs, shop, some_inputs
from yaotong.risk import Inputs, area_scores, score


def town(code: str, count: int, **measures: Any) -> list[dict[str, Any]]:
    return [shop(f"{code}-{number:02d}", area_code=code, **measures) for number in range(count)]


def areas(shops: list[dict[str, Any]], alerts: list[dict[str, Any]] = ()) -> pd.DataFrame:  # type: ignore[assignment]
    return area_scores(score(inputs(shops, alerts), V1)).set_index("area_code")


def test_a_mean_is_pulled_to_that_of_all() -> None:
    """Twenty shops of 20 and ten of 40: all 800 points by 30 shops, 26.67; (400 + 26.67 × 5) / 15 = 35.56."""
    shops = [*town("T1", 20), *town("T2", 10)]
    found = areas(shops, [alert(f"a{number}", f"T2-{number:02d}") for number in range(10)])
    assert found.loc["T1", "mean_all"] == 26.67
    assert found.loc["T2", "score"] == 35.56
    assert found.loc["T1", "score"] == 21.33
    assert found["rank"].to_dict() == {"T2": 1, "T1": 2}


@pytest.mark.parametrize(("count", "ranked"), [(9, False), (10, True)])
def test_an_area_of_few_shops_is_not_ranked(count: int, ranked: bool) -> None:
    found = areas([*town("T1", 20), *town("T2", count)])
    assert pd.notna(found.loc["T2", "rank"]) == ranked
    assert pd.notna(found.loc["T2", "score"])


def test_shops_without_data_are_a_share_and_not_a_low_score() -> None:
    found = areas([*town("T1", 10), *town("T2", 9), *town("T2x", 3, silent_days=30.0)])
    silent = found.loc["T2x"]
    assert pd.isna(silent["score"])
    assert pd.isna(silent["rank"])
    assert (silent["insufficient"], silent["insufficient_share"]) == (3, 1.0)


def test_shops_that_lie_nowhere_are_in_no_area() -> None:
    assert areas([shop("S"), *town("T1", 1)]).index.tolist() == ["T1"]


@given(some_inputs())
def test_areas_agree_with_a_plain_sum(given_inputs: Inputs) -> None:
    places = [["T1", "T2", None][number % 3] for number in range(len(given_inputs.shops))]
    scored = score(Inputs(given_inputs.shops.assign(area_code=places), given_inputs.alerts), V1)
    rows = scored.shops.to_dict("records")
    known = [round(one["score"] * 100) for one in rows if not pd.isna(one["score"])]
    for one in area_scores(scored).to_dict("records"):
        mine = [each for each in rows if each["area_code"] == one["area_code"]]
        points = [round(each["score"] * 100) for each in mine if not pd.isna(each["score"])]
        assert (one["shops"], one["scored"]) == (len(mine), len(points))
        if points:
            mean = round(sum(known) / len(known) + 1e-7) / 100
            # Two roundings to a hundredth: of the mean of all, which weighs as five shops, and of the score.
            most = 0.01 * 5 / (len(points) + 5) + 0.0051
            assert one["score"] == pytest.approx((sum(points) / 100 + mean * 5) / (len(points) + 5), abs=most)
