"""Stop a rule that fails or floods, and tell the department that leads it; a person lets it go on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from yaotong.departments import departments, lead_of
from yaotong.errors import ConfigError, NotFound, RuleFailed
from yaotong.gate import check_owner
from yaotong.rules.book import book
from yaotong.rules.keys import key_of
from yaotong.rules.model import Rule
from yaotong.store import Connection, rulestops
from yaotong.store.rulebook import Tuned
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)


def guarded(
    workspace: Workspace, rule: Rule, tuned: Tuned | None, now: datetime, judge: Callable[[Rule], _T]
) -> _T | str:
    """Judge a rule as it is live; why it was not judged, when it is quarantined or is so now."""
    key = _stop_key(rule, tuned)
    with workspace.store.read() as connection:
        out = rulestops.quarantined(connection).get(rule.rule_id)
    if out is not None and out.rule_key == key:
        return str(out.reason)
    try:
        done = judge(_in_force(rule, tuned))
    except RuleFailed as error:
        _quarantine(workspace, rule, key, error.reason, now)
        return error.reason
    if out is not None:
        with workspace.store.write() as connection:
            rulestops.release(connection, rule.rule_id, SYSTEM.username, now)
    return done


def _in_force(rule: Rule, tuned: Tuned | None) -> Rule:
    try:
        return rule if tuned is None else tuned.of(rule)
    except ConfigError as error:
        raise RuleFailed(rule.rule_id, str(error)) from error


def _quarantine(workspace: Workspace, rule: Rule, key: str, reason: str, now: datetime) -> None:
    _LOG.error("rule %s quarantined: %s", rule.rule_id, reason)
    with workspace.store.write() as connection:
        rulestops.release(connection, rule.rule_id, SYSTEM.username, now)
        rulestops.quarantine(connection, rule.rule_id, key, reason, now)
        tell_owner(connection, rule, "quarantined", reason, now)


def _stop_key(rule: Rule, tuned: Tuned | None) -> str:
    """Changes when the rule's code or its live values do."""
    said = [tuned.number, dict(sorted(tuned.values.items()))] if tuned is not None else []
    text = key_of(rule, rule.values()) + json.dumps(said)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def tell_owner(connection: Connection, rule: Rule, kind: str, text: str, now: datetime) -> None:
    """Put a notice about a rule on the desk of the department that leads it."""
    lead = lead_of(rule.rule_id, departments()).department_id
    rulestops.tell(connection, rule.rule_id, lead, kind, text, now)


def stem_flood(connection: Connection, rule: Rule, most: int, now: datetime) -> None:
    """Let a rule's notices wait when it opened more alerts this day than may be, and tell its owner once."""
    if rule.rule_id in rulestops.paused(connection):
        return
    opened = rulestops.opened_today(connection, rule.rule_id, now)
    if opened > most:
        rulestops.pause(connection, rule.rule_id, opened, most, now)
        tell_owner(connection, rule, "paused", f"{opened} > {most}", now)


def release(workspace: Workspace, rule_id: str, *, actor: Viewer, now: datetime) -> None:
    """Let a quarantined rule run again; Forbidden unless the actor heads its department."""
    _check(rule_id, actor)
    with workspace.store.write() as connection:
        if not rulestops.release(connection, rule_id, actor.username, now):
            raise NotFound(f"规则 {rule_id} 没有被隔离。")


def resume(workspace: Workspace, rule_id: str, *, actor: Viewer, now: datetime) -> None:
    """Send a paused rule's notices after all; Forbidden unless the actor heads its department."""
    _check(rule_id, actor)
    with workspace.store.write() as connection:
        if not rulestops.resume(connection, rule_id, actor.username, now):
            raise NotFound(f"规则 {rule_id} 的通知没有暂停。")


def put_aside(workspace: Workspace, notice_id: int, *, actor: Viewer, now: datetime) -> None:
    """Take a notice about a rule off the department's desk."""
    with workspace.store.write() as connection:
        if not rulestops.put_aside(connection, notice_id, actor.department, actor.username, now):
            raise NotFound("没有这条通知，或已有人看过。")


def _check(rule_id: str, actor: Viewer) -> None:
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    check_owner(lead_of(rule_id, departments()).department_id, actor, leader=True)
