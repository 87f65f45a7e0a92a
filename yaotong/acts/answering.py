"""Answer the messages of other regions. Refusals are audited by their reason."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from yaotong.acts.crossing import tell_matches
from yaotong.acts.handovers import receive
from yaotong.acts.partners import Link, link_of
from yaotong.acts.recording import note, record
from yaotong.acts.totals import takers
from yaotong.exchange.group import POINT_BYTES, BadPoint, split
from yaotong.exchange.matching import (
    TOKEN_HEX,
    Groups,
    Side,
    answering,
    blinded_again,
    check,
    packed,
    padded,
    token_of,
    unpacked,
)
from yaotong.exchange.message import Denied, Header, Message, Why, answer_to, judged, opened
from yaotong.store import exchange
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_OLDEST = timedelta(days=400)


def answer(workspace: Workspace, wire: bytes, *, origin: str, now: datetime) -> bytes:
    """The signed answer to a message; Denied, once it is in the audit chain, when it may not be heard."""
    claimed, agreement_id = "", "-"
    try:
        message, signature, told = opened(wire)
        claimed, agreement_id = message.header.sender, message.header.agreement
        with workspace.store.read() as connection:
            link = link_of(workspace, connection, agreement_id)
        judged(message, signature, told, link.agreement, region=link.region, now=now)
        return _ANSWERS.get(message.header.kind, _strange)(workspace, link, message, origin, now)
    except Denied as denied:
        who = Viewer(f"region:{claimed}"[:60], "", "", "", origin=origin)
        record(
            workspace, who, "exchange_denied", f"exchange:{agreement_id[:40]}", now=now, why=str(denied.why)
        )
        raise


def _offer(workspace: Workspace, link: Link, message: Message, origin: str, now: datetime) -> bytes:
    """Blind what they sent, and send ours: who asks learns who is in both, and nothing else."""
    agreed, header = link.agreement, message.header
    since, until, categories = _window(link, header, now)
    theirs = _groups(message.body, agreed.threshold, agreed.max_people)
    with workspace.store.read() as connection:
        if exchange.run(connection, header.id) is not None:
            raise Denied(Why.REPLAYED)
        today = datetime.combine(now.date(), datetime.min.time())
        if exchange.runs_since(connection, agreed.agreement_id, today) >= agreed.runs_a_day:
            raise Denied(Why.TOO_OFTEN)
    taking = takers(workspace, agreed, categories, since, until)
    if len(taking.buyers) > agreed.max_people:
        raise Denied(Why.TOO_MANY)
    side = answering(taking.buyers, agreed.threshold)
    try:
        both = blinded_again(side, theirs, agreed.threshold)
    except BadPoint as error:
        raise Denied(Why.BAD_POINT) from error
    kept = _packed_up(header.id, side, both, {one.key: one.steps for one in taking.buyers})
    columns = {
        "run_id": header.id, "agreement_id": agreed.agreement_id, "part": "answering", "state": "answered",
        "since": since, "until": until, "at": now, "by": f"region:{header.sender}",
        "people": len(taking.buyers), "left_out": taking.left_out, "waiting": kept,
    }  # fmt: skip
    with workspace.store.write() as connection:
        exchange.add_run(connection, columns)
        note(
            connection, _partner(link, origin), "exchange_answer", f"exchange:{agreed.agreement_id}", now=now,
            why=agreed.purpose, run=header.id, since=str(since), until=str(until),
        )  # fmt: skip
    told = answer_to(header, "offer.answer", now, run=header.id)
    return Message(told, packed(both) + packed(side.points)).wire(link.seed)


def _settle(workspace: Workspace, link: Link, message: Message, origin: str, now: datetime) -> bytes:
    """Take note of who was met, and tell our totals of them; the same again when it is said again."""
    run_id = str(message.header.said.get("run", ""))
    with workspace.store.read() as connection:
        run = exchange.run(connection, run_id)
        known = exchange.matches_of(connection, run_id)
    if run is None or run.part != "answering" or run.agreement_id != link.agreement.agreement_id:
        raise Denied(Why.NO_CASE)
    told = _told(message.body)
    if run.state == "done":
        if {one["token"] for one in told} != {row.token for row in known}:
            raise Denied(Why.REPLAYED)
    else:
        rows = _matched(run_id, bytes(run.waiting), told, now)
        with workspace.store.write() as connection:
            exchange.add_matches(connection, rows)
            done = {"state": "done", "matches": len(rows), "waiting": None}
            exchange.change_run(connection, run_id, done)
            tell_matches(connection, link, run_id, f"region:{link.partner.region}", now)
            note(
                connection, _partner(link, origin), "exchange_settle",
                f"exchange:{link.agreement.agreement_id}", now=now, run=run_id, matches=len(rows),
            )  # fmt: skip
    with workspace.store.read() as connection:
        known = exchange.matches_of(connection, run_id)
    steps = json.dumps({row.token: row.steps for row in known}, separators=(",", ":")).encode()
    return Message(answer_to(message.header, "settle.answer", now, run=run_id), steps).wire(link.seed)


def _strange(workspace: Workspace, link: Link, message: Message, origin: str, now: datetime) -> bytes:
    raise Denied(Why.MALFORMED)


_ANSWERS = {"offer": _offer, "settle": _settle, "case": receive}


def _window(link: Link, header: Header, now: datetime) -> tuple[date, date, list[str]]:
    """What a run is about; Denied unless the agreement covers it."""
    said, agreed = header.said, link.agreement
    try:
        since, until = (date.fromisoformat(str(said[name])) for name in ("since", "until"))
        categories = [str(one) for one in said["categories"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Denied(Why.MALFORMED) from error
    if not categories or not set(categories) <= set(agreed.categories):
        raise Denied(Why.CATEGORIES)
    if (until - since).days + 1 != agreed.window_days or not now.date() - _OLDEST <= until <= now.date():
        raise Denied(Why.WINDOW)
    return since, until, categories


def _groups(body: bytes, threshold: int, max_people: int) -> Groups:
    try:
        theirs, rest = unpacked(body, threshold)
        many = sum(len(one) for one in theirs.values()) // POINT_BYTES
        if many > threshold * padded(0) + padded(max_people):
            raise Denied(Why.TOO_MANY)
        check(theirs, threshold)
    except BadPoint as error:
        raise Denied(Why.BAD_POINT) from error
    if rest:
        raise Denied(Why.BAD_POINT)
    return theirs


def _packed_up(run_id: str, side: Side, both: Groups, steps: Mapping[str, int]) -> bytes:
    """What settling needs, as a compressed archive of plain arrays."""
    keys = list(steps)
    places = {key: place for place, key in enumerate(keys)}
    held: dict[str, Any] = {
        "keys": np.array(keys or [""], dtype="S64"),
        "steps": np.array([steps[one] for one in keys] or [0], dtype=np.int16),
    }
    for count, owners in side.owners.items():
        mine = [-1 if one is None else places[one] for one in owners]
        held[f"owners{count}"] = np.array(mine, dtype=np.int32)
        tokens = [bytes.fromhex(token_of(run_id, count, point)) for point in split(both[count])]
        held[f"tokens{count}"] = np.frombuffer(b"".join(tokens), dtype=np.uint8)
    made = io.BytesIO()
    np.savez_compressed(made, **held)
    return made.getvalue()


def _matched(run_id: str, waiting: bytes, told: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Rows of the matches that were told; Denied when one cannot be."""
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    with np.load(io.BytesIO(waiting), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    for one in told:
        count, place, token = one["steps"], one["place"], one["token"]
        owners, tokens = arrays.get(f"owners{count}"), arrays.get(f"tokens{count}")
        if owners is None or tokens is None or not 0 <= place < len(owners) or owners[place] < 0:
            raise Denied(Why.BAD_POINT)
        wanted = np.frombuffer(bytes.fromhex(token), dtype=np.uint8)
        if token in seen or not (tokens.reshape(-1, len(wanted)) == wanted).all(axis=1).any():
            raise Denied(Why.BAD_POINT)
        seen.add(token)
        key, steps = arrays["keys"][owners[place]], int(arrays["steps"][owners[place]])
        row = {"token": token, "run_id": run_id, "buyer_key": key.decode("ascii"), "matched_at": now}
        rows.append({**row, "steps": steps, "their_steps": count})
    return rows


def _told(body: bytes) -> list[dict[str, Any]]:
    """Matches as they were told: token, steps, place in our group."""
    found = []
    try:
        for one in json.loads(body):
            token = bytes.fromhex(one["token"]).hex()
            if len(token) != TOKEN_HEX:
                raise ValueError("token")
            found.append({"token": token, "steps": int(one["steps"]), "place": int(one["place"])})
    except (KeyError, TypeError, ValueError) as error:
        raise Denied(Why.MALFORMED) from error
    return found


def _partner(link: Link, origin: str) -> Viewer:
    return Viewer(f"region:{link.partner.region}", link.partner.name, "", "", origin=origin)
