"""Look at what concerns a person: recorded first, and refused where it cannot be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from yaotong.acts.recording import record
from yaotong.reads.alert_view import AlertView, alert_view
from yaotong.reads.sight import Sight
from yaotong.reads.whynot import WhyNot, why_not
from yaotong.rules.book import book
from yaotong.store import alerts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# Subjects who are people, and fields of a line that lead to one.
PEOPLE = frozenset({"buyer", "prescriber"})
PERSONAL = frozenset({"buyer", "prescription_no", "settlement_id"})


def look_at_alert(
    workspace: Workspace, viewer: Viewer, alert_id: str, *, now: datetime, why: str = ""
) -> AlertView:
    """The alert for a viewer; StoreError, and no alert, when it shows a person and cannot be recorded."""
    view = alert_view(workspace, viewer, alert_id, now=now)
    persons = _persons(view)
    if persons:
        record(
            workspace, viewer, "person_view", f"alert:{alert_id}", now=now, why=why or view.row.rule_id,
            persons=persons, of=view.row.subject_kind,
        )  # fmt: skip
    return view


def look_why_not(
    workspace: Workspace, viewer: Viewer, rule_id: str, subject: str, on: date | None, *, now: datetime
) -> WhyNot:
    """Why a rule says nothing of a subject; recorded first where the subject is a person."""
    rule = book().get(rule_id)
    if rule is not None and str(rule.subject_kind) in PEOPLE:
        note_person(workspace, viewer, f"subject:{subject}", now=now, why=f"why-not {rule_id}")
    return why_not(workspace, rule_id, subject, on)


def note_person(workspace: Workspace, viewer: Viewer, thing: str, *, now: datetime, why: str) -> None:
    """Record that somebody is about to see a person; StoreError when it cannot be recorded."""
    record(workspace, viewer, "person_view", thing, now=now, why=why)


def note_alert(
    workspace: Workspace, viewer: Viewer, alert_id: str, sight: Sight, *, now: datetime, why: str
) -> None:
    """Record a look at an alert that names people when seen so; nothing of an alert there is not."""
    with workspace.store.read() as connection:
        row = alerts.get(connection, alert_id)
    if row is not None and _names_people(row.subject_kind, sight):
        note_person(workspace, viewer, f"alert:{alert_id}", now=now, why=why)


def note_list(workspace: Workspace, viewer: Viewer, kinds: Sequence[str], *, now: datetime) -> None:
    """Record that the keys of people were listed, where there are any."""
    persons = sum(kind in PEOPLE for kind in kinds)
    if persons:
        record(workspace, viewer, "person_view", "alerts", now=now, why="list", persons=persons)


def _names_people(subject_kind: str, sight: Sight) -> bool:
    """Whether an alert's subject, or a field of its lines, may name a person."""
    return subject_kind in PEOPLE or bool(sight.lines != "none" and sight.fields & PERSONAL)


def _persons(view: AlertView) -> int:
    """How many people a view tells apart: the buyers of its lines, else their papers, else its subject."""
    subject = int(view.row.subject_kind in PEOPLE)
    for name in ("buyer", "prescription_no", "settlement_id"):
        found = {row.get(name) for row in view.evidence.rows} - {None, ""}
        if found:
            return max(len(found), subject)
    return subject
