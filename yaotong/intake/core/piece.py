"""One piece of a file, judged: what it is read as, what each row says, and why the others are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from yaotong.errors import FileRefused
from yaotong.intake.checks.places import degrees_of
from yaotong.intake.core.choosing import Choice, choose, mapped, spelled
from yaotong.intake.core.judging import Context, Judged, judge
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import quote
from yaotong.intake.core.problems import Bools, Fault
from yaotong.intake.core.profile import Profile
from yaotong.intake.core.reference import Reference
from yaotong.intake.core.rejects import HEAD, as_first_sent, masked_rows
from yaotong.intake.core.source import GEOMETRY, Source
from yaotong.records import Feed, Rejection

_NONE_MASKED = pd.DataFrame(columns=list(HEAD))
_CONFLICT = "与本文件里更早的一行编号相同而内容不同，请只留正确的一行。"
_LICENCE_CONFLICT = "同一许可证号在本文件里对着两家不同的药店，请核对许可证后只留正确的一行。"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A piece after judging. `sent` is the file's own frame, `source` what its profile made of it."""

    choice: Choice
    source: Source
    sent: pd.DataFrame
    judged: Judged
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Data rows of the piece, those that do not fit the header among them."""
        return len(self.source.frame) + len(self.source.ragged)

    @property
    def clean(self) -> Bools:
        """Rows of the frame that nothing was found against so far."""
        return self.judged.problems.clean

    def conflicting(self, rows: Bools) -> None:
        """Refuse clean rows (a flag for each of them) that contradict an earlier one."""
        if rows.any():
            among = np.zeros(len(self.clean), dtype=bool)
            among[np.flatnonzero(self.clean)[rows]] = True
            licences = self.choice.feed.name == "pharmacies"
            told = ("licence_conflict", _LICENCE_CONFLICT) if licences else ("conflict", _CONFLICT)
            self.judged.problems.add(self.choice.feed.key[-1], Fault(told[0], among, told[1]))

    def refused(self, base: int = 0) -> tuple[tuple[Rejection, ...], pd.DataFrame]:
        """The refused rows, in order, and their masked source; `base` rows of the file came before."""
        if not self.source.ragged and self.clean.all():
            return (), _NONE_MASKED.copy()
        found = self._rejections()
        masked = masked_rows(found, self.sent, {one.row: one for one in self.source.ragged}, self.choice)
        if base and found:
            masked["row"] += base
            found = tuple(replace(one, row=one.row + base) for one in found)
        return found, masked

    def _rejections(self) -> tuple[Rejection, ...]:
        profile = self.choice.profile
        personal = {column.name for column in self.choice.feed.columns if column.personal}
        personal |= set(profile.personal) if profile is not None else set()

        def shown(position: int, column: str) -> str | None:
            texts = self.judged.texts.get(column)
            value = None if texts is None or column in personal else texts.at(position)
            return None if value is None else quote(value)

        numbers = self.source.frame.index
        found = [
            Rejection(int(numbers[position]) + 1, column, reason, message)
            for position, column, reason, message in self.judged.problems.listed(shown)
        ]
        found += [
            Rejection(one.row, "", "column_count", f"有 {one.fields} 个字段，应有 {one.expected} 个。")
            for one in self.source.ragged
        ]
        return tuple(sorted(found, key=lambda one: one.row))


def all_masked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The masked rows of several pieces as one frame."""
    filled = [one for one in parts if len(one)]
    if len(filled) > 1:
        return pd.concat(filled, ignore_index=True)
    return filled[0] if filled else _NONE_MASKED.copy()


@dataclass(frozen=True, slots=True)
class Judge:
    """What every piece of one file is judged by."""

    path: Path
    feed: Feed | None
    profile: Profile | None
    reference: Reference
    limits: Limits
    now: datetime

    def choice(self, source: Source) -> Choice:
        """Settle what the file is by the columns of its first piece."""
        if len(source.frame.columns) > self.limits.columns:
            raise FileRefused(
                "too_many_columns", f"有 {len(source.frame.columns)} 列，上限是 {self.limits.columns} 列。"
            )
        return choose(as_first_sent(source).frame, self.path.name, self.feed, self.profile)

    def __call__(self, source: Source, choice: Choice) -> Judgement:
        """Judge a piece. FileRefused when its columns do not fit what the file is read as."""
        source = _with_points(as_first_sent(source), choice.feed)
        sent = source.frame
        source, notes = _prepared(source, choice, self.path)
        columns = mapped(source.frame, choice)
        judged = judge(columns, source, choice, Context(self.reference, self.limits, self.now))
        return Judgement(choice, source, sent, judged, (*notes, *judged.notes))


def _with_points(source: Source, feed: Feed) -> Source:
    """Pharmacies drawn as points get lon, lat and crs columns, unless their properties have them."""
    if GEOMETRY not in source.frame.columns or feed.name == "areas" or not source.geo:
        return source
    if feed.name != "pharmacies":
        raise FileRefused("bad_schema", f"{feed.name} 没有几何，请用 CSV、XLSX、Parquet 或 NDJSON。")
    frame = source.frame.drop(columns=GEOMETRY)
    if {"lon", "lat"} <= set(frame.columns):
        return replace(source, frame=frame)
    lon, lat = degrees_of(source.frame[GEOMETRY].tolist())
    columns = {"lon": lon.set_axis(frame.index), "lat": lat.set_axis(frame.index)}
    if "crs" not in frame.columns:
        columns["crs"] = pd.Series(source.crs or "wgs84", frame.index, dtype="str")
    return replace(source, frame=frame.assign(**columns))


def _prepared(source: Source, choice: Choice, path: Path) -> tuple[Source, tuple[str, ...]]:
    frame, unread = spelled(source.frame, choice)
    source = replace(source, frame=frame, notes=(*source.notes, *unread))
    if choice.profile is None or choice.profile.prepare is None:
        return source, source.notes
    needed = (*choice.profile.signature, *choice.profile.needed)
    lacking = [name for name in needed if name not in source.frame.columns]
    if lacking:
        raise FileRefused("missing_column", f"来源 {choice.profile.id} 缺少列：{'、'.join(lacking)}。")
    frame, notes = choice.profile.prepare(source.frame, path)
    return replace(source, frame=frame), (*source.notes, *notes)
