"""Fingerprints beside the facts say what the facts say, whatever became of them meanwhile."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cities import city
from yaotong.acts.lines import RECORDED
from yaotong.intake.core.lanes import lanes_of
from yaotong.store import factfiles, prints
from yaotong.store.factfiles import KeptFile, fingerprints

Told = set[tuple[int, int, int, int, int]]


@pytest.fixture(scope="module")
def files() -> list[KeptFile]:
    workspace = city("small")
    with workspace.store.read() as connection:
        return factfiles.kept(connection, workspace.store.facts_dir, "sales")[:12]


def plain(one: KeptFile, firsts: np.ndarray) -> Told:
    """The same by reading the whole file."""
    told: Told = set()
    for part in fingerprints(one.path, recorded=True):
        key, content = lanes_of(part["line_key"]), lanes_of(part["line_sha"])
        at = prints.moments(part, "sales" in RECORDED)
        for place in np.flatnonzero(np.isin(key.first, firsts)):
            lanes = (key.first, key.second, content.first, content.second, at)
            told.add(tuple(int(lane[place]) for lane in lanes))
    return told


def looked_up(path: Path, files: list[KeptFile], firsts: np.ndarray) -> Iterator[Told | None]:
    for _, said in prints.near(path, files, firsts):
        if said is None:
            yield None
        else:
            yield set(
                zip(*(lane.tolist() for lane in (*said.key, *said.content, said.recorded)), strict=True)
            )


def some_firsts(files: list[KeptFile]) -> np.ndarray:
    """Keys of lines of two files, and some of none."""
    rng = np.random.default_rng(1)
    own = [
        lanes_of(next(iter(fingerprints(one.path, recorded=False)))["line_key"]).first[:40]
        for one in files[:2]
    ]
    return rng.permutation(np.concatenate([*own, rng.integers(0, 1 << 63, 30, dtype=np.uint64)]))


def test_lines_are_found_as_in_the_files_and_once(tmp_path: Path, files: list[KeptFile]) -> None:
    path, firsts = tmp_path / "prints" / "sales.bin", some_firsts(files)
    assert [None] * len(files) == list(looked_up(path, files, firsts))
    prints.cover(path, files[:5], recorded=True)
    size = path.stat().st_size
    prints.cover(path, files[:5], recorded=True)
    assert path.stat().st_size == size
    prints.cover(path, files, recorded=True)
    assert sum(one.rows for one in files) * 40 + len(files) * 32 == path.stat().st_size
    found = list(looked_up(path, files, firsts))
    assert found == [plain(one, firsts) for one in files]
    assert sum(len(one or ()) for one in found) == 80


@pytest.mark.fault("corrupt-files")
def test_a_torn_end_is_not_believed_and_mended(tmp_path: Path, files: list[KeptFile]) -> None:
    path, firsts = tmp_path / "sales.bin", some_firsts(files)
    prints.cover(path, files[:3], recorded=True)
    whole = path.read_bytes()
    for cut in (1, 33, len(whole) - 1):
        path.write_bytes(whole[:-cut])
        assert None in list(looked_up(path, files[:3], firsts))
        prints.cover(path, files[:3], recorded=True)
        assert list(looked_up(path, files[:3], firsts)) == [plain(one, firsts) for one in files[:3]]


def test_a_file_of_the_same_name_and_other_content_has_no_entry(
    tmp_path: Path, files: list[KeptFile]
) -> None:
    path = tmp_path / "sales.bin"
    prints.cover(path, files[:1], recorded=True)
    other = dataclasses.replace(files[0], sha256="0" * 64)
    assert list(looked_up(path, [other], some_firsts(files))) == [None]


def test_where_nothing_can_be_written_the_files_are_read(tmp_path: Path, files: list[KeptFile]) -> None:
    (tmp_path / "prints").touch()
    path = tmp_path / "prints" / "sales.bin"
    prints.cover(path, files, recorded=True)
    assert list(looked_up(path, files, some_firsts(files))) == [None] * len(files)


def test_what_is_no_such_file_is_passed_over(tmp_path: Path, files: list[KeptFile]) -> None:
    path = tmp_path / "sales.bin"
    path.write_bytes(os.urandom(500))
    assert list(looked_up(path, files[:1], some_firsts(files))) == [None]
    prints.cover(path, files[:1], recorded=True)
    assert list(looked_up(path, files[:1], some_firsts(files))) == [plain(files[0], some_firsts(files))]
