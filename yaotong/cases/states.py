"""The life of a joint case as one table of moves: who may, from where to where, and what must be said.

What a department finally decides stands in its own TOML (`[outcomes]`): each law has its own words, and a
case ends only when every unit has entered its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. Closed and withdrawn are ends."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    ON_SITE = "on_site"
    RECTIFYING = "rectifying"
    OUTCOMES = "outcomes"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CaseAct(StrEnum):
    """What moves a case, or is added to it without moving it."""

    PROPOSE = "propose"
    INVITE = "invite"
    AGREE = "agree"
    DECLINE = "decline"
    VISIT = "visit"
    ORDER = "order"
    CONCLUDE = "conclude"
    ENTER = "enter"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    TASK = "task"
    FINISH = "finish"
    PAPER = "paper"
    LETTER = "letter"
    RECEIPT = "receipt"
    NOTE = "note"


class Standing(StrEnum):
    """What a unit said to being in the case."""

    PENDING = "pending"
    AGREED = "agreed"
    DECLINED = "declined"


LIVE = tuple(one for one in CaseState if one not in (CaseState.CLOSED, CaseState.WITHDRAWN))
_AT_WORK = (CaseState.AGREED, CaseState.ON_SITE, CaseState.RECTIFYING, CaseState.OUTCOMES)
# A joint case has at least so many departments.
MIN_UNITS = 2


@dataclass(frozen=True, slots=True)
class CaseMove:
    """One permitted move. `part`: lead, assist or any unit. `target` None: the case stays where it stands.

    `standing` is what the unit must have said before; `asks` names what must be said with the move.
    """

    act: CaseAct
    sources: tuple[CaseState, ...]
    target: CaseState | None
    part: str = "any"
    asks: frozenset[str] = frozenset()
    leader_only: bool = False
    standing: Standing = Standing.AGREED


def _asks(names: str) -> frozenset[str]:
    return frozenset(names.split())


CASE_MOVES: tuple[CaseMove, ...] = (
    # The last unit to agree moves the case; `decide.after` tells.
    CaseMove(
        CaseAct.AGREE,
        (CaseState.PROPOSED,),
        None,
        "assist",
        leader_only=True,
        standing=Standing.PENDING,
    ),
    CaseMove(
        CaseAct.DECLINE,
        (CaseState.PROPOSED,),
        None,
        "assist",
        _asks("text"),
        leader_only=True,
        standing=Standing.PENDING,
    ),
    CaseMove(CaseAct.INVITE, (CaseState.PROPOSED,), None, "lead", _asks("department")),
    CaseMove(CaseAct.VISIT, (CaseState.AGREED,), CaseState.ON_SITE),
    CaseMove(CaseAct.VISIT, (CaseState.ON_SITE, CaseState.RECTIFYING), None),
    CaseMove(CaseAct.ORDER, (CaseState.ON_SITE,), CaseState.RECTIFYING, "lead", _asks("text due")),
    CaseMove(
        CaseAct.CONCLUDE,
        (CaseState.ON_SITE, CaseState.RECTIFYING),
        CaseState.OUTCOMES,
        "lead",
        _asks("text"),
    ),
    CaseMove(CaseAct.ENTER, (CaseState.OUTCOMES,), None, "any", _asks("text outcome")),
    CaseMove(
        CaseAct.CLOSE,
        (CaseState.OUTCOMES,),
        CaseState.CLOSED,
        "lead",
        _asks("text"),
        leader_only=True,
    ),
    CaseMove(
        CaseAct.WITHDRAW,
        (CaseState.PROPOSED, CaseState.AGREED),
        CaseState.WITHDRAWN,
        "lead",
        _asks("text"),
        leader_only=True,
    ),
    CaseMove(CaseAct.TASK, _AT_WORK[:3], None, "any", _asks("text due")),
    CaseMove(CaseAct.FINISH, _AT_WORK[:3], None),
    CaseMove(CaseAct.PAPER, _AT_WORK, None),
    CaseMove(CaseAct.LETTER, _AT_WORK, None, "any", _asks("text"), leader_only=True),
    # A receipt may come after the case was closed.
    CaseMove(CaseAct.RECEIPT, (*_AT_WORK, CaseState.CLOSED), None, "any", _asks("text")),
    CaseMove(CaseAct.NOTE, LIVE, None, "any", _asks("text")),
)


def find_case_move(act: CaseAct, state: CaseState) -> CaseMove | None:
    """The move an act stands for in a state; None when the table has none."""
    return next((one for one in CASE_MOVES if one.act is act and state in one.sources), None)
