"""Open alerts, many at a time: the first run over a year opens hundreds of thousands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from yaotong.alerts.escalate import first_look
from yaotong.alerts.model import Change, Finding
from yaotong.alerts.people import Office
from yaotong.alerts.route import Sending, due, route
from yaotong.alerts.states import State
from yaotong.departments import departments, lead_of
from yaotong.rules.model import Rule
from yaotong.store import Connection, alerts, findings, loads
from yaotong.viewer import SYSTEM

# Rows of one part are in memory at once; beyond a few hundred, longer parts are no faster.
_PART = 2_000


def open_alerts(
    connection: Connection, rule: Rule, opened: Sequence[Change], offices: Sequence[Office], now: datetime
) -> None:
    """Write alerts nobody had before with their findings, first events, dispatches and messages."""
    version = loads.current_version(connection)
    for start in range(0, len(opened), _PART):
        part = opened[start : start + _PART]
        tops = {one.alert_id: one.gravest for one in part}
        alerts.insert_alerts(
            connection, [_alert(rule, one, tops[one.alert_id], now, version) for one in part]
        )
        kept = [(found, one.alert_id, None) for one in part for found in one.findings]
        findings.write(connection, kept, version)
        alerts.add_events(connection, [_event(one, now) for one in part])
        _tell_all(connection, rule, tops, offices, now)


def dispatch_row(alert_id: str, sending: Sending, now: datetime) -> dict[str, Any]:
    """One department told of an alert."""
    return {
        "alert_id": alert_id,
        "department": sending.department,
        "part": sending.part,
        "office_code": sending.office_code,
        "sent_at": now,
    }


def _alert(rule: Rule, change: Change, top: Finding, now: datetime, version: int) -> dict[str, Any]:
    lead = lead_of(rule.rule_id, departments())
    limits = due(top, lead, now)
    return {
        **change.columns(),
        "alert_id": change.alert_id,
        "subject_kind": str(rule.subject_kind),
        "state": str(State.DISPATCHED),
        "lead": lead.department_id,
        "opened_at": now,
        "clock_from": now,
        "remind_at": first_look(State.DISPATCHED, now, limits.accept),
        "accept_due": limits.accept,
        "check_due": limits.check,
        "dispose_due": limits.dispose,
        "close_due": limits.close,
        "data_version": version,
    }


def _event(change: Change, now: datetime) -> dict[str, Any]:
    said = alerts.event_row(
        change.alert_id,
        1,
        at=now,
        act=change.act,
        sources=(None, State.DISPATCHED),
        reason=change.reason,
        text=f"{len(change.findings)} 条发现",
    )
    return {**said, "actor": SYSTEM.username, "department": SYSTEM.department}


def _tell_all(
    connection: Connection, rule: Rule, tops: dict[str, Finding], offices: Sequence[Office], now: datetime
) -> None:
    known, sent, told = departments(), [], []
    for alert_id, top in tops.items():
        for sending in route(top, rule.assists, known, offices):
            sent.append(dispatch_row(alert_id, sending, now))
            told += alerts.messages(alert_id, 1, sending.department, known[sending.department].channels, now)
    alerts.add_dispatches(connection, sent)
    alerts.queue_all(connection, told)
