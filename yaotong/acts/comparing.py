"""Compare two versions of a rule over the same days of the same facts: what each would have told whom.

Nothing is written: no alert is opened or touched. A report is plain data, so that it can be kept as JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from yaotong.acts.judging import to_findings
from yaotong.alerts.decide import plan
from yaotong.alerts.exempt import covering
from yaotong.alerts.model import Change, Exemption, Finding
from yaotong.alerts.route import route
from yaotong.departments import departments
from yaotong.facts import Facts, Window
from yaotong.rules.breadth import breadth, present_by_day
from yaotong.rules.model import Rule
from yaotong.rules.run import boundary, run_rule

BACKTEST_DAYS = 365
SHOWN = 200  # alerts of a difference that a report names; the counts are of all
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Known:
    """A closed alert and what checking found: confirmed, false_alarm or unverifiable."""

    alert_id: str
    subject: str
    first_day: date
    last_day: date
    area_code: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class _Side:
    """One version's findings and the alerts they would be."""

    rule: Rule
    findings: list[Finding]

    def alerts(self) -> dict[str, Change]:
        """By their ids, which the subject and the period make, so that those of two versions compare."""
        made = plan(self.findings, (), (), self.rule.cooldown_days).changes
        return {one.alert_id: one for one in made}

    def caught(self, known: Known) -> bool:
        """Whether it finds this subject within the days of an alert."""
        return any(
            one.subject == known.subject and known.first_day <= one.behaviour_day <= known.last_day
            for one in self.findings
        )


def year_until(last: date) -> Window:
    """The twelve months that end on a day."""
    return Window(last - timedelta(days=BACKTEST_DAYS - 1), last)


def months(window: Window, data: Window) -> list[Window]:
    """The part of a window with data, month by month: rules judge days apart, so parts make the whole."""
    day, last = max(window.since, data.since), min(window.until, data.until)
    parts = []
    while day <= last:
        after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        parts.append(Window(day, min(after - timedelta(days=1), last)))
        day = after
    return parts


def compare(
    facts: Facts,
    live: Rule,
    new: Rule,
    window: Window,
    parts: Sequence[Window],
    known: Sequence[Known],
    progress: Progress,
    exempt: Sequence[Exemption] = (),
) -> dict[str, Any]:
    """The report of a back-test; RuleFailed when either version fails. What is exempt would alert nobody."""
    sides = _Side(live, []), _Side(new, [])
    present: dict[date, int] = {}
    for done, part in enumerate(parts, start=1):
        for side in sides:
            found = to_findings(side.rule, run_rule(side.rule, facts, part))
            side.findings.extend(one for one in found if covering(exempt, one) is None)
        with boundary(new):
            present.update(present_by_day(facts, new, part))
        progress(done, len(parts))
    return _report(window, sides[0], sides[1], present, known)


def _report(
    window: Window, live: _Side, new: _Side, present: Mapping[date, int], known: Sequence[Known]
) -> dict[str, Any]:
    wide = breadth(((one.subject, one.behaviour_day) for one in new.findings), present)
    before, after = live.alerts(), new.alerts()
    appeared = [one for name, one in after.items() if name not in before]
    disappeared = [one for name, one in before.items() if name not in after]
    return {
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "days": (window.until - window.since).days + 1,
        "data_days": len(present),
        "live": {"number": live.rule.version, "findings": len(live.findings), "alerts": len(before)},
        "new": {"number": new.rule.version, "findings": len(new.findings), "alerts": len(after)},
        "weeks": _weeks(window, live.rule, before.values(), new.rule, after.values()),
        "appeared": len(appeared),
        "disappeared": len(disappeared),
        "appear": [_told(one) for one in appeared[:SHOWN]],
        "disappear": [_told(one) for one in disappeared[:SHOWN]],
        "outcomes": [_outcome(one, live, new) for one in known],
        "fired_days": wide.fired_days,
        "subject_days": wide.subject_days,
        "fired": wide.fired,
        "always": wide.always,
    }


def _weeks(
    window: Window, live: Rule, before: Iterable[Change], new: Rule, after: Iterable[Change]
) -> list[dict[str, Any]]:
    """Alerts by the week of their first day and the department told, for both; weeks without any too."""
    counts = Counter(_by_week("live", live, before))
    counts.update(_by_week("new", new, after))
    monday = window.since - timedelta(days=window.since.weekday())
    weeks = []
    while monday <= window.until:
        mine = {key[1:]: count for key, count in counts.items() if key[0] == monday}
        sides: dict[str, dict[str, int]] = {"live": {}, "new": {}}
        for (side, department), count in sorted(mine.items()):
            sides[side][department] = count
        weeks.append({"monday": monday.isoformat(), **sides})
        monday += timedelta(days=7)
    return weeks


def _by_week(side: str, rule: Rule, changes: Iterable[Change]) -> Iterator[tuple[date, str, str]]:
    known = departments()
    for change in changes:
        first = min(one.behaviour_day for one in change.findings)
        for sending in route(change.gravest, rule.assists, known, ()):
            yield first - timedelta(days=first.weekday()), side, sending.department


def _told(change: Change) -> dict[str, Any]:
    columns = change.columns()
    return {
        "alert_id": change.alert_id,
        "subject": columns["subject"],
        "level": columns["level"],
        "clause": columns["clause"],
        "measure": columns["measure"],
        "threshold": columns["threshold"],
        "area_code": columns["area_code"],
        "first_day": columns["first_day"].isoformat(),
        "last_day": columns["last_day"].isoformat(),
    }


def _outcome(known: Known, live: _Side, new: _Side) -> dict[str, Any]:
    return {
        "alert_id": known.alert_id,
        "subject": known.subject,
        "outcome": known.outcome,
        "area_code": known.area_code,
        "first_day": known.first_day.isoformat(),
        "last_day": known.last_day.isoformat(),
        "live": live.caught(known),
        "new": new.caught(known),
    }
