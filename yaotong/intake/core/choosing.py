"""Which feed and which profile a file belongs to, by its columns, and how its columns become ours."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.errors import FileRefused, UsageError
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.profile import ANY, Profile, profiles
from yaotong.intake.core.source import GEOMETRY, Columns, strings
from yaotong.records import FEEDS, PHARMACIES, Feed

# An outline in a table says its system beside it; the canonical areas do not carry the column.
INPUT_ONLY: Mapping[str, tuple[str, ...]] = {"areas": ("crs",)}


@dataclass(frozen=True, slots=True)
class Choice:
    """What to read a file as; no profile means our own column names."""

    feed: Feed
    profile: Profile | None = None


@cache
def known_names() -> frozenset[str]:
    """Every column name that any feed or profile knows."""
    own = {name for feed in FEEDS.values() for name in (*feed.names, *INPUT_ONLY.get(feed.name, ()))}
    theirs = (
        {*one.columns, *one.signature, *(name for names in one.synonyms.values() for name in names)}
        for one in profiles().values()
    )
    return frozenset(own.union(*theirs))


def asked(feed: str | None, profile: str | None) -> tuple[Feed | None, Profile | None]:
    """The feed and profile named by the caller; UsageError when there are none of that name."""
    if feed is not None and feed not in FEEDS:
        raise UsageError(f"没有名为 {feed!r} 的数据种类。可选：{'、'.join(FEEDS)}。")
    if profile is not None and profile not in profiles():
        raise UsageError(f"没有名为 {profile!r} 的来源对照。可选：{'、'.join(profiles())}。")
    chosen = profiles()[profile] if profile is not None else None
    if chosen is not None and feed not in (None, chosen.feed):
        raise UsageError(f"来源对照 {profile} 用于 {chosen.feed}，不用于 {feed}。")
    return FEEDS[feed] if feed is not None else None, chosen


def layer_of(file: str, profile: Profile | None) -> str | None:
    """The layer to read: the profile's, else that of the profile made for files of this very name."""
    if profile is not None:
        return profile.layer
    named = (
        one for one in profiles().values() if one.file_pattern != ANY and fnmatch(file, one.file_pattern)
    )
    return next((one.layer for one in named), None)


def choose(frame: pd.DataFrame, file: str, feed: Feed | None, profile: Profile | None) -> Choice:
    """Settle what a file is. FileRefused bad_schema when it fits nothing, or several things equally."""
    if profile is not None:
        return Choice(profile.record, profile)
    columns = set(frame.columns)
    if feed is not None:
        found = _by_profile(columns, file, feed) if _lacking(feed, columns) else []
        return _best(found, columns) if found else Choice(feed)
    own = [((True, len(columns)), Choice(one)) for one in FEEDS.values() if _fits(one, columns)]
    return _best([*own, *_by_profile(columns, file, None)], columns)


# Whether every column is known, then how many told.
_Merit = tuple[bool, int]


def _by_profile(columns: set[str], file: str, feed: Feed | None) -> list[tuple[_Merit, Choice]]:
    return [
        ((_knows(one, columns), len(one.signature)), Choice(one.record, one))
        for one in profiles().values()
        if one.recognises(columns, file) and feed in (None, one.record)
    ]


def _knows(profile: Profile, columns: set[str]) -> bool:
    """Whether the profile reads or knowingly ignores every column; another system may share some."""
    names, unread = profile.spelled(columns), set(profile.unread(columns))
    return all(
        names.get(one, one) in profile.columns or one in unread or profile.ignores(one) for one in columns
    )


def _best(candidates: list[tuple[_Merit, Choice]], columns: set[str]) -> Choice:
    top = max((merit for merit, _ in candidates), default=(False, -1))
    best = [choice for merit, choice in candidates if merit == top]
    if len(best) == 1:
        return best[0]
    names = "、".join(one.profile.id if one.profile else one.feed.name for one in best)
    nobody = f"不像任何一种数据（列：{header_text(sorted(columns))}）{_nearest(columns)}"
    said = f"同样像 {names}" if best else nobody
    raise FileRefused(
        "bad_schema",
        f"按列名看，文件{said}。请用 --feed 指明 {'、'.join(FEEDS)} 之一，或用 --profile 指明来源。",
    )


