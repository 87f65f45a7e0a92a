"""How a measure comes from its lines, written out step by step for a person to check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from yaotong.rules.model import Adds, Clause, Values

MINUTE_S = 60
WORDS = {
    "packs": ("各行盒数相加，退货为负", "packs added up, returns negative"),
    "lines": ("数行数", "lines counted"),
    "sales": ("数售出的次数，退货不计", "sales counted, returns left out"),
    "shops": (
        "数不同的药店，全部退回的不计",
        "different pharmacies counted, unless all came back",
    ),
    "persons": ("数不同的人", "different persons counted"),
    "mg": ("盒数乘以每盒毫克，相加", "packs times milligrams a pack, added up"),
    "yuan": ("各行金额相加，退回为负", "amounts added up, paid back negative"),
}
COMPARED = (
    "按定义由规则直接算出，不是各行的简单合计",
    "worked out as the definition says, not a plain sum of lines",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line's part in a measure: what it adds, and the total so far."""

    line_id: str
    amount: float
    total: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A measure out of its lines: in words, line by line, and its value beside what the rule told.

    Without steps and value where the rule's own comparison is no sum of lines.
    """

    words_zh: str
    words_en: str
    steps: tuple[Step, ...]
    value: float | None
    told: float

    @property
    def agrees(self) -> bool:
        """Whether the lines come to what the rule told; True where there is nothing to add up."""
        return self.value is None or abs(self.value - self.told) < 1e-6


def arithmetic(clause: Clause, lines: pd.DataFrame, told: float, values: Values) -> Arithmetic:
    """Write out how evidence lines make the measure of a finding.

    `lines`, in order of time: line_id, sold_at, pharmacy_id, drug_code, quantity, buyer_key, prescription_no,
    active_mg_per_pack, amount_fen.
    """
    if clause.adds is None or lines.empty:
        return Arithmetic(*COMPARED, (), None, told)
    found = [_steps(part, clause.adds) for part in _parts(lines, clause.adds, values)]
    # Of equal ones the shortest: what it leaves out adds nothing.
    best = max(found, key=lambda steps: (steps[-1].total, -len(steps)))
    return Arithmetic(*WORDS[clause.adds.what], best, best[-1].total, told)


def _parts(lines: pd.DataFrame, adds: Adds, values: Values) -> Iterator[pd.DataFrame]:
    """The lines that are added up together: groups, and in each the spans that end with a line."""
    if not adds.each:
        groups = [lines]
    else:
        # Who is unknown may be anybody: such a line is one of its own.
        known = lines[list(adds.each)].notna().all(axis=1)
        own = [lines.iloc[[number]] for number in range(len(lines)) if not known.iloc[number]]
        groups = [*(part for _, part in lines[known].groupby(list(adds.each), sort=True)), *own]
    span = values[adds.within] * MINUTE_S if isinstance(adds.within, str) else adds.within
    for group in groups:
        if not span:
            yield group
            continue
        for end in group["sold_at"].unique():
            age = (end - group["sold_at"]).dt.total_seconds()
            # A day or more is open at its far end, as the rolling totals of the rules are.
            yield group[(age >= 0) & ((age <= span) if isinstance(adds.within, str) else (age < span))]


def _steps(lines: pd.DataFrame, adds: Adds) -> tuple[Step, ...]:
    amounts = _amounts(lines, adds)
    totals = [round(float(one), 6) for one in pd.Series(amounts).cumsum()]
    told = zip(lines["line_id"], amounts, totals, strict=True)
    return tuple(Step(str(line), round(amount, 6), total) for line, amount, total in told)


def _amounts(lines: pd.DataFrame, adds: Adds) -> list[float]:
    """What each line adds."""
    counted: Mapping[str, pd.Series] = {
        "packs": lines["quantity"],
        "lines": pd.Series(1.0, lines.index),
        "sales": (lines["quantity"] > 0).astype(float),
        "mg": lines["quantity"] * lines["active_mg_per_pack"].astype(float).fillna(0.0),
        "yuan": lines["amount_fen"].astype(float).fillna(0.0) / 100,
        "persons": (~lines["buyer_key"].duplicated() & lines["buyer_key"].notna()).astype(float),
        "shops": _first_of_shops(lines),
    }
    return [float(one) for one in counted[adds.what].fillna(0.0)]


def _first_of_shops(lines: pd.DataFrame) -> pd.Series:
    kept = lines.groupby("pharmacy_id")["quantity"].transform("sum").round(6) > 0
    return (~lines["pharmacy_id"].duplicated() & kept).astype(float)
