"""What a reading process hands over: plain columns and JSON in a folder; nothing read can act here."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather

from yaotong.acts.lines import Staged, Task, read_or_stage
from yaotong.acts.wordings import Wording
from yaotong.errors import FileRefused, StoreError, UsageError
from yaotong.intake import Reading
from yaotong.intake.core import sandbox
from yaotong.records import FEEDS, Rejection
from yaotong.store.staging import StagedFile

_TOLD, _MASKED, _ACCEPTED = "told.json", "masked.arrow", "accepted.arrow"
_PRELOAD = "yaotong.acts.warm"
_UNLIMITED = 2**60


def read_apart(task: Task) -> Reading | Staged:
    """As `read_or_stage`, in a process of its own with the limits of the task.

    A server's own files, which have no limits, are read here.
    """
    limits = task.limits
    if limits.read_memory_bytes >= _UNLIMITED:
        return read_or_stage(task)
    sandbox.run_limited(
        _write, task, seconds=limits.read_seconds, memory_bytes=limits.read_memory_bytes, preload=_PRELOAD
    )
    return _loaded(task.folder)


def make_ready() -> None:
    """Start what files are read with: some seconds for the first file of a process, nothing afterwards."""
    with contextlib.suppress(OSError):  # who then sends a file is told
        sandbox.make_ready(_PRELOAD)


def _write(task: Task) -> None:
    try:
        _dump(read_or_stage(task), task.folder)
    except FileRefused as refused:
        _tell(task.folder, {"refused": {"reason": refused.reason, "message": refused.message}})
    except (UsageError, StoreError) as error:
        _tell(task.folder, {type(error).__name__: str(error)})


def _tell(folder: Path, told: dict[str, Any]) -> None:
    (folder / _TOLD).write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def _dump(read: Reading | Staged, folder: Path) -> None:
    _write_frame(read.masked, folder / _MASKED)
    if isinstance(read, Staged):
        plain = {**asdict(read), "masked": None, "rejected": None}
        _tell(folder, {"staged": {**plain, "files": [_file(one) for one in read.files]}})
        return
    frame = pd.DataFrame(read.accepted)
    if isinstance(read.accepted, gpd.GeoDataFrame):
        frame = frame.assign(geometry=read.accepted.geometry.to_wkb())
    _write_frame(frame, folder / _ACCEPTED)
    kept = ("file", "profile", "sha256", "rows", "duplicates", "notes")
    told = {name: getattr(read, name) for name in kept}
    geo = isinstance(read.accepted, gpd.GeoDataFrame)
    _tell(folder, {"reading": {**told, "feed": read.feed.name}, "geo": geo})


def _file(one: StagedFile) -> dict[str, Any]:
    return {**asdict(one), "path": one.path.name}


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), path, compression="uncompressed")


def _loaded(folder: Path) -> Reading | Staged:
    told = json.loads((folder / _TOLD).read_text("utf-8"))
    if "refused" in told:
        raise FileRefused(**told["refused"])
    for kind in (UsageError, StoreError):
        if kind.__name__ in told:
            raise kind(told[kind.__name__])
    masked = feather.read_table(folder / _MASKED).to_pandas()
    rejected = _rejections(masked)
    if "staged" in told:
        return _staged(told["staged"], folder, rejected, masked)
    accepted = feather.read_table(folder / _ACCEPTED).to_pandas()
    if told["geo"]:
        shapes = gpd.GeoSeries.from_wkb(accepted["geometry"], crs="EPSG:4326")
        accepted = gpd.GeoDataFrame(accepted.drop(columns="geometry"), geometry=shapes)
    plain = told["reading"]
    plain |= {"feed": FEEDS[plain["feed"]], "notes": tuple(plain["notes"])}
    return Reading(**plain, accepted=accepted, rejected=rejected, masked=masked)


def _staged(
    told: dict[str, Any], folder: Path, rejected: tuple[Rejection, ...], masked: pd.DataFrame
) -> Staged:
    files = tuple(StagedFile(**{**one, "path": folder / Path(one["path"]).name}) for one in told["files"])
    wordings = {name: tuple(Wording(**one) for one in told[name]) for name in ("new", "stored")}
    plain = {**told, **wordings, "files": files, "notes": tuple(told["notes"])}
    return Staged(**{**plain, "rejected": rejected, "masked": masked})


def _rejections(masked: pd.DataFrame) -> tuple[Rejection, ...]:
    """The first four columns of a masked row are its rejection."""
    head = (masked[name].tolist() for name in ("row", "column", "reason", "message"))
    return tuple(Rejection(int(row), *said) for row, *said in zip(*head, strict=True))
