"""The highest score of a block of replicas is that of each replica scanned by itself, whatever the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.detection.mapping import dated, made
from yaotong.detection.clusters import clusters
from yaotong.detection.likelihood import BERNOULLI, CELLS, LEVELS, OVERDISPERSED, POISSON, STEP, needed, score
from yaotong.detection.models import chosen
from yaotong.detection.models import made as ready
from yaotong.detection.regions import read_regions
from yaotong.detection.setting import Options


def _controls() -> pd.DataFrame:
    given = made(50, 2, total=300).rename(columns={"population": "controls"})
    return given.assign(controls=(given["controls"] / 10).astype(int))


MAPS = {
    "poisson": (made(50, 1), "auto"),
    "poisson, many cases": (made(50, 1, total=2_000_000), "auto"),
    "bernoulli": (_controls(), "auto"),
    "bernoulli, few controls": (_controls().assign(controls=lambda one: one["controls"] // 200), "auto"),
    "flexible": (made(50, 1), "flexible"),
    "spacetime": (dated(40, seed=2), "auto"),
    "spacetime, sparse": (dated(40, seed=2, level=0.05), "auto"),
    "spacetime, flexible": (dated(40, seed=2), "flexible"),
    "spacetime_poisson": (dated(40, seed=2), "spacetime_poisson"),
    "permutation": (dated(40, seed=2).drop(columns="expected"), "auto"),
}


@pytest.mark.parametrize("name", sorted(MAPS))
@pytest.mark.parametrize("least_regions", [1, 3])
def test_a_block_is_scanned_as_its_replicas_one_by_one(name: str, least_regions: int) -> None:
    given, method = MAPS[name]
    options = Options(method=method, neighbours=6, least_cases=3, least_regions=least_regions)
    regions = read_regions(given)
    model = ready(chosen(regions, method), regions, options)
    drawn = model.draw(np.random.default_rng(3), 64)
    assert drawn.shape == (*model.counts.shape, 64)
    together = model.search.highest(drawn)
    alone = [model.search.windows(np.ascontiguousarray(drawn[:, :, one])).score.max() for one in range(64)]
    assert together == pytest.approx(np.array(alone), rel=0, abs=1e-9)
    assert together.max() > 1.0


@pytest.mark.parametrize(
    ("model", "top", "total", "extra"),
    [
        (POISSON, 300.0, 600.0, 0.0),
        (POISSON, 1e5, 2e5, 0.0),
        (BERNOULLI, 500.0, 300.0, 1000.0),
        (OVERDISPERSED, 400.0, 0.0, 1.5),
        (OVERDISPERSED, 400.0, 0.0, 1.0),
    ],
)
def test_no_count_that_reaches_a_level_is_passed_over(
    model: int, top: float, total: float, extra: float
) -> None:
    table = needed(top, model, total, extra, 2, 2**31 - 1)
    rng = np.random.default_rng(1)
    for size in np.r_[rng.uniform(0.0, top, 60), top * rng.uniform(0, 0.01, 40)]:
        cell = min(int(np.sqrt(size / top) * CELLS), CELLS - 1)
        due = size * total / extra if model == BERNOULLI else size
        for count in np.unique(np.r_[2:12, due + np.sqrt(due) * np.linspace(0, 7, 20)].astype(int)):
            if count < 2 or (total and count > min(total, size if model == BERNOULLI else total)):
                continue
            reached = score(model, float(count), float(size), total, extra)
            if reached > 0.0:
                assert count >= table[min(int(reached / STEP), LEVELS - 1), cell]


def test_cases_among_controls_are_flagged_as_often_as_alpha_says() -> None:
    rng = np.random.default_rng(1)
    p = []
    for seed in range(150):
        given = _controls()
        people = given["cases"] + given["controls"]
        cases = rng.multivariate_hypergeometric(people, 300)
        given = given.assign(cases=cases, controls=people - cases)
        p.append(clusters(given, Options(replications=99, seed=seed)).top_p)
    for alpha in (0.05, 0.25, 0.5):
        assert abs((np.array(p) <= alpha).mean() - alpha) < 4 * np.sqrt(alpha * (1 - alpha) / 150)
