"""Refused rows as people get them back: numbered, reasoned, masked, mendable in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from yaotong.intake.core.choosing import Choice
from yaotong.intake.core.masking import mask, mask_id_like
from yaotong.intake.core.source import GEOMETRY, Ragged
from yaotong.records import Rejection

_HEAD = ("row", "column", "reason", "message")
_FORMULA = re.compile(r"^(?:[=@\t\r]|[+-](?![\d.]+$))")


def personal_columns(frame: pd.DataFrame, choice: Choice) -> frozenset[str]:
    """Source columns that hold personal numbers."""
    own = {column.name for column in choice.feed.columns if column.personal}
    if choice.profile is None:
        return frozenset(own & set(frame.columns))
    own |= set(choice.profile.personal)
    return frozenset(name for name, to in choice.profile.columns.items() if to in own)


def masked_rows(
    rejected: Iterable[Rejection],
    frame: pd.DataFrame,
    positions: list[int],
    ragged: dict[int, Ragged],
    choice: Choice,
) -> pd.DataFrame:
    """The refused rows with their masked source, in the order of `rejected`.

    `positions` are rows of `frame`, -1 for a ragged row. Columns the profile ignores are left out:
    nobody looked at what is in them.
    """
    told = pd.DataFrame([one.as_dict() for one in rejected], columns=list(_HEAD))
    shown = [name for name in frame.columns if name != GEOMETRY and not _ignored(name, choice)]
    personal = personal_columns(frame, choice)
    whole = np.array(positions, dtype=np.int64) >= 0
    chosen = frame.iloc[[one for one in positions if one >= 0]]
    torn = [
        _torn(ragged[int(row)], len(shown), hidden=bool(_personal(choice))) for row in told["row"][~whole]
    ]
    columns = {}
    for place, name in enumerate(shown):
        cells = np.full(len(told), "", dtype=object)
        cells[whole] = [_cell(value, name in personal) for value in chosen[name].tolist()]
        cells[~whole] = [row[place] for row in torn]
        columns[_apart(name)] = pd.Series(cells, index=told.index, dtype="str")
    return told.assign(**columns)


def write_rejects_frame(masked: pd.DataFrame, path: Path) -> None:
    """CSV with BOM for spreadsheets; cells that would start a formula get an apostrophe first."""
    safe = masked.map(
        lambda value: f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def _personal(choice: Choice) -> set[str]:
    return {column.name for column in choice.feed.columns if column.personal}


def _ignored(name: str, choice: Choice) -> bool:
    return choice.profile is not None and name not in choice.profile.columns and choice.profile.ignores(name)


def _apart(name: str) -> str:
    return f"{name}_source" if name in _HEAD else name


def _cell(value: object, personal: bool) -> str:
    if not isinstance(value, str):
        return ""
    return mask(value.strip()) if personal else mask_id_like(value)


def _torn(row: Ragged, width: int, *, hidden: bool) -> list[str]:
    """A ragged row's cells in order. In a feed with personal columns any cell may be one, shifted."""
    show = mask if hidden else mask_id_like
    cells = [show(one) for one in row.cells[:width]]
    return cells + [""] * (width - len(cells))
