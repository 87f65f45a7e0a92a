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

_FOLDER, _LOCK, _IN_USE = "staging", ".lock", ".in-use"


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


class Held:
    """A lock that is given back when it is closed or forgotten."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def close(self) -> None:
        """Give it back; safe to repeat."""
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


def in_use(store: Store) -> Held | None:
    """Say, as long as the answer is held, that somebody works with the store; None where it cannot be said.

    StoreError while somebody has it to himself.
    """
    try:
        return Held(_locked(store.facts_dir / _IN_USE, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise StoreError("正在轮换假名密钥，工作区暂时不能用。请等它完成（yaotong keys list）。") from error
    except StoreError:
        return None  # a folder that cannot be written to is told by whoever needs it


@contextmanager
def to_oneself(store: Store) -> Iterator[None]:
    """Have the store to oneself; StoreError while any process of this machine works with it."""
    try:
        lock = _locked(store.facts_dir / _IN_USE, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(
            "还有进程在用这个工作区（serve、worker 或别的命令）。请先停下它们，再轮换假名密钥。"
        ) from error
    try:
        yield
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
