"""Runs of an index on the disk, and the manifest that names those that count."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yaotong.durable import settle_folder
from yaotong.errors import StoreError
from yaotong.traces.codes import Keys, Words
from yaotong.traces.kernels import STRIDE, merge

MANIFEST = "manifest.json"
_REMEDY = "索引可以由明细重建：yaotong traces rebuild。"


@dataclass(frozen=True, eq=False)
class Run:
    """One run, mapped: (n,) keys in order, (n, 4) words, and every STRIDE-th key in memory."""

    name: str
    keys: Keys
    words: Words
    samples: Keys

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What counts: runs (name and scans), names by kind, and the data version all that is from."""

    runs: tuple[tuple[str, int], ...] = ()
    names: str = ""
    version: int = 0
    next_run: int = 0


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, an empty one before the first run; StoreError where it is damaged."""
    path = folder / MANIFEST
    if not path.exists():
        return Manifest()
    try:
        told = json.loads(path.read_text("utf-8"))
        body = told["body"]
        if zlib.crc32(_text(body)) != told["crc32"]:
            raise ValueError("crc32")
        runs = tuple((str(name), int(many)) for name, many in body["runs"])
        return Manifest(runs, str(body["names"]), int(body["version"]), int(body["next_run"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"追溯码索引的清单读不出。{_REMEDY}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, all it names being on the disk already."""
    body = {
        "runs": [list(one) for one in manifest.runs], "names": manifest.names,
        "version": manifest.version, "next_run": manifest.next_run,
    }  # fmt: skip
    text = json.dumps({"body": body, "crc32": zlib.crc32(_text(body))}).encode()
    _put(folder / (MANIFEST + ".new"), text)
    os.replace(folder / (MANIFEST + ".new"), folder / MANIFEST)
    settle_folder(folder)


def write_names(folder: Path, name: str, names: dict[str, list[str]]) -> None:
    """Names by kind, under a name of their own that the manifest will tell."""
    _put(folder / name, json.dumps(names, ensure_ascii=False).encode())


def read_names(folder: Path, name: str) -> dict[str, list[str]]:
    """The names that a manifest tells of; StoreError where they are gone."""
    if not name:
        return {}
    try:
        told: dict[str, list[str]] = json.loads((folder / name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"追溯码索引的名表读不出。{_REMEDY}") from error
    return told


def write_run(folder: Path, name: str, keys: Keys, words: Words) -> None:
    """Put a run on the disk. Keys must be in order."""
    for part, array in (("keys", keys), ("words", words)):
        with (folder / f"{name}.{part}").open("wb") as file:
            np.ascontiguousarray(array).tofile(file)
            file.flush()
            os.fsync(file.fileno())


def open_run(folder: Path, name: str, many: int) -> Run:
    """A run as the manifest tells it; StoreError where a file is missing or of another size."""
    try:
        sizes = [(folder / f"{name}.{part}").stat().st_size for part in ("keys", "words")]
    except OSError as error:
        raise StoreError(f"追溯码索引缺文件 {name}。{_REMEDY}") from error
    if sizes != [many * 8, many * 32]:
        raise StoreError(f"追溯码索引的文件 {name} 大小不对。{_REMEDY}")
    keys: Any = np.memmap(folder / f"{name}.keys", np.uint64, "r", shape=(many,))
    words: Any = np.memmap(folder / f"{name}.words", np.uint64, "r", shape=(many, 4))
    samples = np.array(keys[::STRIDE])
    # Keys are worth their memory; of what was scanned a look-up needs one page and nothing of its neighbours.
    keys._mmap.madvise(mmap.MADV_WILLNEED)
    words._mmap.madvise(mmap.MADV_RANDOM)
    plain = keys.view(np.ndarray)
    return Run(name, plain, words.view(np.ndarray), samples)


def merge_runs(folder: Path, name: str, one: Run, other: Run) -> None:
    """Two runs as a third on the disk, without holding either in memory."""
    many = len(one) + len(other)
    made = [
        np.memmap(folder / f"{name}.{part}", np.uint64, "w+", shape=shape)
        for part, shape in (("keys", (many,)), ("words", (many, 4)))
    ]
    plain = [array.view(np.ndarray) for array in made]
    merge(one.keys, one.words, other.keys, other.words, plain[0], plain[1])
    for part, array in zip(("keys", "words"), made, strict=True):
        array.flush()
        descriptor = os.open(folder / f"{name}.{part}", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what no manifest names: of a merge that was cut, or of runs that were merged."""
    kept = {f"{name}.{part}" for name, _ in manifest.runs for part in ("keys", "words")}
    kept |= {MANIFEST, manifest.names, "lock"}
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _put(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _text(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True).encode()
