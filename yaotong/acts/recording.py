"""Write into the audit chain who did what: beside what is recorded, or before it may be seen."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import datetime
from typing import Any

from yaotong.config import SETTINGS_FILE
from yaotong.errors import ConfigError
from yaotong.store import Connection, audit
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

_DIGEST_CHARS = 16


def note(
    connection: Connection,
    viewer: Viewer,
    act: str,
    thing: str,
    *,
    now: datetime,
    why: str = "",
    **detail: Any,
) -> int:
    """Append to the chain within the transaction of what is recorded; the row's number."""
    return audit.append(
        connection,
        audit.Entry(
            at=now,
            actor=viewer.username,
            department=viewer.department,
            origin=viewer.origin,
            act=act,
            object=thing,
            why=why,
            detail=detail,
        ),
    )


def record(
    workspace: Workspace,
    viewer: Viewer,
    act: str,
    thing: str,
    *,
    now: datetime,
    why: str = "",
    **detail: Any,
) -> int:
    """Append to the chain by itself; StoreError when that cannot be: then what was asked for is refused."""
    with workspace.store.write() as connection:
        return note(connection, viewer, act, thing, now=now, why=why, **detail)


def note_settings(workspace: Workspace, viewer: Viewer = SYSTEM, *, now: datetime) -> tuple[str, ...]:
    """Record that the settings file says something else than when last looked at; which tables it changed in.

    The chain keeps a hash of each table and none of its values; environment variables are not in the file.
    """
    told = _tables(workspace)
    with workspace.store.read() as connection:
        if _changed(connection, told) is None:
            return ()
    with workspace.store.write() as connection:
        changed = _changed(connection, told)
        if changed is None:
            return ()
        note(connection, viewer, "settings_change", SETTINGS_FILE, now=now, why=" ".join(changed), **told)
    return changed


def _changed(connection: Connection, told: dict[str, str]) -> tuple[str, ...] | None:
    """The tables that differ from what was last recorded; None when none does."""
    row = audit.newest(connection, "settings_change")
    before = {} if row is None else audit.detail_of(row)
    if before == told:
        return None
    return tuple(name for name in sorted({*before, *told}) if before.get(name) != told.get(name))


def _tables(workspace: Workspace) -> dict[str, str]:
    path = workspace.settings.home / SETTINGS_FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} 无法读取：{error}。请改正后重试。") from error
    return {
        name: hashlib.sha256(repr(value).encode()).hexdigest()[:_DIGEST_CHARS] for name, value in raw.items()
    }