def _nearest(columns: set[str]) -> str:
    """The source that most of whose telling columns are there, and which are not; empty when none is near."""
    near = []
    for one in profiles().values():
        lacking = [name for name in one.signature if name not in columns | set(one.spelled(columns).values())]
        if 0 < len(lacking) * 2 < len(one.signature):
            near.append(
                (len(lacking) / len(one.signature), f"，最接近 {one.id}，缺少列：{'、'.join(lacking)}")
            )
    return min(near, default=(0.0, ""))[1]


def _allowed(feed: Feed) -> set[str]:
    return {*feed.names, *INPUT_ONLY.get(feed.name, ()), *((GEOMETRY,) if feed is PHARMACIES else ())}


def _lacking(feed: Feed, columns: set[str]) -> list[str]:
    drawn = {"lon", "lat", "crs"} if feed is PHARMACIES and GEOMETRY in columns else set()
    return [name for name in feed.required if name not in columns | drawn]


def _fits(feed: Feed, columns: set[str]) -> bool:
    return not _lacking(feed, columns) and columns <= _allowed(feed)


def spelled(frame: pd.DataFrame, choice: Choice) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame with the profile's own names for its columns, and a note on those that are not read."""
    if choice.profile is None:
        return frame, ()
    names = [str(name) for name in frame.columns]
    unread = choice.profile.unread(names)
    note = f"这些列与已读的列同义，未读：{header_text(unread)}。"
    ours = choice.profile.spelled(names)
    return frame.rename(columns=ours) if ours else frame, (note,) if unread else ()


def mapped(frame: pd.DataFrame, choice: Choice) -> Columns:
    """The frame's columns under our names, with our codes and constants.

    Raises:
        FileRefused: missing_column (all of them, and what the file has), bad_schema (unknown columns).
    """
    names = _renaming(frame, choice)
    _refuse_unknown(frame, names, choice)
    read = {names[name]: values for name, values in frame.items() if name in names}
    shapes = read.pop(GEOMETRY).tolist() if GEOMETRY in read else None
    texts = {name: strings(values) for name, values in read.items()}
    if choice.profile is not None:
        for name in choice.profile.values.keys() & texts.keys():
            texts[name] = _translated(texts[name], choice.profile.values[name])
        for name in choice.profile.constants.keys() - texts.keys():
            texts[name] = pa.repeat(choice.profile.constants[name], len(frame))
    _refuse_missing({*names.values(), *texts}, frame, choice)
    return Columns(len(frame), texts, shapes)


def _translated(texts: Any, table: Mapping[str, str]) -> Any:
    """Values by a profile's table, each distinct one looked up once; what is not in it stays."""
    coded = pc.dictionary_encode(texts)
    old = coded.dictionary.to_pylist()
    plain = (unicodedata.normalize("NFKC", one).strip() for one in old)
    return pa.array(map(table.get, plain, old), pa.string()).take(coded.indices)


def relaxed(choice: Choice) -> frozenset[str]:
    """Required columns that this source may leave empty."""
    return frozenset(choice.profile.relax if choice.profile is not None else ())


def _renaming(frame: pd.DataFrame, choice: Choice) -> dict[str, str]:
    """Source column → canonical column, for those that are read."""
    if choice.profile is None:
        allowed = {*choice.feed.names, *INPUT_ONLY.get(choice.feed.name, ())}
        return {name: name for name in frame.columns if name in allowed}
    return {name: choice.profile.columns[name] for name in frame.columns if name in choice.profile.columns}


def _refuse_unknown(frame: pd.DataFrame, names: dict[str, str], choice: Choice) -> None:
    profile = choice.profile
    unread = [name for name in frame.columns if name not in names]
    unknown = [name for name in unread if profile is None or not profile.ignores(name)]
    if unknown and _required_here(choice) <= set(names.values()):
        raise FileRefused(
            "bad_schema",
            f"{choice.feed.name} 没有这些列：{header_text(unknown)}。请删去，或用 --profile 说明来源。",
        )


def _required_here(choice: Choice) -> set[str]:
    given = set(choice.profile.constants) if choice.profile is not None else set()
    return set(choice.feed.required) - relaxed(choice) - given


def _refuse_missing(found: set[str], frame: pd.DataFrame, choice: Choice) -> None:
    missing = [name for name in choice.feed.required if name in _required_here(choice) - found]
    if not missing:
        return
    remedy = "坐标必须写明坐标系（wgs84、cgcs2000、gcj02、bd09）。" if "crs" in missing else ""
    have = header_text([str(name) for name in frame.columns])
    raise FileRefused("missing_column", f"缺少列：{'、'.join(missing)}。文件里的列：{have}。{remedy}")
