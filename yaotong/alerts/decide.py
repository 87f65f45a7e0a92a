"""Decide what findings do to alerts. Pure: what was found and what is known in, changes out.

An alert holds the findings of one subject in one period: a span of the rule's cool-down, counted from a
fixed Monday. So neither the order in which days are judged nor the hour data come decides what an alert is.
A closed alert takes back quietly what lies inside the days it already covers; other behaviour of the same
subject in the same period opens it again, so that its history is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from yaotong.alerts.model import Change, Finding, KnownAlert, alert_id_of
from yaotong.alerts.states import Act, State

_FIRST_MONDAY = date(2000, 1, 3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run changes: alerts opened or altered, in a stable order."""

    changes: tuple[Change, ...]

    def count(self, act: Act) -> int:
        """How many changes of one kind."""
        return sum(change.act is act for change in self.changes)


def plan(
    found: Sequence[Finding],
    gone: Iterable[str],
    known: Sequence[KnownAlert],
    cooldown_days: int,
    version: int | None = None,
) -> Plan:
    """Changes for one rule.

    `found`: all findings of the run; `gone`: ids of stored findings in the run's window that are no
    longer found; `known`: the alerts of all subjects concerned; `version`: the rule's, to tell what a
    new version of it changed from what new or corrected data did.
    """
    missing = set(gone)
    by_subject: dict[str, list[Finding]] = defaultdict(list)
    for one in found:
        by_subject[one.subject].append(one)
    alerts: dict[str, list[KnownAlert]] = defaultdict(list)
    for alert in known:
        alerts[alert.subject].append(alert)
    changes: list[Change] = []
    for subject in sorted(set(by_subject) | set(alerts)):
        news = sorted(by_subject[subject], key=lambda one: (one.behaviour_day, one.clause))
        changes += _subject(news, alerts[subject], missing, cooldown_days, version)
    return Plan(tuple(changes))


def period_of(day: date, cooldown_days: int) -> date:
    """The first day of the period a behaviour day lies in; periods of seven days are weeks."""
    return day - timedelta(days=(day - _FIRST_MONDAY).days % cooldown_days)


def _subject(
    news: Sequence[Finding],
    alerts: Sequence[KnownAlert],
    missing: set[str],
    cooldown_days: int,
    version: int | None,
) -> list[Change]:
    """One subject: share its findings among its alerts, open alerts for the rest."""
    homes = {one.finding_id: alert.alert_id for alert in alerts for one in alert.findings}
    periods: dict[date, list[KnownAlert]] = defaultdict(list)
    for alert in alerts:
        periods[period_of(alert.first_day, cooldown_days)].append(alert)
    shares: dict[str, list[Finding]] = defaultdict(list)
    homeless: dict[date, list[Finding]] = defaultdict(list)
    for one in news:
        period = period_of(one.behaviour_day, cooldown_days)
        home = homes.get(one.finding_id) or _host(one, periods[period])
        if home is None:
            homeless[period].append(one)
        else:
            shares[home].append(one)
    changes = [_altered(alert, shares[alert.alert_id], missing, version) for alert in alerts]
    opened = [_opened(found, start) for start, found in homeless.items()]
    return [one for one in changes if one is not None] + opened


def _host(finding: Finding, alerts: Sequence[KnownAlert]) -> str | None:
    """The alert of the finding's period that takes it: an open one rather than a closed one."""
    for alert in alerts:
        inside = alert.first_day <= finding.behaviour_day <= alert.last_day
        if inside or alert.state is not State.CLOSED:
            return alert.alert_id
    return alerts[-1].alert_id if alerts else None


def _altered(
    alert: KnownAlert, share: Sequence[Finding], missing: set[str], version: int | None
) -> Change | None:
    """What the run does to an alert that exists; None when it says nothing new."""
    before: Mapping[str, Finding] = {one.finding_id: one for one in alert.findings}
    after = {name: one for name, one in before.items() if name not in missing}
    after.update((one.finding_id, one) for one in share)
    renewed = version is not None and any(one.rule_version != version for one in alert.findings)
    if not after:
        if alert.condition_gone:
            return None
        # A closed alert that a new version would not make is history, and news to nobody.
        told = not renewed or alert.state is not State.CLOSED
        reason = "rule_changed" if renewed else "condition_gone"
        return Change(alert.alert_id, Act.VANISH, reason, alert.findings, told)
    same = {name: one.content_sha for name, one in before.items()} == {
        name: one.content_sha for name, one in after.items()
    }
    if same and not alert.condition_gone:
        return None
    findings = tuple(sorted(after.values(), key=lambda one: (one.behaviour_day, one.clause)))
    if alert.state is State.CLOSED and _recurred(alert, after):
        return Change(alert.alert_id, Act.RECUR, "recurred", findings, told=True)
    graver = max(findings, key=lambda one: one.weight).level.rank < alert.level.rank
    if graver:
        return Change(alert.alert_id, Act.WORSEN, "level_up", findings, told=True)
    reason = "evidence_changed" if set(after) <= set(before) else "new_evidence"
    if renewed and set(after) <= set(before):
        reason = "rule_changed"
    return Change(alert.alert_id, Act.EXTEND, reason, findings, told=False)


def _recurred(alert: KnownAlert, after: Mapping[str, Finding]) -> bool:
    """Whether there is behaviour on days that the alert did not cover when it was closed."""
    days = [one.behaviour_day for one in after.values()]
    return min(days) < alert.first_day or max(days) > alert.last_day


def _opened(found: Sequence[Finding], period: date) -> Change:
    """A new alert for findings of one period."""
    alert_id = alert_id_of(found[0].rule_id, found[0].subject, period)
    return Change(alert_id, Act.OPEN, "new_finding", tuple(found), told=True)
