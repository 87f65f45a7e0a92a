"""A person's word over a score: with a reason, for a time, and shown beside what it replaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from yaotong.codes import Role
from yaotong.errors import Forbidden, UsageError
from yaotong.risk.formula import Formula, Grade
from yaotong.viewer import Viewer

MAX_TEXT_CHARS = 500
# Grading is the drug regulator's (分级监管); accounts that only administer judge nobody.
GIVER = Role.MSA
_GIVING_ROLES = ("officer", "leader")


class OverrideReason(StrEnum):
    """Why an officer knows better than the formula."""

    ON_SITE = "on_site"
    RECTIFIED = "rectified"
    CASE_OPEN = "case_open"
    DATA_WRONG = "data_wrong"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Override:
    """A class or a score given to a shop, from the day it was made to `valid_until`, both included.

    Exactly one of `grade` and `score` is given; `ended_at` when somebody ended it before its time.
    """

    override_id: int
    license_no: str
    grade: Grade | None
    score: float | None
    reason: OverrideReason
    text: str
    department: str
    author: str
    created_at: datetime
    valid_until: date
    ended_at: datetime | None = None
    ended_by: str | None = None

    def __post_init__(self) -> None:
        if (self.grade is None) == (self.score is None):
            raise ValueError("an override gives a class or a score")

    def covers(self, day: date) -> bool:
        """Whether it is in force on a day: up to its last day, or the day before it was ended."""
        inside = self.created_at.date() <= day <= self.valid_until
        return inside and (self.ended_at is None or day < self.ended_at.date())

    def grade_under(self, formula: Formula) -> Grade:
        """The class it gives."""
        return self.grade if self.grade is not None else formula.grade(self.score or 0.0)


def may_give(viewer: Viewer) -> bool:
    """Whether a person may give and end overrides at all."""
    return viewer.department == GIVER and viewer.role in _GIVING_ROLES


def check_giver(viewer: Viewer) -> None:
    """Forbidden says who may."""
    if not may_give(viewer):
        raise Forbidden("风险等级由市场监管部门的监管人员或负责人改定。")


def check_new(one: Override, formula: Formula) -> None:
    """UsageError tells what is wrong with a new override."""
    if not one.text.strip():
        raise UsageError("请写明改定的依据，不能为空。")
    if len(one.text) > MAX_TEXT_CHARS:
        raise UsageError(f"依据最多 {MAX_TEXT_CHARS} 字，现在 {len(one.text)} 字。")
    if one.score is not None and not 0 <= one.score <= formula.cap:
        raise UsageError(f"分数应在 0 至 {formula.cap:g} 之间。")
    made = one.created_at.date()
    if one.valid_until < made:
        raise UsageError("有效期不能早于今天。")
    if one.valid_until > year_after(made):
        raise UsageError("改定最长一年，到期可以重新办理。")


def year_after(day: date) -> date:
    """The last day of a year that begins on a day: 2026-03-01 → 2027-02-28."""
    try:
        later = day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 2, 28)
    return date.fromordinal(later.toordinal() - 1)


def in_force(known: Iterable[Override], day: date) -> dict[str, Override]:
    """The override that counts for each shop on a day: the newest that covers it."""
    ordered = sorted(known, key=lambda each: each.override_id)
    return {one.license_no: one for one in ordered if one.covers(day)}
