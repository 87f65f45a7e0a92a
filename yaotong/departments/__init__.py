"""Departments as data: each TOML here is one, and adding one needs no Python."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from yaotong.codes import Level
from yaotong.errors import ConfigError
from yaotong.records import FEEDS

CHANNELS = ("inbox", "webhook", "dingtalk", "wecom", "feishu", "mail")
# Told of nothing until an address is set up: what was written before that is not kept for it.
CHATS = CHANNELS[2:]
# Fields of an evidence line that a department's view may show.
EVIDENCE_FIELDS = (
    "pharmacy",
    "sold_at",
    "drug",
    "quantity",
    "unit_price",
    "supplier",
    "batch_no",
    "trace_code",
    "buyer",
    "prescription_no",
    "settlement_id",
    "channel",
    "recorded_at",
)


_NEEDED = "order name_zh name_en short_zh leads assists legal_basis channels deadlines evidence".split()
_SETTINGS = frozenset((*_NEEDED, "outcomes", "sums", "buyers", "keeps", "plans"))
# What any department may find at the end of a joint case, beside the outcomes of its own law.
_COMMON_OUTCOMES = {"no_breach": ("未发现违法", "no breach found"), "other": ("其他处理", "other")}
# An administrator of accounts is no investigator.
_BUYERS_ROLES = ("officer", "leader")


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long each step may take from dispatch: minutes to accept, working days for the rest.

    `accept_minutes_in_hours`, where given, holds for what is dispatched while the office is open.
    """

    accept_minutes: int
    check_days: int
    dispose_days: int
    close_days: int
    accept_minutes_in_hours: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.accept_minutes <= 60 * 24 * 10:
            raise ConfigError("签收时限应在 1 分钟到 10 天之间。")
        if not 0 < (self.accept_minutes_in_hours or self.accept_minutes) <= self.accept_minutes:
            raise ConfigError("上班时间的签收时限应在 1 分钟到平时的签收时限之间。")
        if not 0 < self.check_days <= self.dispose_days <= self.close_days:
            raise ConfigError("时限应满足：核查 ≤ 反馈处置 ≤ 办结。")

    def minutes(self, *, in_hours: bool) -> int:
        """Minutes to accept what is dispatched in or out of office hours."""
        return self.accept_minutes_in_hours or self.accept_minutes if in_hours else self.accept_minutes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a department may see of the lines behind an alert.

    `lines`: "all", only those "settled" by insurance, or "none" (counts only). `as_lead` and
    `as_assist` name the fields shown in either part.
    """

    lines: Literal["all", "settled", "none"]
    as_lead: frozenset[str]
    as_assist: frozenset[str]


@dataclass(frozen=True, slots=True)
class Department:
    """One department: what it leads and assists, its clocks, channels and view."""

    department_id: str
    name_zh: str
    name_en: str
    short_zh: str
    leads: tuple[str, ...]
    assists: tuple[str, ...]
    legal_basis: str
    channels: tuple[str, ...]
    deadlines: Mapping[Level, Deadline]
    evidence: Evidence
    # What its law lets it decide: code → the words in Chinese and in English.
    outcomes: Mapping[str, tuple[str, str]]
    # Those of them that are entered with a sum of money.
    sums: tuple[str, ...]
    # Roles that may see what ties buyers of special drugs together; none where it is not said.
    buyers: tuple[str, ...] = ()
    # Feeds whose registers it answers for: it corrects what is wrong in them.
    keeps: tuple[str, ...] = ()
    # Whether it plans where pharmacies are to be.
    plans: bool = False

    def leads_rule(self, rule_id: str) -> bool:
        """Whether an alert of this rule is this department's to lead."""
        return any(fnmatchcase(rule_id, pattern) for pattern in self.leads)

    def assists_rule(self, rule_id: str) -> bool:
        """Whether this department asked to be told of every alert of this rule."""
        return any(fnmatchcase(rule_id, pattern) for pattern in self.assists)


