"""Give a shop a class or a score over the reckoned one, and end that before its time."""

from __future__ import annotations

from datetime import date, datetime

from yaotong.errors import NotFound, UsageError
from yaotong.reads.risk import read_whole, shop_in_sight
from yaotong.risk.formula import FORMULAS, LATEST, Grade
from yaotong.risk.overrides import Override, OverrideReason, check_giver, check_new, may_give
from yaotong.store import risk
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def add_override(
    workspace: Workspace,
    license_no: str,
    *,
    actor: Viewer,
    grade: str = "",
    score: float | None = None,
    reason: str,
    text: str,
    valid_until: date,
    now: datetime,
) -> int:
    """Let a class or a score count for a shop up to a day; the override's number.

    It replaces one that is in force. UsageError and Forbidden tell what stands in the way; NotFound when the
    shop is not known or lies outside the actor's area.
    """
    wanted = wanted_override(
        license_no,
        actor=actor,
        grade=grade,
        score=score,
        reason=reason,
        text=text,
        valid_until=valid_until,
        now=now,
    )
    shop_in_sight(read_whole(workspace), actor, license_no)
    with workspace.store.write() as connection:
        for one in risk.overrides(connection, license_no):
            if one.covers(now.date()):
                risk.end(connection, one.override_id, now, actor.username)
        return risk.add(connection, wanted)


def may_override(viewer: Viewer) -> bool:
    """Whether a person may give and end overrides at all."""
    return may_give(viewer)


def wanted_override(
    license_no: str,
    *,
    actor: Viewer,
    grade: str,
    score: float | None,
    reason: str,
    text: str,
    valid_until: date,
    now: datetime,
) -> Override:
    """The override as it would be made, checked and not kept."""
    check_giver(actor)
    if bool(grade) == (score is not None):
        raise UsageError("请在等级与分数中填一项，且只填一项。")
    if grade and grade not in set(Grade):
        raise UsageError(f"没有等级“{grade}”。可用：{'、'.join(Grade)}")
    if reason not in set(OverrideReason):
        raise UsageError(f"没有改定的理由“{reason}”。可用：{'、'.join(OverrideReason)}")
    wanted = Override(
        0, license_no, Grade(grade) if grade else None, score, OverrideReason(reason), text.strip(),
        actor.department, actor.username, now, valid_until,
    )  # fmt: skip
    check_new(wanted, FORMULAS[LATEST])
    return wanted


def end_override(workspace: Workspace, override_id: int, *, actor: Viewer, now: datetime) -> None:
    """Let the reckoned score count again from now on."""
    check_giver(actor)
    with workspace.store.read() as connection:
        known = risk.get(connection, override_id)
    if known is None:
        raise NotFound(f"没有改定 {override_id}。")
    shop_in_sight(read_whole(workspace), actor, known.license_no)
    with workspace.store.write() as connection:
        one = risk.get(connection, override_id)
        if one is None or not one.covers(now.date()):
            raise UsageError(f"改定 {override_id} 已经终止或到期。")
        risk.end(connection, override_id, now, actor.username)
