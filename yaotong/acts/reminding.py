"""Tell a department that a silence of its ends soon: a notice on its desk, once for each silence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from yaotong.alerts.muting import REMIND_WORKDAYS
from yaotong.alerts.silence import Silence
from yaotong.reads.muting import silenced_rules
from yaotong.store import Connection, rulestops, silences
from yaotong.workdays import workdays_between


def remind(connection: Connection, now: datetime) -> list[int]:
    """Put up the notices that are due and note that they were; the numbers of the silences."""
    today = now.date()
    told = []
    for one in silences.ending(connection, today, last_day_told(today)):
        if silences.reminded(connection, one.silence_id, now):
            _tell(connection, one, now)
            told.append(one.silence_id)
    return told


def last_day_told(today: date) -> date:
    """The latest last day of a silence whose end is to be told of today."""
    day = today
    while workdays_between(today, day + timedelta(days=1)) <= REMIND_WORKDAYS:
        day += timedelta(days=1)
    return day


def _tell(connection: Connection, one: Silence, now: datetime) -> None:
    # A notice is about a rule; the first that the silence speaks of stands for them.
    for rule in silenced_rules(one)[:1]:
        said = f"#{one.silence_id} {one.rule_pattern} {one.subject} → {one.until}"
        rulestops.tell(connection, rule.rule_id, one.department, "silence_ending", said, now)
