"""`yaotong clusters` on maps: the plain twin finds the same, chance is chance, bad regions have reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.detection.mapping import bernoulli_llr, circles_of, made, plain, poisson_llr
from yaotong import cli
from yaotong.detection.clusters import COLUMNS, clusters
from yaotong.detection.models import METHODS
from yaotong.detection.regions import REASONS
from yaotong.detection.setting import Options
from yaotong.errors import UsageError

FEW = Options(replications=99)


def _found(table: pd.DataFrame, ids: pd.Series) -> list[tuple[float, frozenset[int]]]:
    at = {name: place for place, name in enumerate(ids)}
    return [
        (group["llr"].iloc[0], frozenset(at[name] for name in group["region_id"]))
        for _, group in table.groupby("cluster_id")
    ]


def _same(ours: list[tuple[float, frozenset[int]]], twins: list[tuple[float, frozenset[int]]]) -> None:
    assert [score for score, _ in ours] == pytest.approx([score for score, _ in twins], rel=0, abs=1e-9)
    assert {held for _, held in ours} == {held for _, held in twins}


@pytest.mark.parametrize(("seed", "share", "least"), [(1, 0.5, 2), (2, 0.5, 5), (3, 0.2, 2), (4, 0.05, 1)])
def test_circles_are_those_of_the_plain_twin(seed: int, share: float, least: int) -> None:
    given = made(60, seed, raised=5)
    expected = given["population"] / given["population"].sum() * 600
    windows = {}
    for _, held in circles_of(given, "population", share):
        cases = given["cases"].to_numpy()[list(held)].sum()
        if cases >= least:
            windows[held] = poisson_llr(cases, expected.to_numpy()[list(held)].sum(), 600)
    found = clusters(given, FEW._replace(most_share=share, least_cases=least), every=True)
    _same(_found(found.table, given["region_id"]), plain(windows))


@pytest.mark.parametrize("seed", [1, 2])
def test_cases_and_controls_are_those_of_the_plain_twin(seed: int) -> None:
    given = made(50, seed, total=300, raised=5)
    given["controls"] = np.random.default_rng(seed).poisson(given.pop("population") / 800)
    given["people"] = given["cases"] + given["controls"]
    everyone = int(given["people"].sum())
    windows = {}
    for _, held in circles_of(given, "people"):
        c, n = given[["cases", "people"]].to_numpy()[list(held)].sum(axis=0)
        if c >= 2:
            windows[held] = bernoulli_llr(c, n, 300, everyone)
    found = clusters(given.drop(columns="people"), FEW, every=True)
    assert found.method == "bernoulli"
    _same(_found(found.table, given["region_id"]), plain(windows))


def test_regions_at_one_distance_enter_together() -> None:
    side = np.arange(-3, 4)
    lon, lat = (part.ravel() for part in np.meshgrid(121 + side * 0.1, side * 0.1))
    cases = np.full(49, 10)
    cases[[24, 23]] = 60
    given = pd.DataFrame(
        {"region_id": np.arange(49).astype(str), "lon": lon, "lat": lat, "cases": cases, "expected": 10.0}
    )
    windows = {
        held: poisson_llr(cases[list(held)].sum(), len(held) * cases.sum() / 49, cases.sum())
        for _, held in circles_of(given, "expected")
    }
    found = clusters(given, FEW, every=True)
    _same(_found(found.table, given["region_id"]), plain(windows))
    # On a grid no circle holds two places alone: both or a whole ring round one of them.
    assert found.table.groupby("cluster_id").size().iloc[0] != 2


def test_the_rank_is_that_of_replicas_scanned_one_by_one() -> None:
    given = made(40, 5)
    found = clusters(given, FEW, every=True).table
    again = clusters(given.sample(frac=1.0, random_state=2), FEW, every=True).table
    pd.testing.assert_frame_equal(found, again)
    other = clusters(given, FEW._replace(seed=9), every=True).table
    assert other["llr"].tolist() == found["llr"].tolist()
    assert other["p_value"].tolist() != found["p_value"].tolist()
    assert other["p_value"].tolist() == pytest.approx(found["p_value"].tolist(), abs=0.2)
    assert ((found["p_value"] * 100).round(6) % 1 == 0).all()


def test_an_even_map_is_flagged_as_often_as_alpha_says_and_a_raised_one_is_found() -> None:
    p = np.array([clusters(made(40, seed), FEW).top_p for seed in range(200)])
    # 200 draws of a uniform: four standard deviations round the share.
    for alpha in (0.05, 0.25, 0.5):
        assert abs((p <= alpha).mean() - alpha) < 4 * np.sqrt(alpha * (1 - alpha) / 200)
    given = made(40, 3, raised=4, risk=4.0)
    told = clusters(given).table
    assert told["p_value"].iloc[0] == 0.001
    assert "r0" in told.loc[told["cluster_id"] == 1, "region_id"].tolist()
    assert told["relative_risk"].iloc[0] > 2


def test_stopping_early_says_the_same_sooner() -> None:
    given = made(40, 6)
    whole, early = clusters(given), clusters(given, Options(stop_after=20))
    assert early.replications < whole.replications == 999
    assert early.top_p == pytest.approx(20 / early.replications)
    assert early.top_p == pytest.approx(whole.top_p, abs=0.15)
    sure = clusters(made(40, 3, raised=4, risk=4.0), Options(stop_after=20))
    assert (sure.replications, sure.top_p) == (999, 0.001)


def test_only_what_is_unlikely_is_listed_unless_all_is_asked_for() -> None:
    given = made(40, 3, raised=4, risk=4.0)
    some, every = clusters(given).table, clusters(given, every=True).table
    assert tuple(some.columns[: len(COLUMNS)]) == COLUMNS
    assert (some["p_value"] <= 0.05).all()
    assert every["p_value"].max() > 0.05
    assert every["llr"].is_monotonic_decreasing
    assert not every["region_id"].duplicated().any()


def test_least_cases_and_least_regions_hold() -> None:
    given = made(40, 3, raised=1, risk=30.0)
    one = clusters(given).table
    assert (one["cluster_id"] == 1).sum() == 1
    wide = clusters(given, Options(least_regions=3), every=True).table
    assert wide.groupby("cluster_id").size().min() >= 3
    many = clusters(given, Options(least_cases=50), every=True).table
    assert many["cases"].min() >= 50 > clusters(given, every=True).table["cases"].min()


def _bad(column: str, value: object) -> pd.DataFrame:
    given = made(30, 2).astype(object)
    given.loc[7, column] = value
    return given


BAD = {
    "negative": _bad("cases", -1),
    "not_integer": _bad("cases", 1.5),
    "bad_number": _bad("cases", None),
    "implausible": _bad("cases", 10**9),
    "bad_coordinate": _bad("lat", 121.0),
    "bad_expected": _bad("population", 0),
    "no_id": _bad("region_id", None),
    "duplicate_region": _bad("region_id", "r3"),
}


@pytest.mark.parametrize("reason", sorted(BAD))
def test_a_bad_region_has_its_reason_and_the_others_are_scanned(reason: str) -> None:
    given = BAD[reason]
    found = clusters(given, FEW, every=True)
    gone = {"no_id": ["", "r7"], "duplicate_region": ["r3", "r7"]}.get(reason, ["r7"])
    assert found.refused == {gone[0]: reason}
    rest = made(30, 2)
    rest = rest[~rest["region_id"].isin(gone)]
    pd.testing.assert_frame_equal(found.table, clusters(rest, FEW, every=True).table)


@pytest.mark.parametrize("value", [np.nan, np.inf, 181.0, "東"])
def test_a_place_that_is_none_is_refused(value: object) -> None:
    assert clusters(_bad("lon", value), FEW).refused == {"r7": "bad_coordinate"}


@pytest.mark.parametrize("value", [np.nan, -3.0, np.inf, "many"])
def test_an_expectation_that_is_none_is_refused(value: object) -> None:
    assert clusters(_bad("population", value), FEW).refused == {"r7": "bad_expected"}


@pytest.mark.parametrize("value", [np.nan, -3, 2.5])
def test_controls_that_are_none_are_refused(value: float) -> None:
    given = made(30, 2).rename(columns={"population": "controls"})
    given.loc[7, "controls"] = value
    assert clusters(given, FEW).refused == {"r7": "bad_controls"}


def test_too_little_is_unknown_and_never_nothing_found() -> None:
    for given, word in ((made(30)[:1], "1 个"), (made(30)[:2], "2 个"), (made(30, total=1), "1 例")):
        found = clusters(given)
        assert word in found.insufficient
        assert list(found.table.columns[:6]) == list(COLUMNS)
        assert found.table.empty
    assert clusters(made(30)[:3]).insufficient == ""
    assert "0 个" in clusters(made(30)[:0]).insufficient
    wrong = clusters(made(30).assign(cases=-1))
    assert ("0 个" in wrong.insufficient, len(wrong.refused)) == (True, 30)
    assert "一处" in clusters(made(30).assign(lon=121.0, lat=30.7)).insufficient
    even = made(4).assign(cases=5, population=100.0)
    assert (clusters(even).insufficient, len(clusters(even).table)) == ("", 0)


def test_wrong_use_is_told() -> None:
    good = made(30)
    for given, options, word in (
        (good.drop(columns="lon"), FEW, "lon"),
        (good.drop(columns="population"), FEW, "expected"),
        (good, FEW._replace(method="magic"), "magic"),
        (good, FEW._replace(method="bernoulli"), "controls"),
        (good, FEW._replace(alpha=0.0), "alpha"),
        (good, FEW._replace(alpha=0.001), "重复"),
        (good, FEW._replace(replications=3), "replications"),
        (good, FEW._replace(most_share=0.6), "most-share"),
        (
            pd.concat([good.assign(region_id=f"{part}-" + good["region_id"]) for part in range(401)]),
            FEW,
            "12000",
        ),
    ):
        with pytest.raises(UsageError, match=word):
            clusters(given, options)


def _run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["clusters", *map(str, arguments)])
    return int(stopped.value.code or 0)


def test_the_command_reads_and_writes_parquet_and_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = made(40, 3, raised=4, risk=4.0)
    given["region_id"] = ["=r0", *given["region_id"][1:]]
    given.to_parquet(tmp_path / "in.parquet")
    given.to_csv(tmp_path / "in.csv", index=False)
    assert _run(tmp_path / "in.parquet", tmp_path / "out.parquet", "--replications", 99) == 0
    assert "1 个聚集" in capsys.readouterr().err
    told = pd.read_parquet(tmp_path / "out.parquet")
    assert "=r0" in told["region_id"].tolist()
    assert _run(tmp_path / "in.csv", tmp_path / "out.csv", "--replications", 99) == 0
    assert "'=r0" in pd.read_csv(tmp_path / "out.csv")["region_id"].tolist()
    BAD["negative"].to_csv(tmp_path / "bad.csv", index=False)
    assert _run(tmp_path / "bad.csv", tmp_path / "out.csv", "--all") == 1
    assert "r7：有负的病例数（negative）" in capsys.readouterr().err
    given[:1].to_csv(tmp_path / "one.csv", index=False)
    assert _run(tmp_path / "one.csv", tmp_path / "out.csv") == 1
    assert "资料不足" in capsys.readouterr().err
    assert _run(tmp_path / "none.csv", tmp_path / "out.csv") == 2
    assert _run(tmp_path / "in.csv", tmp_path / "out.csv", "--method", "magic") == 2


def test_every_reason_has_words_and_every_method_is_known() -> None:
    assert set(BAD) | {"bad_date", "moved", "bad_controls", "gaps"} == set(REASONS)
    assert set(METHODS) >= {"poisson", "bernoulli"}
