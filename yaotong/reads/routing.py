"""Ask the routing a question: who would lead, who would assist, why, on whose desk, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from yaotong.alerts.duty import on_duty
from yaotong.alerts.model import Finding
from yaotong.alerts.route import due, route
from yaotong.codes import Level
from yaotong.departments import CHATS, Department, departments, lead_of
from yaotong.errors import NotFound
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.store import duty
from yaotong.store.offices import read_offices
from yaotong.workdays import in_office_hours
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Question:
    """An alert that there might be. `measure` decides where a rule tells a department only of large ones."""

    rule_id: str
    level: Level
    area_code: str | None
    measure: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """One department the alert would go to, and why."""

    department: str
    name_zh: str
    part: str
    office_code: str | None
    on_duty: tuple[str, ...]
    channels: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an alert would go, the lead first, and by when each step would be due."""

    question: Question
    in_office_hours: bool
    stops: tuple[Stop, ...]
    accept_due: datetime
    check_due: datetime
    dispose_due: datetime
    close_due: datetime


def ask(workspace: Workspace, question: Question) -> Answer:
    """The answer of the routing as it stands; NotFound for a rule that is not in the book."""
    rule = book().get(question.rule_id)
    if rule is None:
        raise NotFound(f"规则书里没有 {question.rule_id}。")
    known, finding = departments(), _finding(question)
    with workspace.store.read() as connection:
        offices, shifts = read_offices(connection), duty.at(connection, question.at)
    stops = tuple(
        Stop(
            department=one.department,
            name_zh=known[one.department].name_zh,
            part=one.part,
            office_code=one.office_code,
            on_duty=on_duty(shifts, one.department, question.area_code, question.at),
            channels=_set_up(workspace, known[one.department]),
            why=_why(rule, known[one.department], one.part, question),
        )
        for one in route(finding, rule.assists, known, offices)
    )
    limits = due(finding, lead_of(question.rule_id, known), question.at)
    hours = in_office_hours(question.at)
    return Answer(question, hours, stops, limits.accept, limits.check, limits.dispose, limits.close)


def _set_up(workspace: Workspace, department: Department) -> tuple[str, ...]:
    """The channels of a department without the chats and mailboxes nobody has set up."""
    ready = {one.channel for one in workspace.settings.paced if one.department == department.department_id}
    return tuple(one for one in department.channels if one not in CHATS or one in ready)


def _finding(question: Question) -> Finding:
    return Finding(
        rule_id=question.rule_id,
        rule_version=1,
        subject="",
        behaviour_day=question.at.date(),
        behaviour_from=question.at,
        behaviour_until=question.at,
        clause="",
        measure=question.measure,
        threshold=1.0,
        level=question.level,
        area_code=question.area_code,
        pharmacy_ids=(),
        line_ids=(),
    )


def _why(rule: Rule, department: Department, part: str, question: Question) -> str:
    name, rule_id = department.department_id, question.rule_id
    if part == "lead":
        pattern = next(one for one in department.leads if fnmatchcase(rule_id, one))
        return f"{name}.toml 的 leads 有 {pattern}"
    if department.assists_rule(rule_id):
        pattern = next(one for one in department.assists if fnmatchcase(rule_id, one))
        return f"{name}.toml 的 assists 有 {pattern}"
    wish = next(
        one
        for one in rule.assists
        if one.department == name and one.wanted(question.level.rank, question.measure)
    )
    least = "" if wish.min_measure is None else f"，数值不少于 {wish.min_measure:g}"
    return f"规则页写明协办：{wish.at_least} 级及以上{least}"
