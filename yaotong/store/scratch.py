"""Room for a load in the making, and turns for those who make one; both end with their process."""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from yaotong.errors import StoreError
from yaotong.store.engine import Store

_FOLDER, _LOCK = "staging", ".lock"


@contextmanager
def scratch(store: Store) -> Iterator[Path]:
    """An empty folder beside the facts, removed afterwards; what dead processes left is removed first."""
    folders = store.facts_dir / _FOLDER
    folder = folders / secrets.token_hex(8)
    with _locked(folders / _LOCK, fcntl.LOCK_EX):  # nobody sweeps what is being made
        lock = _locked(folder / _LOCK, fcntl.LOCK_EX)
        _sweep(folders)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


@contextmanager
def turn(store: Store, *, alone: bool) -> Iterator[None]:
    """Take part with others, or alone: then nobody else holds a turn until this one ends."""
    lock = _locked(store.facts_dir / ".turn", fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    try:
        yield
    finally:
        lock.close()


@contextmanager
def only_one(store: Store, what: str) -> Iterator[bool]:
    """Whether nobody else does something just now; nobody else will until this one ends."""
    try:
        lock = _locked(store.facts_dir / f".{what}", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        lock.close()


def _locked(path: Path, kind: int) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise StoreError(f"事实目录不可用：{error.strerror}。请检查磁盘空间与权限后重试。") from error
    try:
        fcntl.flock(file, kind)
    except BlockingIOError:
        file.close()
        raise
    return file


def _sweep(folders: Path) -> None:
    """Remove what nobody works on; a folder gets its lock while `folders` is locked, as it is here."""
    for folder in folders.iterdir():
        if folder.is_dir():
            _remove_unless_locked(folder)


def _remove_unless_locked(folder: Path) -> None:
    try:
        with (folder / _LOCK).open("r+") as lock:  # whoever works there holds it
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    except FileNotFoundError:  # a dying reader wrote into it while it was being removed
        shutil.rmtree(folder, ignore_errors=True)
