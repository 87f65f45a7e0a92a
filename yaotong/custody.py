"""How a workspace keeps identities, as its settings say. Nothing is kept by default.

[vault]
keep = true                    # seal buyers' numbers at intake
algorithm = "aes-256-gcm"      # or "sm4-gcm"
key_file = "keys/vault.key"    # relative to the workspace; better on another disk
months = 24                    # after which a quarter's identities are destroyed
[exchange]
region = "330482"              # this instance's admin code
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from yaotong.config import SETTINGS_FILE
from yaotong.errors import ConfigError
from yaotong.sealing import ALGORITHMS, Algorithm

_REGION = re.compile(r"\d{2,9}")


@dataclass(frozen=True, slots=True)
class Custody:
    """Whether numbers are sealed, how, for how long, with which key; and which region this is ("" none)."""

    keep: bool
    algorithm: Algorithm
    key_file: Path
    months: int
    region: str


def custody_of(home: Path) -> Custody:
    """What the settings of a workspace say; ConfigError names the entry that is wrong."""
    path = home / SETTINGS_FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} 无法读取：{error}。请改正后重试。") from error
    vault, exchange = _table(raw, "vault"), _table(raw, "exchange")
    keep, months = vault.get("keep", False), vault.get("months", 24)
    algorithm = vault.get("algorithm", ALGORITHMS[0])
    region = str(exchange.get("region", ""))
    if not isinstance(keep, bool):
        raise ConfigError(f"{path}: [vault] keep 应为 true 或 false。")
    if algorithm not in ALGORITHMS:
        raise ConfigError(f"{path}: [vault] algorithm 只能是 {' 或 '.join(ALGORITHMS)}，不是 {algorithm!r}。")
    if not isinstance(months, int) or isinstance(months, bool) or not 3 <= months <= 240:
        raise ConfigError(f"{path}: [vault] months 应为 3 至 240 的整数。")
    if region and not _REGION.fullmatch(region):
        raise ConfigError(f"{path}: [exchange] region 应为本地区的行政区划代码，不是 {region!r}。")
    key_file = home / str(vault.get("key_file", "keys/vault.key"))
    return Custody(keep, algorithm, key_file, months, region)


def period_of(moment: datetime) -> str:
    """The quarter a moment lies in, as 2026Q1: identities are kept and destroyed by quarters."""
    return f"{moment.year}Q{(moment.month + 2) // 3}"


def periods_kept(now: datetime, months: int) -> list[str]:
    """The quarters whose identities may be there, oldest first, and the one to come."""
    quarter = now.year * 4 + (now.month - 1) // 3
    oldest = now.year * 12 + now.month - 1 - months
    return [f"{one // 4}Q{one % 4 + 1}" for one in range(oldest // 3, quarter + 2)]


def _table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"设置中的 [{name}] 应当是一个表。")
    return value
