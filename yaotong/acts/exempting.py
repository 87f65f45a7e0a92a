"""Make and end exemptions. What one touches is judged again at once: the order of events is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from yaotong.acts.detection import apply
from yaotong.acts.muting import settle_some
from yaotong.acts.recording import note
from yaotong.acts.sparing import reaching, with_reasons
from yaotong.alerts.decide import plan
from yaotong.alerts.exempt import REASONS_OF, check_end, check_new, covering
from yaotong.alerts.model import Exemption, ExemptReason
from yaotong.departments import departments, lead_of
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.asking_why import subject_asked
from yaotong.reads.exemptions import reached_rules
from yaotong.rules.book import book
from yaotong.rules.exempting import allowed_reasons
from yaotong.rules.model import Rule
from yaotong.store import Connection, alerts, exemptions, findings, loads, registry
from yaotong.store.schema import pharmacy, placement
from yaotong.terms import term
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def add_exemption(
    workspace: Workspace,
    *,
    actor: Viewer,
    rule_pattern: str,
    subject_kind: str,
    subject: str,
    valid_from: date,
    valid_until: date,
    reason: ExemptReason,
    text: str,
    now: datetime,
) -> int:
    """Exempt a subject from rules that the actor's department leads; the exemption's number.

    UsageError and Forbidden tell what stands in the way; NotFound when the shop is not known or lies
    outside the actor's area.
    """
    wanted = Exemption(
        0, rule_pattern, subject_kind, subject, valid_from, valid_until, reason, text.strip(),
        actor.department, actor.username, now,
    )  # fmt: skip
    check_new(wanted)
    rules = reached_rules(wanted)
    if not rules:
        raise _refusal(wanted)
    with workspace.store.write() as connection:
        _check_subject(connection, wanted, actor)
        number = exemptions.add(connection, wanted)
        why = f"{rule_pattern} {subject} {reason}"
        note(connection, actor, "exemption_add", f"exemption:{number}", now=now, why=why)
        _judge_again(connection, rules, subject, now)
    return number


def end_exemption(
    workspace: Workspace, exemption_id: int, *, actor: Viewer, ended_from: date, now: datetime
) -> None:
    """End an exemption for behaviour from a day on, its first day to take it back whole."""
    with workspace.store.write() as connection:
        one = exemptions.get(connection, exemption_id)
        if one is None or one.department != actor.department:
            raise NotFound(f"没有豁免 {exemption_id}，或不是本部门作出的。")
        _check_subject(connection, one, actor)
        check_end(one, ended_from)
        exemptions.end(connection, exemption_id, ended_from, now, actor.username)
        note(connection, actor, "exemption_end", f"exemption:{exemption_id}", now=now, why=str(ended_from))
        _judge_again(connection, reached_rules(one), one.subject, now)


def reason_named(text: str) -> ExemptReason:
    """The reason of a form or an option; UsageError for one that does not exist."""
    if text not in set(ExemptReason):
        raise UsageError(f"没有豁免的理由“{text}”。可用：{'、'.join(ExemptReason)}")
    return ExemptReason(text)


def subject_for(
    workspace: Workspace, actor: Viewer, rule_id: str, text: str, *, now: datetime
) -> tuple[str, str]:
    """Kind and key of the subject that a person names for a rule: a key, or an alert's number."""
    if rule_id not in book():
        raise UsageError(f"没有规则 {rule_id}。")
    lead = lead_of(rule_id, departments())
    if lead.department_id != actor.department:
        raise Forbidden(f"{rule_id} 的豁免由主办部门{lead.name_zh}作出。")
    return str(book()[rule_id].subject_kind), subject_asked(workspace, actor, rule_id, text, now=now)


def _refusal(one: Exemption) -> Exception:
    """Why an exemption speaks of no rule at all."""
    rule = book().get(one.rule_pattern)
    if rule is None:
        return UsageError(f"“{one.rule_pattern}”不合适：没有由本部门主办、可按这个理由豁免这类主体的规则。")
    lead = lead_of(rule.rule_id, departments())
    if lead.department_id != one.department:
        return Forbidden(f"{rule.rule_id} 的豁免由主办部门{lead.name_zh}作出。")
    if str(rule.subject_kind) != one.subject_kind:
        return UsageError(f"{rule.rule_id} 的主体是{term(f'subject.{rule.subject_kind}')}。")
    fitting = allowed_reasons(rule.rule_id) & REASONS_OF[one.subject_kind]
    words = "、".join(term(f"exempt.{each}") for each in sorted(fitting))
    return UsageError(f"{rule.rule_id} 是法定规则，可以豁免的理由：{words or '没有'}。")


def _check_subject(connection: Connection, one: Exemption, actor: Viewer) -> None:
    """A shop must be known and lie in the actor's area; a buyer is the county's matter."""
    if one.subject_kind == "buyer":
        if not actor.covers(None):
            raise Forbidden("购药人的豁免由县级办理。")
        return
    shops, placed = registry.read(connection, pharmacy), registry.read(connection, placement)
    areas = [
        *placed.loc[placed["license_no"] == one.subject, "area_code"].dropna(),
        *shops.loc[shops["license_no"] == one.subject, "town_code"].dropna(),
    ]
    known = one.subject in set(shops["license_no"])
    if not known or not any(actor.covers(area) for area in areas or [None]):
        raise NotFound(f"没有药店 {one.subject}，或不在您的辖区内。")


def _judge_again(connection: Connection, rules: Sequence[Rule], subject: str, now: datetime) -> None:
    """Move a subject's findings to where its exemptions, as they now are, put them."""
    version = loads.current_version(connection)
    for rule in rules:
        known = reaching(connection, rule, subject)
        held = exemptions.of_subject(connection, rule.rule_id, subject)
        judged = [(one, before, covering(known, one)) for one, before in held]
        spared = {one.finding_id: (one, by.exemption_id) for one, _, by in judged if by is not None}
        gone = [one.finding_id for one, before, by in judged if before is None and by is not None]
        news = [one for one, before, by in judged if before is not None and by is None]
        alerted = alerts.known(connection, rule.rule_id, [subject]) if gone or news else []
        findings.let_go(connection, gone, version)
        moved = [one for one, before, by in judged if by is not None and before != by.exemption_id]
        exempt = {name: by for name, (_, by) in spared.items()}
        exemptions.spare(connection, exempt, moved, version)
        decided = with_reasons(plan(news, gone, alerted, rule.cooldown_days), spared)
        apply(connection, rule, decided, now)
        settle_some(connection, [rule.rule_id], subject, ran=True)
