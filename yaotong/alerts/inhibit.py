"""Which alerts mute their consequences: read strictly from a file, since a wrong line would hide alerts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaotong.alerts.silence import Face
from yaotong.codes import Level
from yaotong.errors import ConfigError

FILE = Path(__file__).parent / "inhibit.toml"
EQUALS = ("pharmacy", "area")
MAX_DAYS = 90
_SETTINGS = ("source", "targets", "equal", "days", "up_to", "why")


@dataclass(frozen=True, slots=True)
class Inhibition:
    """An alert of `source` mutes those of `target` of the same pharmacy or area, up to a level.

    What it mutes lies within its own behaviour days and the `days` after them.
    """

    source: str
    target: str
    equal: str
    days: int
    up_to: Level
    why: str

    def key(self, one: Face) -> str | None:
        """What must be the same in both alerts; None for an alert that has it not."""
        if self.equal == "area":
            return one.area_code
        return one.subject if one.subject_kind == "pharmacy" else None


def read_inhibitions(path: Path, kinds: Mapping[str, str]) -> tuple[Inhibition, ...]:
    """The inhibitions of a file; `kinds` are the subject kinds of the rules there are, by rule.

    ConfigError names the file, the entry, and what to write instead.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} 不是 TOML：{error}") from error
    strange = sorted(set(raw) - {"inhibit"})
    if strange:
        raise ConfigError(f"{path.name} 有不认识的表 {'、'.join(strange)}，只能有 [[inhibit]]。")
    found: list[Inhibition] = []
    for number, entry in enumerate(raw.get("inhibit", []), 1):
        try:
            found += _entry(entry, kinds)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{path.name} 第 {number} 条 [[inhibit]]：{error}") from error
    ring = _ring(found)
    if ring:
        raise ConfigError(f"{path.name} 绕成一圈：{' → '.join(ring)}。请去掉其中一条。")
    return tuple(found)


def _entry(entry: Mapping[str, Any], kinds: Mapping[str, str]) -> list[Inhibition]:
    lacking, strange = [one for one in _SETTINGS if one not in entry], sorted(set(entry) - set(_SETTINGS))
    if lacking or strange:
        raise ValueError(f"缺少 {'、'.join(lacking) or '无'}，不认识 {'、'.join(strange) or '无'}")
    if not isinstance(entry["targets"], list):
        raise ValueError('targets 应为列表，如 ["R-M16"]')
    for rule_id in (entry["source"], *entry["targets"]):
        _check_rule(rule_id, entry["equal"], kinds)
    if type(entry["days"]) is not int or not 0 <= entry["days"] <= MAX_DAYS:
        raise ValueError(f"days 应为 0 到 {MAX_DAYS} 的整数")
    if entry["up_to"] not in set(Level):
        raise ValueError(f"没有级别 {entry['up_to']}；可用：{'、'.join(Level)}")
    shared = (entry["equal"], entry["days"], Level(entry["up_to"]), str(entry["why"]))
    return [Inhibition(entry["source"], target, *shared) for target in entry["targets"]]


def _check_rule(rule_id: str, equal: str, kinds: Mapping[str, str]) -> None:
    if rule_id not in kinds:
        raise ValueError(f"规则书里没有 {rule_id}，请改为有的规则编号（yaotong rules list）")
    if equal not in EQUALS:
        raise ValueError(f"equal 只能是 {' 或 '.join(EQUALS)}，不是 {equal}")
    if equal == "pharmacy" and kinds[rule_id] != "pharmacy":
        raise ValueError(f"{rule_id} 的主体不是药店，equal 不能是 pharmacy，请改为 area 或去掉")


def _ring(found: Iterable[Inhibition]) -> list[str]:
    """Rules that mute one another in a circle, from one of them back to it; [] when there are none."""
    leads: dict[str, list[str]] = {}
    for one in found:
        leads.setdefault(one.source, []).append(one.target)
    safe: set[str] = set()

    def walk(rule_id: str, way: list[str]) -> list[str]:
        if rule_id in way:
            return [*way[way.index(rule_id) :], rule_id]
        for following in [] if rule_id in safe else leads.get(rule_id, []):
            ring = walk(following, [*way, rule_id])
            if ring:
                return ring
        safe.add(rule_id)
        return []

    return next((ring for one in sorted(leads) if (ring := walk(one, []))), [])
