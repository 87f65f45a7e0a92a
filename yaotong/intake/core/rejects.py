"""Refused rows as people get them back: numbered, reasoned, masked; mended in a table, sent as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.cells import exported_frame, frame_as_sent
from yaotong.intake.checks.distinct import distinct, mask_of
from yaotong.intake.core.choosing import Choice
from yaotong.intake.core.masking import MASKED, mask, mask_id_like
from yaotong.intake.core.problems import Fault
from yaotong.intake.core.source import GEOMETRY, Columns, Ragged, Source, series_of, strings
from yaotong.records import Kind, Rejection

HEAD = ("row", "column", "reason", "message")
_SOURCE = "_source"
_MAY_BE_MASKED = (Kind.TEXT, Kind.IDENTIFIER)


def personal_columns(frame: pd.DataFrame, choice: Choice) -> frozenset[str]:
    """Columns of the file that hold personal numbers."""
    own = {column.name for column in choice.feed.columns if column.personal}
    profile = choice.profile
    if profile is None:
        return frozenset(own & set(frame.columns))
    own |= set(profile.personal)
    named = {name for name, to in profile.columns.items() if to in own}
    spelled = profile.spelled(frame.columns)
    return frozenset(name for name in frame.columns if spelled.get(name, name) in named)


def masked_rows(
    rejected: Iterable[Rejection], frame: pd.DataFrame, ragged: dict[int, Ragged], choice: Choice
) -> pd.DataFrame:
    """The refused rows with their masked source, in the order of `rejected`.

    `frame` is the file's own: its columns as they are called there, its index the 0-based row. Columns the
    profile ignores are left out: nobody looked at what is in them. `column` names the cell to mend as the
    file calls it.
    """
    told = tuple(rejected)
    numbers = [one.row for one in told]
    shown, personal = set(_shown(frame, choice)), personal_columns(frame, choice)
    # A row that is torn is not in the frame: it has no place, and null cells, until it is filled in.
    torn = [(at, ragged[row]) for at, row in enumerate(numbers) if row in ragged]
    places = np.searchsorted(frame.index.to_numpy(), np.array(numbers, dtype=np.int64) - 1)
    chosen = pa.array(places, mask=np.array([row in ragged for row in numbers], dtype=bool))
    hidden = bool(personal) or any(column.personal for column in choice.feed.columns)
    hidden |= choice.profile is not None and bool(choice.profile.ignored)
    columns = _heads(told, _called(frame, choice))
    for place, (name, values) in enumerate(frame.items()):
        if name in shown:
            found = strings(values).take(chosen).to_pylist()
            cells = [_cell(value, name in personal) for value in found]
            for at, row in torn:
                cells[at] = _torn(row, place, hidden=hidden)
            columns[_apart(mask_id_like(str(name)))] = pa.array(cells, pa.large_string())
    held = {name: series_of(texts) for name, texts in columns.items()}
    return pd.DataFrame({HEAD[0]: np.array(numbers, dtype=np.int64), **held}, copy=False)


def _heads(told: tuple[Rejection, ...], called: dict[str, str]) -> dict[str, Any]:
    """What is said of each row, without its number."""
    said = [(called.get(one.column, one.column), one.reason, one.message) for one in told]
    texts = zip(*said, strict=True) if said else ((), (), ())
    return {name: pa.array(one, pa.large_string()) for name, one in zip(HEAD[1:], texts, strict=True)}


def write_rejects_frame(masked: pd.DataFrame, path: Path) -> None:
    """CSV with BOM for spreadsheets, whole or not at all; no cell begins like a formula."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        exported_frame(masked).to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def as_first_sent(source: Source) -> Source:
    """A reject file that comes back as the file it was made from; any other source as it is.

    It is one when all four head columns are there: they are dropped, columns of the file that bore such
    a name get it back, and the apostrophes of the export go.
    """
    names = [str(name) for name in source.frame.columns.tolist()]
    if not set(HEAD) <= set(names):
        return source
    places = [place for place, name in enumerate(names) if name not in HEAD]
    back = {f"{name}{_SOURCE}": name for name in HEAD}
    torn = tuple(
        replace(one, cells=tuple(one.cells[place] for place in places if place < len(one.cells)))
        for one in source.ragged
    )
    frame = frame_as_sent(source.frame.drop(columns=list(HEAD)).rename(columns=back))
    return replace(source, frame=frame, ragged=torn, resent=True)


def masks_left(columns: Columns, choice: Choice) -> list[tuple[str, Fault]]:
    """Cells of a mended reject file that still hold our mask and not what it hides."""
    found = []
    for column in choice.feed.columns:
        if column.kind in _MAY_BE_MASKED and column.name in columns.texts:
            texts = distinct(columns.texts[column.name])
            masked = texts.in_rows(mask_of(pc.match_substring_regex(texts.values, MASKED)))
            reason = "bad_id" if column.kind is Kind.IDENTIFIER else "bad_text"
            found.append((column.name, Fault(reason, masked, "还被 * 遮着，请填写完整的号码或原文。")))
    return found


def _called(frame: pd.DataFrame, choice: Choice) -> dict[str, str]:
    """Canonical column → what the file calls it, for those it has."""
    if choice.profile is None:
        return {}
    spelled = choice.profile.spelled(frame.columns)
    there = {spelled.get(str(name), str(name)): str(name) for name in frame.columns}
    return {to: there[name] for name, to in choice.profile.columns.items() if name in there}


def _shown(frame: pd.DataFrame, choice: Choice) -> list[str]:
    """Columns of the file that somebody looked at."""
    names, profile = [str(name) for name in frame.columns if name != GEOMETRY], choice.profile
    if profile is None:
        return names
    spelled, looked_at = profile.spelled(names), {*profile.columns, *profile.signature, *profile.taken}
    return [name for name in names if spelled.get(name, name) in looked_at or not profile.ignores(name)]


def _apart(name: str) -> str:
    return f"{name}{_SOURCE}" if name in HEAD else name


def _cell(value: str | None, personal: bool) -> str:
    if value is None:
        return ""
    return mask(value.strip()) if personal else mask_id_like(value)


def _torn(row: Ragged, place: int, *, hidden: bool) -> str:
    """A ragged row's cell. Where anything is personal or unread, any cell may be that, shifted."""
    if place >= len(row.cells):
        return ""
    return mask(row.cells[place]) if hidden else mask_id_like(row.cells[place])
