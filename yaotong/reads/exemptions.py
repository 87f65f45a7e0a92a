"""Exemptions as the department that made them sees them: what they reach, how long, how much they spare."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from yaotong.alerts.exempt import REASONS_OF, reaches
from yaotong.alerts.model import Exemption, ExemptReason
from yaotong.departments import departments, lead_of
from yaotong.reads.alerts import Names
from yaotong.reads.sight import sight_of
from yaotong.reads.subjects import subject_label
from yaotong.rules.book import book
from yaotong.rules.exempting import allowed_reasons
from yaotong.rules.model import Rule
from yaotong.store import Connection, exemptions, registry
from yaotong.store.schema import pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

REASONS = tuple(str(one) for one in ExemptReason)


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    """One exemption as a line. `state`: future, active, expired or ended; `days_left` from today, None
    unless active. `spares` counts the findings that are kept and told to nobody."""

    exemption_id: int
    rules: str
    subject_kind: str
    subject: str
    license_no: str
    valid_from: date
    valid_until: date
    ended_from: date | None
    reason: str
    text: str
    author: str
    created_on: date
    state: str
    days_left: int | None
    spares: int


def exemptions_for(
    workspace: Workspace, viewer: Viewer, *, today: date, rule_id: str = ""
) -> tuple[ExemptionRow, ...]:
    """The exemptions of the viewer's department in the viewer's area, those in force first."""
    with workspace.store.read() as connection:
        known, counts = exemptions.every(connection), exemptions.counts(connection)
        names, places = Names.read(connection), _places(connection)
    mine = [
        _row(one, viewer, names, counts.get(one.exemption_id, 0), today)
        for one in known
        if one.department == viewer.department
        and any(viewer.covers(place) for place in places.get(one.subject, [None]))
        and (not rule_id or reaches_rule(one, book()[rule_id]))
    ]
    order = ("active", "future", "expired", "ended")
    return tuple(sorted(mine, key=lambda one: (order.index(one.state), one.valid_until, one.exemption_id)))


def plain_rows(rows: tuple[ExemptionRow, ...]) -> list[dict[str, object]]:
    """The rows as data for programs."""
    return [asdict(one) for one in rows]


def reasons_allowed(rule_id: str) -> tuple[str, ...]:
    """The reasons for which such a rule's subjects may be exempted; () for one that binds all."""
    fitting = allowed_reasons(rule_id) & REASONS_OF.get(str(book()[rule_id].subject_kind), frozenset())
    return tuple(one for one in REASONS if one in fitting)


def leads(viewer: Viewer, rule_id: str) -> bool:
    """Whether the viewer's department leads a rule, and so may exempt from it."""
    return lead_of(rule_id, departments()).department_id == viewer.department


def rules_of(viewer: Viewer, subject_kind: str) -> tuple[tuple[str, str, str], ...]:
    """The rules that the viewer's department may exempt such a subject from: id and names."""
    return tuple(
        (rule.rule_id, rule.name_zh, rule.name_en)
        for rule in book().values()
        if str(rule.subject_kind) == subject_kind
        and leads(viewer, rule.rule_id)
        and reasons_allowed(rule.rule_id)
    )


def reached_rules(one: Exemption) -> list[Rule]:
    """The rules of the book that an exemption speaks of."""
    return [rule for rule in book().values() if reaches_rule(one, rule)]


def reaches_rule(one: Exemption, rule: Rule) -> bool:
    """Whether an exemption speaks of a rule, as departments and pages now are."""
    lead = lead_of(rule.rule_id, departments()).department_id
    return reaches(one, rule.rule_id, str(rule.subject_kind), lead, allowed_reasons(rule.rule_id))


def _places(connection: Connection) -> dict[str, list[str | None]]:
    """Where each shop lies and claims to lie."""
    shops = registry.read(connection, pharmacy)
    placed = registry.read(connection, placement)
    found: dict[str, list[str | None]] = {}
    for frame, column in ((placed, "area_code"), (shops, "town_code")):
        some = frame.dropna(subset=[column])
        for name, place in zip(some["license_no"], some[column], strict=True):
            found.setdefault(str(name), []).append(str(place))
    return found


def state_of(one: Exemption, today: date) -> str:
    """Where an exemption stands on a day."""
    if one.ended_at is not None and not one.covers(today):
        return "ended"
    if one.covers(today):
        return "active"
    return "future" if today < one.valid_from else "expired"


def _row(one: Exemption, viewer: Viewer, names: Names, spares: int, today: date) -> ExemptionRow:
    shown = sight_of(viewer.department, "lead").fields
    state = state_of(one, today)
    last = one.valid_until if one.ended_from is None else min(one.valid_until, one.ended_from)
    return ExemptionRow(
        exemption_id=one.exemption_id,
        rules=one.rule_pattern,
        subject_kind=one.subject_kind,
        subject=subject_label(
            one.subject_kind, one.subject, names.shops, names.areas, shown, viewer.department
        ),
        license_no=one.subject if one.subject_kind == "pharmacy" and "pharmacy" in shown else "",
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        ended_from=one.ended_from,
        reason=str(one.reason),
        text=one.text,
        author=one.author,
        created_on=one.created_at.date(),
        state=state,
        days_left=(last - today).days if state == "active" else None,
        spares=spares,
    )
