"""Reading one whole file into memory: bytes to canonical rows, and a reason for every other row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from yaotong.intake.checks.distinct import Bools
from yaotong.intake.core.canonical import canonical, framed
from yaotong.intake.core.ledger import Ledger, Status
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.opened import OpenFile, open_file
from yaotong.intake.core.piece import all_masked
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.reference import Reference
from yaotong.intake.core.rejects import write_rejects_frame
from yaotong.records import Feed, Rejection


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says. `rows == len(accepted) + duplicates + len(rejected)` always holds.

    `accepted` has the canonical columns of the feed, `row` (1-based data row) and `row_sha` (32 hex of
    the content). `masked` has row, column, reason, message and the masked source row of each rejection.
    No clear personal number is anywhere in it.
    """

    file: str
    feed: Feed
    profile: str
    sha256: str
    rows: int
    duplicates: int
    accepted: pd.DataFrame
    rejected: tuple[Rejection, ...]
    masked: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rows != len(self.accepted) + self.duplicates + len(self.rejected):
            raise ValueError("a reading must account for every row")


def read_file(
    path: Path,
    *,
    feed: str | None = None,
    profile: str | None = None,
    reference: Reference,
    pseudonymiser: Pseudonymiser,
    limits: Limits,
    now: datetime,
) -> Reading:
    """Read a file of any accepted format into the canonical rows of its feed.

    Arguments and errors are those of `open_file`; `pseudonymiser` makes the keys of personal numbers.
    """
    file = open_file(path, feed=feed, profile=profile, reference=reference, limits=limits, now=now)
    return _lines(file, pseudonymiser) if file.has_lines else read_registry(file, pseudonymiser)


class Refusing(Protocol):
    """Anything that tells which rows were refused: `masked` as in `Reading`."""

    @property
    def masked(self) -> pd.DataFrame:
        """The refused rows."""


def write_rejects(refusing: Refusing, path: Path) -> None:
    """Write the refused rows as CSV with BOM: row, column, reason, message and the masked source row."""
    write_rejects_frame(refusing.masked, path)


def read_registry(file: OpenFile, pseudonymiser: Pseudonymiser) -> Reading:
    """Read an open file whose rows are entries of a registry."""
    judgement = file.whole()
    clean = judgement.clean
    accepted = canonical(judgement.judged, file.choice, clean, pseudonymiser)
    accepted.insert(len(accepted.columns), "row", judgement.source.frame.index.to_numpy()[clean] + 1)
    repeated, conflicting = _said_before(accepted, file.choice.feed.key)
    judgement.conflicting(conflicting)
    rejected, masked = judgement.refused()
    return Reading(
        file=file.path.name,
        feed=file.choice.feed,
        profile=file.profile,
        sha256=file.sha256,
        rows=judgement.rows,
        duplicates=int(repeated.sum()),
        accepted=_but(accepted, repeated | conflicting),
        rejected=rejected,
        masked=masked,
        notes=judgement.notes,
    )


def _said_before(entries: pd.DataFrame, key: tuple[str, ...]) -> tuple[Bools, Bools]:
    """Which entries an earlier one says word for word, and which say something else under its key."""
    keys = list(zip(*(_listed(entries[name]) for name in key), strict=True))
    whole, known = set(), set()
    repeated, conflicting = (np.zeros(len(keys), dtype=bool) for _ in range(2))
    for at, said in enumerate(zip(keys, _listed(entries["row_sha"]), strict=True)):
        repeated[at] = said in whole
        conflicting[at] = not repeated[at] and said[0] in known
        whole.add(said)
        known.add(said[0])
    return repeated, conflicting


def _listed(values: pd.Series) -> list[Any]:
    listed: list[Any] = pa.array(values.array, from_pandas=True).to_pylist()
    return listed


def _but(entries: pd.DataFrame, left_out: Bools) -> pd.DataFrame:
    return entries[~left_out].reset_index(drop=True) if left_out.any() else entries


def _lines(file: OpenFile, pseudonymiser: Pseudonymiser) -> Reading:
    ledger, rows, duplicates = Ledger(), 0, 0
    frames: list[pd.DataFrame] = []
    masked: list[pd.DataFrame] = []
    rejected: list[Rejection] = []
    notes: tuple[str, ...] = ()
    for block in file.blocks(pseudonymiser):
        judgement, lines = block.judgement, block.lines
        numbers = judgement.source.frame.index.to_numpy(np.int64)[judgement.clean] + 1 + block.base
        verdict = ledger.add(lines.key, lines.content, lines.recorded)
        judgement.conflicting(verdict.status == Status.CONFLICT)
        refused, shown = judgement.refused(block.base)
        frames.append(framed(file.choice.feed.name, lines.table, numbers, verdict.fresh))
        rejected += refused
        masked.append(shown)
        rows += judgement.rows
        duplicates += int((verdict.status == Status.REPEAT).sum())
        notes = tuple(dict.fromkeys((*notes, *judgement.notes)))
    return Reading(
        file=file.path.name,
        feed=file.choice.feed,
        profile=file.profile,
        sha256=file.sha256,
        rows=rows,
        duplicates=duplicates,
        accepted=_together([one for one in frames if len(one)] or frames[:1]),
        rejected=tuple(rejected),
        masked=all_masked(masked),
        notes=notes,
    )


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
