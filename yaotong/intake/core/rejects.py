"""Refused rows as people get them back: numbered, reasoned, masked, mendable in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

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
    shown = [name for name in frame.columns if name != GEOMETRY and not _ignored(name, choice)]
    personal = personal_columns(frame, choice)
    cells = frame[shown].astype(object)
    rows = []
    for one, position in zip(rejected, positions, strict=True):
        if position < 0:
            source = _torn(ragged[one.row], shown, hidden=bool(_personal(choice)))
        else:
            values = cells.iloc[position]
            source = {name: _cell(values[name], name in personal) for name in shown}
        rows.append({**one.as_dict(), **{_apart(name): value for name, value in source.items()}})
    return pd.DataFrame(rows, columns=[*_HEAD, *(_apart(name) for name in shown)])


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


def _torn(row: Ragged, shown: list[str], *, hidden: bool) -> dict[str, str]:
    """A ragged row's cells in order. In a feed with personal columns any cell may be one, shifted."""
    show = mask if hidden else mask_id_like
    cells = [show(one) for one in row.cells[: len(shown)]]
    return dict(zip(shown, cells + [""] * (len(shown) - len(cells)), strict=True))
