"""Decide what findings do to alerts. Pure: what was found and what is known in, changes out.

Findings of one subject whose days are no further apart than the rule's cool-down are one alert.
A closed alert takes back only what lies inside the days it already covers; later behaviour of the
same subject opens a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from yaotong.alerts.model import Change, Finding, KnownAlert, alert_id_of
from yaotong.alerts.states import Act, State


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run changes: alerts opened or altered, in a stable order."""

    changes: tuple[Change, ...]

    def count(self, act: Act) -> int:
        """How many changes of one kind."""
        return sum(change.act is act for change in self.changes)


def plan(
    found: Sequence[Finding], gone: Iterable[str], known: Sequence[KnownAlert], cooldown_days: int
) -> Plan:
    """Changes for one rule.

    `found`: all findings of the run; `gone`: ids of stored findings in the run's window that are no
    longer found; `known`: the alerts of all subjects concerned.
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
        changes += _subject(news, alerts[subject], missing, cooldown_days)
    return Plan(tuple(changes))


def _subject(
    news: Sequence[Finding], alerts: Sequence[KnownAlert], missing: set[str], cooldown_days: int
) -> list[Change]:
    """One subject: share its findings among its alerts, open alerts for the rest."""
    homes = {one.finding_id: alert.alert_id for alert in alerts for one in alert.findings}
    shares: dict[str, list[Finding]] = defaultdict(list)
    homeless = []
    for one in news:
        home = homes.get(one.finding_id) or _host(one, alerts, cooldown_days)
        if home is None:
            homeless.append(one)
        else:
            shares[home].append(one)
    changes = [_altered(alert, shares[alert.alert_id], missing) for alert in alerts]
    return [one for one in changes if one is not None] + _opened(homeless, cooldown_days)


def _host(finding: Finding, alerts: Sequence[KnownAlert], cooldown_days: int) -> str | None:
    day, gap = finding.behaviour_day, timedelta(days=cooldown_days)
    for alert in sorted(alerts, key=lambda one: one.first_day):
        if alert.first_day <= day <= alert.last_day:
            return alert.alert_id
        if alert.state is not State.CLOSED and alert.first_day - gap <= day <= alert.last_day + gap:
            return alert.alert_id
    return None


def _altered(alert: KnownAlert, share: Sequence[Finding], missing: set[str]) -> Change | None:
    """What the run does to an alert that exists; None when it says nothing new."""
    before: Mapping[str, Finding] = {one.finding_id: one for one in alert.findings}
    after = {name: one for name, one in before.items() if name not in missing}
    after.update((one.finding_id, one) for one in share)
    if not after:
        if alert.condition_gone:
            return None
        return Change(alert.alert_id, Act.VANISH, "condition_gone", alert.findings, told=True)
    same = {name: one.content_sha for name, one in before.items()} == {
        name: one.content_sha for name, one in after.items()
    }
    if same and not alert.condition_gone:
        return None
    findings = tuple(sorted(after.values(), key=lambda one: (one.behaviour_day, one.clause)))
    graver = max(findings, key=lambda one: one.weight).level.rank < alert.level.rank
    if graver:
        return Change(alert.alert_id, Act.WORSEN, "level_up", findings, told=True)
    reason = "evidence_changed" if set(after) <= set(before) else "new_evidence"
    return Change(alert.alert_id, Act.EXTEND, reason, findings, told=False)


def _opened(findings: Sequence[Finding], cooldown_days: int) -> list[Change]:
    """New alerts: findings in runs whose gaps are within the cool-down."""
    runs: list[list[Finding]] = []
    for one in findings:
        if runs and one.behaviour_day - runs[-1][-1].behaviour_day <= timedelta(days=cooldown_days):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [
        Change(
            alert_id_of(run[0].rule_id, run[0].subject, run[0].behaviour_day),
            Act.OPEN,
            "new_finding",
            tuple(run),
            told=True,
        )
        for run in runs
    ]
