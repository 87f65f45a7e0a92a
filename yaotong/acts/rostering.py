"""Take in a duty roster: all of a file or nothing of it."""

from __future__ import annotations

from pathlib import Path

from yaotong.alerts.duty import read_roster
from yaotong.departments import departments
from yaotong.errors import ConfigError
from yaotong.store import accounts, duty
from yaotong.workspace import Workspace

_MOST_BYTES = 4_000_000


def take_roster(workspace: Workspace, path: Path) -> int:
    """How many shifts a CSV brought; ConfigError tells what is wrong with it, by line."""
    if path.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"{path.name} 超过 {_MOST_BYTES // 1_000_000} MB，不像排班表。")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} 不是 UTF-8。请另存为 UTF-8 的 CSV。") from error
    with workspace.store.write() as connection:
        shifts = read_roster(text, path.name, accounts.departments_of(connection), list(departments()))
        duty.replace(connection, shifts)
    return len(shifts)