def read_department(path: Path) -> Department:
    """One department from its TOML; ConfigError names the file and what is missing or wrong."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return _department(path.stem, raw)
    except KeyError as error:
        raise ConfigError(f"{path.name} 缺少 {error.args[0]}。") from error
    except (ConfigError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise ConfigError(f"{path.name} 写得不对：{error}") from error


def read_departments(folder: Path) -> Mapping[str, Department]:
    """All departments of a folder by id, in the order of their `order` field."""
    found = sorted(folder.glob("*.toml"), key=lambda path: (_order(path), path.name))
    return {path.stem: read_department(path) for path in found}


@lru_cache(maxsize=1)
def departments() -> Mapping[str, Department]:
    """The departments of this program."""
    return read_departments(Path(__file__).parent)


def lead_of(rule_id: str, known: Mapping[str, Department]) -> Department:
    """The one department that leads a rule; ConfigError when none or several claim it."""
    claiming = [one for one in known.values() if one.leads_rule(rule_id)]
    if len(claiming) != 1:
        names = "、".join(one.department_id for one in claiming) or "无"
        raise ConfigError(
            f"规则 {rule_id} 应有且只有一个主办部门，现在是：{names}。请改 departments/*.toml 的 leads。"
        )
    return claiming[0]


def keeper_of(feed: str, known: Mapping[str, Department]) -> Department:
    """The one department that answers for a register; ConfigError when none or several claim it."""
    claiming = [one for one in known.values() if feed in one.keeps]
    if len(claiming) != 1:
        names = "、".join(one.department_id for one in claiming) or "无"
        raise ConfigError(
            f"名录 {feed} 应由且只由一个部门管理，现在是：{names}。请改 departments/*.toml 的 keeps。"
        )
    return claiming[0]


def _order(path: Path) -> int:
    return int(tomllib.loads(path.read_text("utf-8")).get("order", 99))


def _department(department_id: str, raw: Mapping[str, Any]) -> Department:
    evidence = raw["evidence"]
    strange = set(raw) - _SETTINGS
    if strange:
        raise ValueError(f"不认识的设置 {'、'.join(sorted(strange))}")
    if evidence["lines"] not in ("all", "settled", "none"):
        raise ValueError("evidence.lines 只能是 all、settled 或 none")
    outcomes = {**_outcomes(raw.get("outcomes", {})), **_COMMON_OUTCOMES}
    return Department(
        department_id=department_id,
        name_zh=raw["name_zh"],
        name_en=raw["name_en"],
        short_zh=raw["short_zh"],
        leads=tuple(raw["leads"]),
        assists=tuple(raw["assists"]),
        legal_basis=raw["legal_basis"],
        channels=_known(raw["channels"], CHANNELS),
        deadlines={level: Deadline(**raw["deadlines"][str(level)]) for level in Level},
        evidence=Evidence(
            evidence["lines"],
            frozenset(_known(evidence["as_lead"], EVIDENCE_FIELDS)),
            frozenset(_known(evidence["as_assist"], EVIDENCE_FIELDS)),
        ),
        outcomes=outcomes,
        sums=_known(raw.get("sums", []), tuple(outcomes)),
        buyers=_known(raw.get("buyers", []), _BUYERS_ROLES),
        plans=bool(raw.get("plans", False)),
        keeps=_known(raw.get("keeps", []), tuple(FEEDS)),
    )


def _outcomes(raw: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    for code, words in raw.items():
        if not isinstance(words, list) or len(words) != 2 or not all(isinstance(one, str) for one in words):
            raise ValueError(f'outcomes 的 {code} 应写作 ["中文", "English"]')
        if len(code) > 32 or code in _COMMON_OUTCOMES:
            raise ValueError(f"outcomes 的 {code} 太长，或是各部门共有的")
    return {code: (words[0], words[1]) for code, words in raw.items()}


def _known(given: list[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    strange = sorted(set(given) - set(allowed))
    if strange:
        raise ValueError(f"不认识的取值 {'、'.join(strange)}；可用：{'、'.join(allowed)}")
    return tuple(given)
