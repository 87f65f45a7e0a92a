"""Signals: a day hangs on no later one, one event is told once, bad cells cost their own day only."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from yaotong.detection.signals.counted import Sold, laid_out
from yaotong.detection.signals.judged import judge_levels, signals_of

FIRST = date(2025, 3, 3)
TOWNS = 6
IN_TOWN = 4
DAYS = 150
GROUPS = ("PSY2", "fever")


def sold(seed: int = 7, days: int = DAYS) -> Sold:
    """Two groups, six towns of four shops: one rises in a town, one in a shop; one shop opens late, some shut."""
    rng = np.random.default_rng(seed)
    shops = TOWNS * IN_TOWN
    mean = rng.uniform(2.0, 6.0, size=(len(GROUPS), shops, 1)) * np.ones((1, 1, DAYS))
    mean[1, :IN_TOWN, 130:138] *= 3.0  # the first town
    mean[0, 9, 120:] *= 4.0  # one shop
    packs = rng.poisson(mean).astype(np.float32)
    packs[:, 5, :40] = np.nan  # opens late
    packs[:, 7, 100:104] = np.nan  # shut
    packs[:, -1] = np.nan
    packs[:, -1, 60:] = 5.0  # never moves, and is no town's
    towns = np.array([f"33048210{number // IN_TOWN}" for number in range(shops)], object)
    towns[-1] = ""
    names = tuple(f"店{number:02d}" for number in range(shops))
    return Sold(FIRST, GROUPS, names, towns, packs[:, :, :days])


def told(city: Sold) -> pd.DataFrame:
    found = signals_of(judge_levels(city, {town: town[:6] for town in set(city.towns) if town}))
    return found.sort_values(["level", "key", "group", "day"], ignore_index=True)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return told(sold())


@pytest.mark.parametrize("days", [97, 121, 132])
def test_a_day_is_judged_alike_whatever_came_later(whole: pd.DataFrame, days: int) -> None:
    until = FIRST + timedelta(days=days - 1)
    past = whole[whole["day"] <= until].reset_index(drop=True)
    assert not past.empty
    pd.testing.assert_frame_equal(told(sold(days=days)), past, check_exact=True)


def sure(found: pd.DataFrame, level: str, *, best: bool = True) -> set[tuple[str, str]]:
    some = found[(found["level"] == level) & (found["q"] <= 0.01) & (found["best"] == best)]
    return set(zip(some["key"], some["group"], strict=True))


def test_a_town_that_rises_is_told_and_its_shops_are_not(whole: pd.DataFrame) -> None:
    assert sure(whole, "town") == {("330482100", "fever")}
    assert not {(key, group) for key, group in sure(whole, "pharmacy") if group == "fever"}


def test_a_shop_that_rises_is_told_and_its_town_is_not(whole: pd.DataFrame) -> None:
    assert sure(whole, "pharmacy") == {("店09", "PSY2")}
    assert ("330482102", "PSY2") in sure(whole, "town", best=False)


def test_nothing_is_said_of_too_little(whole: pd.DataFrame) -> None:
    assert whole["day"].min() >= FIRST + timedelta(days=84)
    late = whole[whole["key"] == "店05"]
    assert late.empty or late["day"].min() >= FIRST + timedelta(days=124)
    assert "店23" not in set(whole["key"])
    assert "city" not in set(whole["level"])  # its first year


def test_the_order_of_shops_does_not_matter(whole: pd.DataFrame) -> None:
    city, order = sold(), np.random.default_rng(1).permutation(TOWNS * IN_TOWN)
    turned = city._replace(
        shops=tuple(city.shops[one] for one in order), towns=city.towns[order], packs=city.packs[:, order]
    )
    other = told(turned)
    pd.testing.assert_frame_equal(other, whole, rtol=1e-4)


def rows(*cells: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [(shop, FIRST + timedelta(days=on), "PSY2", packs) for shop, on, packs in cells],
        columns=["pharmacy_id", "day", "group", "packs"],
    )


def days_of(shop: str, *days: int) -> pd.DataFrame:
    return pd.DataFrame({"pharmacy_id": shop, "day": [FIRST + timedelta(days=one) for one in days]})


def laid(counts: pd.DataFrame, reported: pd.DataFrame, promoted: pd.DataFrame) -> list[float | None]:
    city = laid_out(counts, reported, promoted, {}, ("PSY2",), FIRST + timedelta(days=9))
    assert city is not None
    return [None if np.isnan(one) else float(one) for one in city.packs[0, 0]]


def test_zero_is_not_unknown_and_what_explains_itself_is_left_out() -> None:
    none = days_of("甲")
    week = days_of("甲", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert laid(rows(("甲", 3, 2.4)), week, none) == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
    # More came back than was sold; a shop that is not known reports nothing.
    assert laid(rows(("甲", 3, -2.0), ("乙", 3, 9.0)), week, none) == [0] * 10
    assert laid(rows(("甲", 3, 9.0)), week, days_of("甲", 3)) == [0, 0, 0, None, 0, 0, 0, 0, 0, 0]


def test_the_days_after_one_that_was_missed_catch_up() -> None:
    # Day 7 is missed, and a week before it the shop sent; day 1 was missed in the first week already.
    sent = days_of("甲", 0, 2, 3, 4, 5, 6, 8, 9)
    assert laid(rows(("甲", 9, 30.0)), sent, days_of("甲")) == [0, None, 0, 0, 0, 0, 0, None, None, None]


def test_a_cell_beyond_belief_costs_no_other_series() -> None:
    city = sold()
    city.packs[0, 3, 60] = 1e9
    found = told(city)
    assert sure(found, "pharmacy") >= {("店09", "PSY2")}
    assert np.isfinite(found[["observed", "expected", "upper", "excess", "p", "q"]].to_numpy()).all()


def test_four_years_of_a_real_pharmacy_are_mostly_ordinary(real_data: Path) -> None:
    table = pd.read_csv(real_data / "sales-daily" / "one_pharmacy_by_atc.csv", parse_dates=["date"])
    groups = tuple(table.columns[1:])
    packs = np.round(table[list(groups)].to_numpy(dtype=float)).T[:, None].astype(np.float32)
    city = Sold(table["date"].min().date(), groups, ("一店",), np.array(["330482001"], object), packs)
    levels = judge_levels(city, {"330482001": "330482"})
    found = signals_of(levels)
    shops = found[found["level"] == "pharmacy"]
    judged = int(np.isfinite(levels.shops.p).sum())
    assert judged > 10_000
    # Nobody has said which days were abnormal: one in a hundred alarms where none is.
    assert len(shops) <= 0.02 * judged
    assert (shops["q"] <= 0.01).sum() <= 0.002 * judged
    # A town of one shop is that shop.
    assert not found.loc[found["level"] != "pharmacy", "best"].any()
