"""Send a dead message again, or to a receiver that had said no more; who did it is written down."""

from __future__ import annotations

from datetime import datetime

from yaotong.errors import Conflict, NotFound
from yaotong.reads.deliveries import departments_of
from yaotong.store import Connection, deliveries, outbox, receivers
from yaotong.store.outbox import Lane
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def send_again(workspace: Workspace, message_id: str, *, actor: Viewer, now: datetime) -> None:
    """Let a dead message be tried from the start, under its own id.

    Forbidden for officers; NotFound outside the actor's department or area; Conflict when it is not dead.
    """
    mine = departments_of(actor)
    with workspace.store.write() as connection:
        row = deliveries.area_of(connection, message_id)
        if row is None or row.department not in mine or not actor.covers(row.area_code):
            raise NotFound(f"没有通知 {message_id[:40]}，或不属于您的部门和辖区。")
        before = outbox.get(connection, message_id)
        if not outbox.again(connection, message_id, now):
            raise Conflict("这条通知不是“送不出去”的状态，可能刚有人重发过。请刷新后再看。")
        said = (before.last_error or "") if before else ""
        _note(
            connection,
            actor,
            now,
            act="resend",
            lane=(row.channel, row.department),
            said=said,
            message_id=message_id,
        )


def reopen(workspace: Workspace, channel: str, department: str, *, actor: Viewer, now: datetime) -> None:
    """Send again to a receiver that had answered 410 or rests; NotFound when it does neither."""
    if department not in departments_of(actor):
        raise NotFound("没有这个接收方，或不属于您的部门。")
    with workspace.store.write() as connection:
        if not receivers.reopen(connection, (channel, department)):
            raise NotFound("这个接收方没有停用。请刷新后再看。")
        _note(connection, actor, now, act="reopen", lane=(channel, department), said="", message_id=None)


def _note(
    connection: Connection,
    actor: Viewer,
    now: datetime,
    *,
    act: str,
    lane: Lane,
    said: str,
    message_id: str | None,
) -> None:
    who = {"at": now, "actor": actor.username, "actor_department": actor.department, "act": act}
    what = {"message_id": message_id, "channel": lane[0], "department": lane[1], "said": said}
    receivers.did(connection, {**who, **what})
