"""Make a workspace of a backup: beside its place, checked whole, then put there at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from yaotong import config
from yaotong.acts.recording import note
from yaotong.config import SETTINGS_FILE, key_fingerprint, make_key
from yaotong.durable import beside
from yaotong.errors import ConfigError, StoreError, UsageError
from yaotong.keyfiles import LINKS_FILE, read_links
from yaotong.store import archive, auditchain, check_revision, dumping, migrate, open_store
from yaotong.store.health import Health, examine
from yaotong.store.witness import Head, Witness
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_ELSEWHERE = "请换一个目录（--home）。"

_PSEUDONYM = "pseudonym.key"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `opened` is None while the pseudonym key is lacking, whose fingerprint is told."""

    home: Path
    files: int
    made_at: str
    data_version: int
    audit_rows: int
    fingerprint: str
    key_id: str
    opened: Workspace | None
    health: Health


def restore(
    source: Path,
    home: Path,
    viewer: Viewer,
    *,
    keys: Path | None = None,
    database_url: str = "",
    now: datetime,
) -> Restored:
    """Make a workspace at `home`, which must not exist or be empty.

    Args:
        keys: a folder with the keys of the workspace, kept apart from its backups.
        database_url: an empty PostgreSQL database, for the backup of one; written into the settings.

    Every file is compared with its hash, the database brought up to date, the audit chain verified.
    UsageError and StoreError say what stands in the way; the place is then as it was. A PostgreSQL
    database that was filled before something failed has to be emptied by hand.
    """
    _check_home(home)
    with archive.opened(source) as found, beside(home, _ELSEWHERE, parents=True) as folder:
        about = found.about
        if not dumping.known_revision(str(about.get("revision"))):
            raise StoreError("这份备份由更新的程序作出，本程序读不了。请先升级程序再恢复。")
        _check_database(about, database_url)
        found.unpack(folder)
        _bring_keys(folder, keys, about)
        _settle(folder, about, database_url)
        files = len(found.files)
        store = open_store(database_url or f"sqlite:///{folder / dumping.SQLITE_FILE}", folder / "facts")
        try:
            if database_url:
                dumping.put_back(folder / "database" / dumping.POSTGRES_FILE, database_url)
            migrate(store)
            check_revision(store)
            rows = _check_chain(store, about)
        finally:
            store.engine.dispose()
        shutil.rmtree(folder / "database")
        _put(folder, home)
    return _told(home, viewer, about, files, rows, database_url, now)


def _told(
    home: Path, viewer: Viewer, about: Mapping[str, Any], files: int, rows: int, url: str, now: datetime
) -> Restored:
    """The restored workspace opened where its key is there, its head signed anew, and how sound it is."""
    key = about.get("pseudonym_key", {})
    witness = Witness(home / "audit", config.audit_key(home / "keys"))
    store = open_store(url or f"sqlite:///{home / dumping.SQLITE_FILE}", home / "facts", witness)
    witness.replace(_head_of(about))
    with store.write() as connection:
        note(connection, viewer, "restore", "workspace", now=now, why=str(about.get("made_at", "")))
    usable = (home / "keys" / _PSEUDONYM).exists()
    workspace = Workspace(config.load(home, {}), store) if usable else None
    health = examine(store)
    return Restored(
        home, files, str(about.get("made_at", "")), int(about.get("data_version", 0)), rows,
        str(key.get("fingerprint", "")), str(key.get("id", "")), workspace, health,
    )  # fmt: skip


