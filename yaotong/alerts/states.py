"""The life of an alert as one table of moves: who may, from where to where, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where an alert stands. Only `closed` is an end, and only a person brings it there."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    CHECKING = "checking"
    SUSPENDED = "suspended"
    DISPOSED = "disposed"
    CLOSED = "closed"


class Act(StrEnum):
    """What moves an alert, or is said about it without moving it."""

    OPEN = "open"
    EXTEND = "extend"
    WORSEN = "worsen"
    VANISH = "vanish"
    RECUR = "recur"
    REMIND = "remind"
    ESCALATE = "escalate"
    ACCEPT = "accept"
    CHECK = "check"
    DISPOSE = "dispose"
    CLOSE = "close"
    RETURN = "return"
    DISMISS = "dismiss"
    MERGE = "merge"
    REOPEN = "reopen"
    TRANSFER = "transfer"
    CONSULT = "consult"
    SUSPEND = "suspend"
    RESUME = "resume"
    PROLONG = "prolong"
    SUPERVISE = "supervise"
    NOTE = "note"
    ANSWER = "answer"
    UNVISITED = "unvisited"
    JOIN = "join"


class Outcome(StrEnum):
    """What the checking found; it is what a rule's worth is counted from."""

    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says with a move; which of it is needed, the table of moves tells.

    `reason` is a code of the move's list; `days` are working days; `into` is another alert's id.
    """

    text: str = ""
    outcome: Outcome | None = None
    department: str = ""
    reason: str = ""
    days: int | None = None
    into: str = ""


# What an alert that was never checked may be dismissed for, and what a pause may wait for.
DISMISSALS = ("explained", "data_error", "known_case", "out_of_scope")
PAUSES = ("laboratory", "police", "court", "other_region")
# Why nobody goes to the shop for a suspicion.
UNVISITED = ("settled_remotely", "inspected_lately", "shop_shut", "others_inspect", "minor", "put_off")
# One extension at most, of at most so many working days; and how long after its end an alert may be reopened.
MAX_PROLONG_DAYS = 15
REOPEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Move:
    """One permitted move. `part` is who may: the lead, an assist, or either ("any").

    `asks` names what must be said beside it, by the fields of `Said`; `takes` what may be.
    """

    act: Act
    sources: tuple[State, ...]
    target: State | None  # None: the alert stays where it stands
    part: str
    asks: frozenset[str] = frozenset()
    leader_only: bool = False
    reasons: tuple[str, ...] = field(default=())
    takes: frozenset[str] = frozenset()

    @property
    def needs_text(self) -> bool:
        """Whether something must be written."""
        return "text" in self.asks

    @property
    def needs_outcome(self) -> bool:
        """Whether it must be said what the checking found."""
        return "outcome" in self.asks

    @property
    def takes_outcome(self) -> bool:
        """Whether it may be said what the checking found, needed or not."""
        return "outcome" in self.asks | self.takes


def _asks(names: str) -> frozenset[str]:
    return frozenset(names.split())


_OPEN_STATES = tuple(one for one in State if one is not State.CLOSED)
_UNDECIDED = (State.DISPATCHED, State.ACCEPTED, State.CHECKING)

MOVES: tuple[Move, ...] = (
    Move(Act.ACCEPT, (State.DISPATCHED,), State.ACCEPTED, "lead"),
    Move(Act.RESUME, (State.SUSPENDED,), State.CHECKING, "lead", _asks("text")),
    Move(Act.CHECK, (State.ACCEPTED,), State.CHECKING, "lead"),
    Move(Act.DISPOSE, (State.CHECKING,), State.DISPOSED, "lead", _asks("text outcome")),
    Move(Act.RETURN, (State.DISPOSED,), State.CHECKING, "lead", _asks("text"), leader_only=True),
    Move(Act.CLOSE, (State.DISPOSED,), State.CLOSED, "lead", _asks("text"), leader_only=True),
    # An assist may find by its own checking what the lead does not; the alert's outcome stays the lead's.
    Move(Act.ANSWER, _OPEN_STATES, None, "assist", _asks("text"), takes=_asks("outcome")),
    Move(Act.NOTE, _OPEN_STATES, None, "any", _asks("text")),
    Move(
        Act.SUSPEND,
        (State.ACCEPTED, State.CHECKING),
        State.SUSPENDED,
        "lead",
        _asks("text reason"),
        reasons=PAUSES,
    ),
    Move(Act.UNVISITED, _OPEN_STATES, None, "lead", _asks("text reason"), reasons=UNVISITED),
    Move(Act.CONSULT, _OPEN_STATES, None, "lead", _asks("text department")),
    Move(Act.PROLONG, (*_UNDECIDED, State.DISPOSED), None, "lead", _asks("text days"), leader_only=True),
    Move(Act.SUPERVISE, _OPEN_STATES, None, "any", _asks("text"), leader_only=True),
    Move(Act.TRANSFER, _UNDECIDED, State.DISPATCHED, "lead", _asks("text department"), leader_only=True),
    Move(Act.MERGE, _UNDECIDED, State.CLOSED, "lead", _asks("text into"), leader_only=True),
    Move(
        Act.DISMISS,
        (State.DISPATCHED, State.ACCEPTED),
        State.CLOSED,
        "lead",
        _asks("text reason"),
        leader_only=True,
        reasons=DISMISSALS,
    ),
    Move(Act.REOPEN, (State.CLOSED,), State.CHECKING, "lead", _asks("text"), leader_only=True),
)


def find_move(act: Act) -> Move | None:
    """The move an act stands for; None for acts that only the system makes."""
    return next((move for move in MOVES if move.act is act), None)
