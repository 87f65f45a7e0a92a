"""Small symmetric systems, solved in place: thousands of fits cannot wait for a library call each."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled

F64 = NDArray[np.float64]


@compiled
def factor_solve(matrix: F64, right: F64) -> None:
    """Cholesky factor into the lower half of `matrix`; `right` becomes the solution."""
    size = len(right)
    for i in range(size):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = math.sqrt(max(total, 1e-12)) if i == j else total / matrix[j, j]
    for i in range(size):
        total = right[i]
        for k in range(i):
            total -= matrix[i, k] * right[k]
        right[i] = total / matrix[i, i]
    for i in range(size - 1, -1, -1):
        total = right[i]
        for k in range(i + 1, size):
            total -= matrix[k, i] * right[k]
        right[i] = total / matrix[i, i]


@compiled
def leverage(factor: F64, row: F64, scratch: F64) -> float:
    """row' A⁻¹ row, from the factor of A left by `factor_solve`."""
    total = 0.0
    for i in range(len(row)):
        part = row[i]
        for k in range(i):
            part -= factor[i, k] * scratch[k]
        scratch[i] = part / factor[i, i]
        total += scratch[i] * scratch[i]
    return total
