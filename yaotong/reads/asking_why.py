"""Who may ask why a rule did not fire, and for whom: what a department may not see it may not ask for."""

from __future__ import annotations

import re
from datetime import datetime

from yaotong.departments import departments
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.alerts import Names, row_of
from yaotong.reads.pharmacy import in_sight
from yaotong.reads.sight import sight_of
from yaotong.reads.subjects import subject_label
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.store import alerts
from yaotong.terms import term
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_ALERT_ID = re.compile(r"[0-9a-f]{12}")


def may_ask(viewer: Viewer, rule: Rule) -> bool:
    """Whether a viewer's department has the rule to lead or assist and may see whom it is about.

    One that sees only some lines asks only of rules it leads: an answer counts all lines.
    """
    known = departments().get(viewer.department)
    if known is None:
        return False
    leads = known.leads_rule(rule.rule_id)
    wished = any(one.department == viewer.department for one in rule.assists)
    if not leads and not known.assists_rule(rule.rule_id) and not wished:
        return False
    sight, kind = sight_of(viewer.department, "lead" if leads else "assist"), str(rule.subject_kind)
    seen = kind in ("area", "lot") or kind in sight.fields
    return seen and (leads or sight.lines == "all")


def askable_rules(viewer: Viewer, kind: str = "") -> tuple[Rule, ...]:
    """The rules a viewer may ask about, of one kind of subject or of all."""
    return tuple(
        rule
        for rule in book().values()
        if may_ask(viewer, rule) and (not kind or str(rule.subject_kind) == kind)
    )


def name_of_subject(workspace: Workspace, viewer: Viewer, rule_id: str, subject: str) -> str:
    """What a viewer may call a subject of a rule."""
    kind, lead = str(book()[rule_id].subject_kind), departments()[viewer.department].leads_rule(rule_id)
    with workspace.store.read() as connection:
        names = Names.read(connection)
    shown = sight_of(viewer.department, "lead" if lead else "assist").fields
    return subject_label(kind, subject, names.shops, names.areas, shown, viewer.department)


def subject_asked(workspace: Workspace, viewer: Viewer, rule_id: str, text: str, *, now: datetime) -> str:
    """The subject that a viewer names for a rule: its own key, or the number of an alert about it.

    Forbidden, NotFound and UsageError tell why it cannot be asked for.
    """
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    rule, given = book()[rule_id], text.strip()
    if not may_ask(viewer, rule):
        raise Forbidden(f"{rule_id} 不是本部门可问的规则，或其主体不在本部门可见范围内。")
    if not given:
        raise UsageError("请写明主体：药店许可证号、购药人化名，或一条预警的编号。")
    if _ALERT_ID.fullmatch(given):
        return _of_alert(workspace, viewer, rule, given, now)
    kind = str(rule.subject_kind)
    if kind == "pharmacy" and not in_sight(workspace, viewer, given):
        raise NotFound(f"没有药店 {given}，或不在您的辖区内。")
    if kind == "area" and not viewer.covers(given):
        raise NotFound(f"没有镇街 {given}，或不在您的辖区内。")
    if kind not in ("pharmacy", "area") and not viewer.covers(None):
        raise Forbidden("人与追溯码不分镇街，由县级查询；也可以用本镇街一条预警的编号来问。")
    return given


def _of_alert(workspace: Workspace, viewer: Viewer, rule: Rule, alert_id: str, now: datetime) -> str:
    row = row_of(workspace, viewer, alert_id, now=now)
    if row.subject_kind != str(rule.subject_kind):
        wanted = term(f"subject.{rule.subject_kind}")
        raise UsageError(f"{rule.rule_id} 的主体是{wanted}，预警 {alert_id} 的不是。")
    with workspace.store.read() as connection:
        stored = alerts.get(connection, alert_id)
    assert stored is not None
    return str(stored.subject)
