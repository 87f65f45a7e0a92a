"""A table of counts in, the same rows judged out: what `yaotong scan` does, without the files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.detection.detector import ALPHA, LASTING, Choice, Findings, detect, few, still
from yaotong.detection.methods import METHODS, by_name
from yaotong.detection.panel import REASONS, Panel, Reading, read_panel
from yaotong.detection.tails import q_values
from yaotong.errors import UsageError

# The columns of contract §5 first; then what helps to read them.
COLUMNS = ("series_id", "date", "expected", "upper", "score", "p_value", "q_value", "alarm")
MORE = ("excess", "window", "method", "reason")
INSUFFICIENT = "insufficient"
_NUMBERS = ("expected", "upper", "score", "p_value", "q_value", "excess")


class Scanned(NamedTuple):
    """One row for each row given, in its order; why series were refused or are wanting; how many rows
    could not be judged; and how many series each method took, with its reason."""

    table: pd.DataFrame
    refused: dict[str, str]
    noted: dict[str, str]
    unjudged: int
    chosen: dict[str, int]


def scan(frame: pd.DataFrame, method: str = "auto", alpha: float = ALPHA) -> Scanned:
    """Judge every row by the past of its series (and of its group), none by its future.

    `alarm` is missing, never False, where nothing can be said; `reason` then says why. `window` is in
    dates of the series, -1 for a lasting rise. Raises UsageError for a missing column, an unknown
    method, or an alpha outside (0, 0.5).
    """
    if not 0.0 < alpha < 0.5:
        raise UsageError(f"--alpha {alpha} 不在 0 与 0.5 之间")
    if method != "auto" and method not in METHODS:
        raise UsageError(f"没有方法 {method}；可用 auto、{'、'.join(sorted(METHODS))}")
    reading = read_panel(frame)
    lines = _Lines(len(frame))
    chosen: dict[str, int] = {}
    for panel in reading.panels:
        found, choice = detect(panel, alpha) if method == "auto" else by_name(panel, alpha, method)
        lines.take(panel, found, choice, alpha)
        for name, why in zip(choice.method, choice.why, strict=True):
            chosen[f"{name}：{why}"] = chosen.get(f"{name}：{why}", 0) + 1
    table = lines.table(frame, reading)
    return Scanned(table, reading.refused, reading.noted, int(table["alarm"].isna().sum()), chosen)


class _Lines:
    """The output columns while they are filled, grid by grid."""

    def __init__(self, rows: int) -> None:
        self.numbers = {name: np.full(rows, np.nan) for name in _NUMBERS}
        self.window = np.zeros(rows, np.int16)
        self.method = np.full(rows, "", object)
        self.reason = np.full(rows, "", object)
        self.alarm = np.zeros(rows, bool)

    def take(self, panel: Panel, found: Findings, choice: Choice, alpha: float) -> None:
        """Put a grid's findings at their rows."""
        q = q_values(found.p.astype(np.float64))
        grids = (found.expected, found.upper, found.score, found.p, q, found.excess)
        for name, grid in zip(_NUMBERS, grids, strict=True):
            self.numbers[name][panel.rows] = grid[panel.at, panel.on]
        self.window[panel.rows] = found.span[panel.at, panel.on]
        self.method[panel.rows] = choice.method[panel.at]
        self.reason[panel.rows] = _why_not(panel, found)[panel.at, panel.on]
        told = panel.rows[found.p[panel.at, panel.on] <= alpha]
        self.alarm[told] = True
        self.reason[told] = _in_words(self.window[told], panel.step)

    def table(self, frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
        """All columns, in the order of the rows given."""
        ids = frame["series_id"].astype("string").fillna("")
        refused = ids.map(reading.refused)
        texts = {code: f"{INSUFFICIENT}: {text}" for code, text in REASONS.items()}
        self.reason = np.where(refused.notna(), refused.map(texts), self.reason)
        p = self.numbers["p_value"]
        alarm = pd.array(self.alarm, dtype="boolean")
        alarm[np.isnan(p)] = pd.NA
        columns = {
            "series_id": ids.to_numpy(dtype=object),
            "date": frame["date"].to_numpy(),
            **{name: self.numbers[name] for name in COLUMNS[2:7]},
            "alarm": alarm,
            "excess": self.numbers["excess"],
            "window": self.window,
            "method": self.method,
            "reason": self.reason,
        }
        return pd.DataFrame(columns)


def _in_words(window: NDArray[np.int16], step: int) -> NDArray[np.object_]:
    """Why a row alarms: the one date, the last dates together, or a rise that lasts."""
    unit = "天" if step == 1 else "周"
    words = {LASTING: f"较早以前起一直偏高（以最近 28 {unit}计）", 1: f"当{unit}偏高"}
    return np.array([words.get(int(w), f"近 {w} {unit}合计偏高") for w in window], object)


def _why_not(panel: Panel, found: Findings) -> NDArray[np.object_]:
    """For a date without a verdict the code of its reason, else nothing."""
    why = np.full(panel.counts.shape, "", object)
    blank = np.isnan(found.p)
    why[blank] = f"{INSUFFICIENT}: {REASONS['too_short']}"
    why[blank & few(panel.counts)] = f"{INSUFFICIENT}: {REASONS['too_few']}"
    why[blank & still(panel.counts)] = f"{INSUFFICIENT}: {REASONS['constant']}"
    why[np.isnan(panel.counts)] = f"{INSUFFICIENT}: {REASONS['missing']}"
    return why
