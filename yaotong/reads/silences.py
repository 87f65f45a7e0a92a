"""Silences as the department that made them sees them, and what one would have hidden had it been there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from yaotong.alerts import muting
from yaotong.alerts.muting import REMIND_WORKDAYS, silences, speaks
from yaotong.alerts.silence import Face, Silence, SilenceReason
from yaotong.codes import Level
from yaotong.departments import departments, lead_of
from yaotong.reads.alerts import Names
from yaotong.reads.sight import sight_of
from yaotong.reads.subjects import subject_label
from yaotong.rules.book import book
from yaotong.store import Connection, judged, registry
from yaotong.store import silences as stored
from yaotong.store.schema import area, pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workdays import workdays_between
from yaotong.workspace import Workspace

REASONS = tuple(str(one) for one in SilenceReason)
LEVELS = tuple(str(one) for one in Level)
PREVIEW_DAYS = 90
SCOPES = muting.SCOPES


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """One silence as a line. `state`: future, active, expired or ended; `days_left` from today, None
    unless active; `ends_soon` when the reminder is due; `mutes` counts the alerts that it mutes now."""

    silence_id: int
    rules: str
    subject_kind: str
    subject: str
    license_no: str
    level: str
    since: date
    until: date
    ended_from: date | None
    reason: str
    text: str
    author: str
    created_on: date
    state: str
    days_left: int | None
    ends_soon: bool
    mutes: int


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """One alert that a silence would have hidden."""

    alert_id: str
    rule_id: str
    rule_zh: str
    rule_en: str
    level: str
    subject: str
    first_day: date
    last_day: date
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a silence would have hidden of behaviour from `since` to `until`, the latest first."""

    since: date
    until: date
    rows: tuple[HiddenRow, ...]

    @property
    def confirmed(self) -> int:
        """How many of them turned out to be right."""
        return sum(one.outcome == "confirmed" for one in self.rows)


def silences_for(workspace: Workspace, viewer: Viewer, *, today: date) -> tuple[SilenceRow, ...]:
    """The silences of the viewer's department in the viewer's area, those in force first."""
    with workspace.store.read() as connection:
        known, counts = stored.every(connection), stored.mute_counts(connection)
        mine = [one for one in known if one.department == viewer.department]
        seen = [one for one in mine if _covered(connection, viewer, one)]
        names = _names(connection, [(one.subject_kind, one.subject) for one in seen])
    rows = [_row(one, viewer, names, counts.get(one.silence_id, 0), today) for one in seen]
    order = ("active", "future", "expired", "ended")
    return tuple(sorted(rows, key=lambda one: (order.index(one.state), one.until, one.silence_id)))


def preview_silence(
    workspace: Workspace, viewer: Viewer, *, rule_pattern: str, subject_kind: str, subject: str,
    level: Level, today: date,
) -> Preview:  # fmt: skip
    """What such a silence of the viewer's department would have hidden in the last 90 behaviour days.

    They end on the last day that any rule has judged, where that is before `today`.
    """
    with workspace.store.read() as connection:
        until = min(today, max((one.until for one in judged.marks(connection).values()), default=today))
        since = until - timedelta(days=PREVIEW_DAYS - 1)
        wanted = Silence(
            0, rule_pattern, subject_kind, subject, level, since, until, SilenceReason.OTHER, "",
            viewer.department, viewer.username, datetime.combine(today, datetime.min.time()),
        )  # fmt: skip
        rules = [rule_id for rule_id in book() if speaks(wanted, rule_id)]
        faces = [
            one
            for one in stored.faces(connection, rules)
            if silences(wanted, one) and viewer.covers(one.area_code)
        ]
        outcomes = stored.outcomes(connection, [one.alert_id for one in faces])
        names = _names(connection, [(one.subject_kind, one.subject) for one in faces])
    rows = [_hidden(one, viewer, names, outcomes[one.alert_id]) for one in faces]
    rows.sort(key=lambda one: (-one.last_day.toordinal(), one.alert_id))
    return Preview(since, until, tuple(rows))


