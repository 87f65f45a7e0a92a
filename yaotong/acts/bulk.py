"""The same move on many alerts at once: each by itself, so that one that is refused keeps no other back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yaotong.acts.desk import move_alert
from yaotong.alerts.states import Act, Said
from yaotong.errors import UsageError, YaotongError
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MOST = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a move on many alerts: those that made it, and why each of the others did not."""

    done: tuple[str, ...]
    refused: Mapping[str, str]


def move_alerts(
    workspace: Workspace,
    seen: Mapping[str, int | None],
    act: Act,
    *,
    actor: Viewer,
    said: Said,
    now: datetime,
) -> Moved:
    """Make one move on some alerts, given the revision that the actor saw of each.

    UsageError for none and for more than `MOST`; what a single alert is refused for is told with it.
    """
    if not seen:
        raise UsageError("没有选中预警。请先勾选。")
    if len(seen) > MOST:
        raise UsageError(f"一次最多 {MOST} 条，现在选了 {len(seen)} 条。请分几次。")
    done: list[str] = []
    refused: dict[str, str] = {}
    for alert_id, revision in seen.items():
        try:
            move_alert(workspace, alert_id, act, actor=actor, said=said, if_match=revision, now=now)
        except YaotongError as error:
            refused[alert_id] = str(error)
        else:
            done.append(alert_id)
    return Moved(tuple(done), refused)
