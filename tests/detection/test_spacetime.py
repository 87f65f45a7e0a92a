"""The scan of tables with dates: the plain twin, counts that vary more than Poisson's, and what is no cluster."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.detection.mapping import circles_of, dated, made, plain, poisson_llr
from yaotong.detection import replicas
from yaotong.detection.clusters import clusters
from yaotong.detection.regions import read_regions
from yaotong.detection.setting import Options
from yaotong.detection.spacetime import baseline

FEW = Options(replications=99)
Score = Callable[[float, float], float]


def _twin(
    given: pd.DataFrame, mean: np.ndarray, weight: np.ndarray, score: Score
) -> list[tuple[float, frozenset[int]]]:
    regions = read_regions(given)
    place = pd.DataFrame({"lon": regions.lon, "lat": regions.lat, "weight": weight})
    windows: dict[frozenset[int], float] = {}
    for _, held in circles_of(place, "weight"):
        rows = sorted(held)
        for last in range(1, 8):
            c, e = regions.cases[rows, -last:].sum(), mean[rows, -last:].sum()
            if c >= 2:
                windows[held] = max(windows.get(held, 0.0), score(float(c), float(e)))
    return plain(windows)


def _same(given: pd.DataFrame, method: str, twins: list[tuple[float, frozenset[int]]]) -> None:
    regions = read_regions(given)
    at = {name: place for place, name in enumerate(regions.ids)}
    told = clusters(given, FEW._replace(method=method), every=True).table.groupby("cluster_id")
    assert told["llr"].first().tolist() == pytest.approx([score for score, _ in twins], rel=0, abs=1e-9)
    assert [frozenset(at[name] for name in held) for _, held in told["region_id"]] == [
        held for _, held in twins
    ]


def test_overdispersed_windows_are_those_of_the_plain_twin() -> None:
    given = dated(30, seed=3, regions=4, last=3, risk=3.0)
    regions = read_regions(given)
    mean, ratio = baseline(regions.cases, regions.measure, 7)

    def score(c: float, e: float) -> float:
        return (c * math.log(c / e) - c + e) / ratio if c > e else 0.0

    _same(given, "spacetime", _twin(given, mean, mean.sum(axis=1), score))


def test_poisson_windows_are_those_of_the_plain_twin() -> None:
    given = dated(30, seed=3)
    regions = read_regions(given)
    total = regions.cases.sum()
    mean = regions.measure * total / regions.measure.sum()
    twins = _twin(given, mean, mean.sum(axis=1), lambda c, e: poisson_llr(c, e, total))
    _same(given, "spacetime_poisson", twins)


def test_permutation_windows_are_those_of_the_plain_twin() -> None:
    given = dated(30, seed=3).drop(columns="expected")
    regions = read_regions(given)
    total = regions.cases.sum()
    mean = np.outer(regions.cases.sum(axis=1), regions.cases.sum(axis=0)) / total
    twins = _twin(given, mean, regions.cases.sum(axis=1), lambda c, e: poisson_llr(c, e, total))
    _same(given, "permutation", twins)
    assert clusters(given, FEW).method == "permutation"


def test_counts_that_vary_more_are_no_clusters_and_a_cluster_is() -> None:
    quiet = [dated(30, seed=seed) for seed in range(60)]
    ours = np.mean([clusters(one, FEW).top_p <= 0.05 for one in quiet])
    classical = np.mean(
        [clusters(one, FEW._replace(method="spacetime_poisson")).top_p <= 0.05 for one in quiet]
    )
    assert ours <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert classical > 0.25
    raised = [dated(30, seed=seed, regions=4, last=4, risk=2.5) for seed in range(20)]
    assert np.mean([clusters(one, FEW).top_p <= 0.05 for one in raised]) > 0.8


def test_a_cluster_tells_its_dates_and_regions() -> None:
    given = dated(30, seed=1, regions=4, last=3, risk=4.0)
    told = clusters(given).table
    first = told[told["cluster_id"] == 1]
    assert "r0" in first["region_id"].tolist()
    assert first["first_date"].eq(pd.Timestamp("2026-02-07")).all()
    assert first["last_date"].eq(pd.Timestamp("2026-02-09")).all()
    assert first["relative_risk"].iloc[0] == pytest.approx(first["cases"].iloc[0] / first["expected"].iloc[0])


def test_a_level_that_was_always_other_and_a_day_that_all_share_are_no_clusters() -> None:
    given = dated(30, seed=2)
    given.loc[given["region_id"].isin(["r0", "r1", "r2"]), "expected"] /= 3
    given.loc[given["date"] == given["date"].max(), "expected"] /= 2
    regions = read_regions(given)
    mean, _ = baseline(regions.cases, regions.measure, 7)
    plainly = regions.measure[:, -1].sum()
    assert mean[:, -1].sum() == pytest.approx(regions.cases[:, -1].sum(), rel=0.2)
    assert mean[:, -1].sum() > 1.6 * plainly
    assert clusters(given, FEW).top_p > 0.05
    assert clusters(given, FEW._replace(method="spacetime_poisson")).top_p <= 0.05


def test_where_all_agree_nothing_moves_but_the_level() -> None:
    rng = np.random.default_rng(4)
    expected = np.outer(rng.lognormal(1, 1, 40), np.ones(50))
    cases = rng.poisson(rng.gamma(2 * expected / 0.5, 0.5))
    mean, ratio = baseline(cases, expected, 7)
    moved = np.abs(mean / expected / np.median(mean / expected) - 1.0)
    assert (moved < 1e-9).mean() > 0.85
    assert moved.max() < 0.1
    assert (mean / expected).mean() == pytest.approx(2.0, rel=0.05)
    assert ratio == pytest.approx(1.5, abs=0.15)
    assert baseline(rng.binomial(10, 0.5, (40, 50)), np.full((40, 50), 5.0), 7).ratio == 1.0


def test_missing_rows_are_no_zeros() -> None:
    given = dated(30, seed=5)
    gone = given[~((given["region_id"] == "r4") & (given["date"] > "2026-02-01"))]
    found = clusters(gone, FEW, every=True)
    assert found.noted == {"r4": "gaps"}
    assert read_regions(gone).measure.min() == 0
    assert found.insufficient == ""


def test_population_stands_for_what_is_expected() -> None:
    given = dated(30, seed=6, regions=4, last=3, risk=4.0).rename(columns={"expected": "population"})
    given["population"] *= 1000
    found = clusters(given)
    assert (found.method, found.top_p) == ("spacetime", 0.001)


@pytest.mark.parametrize(("dates", "enough"), [(20, False), (21, True)])
def test_a_short_past_is_insufficient(dates: int, enough: bool) -> None:
    found = clusters(dated(20, dates=dates), FEW)
    assert (found.insufficient == "") == enough


def test_bad_dates_and_moved_regions_have_reasons() -> None:
    given = dated(20).astype({"date": object})
    given.loc[0, "date"] = "昨天"
    given.loc[45, "lon"] += 0.2
    given.loc[85, "date"] = given.loc[86, "date"]
    assert clusters(given, FEW).refused == {"r0": "bad_date", "r1": "moved", "r2": "duplicate_region"}


def test_methods_without_dates_do_not_take_them() -> None:
    with pytest.raises(Exception, match="没有 date"):
        clusters(dated(20), FEW._replace(method="poisson"))
    with pytest.raises(Exception, match="有 date"):
        clusters(made(20), FEW._replace(method="permutation"))


def test_replicas_follow_their_law() -> None:
    rng = np.random.default_rng(1)
    weight = np.array([1.0, 2.0, 3.0, 0.0])
    for total in (60, 6000):
        drawn = replicas.multinomial(rng, weight, total, 4000)
        assert (drawn.sum(axis=0) == total).all()
        assert drawn.mean(axis=1) == pytest.approx(weight / 6 * total, abs=5 * np.sqrt(total / 4 / 4000))
        assert drawn[0].var() == pytest.approx(total * 5 / 36, rel=0.15)
    dealt = replicas.hypergeometric(rng, np.array([5, 10, 15]), 12, 2000)
    assert (dealt.sum(axis=0) == 12).all()
    assert dealt.mean(axis=1) == pytest.approx([2, 4, 6], abs=0.2)
    mean = np.array([[4.0, 1.0], [9.0, 2.0]])
    spread = replicas.overdispersed(rng, mean, 1.5, 20_000)
    assert spread.mean(axis=2) == pytest.approx(np.array([[4, 9], [5, 11]]), rel=0.03)
    assert spread.var(axis=2) == pytest.approx(1.5 * np.array([[4, 9], [5, 11]]), rel=0.06)
    cases = rng.poisson(2.0, (6, 9))
    shuffled = replicas.shuffled(rng, cases, 3, 3000)
    late = cases.sum(axis=0)[::-1][:3].cumsum()
    assert (shuffled.sum(axis=1) == late[:, None]).all()
    due = np.outer(late, cases.sum(axis=1)) / cases.sum()
    assert shuffled.mean(axis=2) == pytest.approx(due, abs=0.25)
    assert (shuffled <= cases.sum(axis=1)[:, None]).all()
