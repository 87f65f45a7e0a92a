"""Silences and what they are held against, as values; `data_silence` is another thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from yaotong.codes import Level


class SilenceReason(StrEnum):
    """Why a department wants not to be called for a time."""

    RENOVATION = "renovation"
    SYSTEM_CHANGE = "system_change"
    KNOWN_CASE = "known_case"
    JOINT_CHECK = "joint_check"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that call nobody, for behaviour on days from `since` to `until`.

    `subject_kind`: "pharmacy" (a shop), "area" (what is found about an area itself) or "within" (whatever
    is found in an area); `subject` is the shop's or the area's code. Alerts graver than `level` are not
    muted. `ended_from` is the first behaviour day no longer muted, where somebody ended it early.
    """

    silence_id: int
    rule_pattern: str
    subject_kind: str
    subject: str
    level: Level
    since: date
    until: date
    reason: SilenceReason
    text: str
    department: str
    author: str
    created_at: datetime
    ended_from: date | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    reminded_at: datetime | None = None

    @property
    def last_day(self) -> date:
        """The last behaviour day that is muted; before `since` when it was ended from its first day."""
        if self.ended_from is None:
            return self.until
        return min(self.until, date.fromordinal(self.ended_from.toordinal() - 1))


@dataclass(frozen=True, slots=True)
class Face:
    """What deciding on silence needs to know of an alert.

    `stands`: it is not taken back, nor closed as a false alarm.
    """

    alert_id: str
    rule_id: str
    subject_kind: str
    subject: str
    area_code: str | None
    lead: str
    level: Level
    first_day: date
    last_day: date
    stands: bool


@dataclass(frozen=True, slots=True)
class Mute:
    """Why an alert calls nobody: a silence or another alert; and the last behaviour day it reaches."""

    until: date
    silence_id: int | None = None
    source_id: str | None = None
