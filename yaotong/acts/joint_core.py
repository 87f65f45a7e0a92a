"""What every act on a joint case shares: who may see it, whether the move may be made, and its event row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.acts.recording import note
from yaotong.cases.decide import after, check_case_move
from yaotong.cases.model import CaseSaid, JointCase
from yaotong.cases.states import LIVE, CaseAct, CaseMove
from yaotong.departments import departments
from yaotong.errors import Conflict, Forbidden, NotFound
from yaotong.intake.core.masking import mask_id_like
from yaotong.reads.sight import sight_of
from yaotong.store import Connection, joint
from yaotong.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Moving:
    """A move of a case that may be made: the stored row, the case before it, who says what, and when."""

    connection: Connection
    row: Any
    case: JointCase
    move: CaseMove
    actor: Viewer
    said: CaseSaid
    now: datetime

    @property
    def case_no(self) -> str:
        """The case's number."""
        return self.case.number


def begin(
    connection: Connection,
    case_no: str,
    act: CaseAct,
    *,
    actor: Viewer,
    said: CaseSaid,
    now: datetime,
    if_match: int | None = None,
) -> Moving:
    """The move, checked. NotFound when the actor may not know of the case; the rest as the table says."""
    row = joint.get(connection, case_no)
    if (
        row is None
        or not actor.covers(row.area_code)
        or not joint.seen_by(connection, case_no, actor.department)
    ):
        raise NotFound(f"没有案件 {case_no}，或本部门没有参加。")
    case = joint.as_case(connection, row)
    known = departments()
    mine = known.get(actor.department)
    outcomes, sums = ((), ()) if mine is None else (tuple(mine.outcomes), mine.sums)
    move = check_case_move(
        case, act, actor, said, today=now.date(), outcomes=outcomes, sums=sums, known=list(known)
    )
    if if_match is not None and if_match != case.revision:
        raise Conflict("这个案件刚刚被别人更新过。请刷新后再操作。")
    return Moving(connection, row, case, move, actor, said, now)


def finish(moving: Moving, *, reason: str = "", text: str | None = None) -> JointCase:
    """Write the case as it stands after the move, and the event that tells of it."""
    later = after(moving.case, moving.move, moving.actor.department, moving.said)
    columns: dict[str, Any] = {"state": str(later.state)}
    if later.state not in LIVE and moving.case.state in LIVE:
        columns["closed_at"] = moving.now
    joint.change(moving.connection, moving.case_no, moving.case.revision, columns)
    joint.add_event(
        moving.connection,
        moving.case_no,
        at=moving.now,
        actor=moving.actor.username,
        department=moving.actor.department,
        act=moving.move.act,
        states=(moving.case.state, later.state),
        reason=reason,
        text=clean(moving.said.text if text is None else text),
    )
    why = f"{moving.move.act} {reason}".strip()
    note(moving.connection, moving.actor, "case_move", f"case:{moving.case_no}", now=moving.now, why=why)
    return later


def check_sight(moving: Moving) -> None:
    """A visit and a letter name shops and what was found there: who may not see that writes neither."""
    unit = moving.case.unit(moving.actor.department)
    if unit is None or "pharmacy" not in sight_of(unit.department, unit.part).fields:
        raise Forbidden("本部门看不到涉案药店，这一步由看得到的办案单位作出。")


def clean(text: str) -> str:
    """What a person wrote, without anything like an ID number."""
    return mask_id_like(text.strip())
