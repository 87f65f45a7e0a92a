"""Numbers as decimals are written; no thousands marks, no words, nothing infinite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.intake.checks.distinct import COMPILED_FROM, Bools, Checked, Flaw, byte_view, mask_of

_NUMBER = r"^[+-]?(\d{1,15}(\.\d{0,17})?|\.\d{1,17})([eE][+-]?\d{1,2})?$"


def read_numbers(values: Any, bounds: tuple[float | None, float | None], *, whole: bool = False) -> Checked:
    """Decimals as float64 (or int64 when `whole`), inside inclusive bounds where those are given."""
    numbers, good = _parsed(values)
    broken = good & whole & (numbers != np.rint(numbers))
    low, high = bounds
    outside = good & (
        (numbers < (-np.inf if low is None else low)) | (numbers > (np.inf if high is None else high))
    )
    bad = ~good | broken
    typed = pa.array(numbers, pa.float64(), mask=bad | outside)
    return Checked(
        pc.cast(typed, pa.int64()) if whole else typed,
        (
            Flaw(
                "bad_number", bad, "{value} 不是整数。" if whole else "{value} 不是数字（不要千分位和单位）。"
            ),
            Flaw("out_of_range", outside, "{value} 超出范围 " + _range(low, high) + "。"),
        ),
    )


def _parsed(values: Any) -> tuple[NDArray[np.float64], Bools]:
    """Numbers (NaN where there is none), and where there is one."""
    if len(values) >= COMPILED_FROM:
        from yaotong.intake.checks import kernels  # compiled code is loaded for long columns only

        numbers, good = np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
        if kernels.decimals(*byte_view(values), numbers, good) < len(values):
            numbers[~good], good[~good] = _any_form(values.filter(pa.array(~good)))
        return numbers, good
    return _any_form(values)


def _any_form(values: Any) -> tuple[NDArray[np.float64], Bools]:
    good = mask_of(pc.match_substring_regex(values, _NUMBER))
    text = pc.utf8_ltrim(pc.if_else(pa.array(good), values, None), "+")
    return pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False), good


def _range(low: float | None, high: float | None) -> str:
    return f"{'' if low is None else f'{low:g}'}～{'' if high is None else f'{high:g}'}"
