"""Run a version beside the live one: what it finds is kept apart, opens no alert and tells nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yaotong.acts.judging import Judging, Order, judge, judged_now
from yaotong.acts.stopping import tell_owner
from yaotong.errors import ConfigError, RuleFailed
from yaotong.gate import Step
from yaotong.rules.model import Rule
from yaotong.store import Connection, judged, rulebook, rulestops
from yaotong.store.rulebook import Tuned
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace


def run_shadow(
    workspace: Workspace, judging: Judging, order: Order, rule: Rule, tuned: Tuned, now: datetime
) -> None:
    """Judge what a shadow version has to judge; one that fails stops shadowing, and its owner is told."""
    name = judged.shadow_name(rule.rule_id, tuned.number)
    try:
        version = tuned.of(rule)
        spans, reached = order.due(judging, version, name)
        found = judge(judging, version, spans)
    except ConfigError as error:
        reason = error.reason if isinstance(error, RuleFailed) else str(error)
        _stop(workspace, rule, tuned.number, reason, now)
        return
    with workspace.store.write() as connection:
        for span, each in found:
            stored = rulestops.shadow_subjects(
                connection, rule.rule_id, tuned.number, span.window.since, span.window.until
            )
            rulestops.keep_shadows(
                connection, rule.rule_id, tuned.number, sorted(judged_now(stored, span)), each
            )
        if reached is not None:
            judged.mark(connection, name, reached)


def end_shadow(connection: Connection, row: Any) -> None:
    """Stop a version from running beside the live one, and drop what it found."""
    rulebook.change(connection, row, {"shadow": False})
    judged.forget(connection, judged.shadow_name(row.rule_id, row.number))
    rulestops.forget_shadows(connection, row.rule_id, row.number)


def end_version(connection: Connection, row: Any, now: datetime) -> None:
    """A version has come to its end: it shadows no more."""
    end_shadow(connection, row)
    row = rulebook.version(connection, row.rule_id, row.number)
    rulebook.change(connection, row, {"ended_at": now})


def _stop(workspace: Workspace, rule: Rule, number: int, reason: str, now: datetime) -> None:
    with workspace.store.write() as connection:
        row = rulebook.version(connection, rule.rule_id, number)
        end_shadow(connection, row)
        rulebook.happened(connection, row, str(Step.UNSHADOW), row.state, SYSTEM.username, now, reason)
        tell_owner(connection, rule, "shadow_stopped", reason, now)
