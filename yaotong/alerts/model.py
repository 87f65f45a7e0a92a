"""Findings and alerts as values: no store, no clock, nothing but what they say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from yaotong.alerts.states import Act, State
from yaotong.codes import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One (rule, subject, day, clause) that a run found. Its id is made of these four alone."""

    rule_id: str
    rule_version: int
    subject: str
    behaviour_day: date
    behaviour_from: datetime
    behaviour_until: datetime
    clause: str
    measure: float
    threshold: float
    level: Level
    area_code: str | None
    pharmacy_ids: tuple[str, ...]
    line_ids: tuple[str, ...]
    figures: str = ""  # numbers beside the measure, as one JSON object; "" for none

    def __post_init__(self) -> None:
        if self.behaviour_from > self.behaviour_until:
            raise ValueError(f"{self.rule_id}: behaviour ends before it starts")

    @property
    def finding_id(self) -> str:
        """32 hex digits, the same on every run and in any order."""
        return self.id_of(self.rule_id, self.subject, self.behaviour_day, self.clause)

    @staticmethod
    def id_of(rule_id: str, subject: str, day: date, clause: str) -> str:
        """The id of what a rule found of a subject on a day."""
        return _digest(rule_id, subject, day.isoformat(), clause)

    @property
    def content_sha(self) -> str:
        """Changes when what was found changes."""
        return _digest(
            self.rule_version,
            self.behaviour_from.isoformat(),
            self.behaviour_until.isoformat(),
            f"{self.measure:.6g}",
            f"{self.threshold:.6g}",
            self.level,
            self.area_code or "",
            json.dumps(sorted(self.pharmacy_ids)),
            json.dumps(sorted(self.line_ids)),
            *([self.figures] if self.figures else []),
        )

    @property
    def weight(self) -> tuple[int, float, date, str]:
        """Orders findings by gravity: the last one speaks for the alert."""
        excess = self.measure / self.threshold if self.threshold else self.measure
        return -self.level.rank, excess, self.behaviour_day, self.clause


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """What deciding needs to know of an alert that exists."""

    alert_id: str
    subject: str
    state: State
    level: Level
    first_day: date
    last_day: date
    condition_gone: bool
    findings: tuple[Finding, ...]


class ExemptReason(StrEnum):
    """Why a subject may be left alone by a rule for a time."""

    CHRONIC_PATIENT = "chronic_patient"
    ALL_HOURS = "all_hours"
    REMOTE_REVIEW = "remote_review"
    ELDERLY_AGENT = "elderly_agent"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Exemption:
    """A subject that some rules leave alone for behaviour on days from `valid_from` to `valid_until`.

    `rule_pattern` is a rule's id or a pattern such as "R-N*". `ended_from` is the first behaviour day that
    is no longer covered, where somebody ended it before its time.
    """

    exemption_id: int
    rule_pattern: str
    subject_kind: str
    subject: str
    valid_from: date
    valid_until: date
    reason: ExemptReason
    text: str
    department: str
    author: str
    created_at: datetime
    ended_from: date | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    def covers(self, day: date) -> bool:
        """Whether behaviour on a day is exempt."""
        inside = self.valid_from <= day <= self.valid_until
        return inside and (self.ended_from is None or day < self.ended_from)


@dataclass(frozen=True, slots=True)
class Change:
    """One decided change of one alert: all its findings after it, and why it changes.

    `act` is open, extend, worsen, recur or vanish; `told` says whether the departments are told.
    """

    alert_id: str
    act: Act
    reason: str
    findings: tuple[Finding, ...]
    told: bool

    @property
    def gravest(self) -> Finding:
        """The finding that speaks for the alert."""
        return max(self.findings, key=lambda one: one.weight)

    def columns(self) -> dict[str, Any]:
        """The alert's columns that its findings decide."""
        top = self.gravest
        return {
            "rule_id": top.rule_id,
            "rule_version": top.rule_version,
            "subject": top.subject,
            "level": str(top.level),
            "area_code": top.area_code,
            "pharmacy_ids": json.dumps(sorted({one for each in self.findings for one in each.pharmacy_ids})),
            "clause": top.clause,
            "measure": top.measure,
            "threshold": top.threshold,
            "first_day": min(one.behaviour_day for one in self.findings),
            "last_day": max(one.behaviour_day for one in self.findings),
            "behaviour_from": min(one.behaviour_from for one in self.findings),
            "behaviour_until": max(one.behaviour_until for one in self.findings),
        }


def alert_id_of(rule_id: str, subject: str, period: date) -> str:
    """12 hex digits from the labels and the first day of the period, never from the time of a run."""
    return _digest(rule_id, subject, period.isoformat(), 0)[:12]


def _digest(*parts: object) -> str:
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