def _check_home(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise UsageError(f"{home} 不是空的，不在上面恢复。请换一个新的目录（--home）。")


def _check_database(about: Mapping[str, Any], database_url: str) -> None:
    postgres = about.get("database") == "postgresql"
    if postgres and not database_url:
        raise UsageError("这份备份来自 PostgreSQL。请先建一个空的数据库，用 --database-url 指给它。")
    if database_url and not postgres:
        raise UsageError("这份备份来自 SQLite，恢复成工作区里的文件，不用 --database-url。")


def _bring_keys(folder: Path, keys: Path | None, about: Mapping[str, Any]) -> None:
    """The keys of the backup or those given beside it; the pseudonym key must be the one of its lines."""
    inside = folder / "keys"
    inside.mkdir(mode=0o700, exist_ok=True)
    inside.chmod(0o700)
    if keys is not None:
        if not (keys / _PSEUDONYM).is_file():
            raise UsageError(f"{keys} 里没有 {_PSEUDONYM}。请指明存放密钥的目录。")
        # Data keys of the vault lie in a folder of their own.
        for one in sorted(keys.rglob("*")):
            target = inside / one.relative_to(keys)
            if one.is_file() and not target.exists():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                _copy_key(one, target)
    if (inside / _PSEUDONYM).exists():
        wanted = about.get("pseudonym_key", {}).get("fingerprint")
        if key_fingerprint(config.pseudonym_key(inside)) != wanted:
            raise ConfigError("给的 pseudonym.key 不是这份备份的：用它会把同一人算成两人。请换成原来的密钥。")
        _check_links(inside, about)
    for name in ("session.key", "audit.key", "factor.key"):
        make_key(inside / name)


def _check_links(inside: Path, about: Mapping[str, Any]) -> None:
    """The keys that rotations added must be those of the backup's pseudonyms, too."""
    given = {one.key_id: key_fingerprint(one.key) for one in read_links(inside)}
    wanted = about.get("pseudonym_key", {}).get("links", {})
    lacking = [key_id for key_id, told in wanted.items() if given.get(key_id) != told]
    if lacking:
        raise ConfigError(
            f"备份里的假名用到密钥 {'、'.join(lacking)}，给的 {LINKS_FILE} 里没有或不是它。请换成原来的文件。"
        )


def _copy_key(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    target.write_bytes(source.read_bytes())


def _settle(folder: Path, about: Mapping[str, Any], database_url: str) -> None:
    """Put the database and the settings where a workspace has them."""
    if not (folder / SETTINGS_FILE).is_file():
        raise StoreError(f"备份里缺少 {SETTINGS_FILE}。请换一份完整的备份。")
    (folder / "facts").mkdir(mode=0o700, exist_ok=True)
    (folder / "loads").mkdir(mode=0o700, exist_ok=True)
    name = dumping.POSTGRES_FILE if database_url else dumping.SQLITE_FILE
    if not (folder / "database" / name).is_file():
        raise StoreError(f"备份里缺少 database/{name}。请换一份完整的备份。")
    if not database_url:
        (folder / "database" / name).replace(folder / dumping.SQLITE_FILE)
        return
    path = folder / SETTINGS_FILE
    quoted = database_url.replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        f'database_url = "{quoted}"' if one.strip().startswith("database_url") else one
        for one in path.read_text("utf-8").splitlines()
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _check_chain(store: Any, about: Mapping[str, Any]) -> int:
    """The audit chain is whole and ends where the backup says; how many rows it has."""
    with store.read() as connection:
        verdict = auditchain.verify(
            connection, None, Head(int(about["audit"]["seq"]), str(about["audit"]["hash"]))
        )
    if verdict.fault:
        raise StoreError(f"备份里的审计链不完整：{verdict.fault} 什么也没有恢复。")
    return verdict.kept


def _head_of(about: Mapping[str, Any]) -> Head:
    """Where the audit chain ended when it was backed up."""
    try:
        return Head(int(about["audit"]["seq"]), str(about["audit"]["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError("备份的清单没有写明审计链到哪一行。请换一份备份。") from error


def _put(folder: Path, home: Path) -> None:
    try:
        if home.exists():
            home.rmdir()
        folder.rename(home)
    except OSError as error:
        raise StoreError(f"不能放到 {home}：{error.strerror}。请换一个目录。") from error
