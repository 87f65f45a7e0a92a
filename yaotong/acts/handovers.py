"""Hand a case to another region: make the next step, have it confirmed, and take the other side's steps.

A step of ours is kept as pending, sent, and written only when the other side has it. The side that gives the
case orders the steps: while one of its own is pending it hears none, and its step replaces the other's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from yaotong.acts.disclosing import disclosed, preview
from yaotong.acts.partners import Link, check_officer, link_of
from yaotong.acts.recording import note
from yaotong.errors import IllegalMove, NotFound, UsageError, YaotongError
from yaotong.exchange.handover import (
    FIRST,
    LIVE,
    Case,
    CaseAct,
    CaseState,
    Event,
    after,
    begun,
    next_event,
    read_event,
)
from yaotong.exchange.message import Denied, Message, Why, about, answer_to, judged, opened
from yaotong.intake.core.masking import mask_id_like
from yaotong.store import Connection, exchange
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

Post = Callable[[str, bytes], bytes]
DAYS = (1, 30)


def offer_case(
    workspace: Workspace, token: str, *, actor: Viewer, text: str, days: int, post: Post, now: datetime
) -> str:
    """Offer a matched buyer's case to the other region; its id. Expires when nobody answers in some days.

    Denied when the other side refuses it: then there is no case. What `post` raises when no answer comes
    passes through, and the offer is sent again by `sync`.
    """
    check_officer(actor)
    if not DAYS[0] <= days <= DAYS[1]:
        raise UsageError(f"期限应为 {DAYS[0]} 至 {DAYS[1]} 天。")
    case_id, expires = secrets.token_hex(16), now + timedelta(days=days)
    with workspace.store.write() as connection:
        match = exchange.match(connection, token)
        if match is None:
            raise NotFound("没有这条跨区域线索。")
        if exchange.live_cases_of(connection, token, [str(one) for one in LIVE]):
            raise UsageError("这条线索已有一件移交在办。")
        link = link_of(workspace, connection, match.agreement_id)
        content = {
            "token": token,
            "expires_at": expires.isoformat(),
            "preview": preview(workspace, link, match),
        }
        case = Case(case_id, link.region, None, 0, FIRST, expires)
        event = _event(case, CaseAct.OFFER, link, actor, text, content, now)
        columns = _columns(case, link, token, event, now) | {"state": "new", "part": "giver"}
        exchange.put_case(connection, case_id, columns)
        note(
            connection,
            actor,
            "exchange_case",
            f"case:{case_id}",
            now=now,
            why="offer",
            to=link.partner.region,
        )
    send(workspace, case_id, post=post, now=now)
    return case_id


def move_case(
    workspace: Workspace, case_id: str, act: CaseAct, *, actor: Viewer, text: str, post: Post, now: datetime
) -> None:
    """Make the next step of a case; IllegalMove and UsageError say why it cannot be made."""
    check_officer(actor)
    with workspace.store.write() as connection:
        row = exchange.case(connection, case_id)
        if row is None:
            raise NotFound(f"没有移交 {case_id}。")
        if row.pending is not None:
            raise IllegalMove("上一步还在等对方确认，请先同步。")
        link = link_of(workspace, connection, row.agreement_id)
        content = disclosed(workspace, connection, link, row, actor, now) if act is CaseAct.HAND else {}
        event = _event(_case(row, link), act, link, actor, text, content, now)
        exchange.put_case(connection, case_id, {"pending": event.told(), "tries": 0, "changed_at": now})
        note(connection, actor, "exchange_case", f"case:{case_id}", now=now, why=str(act))
    send(workspace, case_id, post=post, now=now)


def send(workspace: Workspace, case_id: str, *, post: Post, now: datetime) -> bool:
    """Send a pending step and write it once it is confirmed; whether there was one."""
    with workspace.store.write() as connection:
        row = exchange.case(connection, case_id)
        if row is None or row.pending is None:
            return False
        link, event = link_of(workspace, connection, row.agreement_id), read_event(row.pending)
        exchange.put_case(connection, case_id, {"tries": row.tries + 1})
    header = about(link.agreement, link.region, "case", f"{case_id}.{event.seq}", now)
    try:
        told = _confirmed(workspace, link, Message(header, event.told().encode()), post, now)
    except Denied as denied:
        _refused(workspace, case_id, event, denied)
        raise
    if told != {"case": case_id, "seq": event.seq, "hash": event.hash}:
        raise Denied(Why.WRONG_ANSWER)
    with workspace.store.write() as connection:
        row = exchange.case(connection, case_id)
        if row is not None and row.pending == event.told():
            _write(connection, row, link, event, now)
    return True


def sync(workspace: Workspace, *, post: Post, now: datetime) -> tuple[int, list[str]]:
    """Let lapsed offers expire and send again what was not confirmed; how many were, and what went wrong."""
    with workspace.store.write() as connection:
        for row in exchange.lapsed_cases(connection, str(CaseState.OFFERED), now):
            link = link_of(workspace, connection, row.agreement_id)
            event = _event(_case(row, link), CaseAct.EXPIRE, link, SYSTEM, "", {}, now)
            exchange.put_case(connection, row.case_id, {"pending": event.told(), "tries": 0})
        waiting = [row.case_id for row in exchange.pending_cases(connection)]
    done, faults = 0, []
    for case_id in waiting:
        try:
            done += send(workspace, case_id, post=post, now=now)
        except YaotongError as error:
            faults.append(f"{case_id}：{error}")
    return done, faults


def receive(workspace: Workspace, link: Link, message: Message, origin: str, now: datetime) -> bytes:
    """Take a step of the other side and confirm it; the same again when it comes again. Denied otherwise."""
    try:
        event = read_event(message.body.decode("utf-8"))
    except (UsageError, UnicodeDecodeError) as error:
        raise Denied(Why.MALFORMED) from error
    if event.region != message.header.sender:
        raise Denied(Why.UNKNOWN_PARTNER)
    with workspace.store.write() as connection:
        row = exchange.case(connection, event.case_id)
        if row is None:
            _take_offer(connection, link, event, now)
        elif row.agreement_id != link.agreement.agreement_id:
            raise Denied(Why.NO_CASE)
        elif event.seq <= row.seq:
            _check_known(connection, event)
        else:
            if row.pending is not None and row.part == "giver":
                raise Denied(Why.OUT_OF_TURN)
            _write(connection, row, link, event, now)
        partner = Viewer(f"region:{link.partner.region}", link.partner.name, "", "", origin=origin)
        note(connection, partner, "exchange_case", f"case:{event.case_id}", now=now, why=str(event.act))
    told = json.dumps({"case": event.case_id, "seq": event.seq, "hash": event.hash}).encode()
    return Message(answer_to(message.header, "case.answer", now), told).wire(link.seed)


def _take_offer(connection: Connection, link: Link, event: Event, now: datetime) -> None:
    """A case offered to us: of a match that both sides hold."""
    match = exchange.match(connection, str(event.content.get("token", "")))
    if event.act is not CaseAct.OFFER or match is None:
        raise Denied(Why.NO_CASE)
    if match.agreement_id != link.agreement.agreement_id:
        raise Denied(Why.NO_CASE)
    try:
        expires = datetime.fromisoformat(str(event.content["expires_at"]))
        case = after(begun(event, expires), event, now=now)
    except (KeyError, ValueError) as error:
        raise Denied(Why.MALFORMED) from error
    except YaotongError as error:
        raise Denied(Why.OUT_OF_TURN) from error
    columns = _columns(case, link, match.token, None, now) | {"part": "receiver"}
    exchange.put_case(connection, case.case_id, columns)
    exchange.add_event(connection, _row(event))


def _check_known(connection: Connection, event: Event) -> None:
    """A step that came before is confirmed again; another one in its place is not."""
    known = {row.seq: row.hash for row in exchange.events(connection, event.case_id)}
    if known.get(event.seq) != event.hash:
        raise Denied(Why.OUT_OF_TURN)


def _write(connection: Connection, row: Any, link: Link, event: Event, now: datetime) -> None:
    """Write a step that both sides have; a pending one of ours in its place goes."""
    try:
        case = after(_case(row, link), event, now=now if event.region != link.region else event.at)
    except YaotongError as error:
        raise Denied(Why.OUT_OF_TURN) from error
    exchange.add_event(connection, _row(event))
    exchange.put_case(connection, case.case_id, {
        "state": str(case.state), "seq": case.seq, "head": case.head, "pending": None, "tries": 0,
        "changed_at": now,
    })  # fmt: skip


def _confirmed(
    workspace: Workspace, link: Link, message: Message, post: Post, now: datetime
) -> Mapping[str, Any]:
    answer, signature, told = opened(post(link.partner.url, message.wire(link.seed)))
    judged(answer, signature, told, link.agreement, region=link.region, now=now)
    if answer.header.re != message.header.id or answer.header.kind != "case.answer":
        raise Denied(Why.WRONG_ANSWER)
    try:
        found: Mapping[str, Any] = json.loads(answer.body)
    except ValueError as error:
        raise Denied(Why.WRONG_ANSWER) from error
    return found


def _refused(workspace: Workspace, case_id: str, event: Event, denied: Denied) -> None:
    """An offer that the other side does not take leaves no case; any other step waits."""
    if event.act is CaseAct.OFFER and denied.why in (Why.NO_CASE, Why.MALFORMED, Why.OUT_OF_TURN):
        with workspace.store.write() as connection:
            exchange.drop_case(connection, case_id)


def _event(
    case: Case, act: CaseAct, link: Link, actor: Viewer, text: str, content: Mapping[str, Any], now: datetime
) -> Event:
    said = mask_id_like(text.strip())
    return next_event(case, act, region=link.region, actor=actor.username, at=now, text=said, content=content)


def _case(row: Any, link: Link) -> Case:
    giver = link.region if row.part == "giver" else link.partner.region
    state = None if row.state == "new" else CaseState(row.state)
    return Case(row.case_id, giver, state, row.seq, row.head, row.expires_at)


def _columns(case: Case, link: Link, token: str, pending: Event | None, now: datetime) -> dict[str, Any]:
    return {
        "agreement_id": link.agreement.agreement_id, "token": token, "state": str(case.state or ""),
        "seq": case.seq, "head": case.head, "expires_at": case.expires_at, "changed_at": now,
        "pending": None if pending is None else pending.told(), "tries": 0,
    }  # fmt: skip


def _row(event: Event) -> dict[str, Any]:
    return {
        "case_id": event.case_id, "seq": event.seq, "region": event.region, "act": str(event.act),
        "actor": event.actor, "at": event.at, "text": event.text, "hash": event.hash,
        "content": json.dumps(event.content, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
