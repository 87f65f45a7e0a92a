"""Evidence files on disk, each under its own hash: written once, never changed, read back only whole.

A file counts only once a row names it; one that was written before its row was refused is never read.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from yaotong.durable import settle_folder
from yaotong.errors import StoreError

_SHA = re.compile(r"[0-9a-f]{64}")


def keep(folder: Path, content: bytes) -> str:
    """Write a file under its SHA-256 and return that; StoreError when the disk does not take it."""
    sha = hashlib.sha256(content).hexdigest()
    path = folder / sha
    if path.exists() and path.read_bytes() == content:
        return sha
    half = folder / f".{sha[:16]}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(half, content)
        half.replace(path)
        settle_folder(folder)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise StoreError(f"材料没有存下：{error.strerror}。请检查磁盘空间后重传。") from error
    return sha


def read(folder: Path, sha: str) -> bytes:
    """A file by its hash; StoreError when it is gone or no longer what it was."""
    if not _SHA.fullmatch(sha):
        raise StoreError("材料的校验和不成样子。")
    try:
        content = (folder / sha).read_bytes()
    except OSError as error:
        raise StoreError(f"材料 {sha[:12]} 读不出：{error.strerror}。请从备份恢复。") from error
    if hashlib.sha256(content).hexdigest() != sha:
        raise StoreError(f"材料 {sha[:12]} 与登记的校验和不符。请从备份恢复。")
    return content


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
