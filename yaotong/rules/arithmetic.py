"""How a measure comes from its lines, written out step by step for a person to check."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from yaotong.rules.model import Adds, Clause

MOST_TERMS = 24
_WORDS = {
    "packs": ("各行数量相加，退货为负", "quantities added up, returns negative"),
    "lines": ("数行数", "lines counted"),
    "shops": ("数不同的药店", "different pharmacies counted"),
    "persons": ("数不同的人", "different persons counted"),
}
_COUNTED = {"shops": "pharmacy_id", "persons": "buyer_key"}


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A measure out of its lines: in words, as a sum, and its value; `told` is the measure of the rule.

    `terms` is "" when the rule's own comparison cannot be written as a sum of lines, or when the reader
    may not see quantities.
    """

    words_zh: str
    words_en: str
    terms: str
    value: float | None
    told: float

    @property
    def agrees(self) -> bool:
        """Whether the lines come to what the rule told; True where there is nothing to add up."""
        return self.value is None or abs(self.value - self.told) < 1e-6


def added_up(lines: pd.DataFrame, adds: Adds) -> float:
    """The sum or count that a clause takes of its evidence lines."""
    if adds == "packs":
        return round(float(lines["quantity"].sum()), 6)
    if adds == "lines":
        return float(len(lines))
    return float(lines[_COUNTED[adds]].nunique())


def arithmetic(clause: Clause, lines: pd.DataFrame, told: float, *, visible: bool = True) -> Arithmetic:
    """Write out how the evidence lines of a finding (columns quantity, pharmacy_id, buyer_key) make its measure."""
    if not clause.adds or lines.empty:
        words = ("按定义由规则另行比较，不是各行的简单合计", "compared as the definition says, not a plain sum of lines")
        return Arithmetic(*words, "", None, told)
    value = added_up(lines, clause.adds)
    return Arithmetic(*_WORDS[clause.adds], _terms(lines, clause.adds) if visible else "", value, told)


def _terms(lines: pd.DataFrame, adds: Adds) -> str:
    if adds != "packs":
        return ""
    shown = [_number(one) for one in lines["quantity"].head(MOST_TERMS)]
    text = shown[0] + "".join(f" − {one[1:]}" if one.startswith("-") else f" + {one}" for one in shown[1:])
    return text if len(lines) <= MOST_TERMS else f"{text} + … ({len(lines)})"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
