import numpy as np
import pytest
from scipy.stats import nbinom, norm

from yaotong.detection import calibration
from yaotong.detection.quantiles import nb_at_least, nb_quantile
from yaotong.detection.tails import nb_upper, nb_z, q_values


def _mid(count: int, mean: float, variance: float) -> float:
    size, p = mean**2 / (variance - mean), mean / variance
    return float((nbinom.sf(count, size, p) + nbinom.sf(count - 1, size, p)) / 2)


@pytest.mark.parametrize(
    ("mean", "variance"), [(1.0, 1.2), (3.0, 6.0), (40.0, 160.0), (200.0, 300.0), (5.0, 20.0)]
)
@pytest.mark.parametrize("share", [0.3, 0.05, 1e-3, 1e-6])
def test_the_normal_score_is_that_of_the_mid_p(mean: float, variance: float, share: float) -> None:
    count = max(int(nbinom.isf(share, mean**2 / (variance - mean), mean / variance)), 1)
    assert nb_z(float(count), mean, variance) == pytest.approx(
        norm.isf(_mid(count, mean, variance)), abs=0.13
    )


def test_no_sale_is_never_too_many() -> None:
    assert all(
        nb_z(0.0, mean, mean * ratio) <= 0.0 for mean in (1e-4, 0.3, 5.0, 80.0) for ratio in (1.0, 3.0)
    )


@pytest.mark.parametrize(("mean", "ratio"), [(0.2, 1.0), (4.0, 1.0), (0.7, 2.5), (33.0, 4.0), (900.0, 1.05)])
def test_tails_and_quantiles_are_exact(mean: float, ratio: float) -> None:
    size, p = (mean / (ratio - 1), 1 / ratio) if ratio > 1 else (1e9, 1 - mean / 1e9)
    for share in (0.9, 0.99, 0.9999):
        assert nb_quantile(share, mean, ratio) == nbinom.ppf(share, size, p)
    for count in (1, int(mean), int(mean * 2) + 3):
        assert nb_at_least(float(count), mean, ratio) == pytest.approx(
            nbinom.sf(count - 1, size, p), rel=1e-5
        )


def test_the_bound_is_where_the_score_passes() -> None:
    mean, variance = np.array([2.0, 30.0, 150.0]), np.array([3.0, 60.0, 400.0])
    upper = nb_upper(mean, variance, 2.5)
    for one, m, v in zip(upper, mean, variance, strict=True):
        assert nb_z(one - 1, m, v) < 2.6
        assert nb_z(one + 2, m, v) > 2.4


def test_q_values_are_benjamini_and_hochbergs_and_a_blank_is_no_test() -> None:
    p = np.array([[0.01, 0.5], [0.04, np.nan], [0.03, 0.02], [np.nan, np.nan]])
    q = q_values(p)
    assert q[:3, 0] == pytest.approx([0.03, 0.04, 0.04])
    assert q[[0, 2], 1] == pytest.approx([0.5, 0.04])
    assert np.isnan(q[[1, 3, 3], [1, 0, 1]]).all()


@pytest.mark.parametrize("scale", [calibration.DAILY, calibration.WEEKLY])
def test_p_falls_with_the_score_and_its_inverse_finds_alpha(scale: calibration.Scale) -> None:
    p = calibration.p_values(np.linspace(-5, 20, 500), scale)
    assert (np.diff(p) <= 0).all()
    assert 0 < p[-1] < 1e-9
    for alpha in (0.05, 0.01, 1e-4):
        at = calibration.score_at(alpha, scale)
        assert calibration.p_values(np.array([at]), scale)[0] == pytest.approx(alpha, rel=0.02)
    assert np.isnan(calibration.p_values(np.array([np.nan]), scale)[0])
