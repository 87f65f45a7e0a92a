"""The methods by name: ours and the published ones they are measured against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from yaotong.detection import charts, farrington
from yaotong.detection.charts import CUSUM_H, GLR_LIMIT, Chart
from yaotong.detection.detector import Choice, Findings, detect, silenced
from yaotong.detection.panel import DAY, Panel
from yaotong.detection.training import trained
from yaotong.errors import UsageError

Floats = NDArray[np.floating]
Method = Callable[[Panel, float], Findings]

_NAMED = "按名字指定"


def by_name(panel: Panel, alpha: float, name: str) -> tuple[Findings, Choice]:
    """Findings on a grid by one named method. Raises UsageError when it does not suit the grid's step."""
    count = len(panel.ids)
    choice = Choice(np.full(count, name, object), np.full(count, _NAMED, object))
    return silenced(METHODS[name](panel, alpha), panel.counts), choice


def _ours(name: str, daily: bool) -> Method:
    def run(panel: Panel, alpha: float) -> Findings:
        if (panel.step == DAY) != daily:
            raise UsageError(f"方法 {name} 只用于{'逐日' if daily else '逐周'}的序列")
        return detect(panel, alpha, name)[0]

    return run


def _farrington(fit: Callable[..., farrington.Lines]) -> Method:
    def run(panel: Panel, alpha: float) -> Findings:
        expected, upper, p = fit(panel.counts, panel.first, panel.step, alpha)
        score = (panel.counts - expected) / np.maximum(upper - expected, 1e-6)
        return _found(panel.counts, expected, upper, score, p)

    return run


def _ears(kind: str) -> Method:
    def run(panel: Panel, alpha: float) -> Findings:
        chart = charts.ears(panel.counts, kind, alpha)
        return _found(panel.counts, *chart[:3], ndtr(-chart.told))

    return run


def _cusum(panel: Panel, alpha: float) -> Findings:
    mean, _ = trained(panel)
    return _charted(panel, charts.cusum(panel.counts, mean), CUSUM_H, alpha)


def _glrnb(panel: Panel, alpha: float) -> Findings:
    mean, ratio = trained(panel)
    return _charted(panel, charts.glr(panel.counts, mean, ratio), GLR_LIMIT, alpha)


def _charted(panel: Panel, chart: Chart, limit: float, alpha: float) -> Findings:
    """A chart has a limit and no p: its p is nominal, alpha at the limit, falling by as much for each."""
    p = np.minimum(alpha ** (chart.statistic / limit), 1.0)
    return _found(panel.counts, *chart, p)


def _found(counts: Floats, expected: Floats, upper: Floats, score: Floats, p: Floats) -> Findings:
    """Lines of one date each as findings; no count, no finding."""
    missing = np.isnan(counts)
    lines = [np.where(missing, np.nan, one).astype(np.float32) for one in (expected, upper, score, p)]
    excess = (counts - lines[0]).astype(np.float32)
    span = np.ones(counts.shape, np.int16)
    return Findings(lines[0], lines[1], lines[2], lines[3], excess, span)


METHODS: dict[str, Method] = {
    "filter": _ours("filter", True),
    "group": _ours("group", True),
    "weekly": _ours("weekly", False),
    "farrington": _farrington(farrington.original),
    "farrington_flexible": _farrington(farrington.flexible),
    "ears_c1": _ears("c1"),
    "ears_c2": _ears("c2"),
    "ears_c3": _ears("c3"),
    "cusum": _cusum,
    "glrnb": _glrnb,
}
