"""Reading one file: the whole way from bytes to canonical rows and a reason for every other row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from yaotong.errors import FileRefused
from yaotong.intake.core.canonical import canonical
from yaotong.intake.core.choosing import Choice, asked, choose, known_names, layer_of, mapped, spelled
from yaotong.intake.core.judging import Context, Judged, judge
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import quote
from yaotong.intake.core.problems import Bools, Fault
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.reference import Reference
from yaotong.intake.core.rejects import as_first_sent, masked_rows, write_rejects_frame
from yaotong.intake.core.source import GEOMETRY, Source
from yaotong.intake.formats.opening import open_source, sha256_of
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

    Args:
        feed, profile: what the file is; recognised by its columns where not given.
        reference: known keys to check against.
        pseudonymiser: makes the keys of personal numbers.
        limits: how much is read.
        now: naive Beijing time, to tell what lies in the future.

    Raises:
        FileRefused: the whole file cannot be taken; `reason` is one of contract §4.
        UsageError: `feed` or `profile` does not exist, or they do not fit each other.
    """
    wanted_feed, wanted_profile = asked(feed, profile)
    source = open_source(path, limits, known_names(), layer_of(path.name, wanted_profile))
    if len(source.frame.columns) > limits.columns:
        raise FileRefused(
            "too_many_columns", f"有 {len(source.frame.columns)} 列，上限是 {limits.columns} 列。"
        )
    source = as_first_sent(source)
    choice = choose(source.frame, path.name, wanted_feed, wanted_profile)
    source = _with_points(source, choice.feed)
    sent = source.frame
    source, notes = _prepared(source, choice, path)
    frame = mapped(source.frame, choice)
    judged = judge(frame, source, choice, Context(reference, limits, now))
    return _reading(path, source, sent, choice, judged, pseudonymiser, notes)


def write_rejects(reading: Reading, path: Path) -> None:
    """Write the refused rows as CSV with BOM: row, column, reason, message and the masked source row."""
    write_rejects_frame(reading.masked, path)


def _with_points(source: Source, feed: Feed) -> Source:
    """Pharmacies drawn as points get lon, lat and crs columns, unless their properties have them."""
    if GEOMETRY not in source.frame.columns or feed.name == "areas":
        return source
    if feed.name != "pharmacies":
        raise FileRefused("bad_schema", f"{feed.name} 没有几何，请用 CSV、XLSX、Parquet 或 NDJSON。")
    frame = source.frame.drop(columns=GEOMETRY)
    if {"lon", "lat"} <= set(frame.columns):
        return replace(source, frame=frame)
    shapes = source.frame[GEOMETRY].to_numpy()
    found = {"lon": shapely.get_x(shapes), "lat": shapely.get_y(shapes)}
    columns = {
        name: pd.Series(
            [None if np.isnan(one) else repr(float(one)) for one in values], frame.index, dtype="str"
        )
        for name, values in found.items()
    }
    if "crs" not in frame.columns:
        columns["crs"] = pd.Series(source.crs or "wgs84", frame.index, dtype="str")
    return replace(source, frame=frame.assign(**columns))


def _prepared(source: Source, choice: Choice, path: Path) -> tuple[Source, tuple[str, ...]]:
    frame, unread = spelled(source.frame, choice)
    source = replace(source, frame=frame, notes=(*source.notes, *unread))
    if choice.profile is None or choice.profile.prepare is None:
        return source, source.notes
    lacking = [name for name in choice.profile.signature if name not in source.frame.columns]
    if lacking:
        raise FileRefused("missing_column", f"来源 {choice.profile.id} 缺少列：{'、'.join(lacking)}。")
    frame, notes = choice.profile.prepare(source.frame, path)
    return replace(source, frame=frame), (*source.notes, *notes)


def _reading(
    path: Path,
    source: Source,
    sent: pd.DataFrame,
    choice: Choice,
    judged: Judged,
    pseudonymiser: Pseudonymiser,
    notes: tuple[str, ...],
) -> Reading:
    clean = judged.problems.clean
    accepted = canonical(judged, choice, clean, pseudonymiser)
    accepted.insert(len(accepted.columns), "row", source.frame.index.to_numpy()[clean] + 1)
    repeated, conflicting = _repeats(accepted, choice.feed)
    judged.problems.add(choice.feed.key[-1], _conflict(clean, conflicting))
    accepted = accepted[~(repeated | conflicting)].reset_index(drop=True)
    rejected = _rejections(source, choice, judged)
    torn = {one.row: one for one in source.ragged}
    return Reading(
        file=path.name,
        feed=choice.feed,
        profile=choice.profile.id if choice.profile is not None else "",
        sha256=sha256_of(path),
        rows=len(source.frame) + len(source.ragged),
        duplicates=int(repeated.sum()),
        accepted=accepted,
        rejected=rejected,
        masked=masked_rows(rejected, sent, torn, choice),
        notes=(*notes, *judged.notes),
    )


def _repeats(accepted: pd.DataFrame, feed: Feed) -> tuple[Bools, Bools]:
    """Rows that repeat an earlier one, and rows that bear an earlier one's key with other content."""
    key = ["line_id"] if "line_id" in accepted.columns else list(feed.key)
    known = accepted.duplicated(key).to_numpy()
    if not known.any():
        return known, known
    repeated = accepted.duplicated([*key, "row_sha"]).to_numpy()
    return repeated, known & ~repeated


def _conflict(clean: Bools, conflicting: Bools) -> Fault:
    rows = np.zeros(len(clean), dtype=bool)
    rows[np.flatnonzero(clean)[conflicting]] = True
    return Fault("conflict", rows, "与本文件里更早的一行编号相同而内容不同，请只留正确的一行。")


def _rejections(source: Source, choice: Choice, judged: Judged) -> tuple[Rejection, ...]:
    """Rejections by row, those of ragged rows among them."""
    personal = {column.name for column in choice.feed.columns if column.personal}
    personal |= set(choice.profile.personal) if choice.profile is not None else set()

    def shown(position: int, column: str) -> str | None:
        texts = judged.texts.get(column)
        value = None if texts is None or column in personal else texts.at(position)
        return None if value is None else quote(value)

    numbers = source.frame.index
    found = [
        Rejection(int(numbers[position]) + 1, column, reason, message)
        for position, column, reason, message in judged.problems.listed(shown)
    ]
    found += [
        Rejection(one.row, "", "column_count", f"有 {one.fields} 个字段，应有 {one.expected} 个。")
        for one in source.ragged
    ]
    return tuple(sorted(found, key=lambda one: one.row))
