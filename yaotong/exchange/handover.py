"""The life of a case that one region hands to another. Pure: an event in, the state after it out.

Both regions keep the same chain of events; who gives the case orders them. Nobody's next event counts before
the other side has it, so the chains differ by one unconfirmed event at most, and a repeat mends that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from yaotong.errors import IllegalMove, UsageError

FIRST = "0" * 64
MOST_TEXT = 500


class CaseState(StrEnum):
    """Where a hand-over stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    HANDED = "handed"
    REJECTED = "rejected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class CaseAct(StrEnum):
    """What may be done to it."""

    OFFER = "offer"
    ACCEPT = "accept"
    REJECT = "reject"
    HAND = "hand"
    RETURN = "return"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


GIVER, RECEIVER = "giver", "receiver"
LIVE = (CaseState.OFFERED, CaseState.ACCEPTED, CaseState.HANDED)


@dataclass(frozen=True, slots=True)
class Move:
    """Who may make it, from where, to where, and whether a reason must be given."""

    part: str
    sources: tuple[CaseState | None, ...]
    target: CaseState
    reason: bool = False


MOVES: Mapping[CaseAct, Move] = {
    CaseAct.OFFER: Move(GIVER, (None,), CaseState.OFFERED, reason=True),
    CaseAct.WITHDRAW: Move(GIVER, (CaseState.OFFERED,), CaseState.WITHDRAWN, reason=True),
    CaseAct.EXPIRE: Move(GIVER, (CaseState.OFFERED,), CaseState.EXPIRED),
    CaseAct.ACCEPT: Move(RECEIVER, (CaseState.OFFERED,), CaseState.ACCEPTED),
    CaseAct.REJECT: Move(RECEIVER, (CaseState.OFFERED,), CaseState.REJECTED, reason=True),
    CaseAct.HAND: Move(GIVER, (CaseState.ACCEPTED,), CaseState.HANDED),
    CaseAct.RETURN: Move(RECEIVER, (CaseState.ACCEPTED, CaseState.HANDED), CaseState.RETURNED, reason=True),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One step. `former` is the hash of the step before it; `content` is what it discloses."""

    case_id: str
    seq: int
    region: str
    act: CaseAct
    actor: str
    at: datetime
    text: str
    former: str
    content: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> str:
        """Canonical JSON."""
        plain = {**asdict(self), "at": self.at.isoformat(), "act": str(self.act)}
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """The SHA-256 of what is told."""
        return hashlib.sha256(self.told().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Case:
    """A hand-over as its events leave it."""

    case_id: str
    giver: str
    state: CaseState | None
    seq: int
    head: str
    expires_at: datetime

    def part_of(self, region: str) -> str:
        """Which part a region has."""
        return GIVER if region == self.giver else RECEIVER


def read_event(text: str) -> Event:
    """An event from JSON; UsageError when it is none."""
    try:
        raw = json.loads(text)
        raw |= {"act": CaseAct(raw["act"]), "at": datetime.fromisoformat(raw["at"]), "seq": int(raw["seq"])}
        event = Event(**raw)
        strings = (event.case_id, event.region, event.actor, event.text, event.former)
        if not all(isinstance(one, str) for one in strings) or not isinstance(event.content, dict):
            raise ValueError("shape")
        if len(event.text) > MOST_TEXT or event.at.tzinfo is not None:
            raise ValueError("shape")
        return event
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("移交的一步读不懂。") from error


def begun(event: Event, expires_at: datetime) -> Case:
    """The case before its first event."""
    return Case(event.case_id, event.region, None, 0, FIRST, expires_at)


def next_event(
    case: Case, act: CaseAct, *, region: str, actor: str, at: datetime, text: str, content: Mapping[str, Any]
) -> Event:
    """The event that a region wants to add; UsageError and IllegalMove as `after`."""
    event = Event(case.case_id, case.seq + 1, region, act, actor, at, text.strip(), case.head, content)
    after(case, event, now=at)
    return event


def after(case: Case, event: Event, *, now: datetime) -> Case:
    """The case after its next event; IllegalMove when it cannot be, UsageError when it says too little."""
    move = MOVES[event.act]
    if event.seq != case.seq + 1 or event.former != case.head or event.case_id != case.case_id:
        raise IllegalMove("这一步接不上已有的经过。请先同步。")
    if case.part_of(event.region) != move.part:
        raise IllegalMove("这一步不由这一方作出。")
    if case.state not in move.sources:
        raise IllegalMove("这件移交现在不能这样办。请刷新后再看。")
    if move.reason and not event.text.strip():
        raise UsageError("请写明理由。")
    if event.act is CaseAct.EXPIRE and now < case.expires_at:
        raise IllegalMove("还没有到期。")
    if event.act in (CaseAct.ACCEPT, CaseAct.REJECT) and now >= case.expires_at:
        raise IllegalMove("已经过了接收的期限。")
    return replace(case, state=move.target, seq=event.seq, head=event.hash)
