"""A fixed start to learn from, for charts that want a mean in advance: level, trend, year, weekday."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yaotong.detection.panel import DAY, Panel

F64 = NDArray[np.float64]

YEARS = 2
_ROUNDS = 25


def trained(panel: Panel) -> tuple[F64, F64]:
    """(series, dates) means fitted on each series' first two years, NaN within them; (series,) ratios.

    A Poisson regression on a trend, one harmonic of the year and, for days, the weekday; the ratio is
    the negative binomial's (variance - mean) / mean² by moments. A series with less than two years and
    a date has no mean at all.
    """
    counts = panel.counts.astype(np.float64)
    length = round(YEARS * 365.25 / panel.step)
    terms = _terms(counts.shape[1], panel.step)
    mean, ratio = np.full_like(counts, np.nan), np.zeros(len(counts))
    for i, y in enumerate(counts):
        since = int(np.argmax(~np.isnan(y)))
        until = since + length
        known = np.flatnonzero(~np.isnan(y[since:until])) + since
        if until < len(y) and len(known) > 2 * terms.shape[1] and y[known].sum() > 0:
            fitted = np.exp(np.clip(terms @ _poisson(terms[known], y[known]), -12, 21))
            mean[i, until:] = fitted[until:]
            wide = ((y[known] - fitted[known]) ** 2 - fitted[known]).sum()
            ratio[i] = max(wide / (fitted[known] ** 2).sum(), 0.0)
    return mean, ratio


def _terms(dates: int, step: int) -> F64:
    """(dates, terms): one, trend, a harmonic of the year, and for days six weekdays."""
    t = np.arange(dates, dtype=float)
    turn = 2 * np.pi * t * step / 365.25
    columns = [np.ones(dates), t * step / 1000.0, np.cos(turn), np.sin(turn)]
    if step == DAY:
        columns += [(t % 7 == one).astype(float) for one in range(1, 7)]
    return np.column_stack(columns)


def _poisson(terms: F64, y: F64) -> F64:
    """Coefficients of a Poisson regression with log link."""
    beta = np.zeros(terms.shape[1])
    beta[0] = np.log(y.mean())
    for _ in range(_ROUNDS):
        mean = np.exp(np.clip(terms @ beta, -12, 21))
        normal = terms.T @ (terms * mean[:, None]) + 1e-6 * np.eye(len(beta))
        move = np.linalg.solve(normal, terms.T @ (y - mean))
        beta = beta + np.clip(move, -1.0, 1.0)
        if np.abs(move).max() < 1e-10:
            break
    return beta
