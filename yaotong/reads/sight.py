"""What a department may see of the lines behind an alert, as its TOML says."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from yaotong.departments import EVIDENCE_FIELDS, departments


@dataclass(frozen=True, slots=True)
class Sight:
    """Fields of a line that may be shown, and of which lines: all, settled or none."""

    fields: frozenset[str]
    lines: str

    def admits(self, lines: pd.DataFrame) -> pd.DataFrame:
        """The lines that may be shown."""
        if self.lines == "none":
            return lines.iloc[:0]
        if self.lines == "settled" and len(lines):
            paid = lines["paid_by_insurance"].fillna(False).astype(bool)
            return lines[lines["settlement_id"].notna() | paid]
        return lines

    @property
    def adds_up(self) -> bool:
        """Whether the sum over lines may be written out: their number and moments are to be seen."""
        return self.lines != "none" and {"sold_at", "quantity"} <= self.fields


EVERYTHING = Sight(frozenset(EVIDENCE_FIELDS), "all")


def sight_of(department: str, part: str) -> Sight:
    """What a department sees as lead or assist; nothing for one without a TOML."""
    if department not in departments():
        return Sight(frozenset(), "none")
    view = departments()[department].evidence
    return Sight(view.as_lead if part == "lead" else view.as_assist, view.lines)