def plain_silences(rows: tuple[SilenceRow, ...]) -> list[dict[str, object]]:
    """The rows as data for programs."""
    return [asdict(one) for one in rows]


def silenceable(viewer: Viewer) -> tuple[tuple[str, str, str], ...]:
    """The rules that the viewer's department leads: id and names; () for who may not make a silence."""
    if not viewer.leads:
        return ()
    return tuple(
        (rule.rule_id, rule.name_zh, rule.name_en)
        for rule in book().values()
        if lead_of(rule.rule_id, departments()).department_id == viewer.department
    )


def places_of(connection: Connection, subject_kind: str, subject: str) -> list[str] | None:
    """Where a shop lies and claims to lie, or an area's own code; None for what is not in the registry."""
    if subject_kind != "pharmacy":
        known = registry.called(connection, area, "area_code", "area_name", [subject])
        return [subject] if subject in known else None
    shops = registry.called(connection, pharmacy, "license_no", "name", [subject])
    if subject not in shops:
        return None
    placed = registry.called(connection, placement, "license_no", "area_code", [subject])
    claimed = registry.called(connection, pharmacy, "license_no", "town_code", [subject])
    return [one for one in (placed.get(subject), claimed.get(subject)) if one]


def in_area(viewer: Viewer, places: list[str]) -> bool:
    """Whether any of these places lies in the viewer's area; without any, it is the county's matter."""
    return any(map(viewer.covers, places)) if places else viewer.covers(None)


def silence_state(one: Silence, today: date) -> str:
    """Where a silence stands on a day."""
    if one.ended_at is not None and today > one.last_day:
        return "ended"
    if today > one.until:
        return "expired"
    return "future" if today < one.since else "active"


def _covered(connection: Connection, viewer: Viewer, one: Silence) -> bool:
    places = places_of(connection, one.subject_kind, one.subject)
    return in_area(viewer, places or [])


def _names(connection: Connection, subjects: list[tuple[str, str]]) -> Names:
    shops = [subject for kind, subject in subjects if kind == "pharmacy"]
    areas = [subject.partition(":")[0] for kind, subject in subjects if kind != "pharmacy"]
    return Names.of(connection, shops, areas)


def _row(one: Silence, viewer: Viewer, names: Names, mutes: int, today: date) -> SilenceRow:
    shown = sight_of(viewer.department, "lead").fields
    state = silence_state(one, today)
    kind = "pharmacy" if one.subject_kind == "pharmacy" else "area"
    active = state == "active"
    return SilenceRow(
        silence_id=one.silence_id,
        rules=one.rule_pattern,
        subject_kind=one.subject_kind,
        subject=subject_label(kind, one.subject, names.shops, names.areas, shown),
        license_no=one.subject if kind == "pharmacy" and "pharmacy" in shown else "",
        level=str(one.level),
        since=one.since,
        until=one.until,
        ended_from=one.ended_from,
        reason=str(one.reason),
        text=one.text,
        author=one.author,
        created_on=one.created_at.date(),
        state=state,
        days_left=(one.last_day - today).days if active else None,
        ends_soon=active and workdays_between(today, one.last_day) <= REMIND_WORKDAYS,
        mutes=mutes,
    )


def _hidden(one: Face, viewer: Viewer, names: Names, outcome: str | None) -> HiddenRow:
    rule, shown = book()[one.rule_id], sight_of(viewer.department, "lead").fields
    return HiddenRow(
        alert_id=one.alert_id,
        rule_id=one.rule_id,
        rule_zh=rule.name_zh,
        rule_en=rule.name_en,
        level=str(one.level),
        subject=subject_label(
            one.subject_kind, one.subject, names.shops, names.areas, shown, viewer.department
        ),
        first_day=one.first_day,
        last_day=one.last_day,
        outcome=outcome,
    )
