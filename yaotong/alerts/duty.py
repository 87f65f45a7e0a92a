"""Who is on duty: shifts of officers by department and area, one after another without a gap. Pure."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from yaotong.alerts.people import Shift
from yaotong.errors import ConfigError

COLUMNS = ("department", "area_code", "since", "until", "username")
_FORM = "%Y-%m-%d %H:%M"


def read_roster(
    text: str, name: str, accounts: Mapping[str, str], departments: Collection[str]
) -> tuple[Shift, ...]:
    """The shifts of a CSV with `COLUMNS`; moments as 2026-03-02 08:30, Beijing time.

    `accounts` gives each account's department. ConfigError tells file, line and remedy: a column that is
    missing, a department or an account that is not there, somebody of another department, a shift that
    ends before it begins, a gap between two shifts of a department and area.
    """
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [one for one in COLUMNS if one not in (table.fieldnames or ())]
    if missing:
        raise ConfigError(f"{name} 第 1 行：缺少列 {'、'.join(missing)}。应有：{','.join(COLUMNS)}。")
    found = [
        (table.line_num, _shift(row, f"{name} 第 {table.line_num} 行", accounts, departments))
        for row in table
    ]
    if not found:
        raise ConfigError(f"{name}：没有班次。每行一个班次，列为 {','.join(COLUMNS)}。")
    _refuse_gaps(found, name)
    return tuple(shift for _, shift in found)


def on_duty(shifts: Sequence[Shift], department: str, area_code: str | None, at: datetime) -> tuple[str, ...]:
    """The accounts on duty for a department at a place and moment: those of the smallest area around it."""
    mine = [one for one in shifts if one.covers(department, area_code, at)]
    if not mine:
        return ()
    lengths = [len(one.area_code) for one in mine]
    wanted = max(lengths) if area_code else min(lengths)
    return tuple(sorted({one.username for one in mine if len(one.area_code) == wanted}))


def _shift(
    row: Mapping[str, str], place: str, accounts: Mapping[str, str], departments: Collection[str]
) -> Shift:
    told = {key: (row.get(key) or "").strip() for key in COLUMNS}
    if told["department"] not in departments:
        raise ConfigError(f"{place}：没有部门“{told['department']}”。可用：{'、'.join(departments)}。")
    theirs = accounts.get(told["username"])
    if theirs is None:
        raise ConfigError(f"{place}：没有可用的账号“{told['username']}”。先用 yaotong user add 建立。")
    if theirs != told["department"]:
        raise ConfigError(f"{place}：账号“{told['username']}”属于 {theirs}，不是 {told['department']}。")
    try:
        since, until = (datetime.strptime(told[one], _FORM) for one in ("since", "until"))
        return Shift(told["department"], told["area_code"], since, until, told["username"])
    except ValueError as error:
        raise ConfigError(f"{place}：时刻应写作 2026-03-02 08:30。") from error
    except ConfigError as error:
        raise ConfigError(f"{place}：{error}") from error


def _refuse_gaps(found: Sequence[tuple[int, Shift]], name: str) -> None:
    """The shifts of one department and area must follow one another; they may overlap."""
    lines: dict[tuple[str, str], list[tuple[int, Shift]]] = defaultdict(list)
    for line, shift in found:
        lines[shift.department, shift.area_code].append((line, shift))
    for (department, area_code), mine in lines.items():
        mine.sort(key=lambda one: (one[1].since, one[1].until))
        covered = mine[0][1].until
        for line, shift in mine[1:]:
            if shift.since > covered:
                raise ConfigError(
                    f"{name} 第 {line} 行：{department} {area_code} 从 {covered:{_FORM}} 到"
                    f" {shift.since:{_FORM}} 无人值班。请补上这段时间的班次。"
                )
            covered = max(covered, shift.until)
