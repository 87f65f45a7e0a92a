"""The life of an alert as one table of moves: who may, from where to where, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where an alert stands. Only `closed` is an end, and only a person brings it there."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    CHECKING = "checking"
    DISPOSED = "disposed"
    CLOSED = "closed"


class Act(StrEnum):
    """What moves an alert, or is said about it without moving it."""

    OPEN = "open"
    EXTEND = "extend"
    WORSEN = "worsen"
    VANISH = "vanish"
    ACCEPT = "accept"
    CHECK = "check"
    DISPOSE = "dispose"
    CLOSE = "close"
    RETURN = "return"
    NOTE = "note"
    ANSWER = "answer"


class Outcome(StrEnum):
    """What the checking found; it is what a rule's worth is counted from."""

    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Move:
    """One permitted move. `part` is who may: the lead, an assist, or either ("any")."""

    act: Act
    sources: tuple[State, ...]
    target: State | None  # None: the alert stays where it stands
    part: str
    needs_text: bool = False
    needs_outcome: bool = False
    leader_only: bool = False


_OPEN_STATES = (State.DISPATCHED, State.ACCEPTED, State.CHECKING, State.DISPOSED)

MOVES: tuple[Move, ...] = (
    Move(Act.ACCEPT, (State.DISPATCHED,), State.ACCEPTED, "lead"),
    Move(Act.CHECK, (State.ACCEPTED,), State.CHECKING, "lead"),
    Move(Act.DISPOSE, (State.CHECKING,), State.DISPOSED, "lead", needs_text=True, needs_outcome=True),
    Move(Act.RETURN, (State.DISPOSED,), State.CHECKING, "lead", needs_text=True, leader_only=True),
    Move(Act.CLOSE, (State.DISPOSED,), State.CLOSED, "lead", needs_text=True, leader_only=True),
    Move(Act.ANSWER, _OPEN_STATES, None, "assist", needs_text=True),
    Move(Act.NOTE, _OPEN_STATES, None, "any", needs_text=True),
)


def find_move(act: Act) -> Move | None:
    """The move an act stands for; None for acts that only the system makes."""
    return next((move for move in MOVES if move.act is act), None)
