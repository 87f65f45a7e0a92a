"""Make and end silences. Which alerts call nobody is judged again at once: the order of events is nothing."""

from __future__ import annotations

from datetime import date, datetime

from yaotong.acts.muting import settle_some
from yaotong.acts.recording import note
from yaotong.alerts.muting import check_silence, check_silence_end, speaks
from yaotong.alerts.silence import Silence, SilenceReason
from yaotong.codes import Level
from yaotong.departments import departments, lead_of
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.muting import silenced_rules
from yaotong.reads.silences import in_area, places_of
from yaotong.rules.book import book
from yaotong.store import Connection, silences
from yaotong.terms import term
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def add_silence(
    workspace: Workspace,
    *,
    actor: Viewer,
    rule_pattern: str,
    subject_kind: str,
    subject: str,
    level: Level,
    since: date,
    until: date,
    reason: SilenceReason,
    text: str,
    now: datetime,
) -> int:
    """Mute alerts up to a level of rules that the actor's department leads; the silence's number.

    UsageError and Forbidden tell what stands in the way; NotFound when the shop or area is not known or
    lies outside the actor's area.
    """
    wanted = Silence(
        0, rule_pattern.strip(), subject_kind, subject.strip(), level, since, until, reason, text.strip(),
        actor.department, actor.username, now,
    )  # fmt: skip
    check_silence(wanted)
    _check_rules(wanted)
    _check_leader(actor)
    with workspace.store.write() as connection:
        _check_place(connection, wanted, actor)
        number = silences.add(connection, wanted)
        why = f"{wanted.rule_pattern} {wanted.subject} {reason}"
        note(connection, actor, "silence_add", f"silence:{number}", now=now, why=why)
        _judge_again(connection, wanted)
    return number


def end_silence(
    workspace: Workspace, silence_id: int, *, actor: Viewer, ended_from: date, now: datetime
) -> None:
    """End a silence for behaviour from a day on, its first day to take it back whole.

    What it held back of behaviour from that day on is sent then.
    """
    with workspace.store.write() as connection:
        one = silences.get(connection, silence_id)
        if one is None or one.department != actor.department:
            raise NotFound(f"没有静默 {silence_id}，或不是本部门作出的。")
        _check_leader(actor)
        _check_place(connection, one, actor)
        check_silence_end(one, ended_from)
        silences.end(connection, silence_id, ended_from, now, actor.username)
        note(connection, actor, "silence_end", f"silence:{silence_id}", now=now, why=str(ended_from))
        _judge_again(connection, one)


def silence_reason(text: str) -> SilenceReason:
    """The reason of a form or an option; UsageError for one that does not exist."""
    if text not in set(SilenceReason):
        raise UsageError(f"没有静默的理由“{text}”。可用：{'、'.join(SilenceReason)}")
    return SilenceReason(text)


def silence_level(text: str) -> Level:
    """The level of a form or an option; UsageError for one that does not exist."""
    if text not in set(Level):
        raise UsageError(f"没有级别“{text}”。可用：{'、'.join(Level)}")
    return Level(text)


def _check_leader(actor: Viewer) -> None:
    if not actor.leads:
        raise Forbidden("静默由主办部门的负责人作出和终止。")


def _check_rules(one: Silence) -> None:
    """Refuse a silence that speaks of no rule, saying why."""
    if silenced_rules(one):
        return
    rule = book().get(one.rule_pattern)
    if rule is None:
        raise UsageError(f"“{one.rule_pattern}”不合适：没有由本部门主办、以这类主体为对象的规则。")
    lead = lead_of(rule.rule_id, departments())
    if lead.department_id != one.department:
        raise Forbidden(f"{rule.rule_id} 的静默由主办部门{lead.name_zh}作出。")
    raise UsageError(f"{rule.rule_id} 的主体是{term(f'subject.{rule.subject_kind}')}。")


def _check_place(connection: Connection, one: Silence, actor: Viewer) -> None:
    """The shop or area must be known and lie in the actor's area."""
    places = places_of(connection, one.subject_kind, one.subject)
    if places is None or not in_area(actor, places):
        what = "药店" if one.subject_kind == "pharmacy" else "区域"
        raise NotFound(f"没有{what} {one.subject}，或不在您的辖区内。")


def _judge_again(connection: Connection, one: Silence) -> None:
    settle_some(connection, [rule_id for rule_id in book() if speaks(one, rule_id)])
