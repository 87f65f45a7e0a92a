"""Back a workspace up into one file, and make a workspace of one again. Never half of either."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from yaotong.acts.keychain import chain_of
from yaotong.acts.recording import record
from yaotong.config import SETTINGS_FILE, key_fingerprint
from yaotong.durable import beside
from yaotong.errors import StoreError
from yaotong.store import archive, dumping
from yaotong.store.archive import Part
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# The address of the database may hold a password, and must not lead a restored workspace to the old one.
_ADDRESS = re.compile(r"^(\s*database_url\s*=).*$", re.M)
_FOLDERS = ("loads", "papers", "fonts")


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup as it was made: `sha256` of the whole file, and whether the keys are in it."""

    path: Path
    files: int
    size: int
    sha256: str
    keys: bool
    fingerprint: str
    data_version: int


def back_up(
    workspace: Workspace, target: Path, viewer: Viewer, *, keys: bool = False, now: datetime
) -> BackedUp:
    """Write a backup of one committed state while others go on working; it is recorded first.

    In it: the database, all files of facts that it names, settings without the database's address, reject
    files, evidence of cases; the keys only where asked for. UsageError when the file is there already,
    StoreError when the disk is full or the store is not sound: nothing is left then.
    """
    _check_place(target)
    record(workspace, viewer, "backup", "workspace", now=now, why="with keys" if keys else "")
    settings = workspace.settings
    with beside(target, "请换一个地方。") as folder:
        taken = dumping.dump(workspace.store, folder)
        fingerprint = key_fingerprint(settings.pseudonym_key)
        about = {
            "program": version("yaotong"),
            "revision": taken.revision,
            "database": workspace.store.engine.dialect.name,
            "made_at": now.isoformat(),
            "data_version": taken.data_version,
            "audit": {"seq": taken.head.seq, "hash": taken.head.hash},
            "pseudonym_key": {
                "id": settings.pseudonym_key_id,
                "fingerprint": fingerprint,
                "links": {one.key_id: key_fingerprint(one.key) for one in chain_of(workspace).links},
            },
            "keys": keys,
        }
        files, size = archive.pack(target, _parts(workspace, taken, keys), about)
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return BackedUp(target, files, size, sha256, keys, fingerprint, taken.data_version)


def _parts(workspace: Workspace, taken: dumping.Snapshot, keys: bool) -> Iterator[Part]:
    home = workspace.settings.home
    said = (home / SETTINGS_FILE).read_text("utf-8")
    yield Part(SETTINGS_FILE, _ADDRESS.sub(r'\1 ""', said).encode())
    yield Part(f"database/{taken.path.name}", taken.path)
    for path, digest in taken.facts.items():
        yield Part(f"facts/{path}", workspace.store.facts_dir / path, digest)
    for folder in (*_FOLDERS, *(("keys",) if keys else ())):
        for one in sorted((home / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in one.relative_to(home).parts)
            if one.is_file() and not one.is_symlink() and not hidden:
                yield Part(one.relative_to(home).as_posix(), one)


def _check_place(target: Path) -> None:
    if not target.parent.is_dir():
        raise StoreError(f"没有目录 {target.parent}。请先建好，或换一个地方。")
