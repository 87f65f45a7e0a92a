"""Ask another region for the buyers who reach a threshold together, and settle it on both sides."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from yaotong.acts.crossing import tell_matches
from yaotong.acts.partners import Link, check_officer, link_of
from yaotong.acts.recording import note
from yaotong.acts.totals import Takers, takers
from yaotong.errors import UsageError
from yaotong.exchange.group import BadPoint
from yaotong.exchange.matching import Match, Side, asking, blinded_again, check, met, packed, unpacked
from yaotong.exchange.message import Denied, Message, Why, about, judged, opened
from yaotong.store import exchange
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# The address of an instance and a signed message in, its answer out.
Post = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class RunDone:
    """What a run came to. `settled`: the other side has confirmed what was found."""

    run_id: str
    people: int
    left_out: int
    matches: int
    settled: bool
    seconds: float


def run_matching(
    workspace: Workspace, agreement_id: str, until: date, *, actor: Viewer, post: Post, now: datetime
) -> RunDone:
    """Match the window of the agreement's length that ends with a day; both sides then hold the result.

    Denied when the agreement is not in force or the other side refuses; what `post` raises passes through
    when no answer comes, and then nothing was learnt.
    """
    check_officer(actor)
    started = time.monotonic()
    with workspace.store.read() as connection:
        link = link_of(workspace, connection, agreement_id)
    since = until - timedelta(days=link.agreement.window_days - 1)
    _check_window(link, until, now)
    agreed, run_id = link.agreement, secrets.token_hex(16)
    taking = takers(workspace, agreed, agreed.categories, since, until)
    if len(taking.buyers) > agreed.max_people:
        raise UsageError(f"本地区有 {len(taking.buyers)} 人，超过协议上限 {agreed.max_people}。")
    _begin(workspace, link, run_id, (since, until), taking, actor, now)
    side = asking(taking.buyers, agreed.threshold)
    found = _asked(workspace, link, run_id, side, (since, until), post, now)
    _keep_found(workspace, run_id, found, {one.key: one.steps for one in taking.buyers}, now)
    settled = settle(workspace, run_id, actor=actor, post=post, now=now)
    seconds = time.monotonic() - started
    with workspace.store.write() as connection:
        exchange.change_run(connection, run_id, {"seconds": seconds})
    return RunDone(run_id, len(taking.buyers), taking.left_out, len(found), settled, seconds)


def _begin(
    workspace: Workspace,
    link: Link,
    run_id: str,
    days: tuple[date, date],
    taking: Takers,
    actor: Viewer,
    now: datetime,
) -> None:
    agreement_id, people = link.agreement.agreement_id, len(taking.buyers)
    columns = {
        "run_id": run_id, "agreement_id": agreement_id, "part": "asking", "state": "asked", "since": days[0],
        "until": days[1], "at": now, "by": actor.username, "people": people, "left_out": taking.left_out,
    }  # fmt: skip
    with workspace.store.write() as connection:
        exchange.add_run(connection, columns)
        note(
            connection, actor, "exchange_run", f"exchange:{agreement_id}", now=now,
            why=link.agreement.purpose, run=run_id, since=str(days[0]), until=str(days[1]), people=people,
        )  # fmt: skip


def settle(workspace: Workspace, run_id: str, *, actor: Viewer, post: Post, now: datetime) -> bool:
    """Tell the other side what a run found, again if need be; whether it has confirmed."""
    with workspace.store.read() as connection:
        run = exchange.run(connection, run_id)
        if run is None or run.state != "settling":
            return run is not None and run.state == "done"
        link = link_of(workspace, connection, run.agreement_id)
    header = about(link.agreement, link.region, "settle", f"{run_id}.settle", now, run=run_id)
    told = _answered(workspace, link, Message(header, bytes(run.waiting)), post, now)
    steps = _steps_of(told, link.agreement.threshold)
    with workspace.store.write() as connection:
        mine = {row.token for row in exchange.matches_of(connection, run_id)}
        if set(steps) != mine:
            raise Denied(Why.WRONG_ANSWER)
        exchange.tell_steps(connection, steps)
        exchange.change_run(connection, run_id, {"state": "done", "waiting": None})
        tell_matches(connection, link, run_id, actor.username, now)
        note(
            connection, actor, "exchange_settle", f"exchange:{run.agreement_id}", now=now, run=run_id,
            matches=len(mine),
        )  # fmt: skip
    return True


def settle_all(workspace: Workspace, *, actor: Viewer, post: Post, now: datetime) -> int:
    """Settle every run that waits for the other side; how many did."""
    with workspace.store.read() as connection:
        waiting = [run.run_id for run in exchange.unsettled(connection)]
    return sum(settle(workspace, one, actor=actor, post=post, now=now) for one in waiting)


def _asked(
    workspace: Workspace,
    link: Link,
    run_id: str,
    side: Side,
    days: tuple[date, date],
    post: Post,
    now: datetime,
) -> list[Match]:
    """Who is on both sides and reaches the threshold."""
    threshold = link.agreement.threshold
    header = about(
        link.agreement, link.region, "offer", run_id, now, run=run_id, since=str(days[0]), until=str(days[1]),
        categories=list(link.agreement.categories),
    )  # fmt: skip
    try:
        told = _answered(workspace, link, Message(header, packed(side.points)), post, now)
        both, rest = unpacked(told.body, threshold)
        theirs, rest = unpacked(rest, threshold)
        if rest or any(len(both[one]) != len(side.points[one]) for one in both):
            raise BadPoint("an answer of another length")
        check(both, threshold)
        return met(run_id, side, both, blinded_again(side, theirs, threshold))
    except BadPoint as error:
        _fail(workspace, run_id)
        raise Denied(Why.BAD_POINT) from error
    except BaseException:
        _fail(workspace, run_id)
        raise


def _answered(workspace: Workspace, link: Link, message: Message, post: Post, now: datetime) -> Message:
    """The other side's answer to a message, judged. Its clock is held to the question's."""
    answer, signature, told = opened(post(link.partner.url, message.wire(link.seed)))
    judged(answer, signature, told, link.agreement, region=link.region, now=now)
    if answer.header.re != message.header.id or answer.header.kind != f"{message.header.kind}.answer":
        raise Denied(Why.WRONG_ANSWER)
    return answer


def _keep_found(
    workspace: Workspace, run_id: str, found: list[Match], steps: Mapping[str, int], now: datetime
) -> None:
    told = [{"token": one.token, "steps": one.steps, "place": one.place} for one in found]
    rows = [
        {
            "token": one.token,
            "run_id": run_id,
            "buyer_key": one.key,
            "steps": steps[one.key],
            "matched_at": now,
        }
        for one in found
    ]
    with workspace.store.write() as connection:
        exchange.add_matches(connection, rows)
        waiting = json.dumps(told, separators=(",", ":")).encode()
        state = {"state": "settling", "matches": len(found), "waiting": waiting}
        exchange.change_run(connection, run_id, state)


def _steps_of(told: Message, threshold: int) -> dict[str, int]:
    try:
        steps: Any = json.loads(told.body)
        found = {str(token): int(one) for token, one in steps.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Denied(Why.WRONG_ANSWER) from error
    if not all(1 <= one <= threshold for one in found.values()):
        raise Denied(Why.WRONG_ANSWER)
    return found


def _fail(workspace: Workspace, run_id: str) -> None:
    with workspace.store.write() as connection:
        exchange.change_run(connection, run_id, {"state": "failed"})


def _check_window(link: Link, until: date, now: datetime) -> None:
    agreed = link.agreement
    if not agreed.valid_from <= now.date() <= agreed.valid_until:
        raise Denied(Why.NOT_IN_FORCE)
    if until > now.date():
        raise UsageError("窗口的最后一天不能晚于今天。")
