"""Duty rosters: read strictly, without gaps, and asked who is on duty."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.alerts.duty import COLUMNS, on_duty, read_roster
from yaotong.alerts.people import Shift
from yaotong.departments import departments
from yaotong.errors import ConfigError

ACCOUNTS = {"zhang": "msa", "li": "msa", "wang": "psb"}
HEAD = ",".join(COLUMNS)
GOOD = f"""{HEAD}
msa,330482,2026-03-02 08:30,2026-03-02 17:30,zhang
msa,330482,2026-03-02 17:30,2026-03-03 08:30,li
msa,330482001,2026-03-02 08:30,2026-03-02 17:30,li
psb,330482,2026-03-02 00:00,2026-03-03 00:00,wang
"""


def read(text: str) -> tuple[Shift, ...]:
    return read_roster(text, "duty.csv", ACCOUNTS, list(departments()))


def test_a_roster_is_read_whole() -> None:
    shifts = read(GOOD)
    assert len(shifts) == 4
    assert shifts[0] == Shift(
        "msa", "330482", datetime(2026, 3, 2, 8, 30), datetime(2026, 3, 2, 17, 30), "zhang"
    )
    assert read("\ufeff" + GOOD) == shifts


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("fire,330482,2026-03-02 08:30,2026-03-02 17:30,zhang", "没有部门“fire”。可用：msa"),
        ("msa,330482,2026-03-02 08:30,2026-03-02 17:30,zhao", "没有可用的账号“zhao”"),
        ("msa,330482,2026-03-02 08:30,2026-03-02 17:30,wang", "属于 psb，不是 msa"),
        ("msa,330482,2026/03/02,2026-03-02 17:30,zhang", "时刻应写作"),
        ("msa,330482,2026-03-02 17:30,2026-03-02 17:30,zhang", "止应晚于起"),
        (
            "msa,330482,2026-03-03 08:31,2026-03-03 17:30,zhang",
            "从 2026-03-03 08:30 到 2026-03-03 08:31 无人值班",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line_with_a_remedy(line: str, why: str) -> None:
    with pytest.raises(ConfigError, match=r"duty.csv 第 6 行") as told:
        read(GOOD + line + "\n")
    assert why in str(told.value)


def test_shifts_may_overlap_and_join_to_the_minute() -> None:
    assert read(GOOD + "msa,330482,2026-03-03 08:30,2026-03-03 17:30,zhang\n")
    assert read(GOOD + "msa,330482,2026-03-03 08:00,2026-03-03 17:30,zhang\n")


@pytest.mark.parametrize(("text", "why"), [(HEAD, "没有班次"), ("department,since\nmsa,x", "缺少列")])
def test_an_empty_or_foreign_file_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read(text)


@pytest.mark.parametrize(
    ("department", "area", "at", "names"),
    [
        ("msa", "330482001", "2026-03-02 09:00", ("li",)),
        ("msa", "330482101", "2026-03-02 09:00", ("zhang",)),
        ("msa", "330482001", "2026-03-02 20:00", ("li",)),
        ("msa", None, "2026-03-02 09:00", ("zhang",)),
        ("msa", "330482", "2026-03-02 08:29", ()),
        ("msa", "330482", "2026-03-02 17:30", ("li",)),
        ("psb", "330482001", "2026-03-02 09:00", ("wang",)),
        ("hc", "330482001", "2026-03-02 09:00", ()),
    ],
)
def test_who_is_on_duty(department: str, area: str | None, at: str, names: tuple[str, ...]) -> None:
    assert on_duty(read(GOOD), department, area, datetime.fromisoformat(at)) == names


@given(st.lists(st.integers(1, 600), min_size=1, max_size=12), st.integers(0, 5_000))
def test_a_roster_that_was_taken_leaves_no_minute_without_somebody(lengths: list[int], minute: int) -> None:
    moment, rows = datetime(2026, 3, 2), []
    for length in lengths:
        until = moment + timedelta(minutes=length)
        rows.append(f"msa,330482,{moment:%Y-%m-%d %H:%M},{until:%Y-%m-%d %H:%M},zhang")
        moment = until
    shifts = read("\n".join([HEAD, *reversed(rows)]))
    at = datetime(2026, 3, 2) + timedelta(minutes=minute)
    assert bool(on_duty(shifts, "msa", "330482", at)) is (minute < sum(lengths))
