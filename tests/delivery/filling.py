"""Workspaces with due messages and nothing else, and a worker in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from tests.databases import database_url, settle_in
from yaotong import clock
from yaotong.config import SETTINGS_FILE
from yaotong.store import alerts
from yaotong.store.schema import outbox
from yaotong.workspace import Workspace, init_workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]


def workspace_with(home: Path, hooks: Mapping[str, str]) -> Workspace:
    """A workspace whose departments are told at these addresses on this machine."""
    init_workspace(home)
    settle_in(home, database_url(home))
    hooked(home, hooks)
    return open_workspace(home)


def hooked(home: Path, hooks: Mapping[str, str]) -> None:
    """Write webhooks into the settings of a workspace."""
    path = home / SETTINGS_FILE
    key = home / "keys" / "hook.key"
    key.touch(0o600)
    key.write_text("a shared key for tests only", "ascii")
    tables = [
        f'[[delivery.webhook]]\ndepartment = "{one}"\nurl = "{url}"\nsecret_file = "keys/hook.key"\n'
        for one, url in hooks.items()
    ]
    allowed = '[delivery]\nallow_private = ["127.0.0.0/8"]\n'
    text = path.read_text("utf-8").replace("[delivery]\n", allowed + "".join(tables), 1)
    path.write_text(text, "utf-8")


def fill(
    workspace: Workspace,
    department: str,
    count: int,
    *,
    name: str = "a",
    written_at: datetime | None = None,
    channel: str = "webhook",
    step: timedelta = timedelta(seconds=1),
) -> list[str]:
    """Messages of as many alerts to a department, each a step after the other; their ids, oldest first."""
    start = written_at or clock.now() - timedelta(hours=12)
    with workspace.store.write() as connection:
        ids = [f"{name}{number:06d}" for number in range(count)]
        alerts.insert_alerts(connection, [_alert(one, start) for one in ids])
        said = {"at": start, "actor": "system", "department": "system", "act": "open", "from_state": ""}
        alerts.add_events(
            connection,
            [
                {**said, "alert_id": one, "seq": 1, "to_state": "dispatched", "reason": "found", "text": ""}
                for one in ids
            ],
        )
        sent = {"department": department, "part": "lead", "office_code": None, "sent_at": start}
        alerts.add_dispatches(connection, [{"alert_id": one, **sent} for one in ids])
        rows = [
            row
            for number, one in enumerate(ids)
            for row in alerts.messages(one, 1, department, (channel,), start + number * step)
        ]
        alerts.queue_all(connection, rows)
    return [row["message_id"] for row in rows]


def states(workspace: Workspace) -> dict[str, int]:
    """How many messages are in which state."""
    with workspace.store.read() as connection:
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {state: number for state, number in connection.execute(query)}  # noqa: C416


def worker(home: Path) -> subprocess.Popen[str]:
    """`yaotong worker` on a workspace, once it says that it has begun."""
    arguments: Sequence[str] = (sys.executable, "-m", "yaotong", "worker", "--home", str(home))
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("开始")
    return process


def _alert(alert_id: str, at: datetime) -> dict[str, object]:
    day = date(2026, 6, 30)
    return {
        "alert_id": alert_id,
        "rule_id": "R-P01",
        "rule_version": 1,
        "subject_kind": "buyer",
        "subject": alert_id,
        "level": "red",
        "state": "dispatched",
        "lead": "psb",
        "area_code": "330482001",
        "pharmacy_ids": "[]",
        "clause": "a",
        "measure": 2.0,
        "threshold": 1.0,
        "first_day": day,
        "last_day": day,
        "behaviour_from": at,
        "behaviour_until": at,
        "opened_at": at,
        "data_version": 1,
        **{f"{step}_due": at + timedelta(days=1) for step in ("accept", "check", "dispose", "close")},
    }
