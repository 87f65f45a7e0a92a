"""Many alerts at once, and whether anything on the desk changed since it was shown."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from webapp.alert_pages import BULK_ACTS, as_act, as_said
from webapp.context import current_viewer, current_workspace
from webapp.words import say, term_of
from yaotong import acts, clock
from yaotong.errors import UsageError, YaotongError
from yaotong.reads.alerts import desk_mark

bp = Blueprint("bulk", __name__)

_TOLD = 3


@bp.get("/alerts/mark")
@login_required
def mark() -> Response:
    """A mark to be compared with the one the page was shown with."""
    response = jsonify({"mark": desk_mark(current_workspace())})
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/alerts/bulk")
@login_required
def move() -> AnyResponse:
    """Make one move on the alerts that were ticked; each that is refused is told, the others are made."""
    back = redirect(f"{url_for('alerts.page')}?{request.form.get('back', '')[:500]}")
    try:
        act = as_act(request.form.get("act", ""))
        if act not in BULK_ACTS:
            raise UsageError(f"“{term_of(f'act.{act}')}”要一条一条地做。")
        workspace, now = current_workspace(), clock.now()
        found = acts.move_alerts(
            workspace, _ticked(), act, actor=current_viewer(), said=as_said(request.form), now=now
        )
        acts.deliver(workspace, now=now, channels=("inbox",))
    except YaotongError as error:
        flash(str(error), "bad")
        return back
    _tell(found, term_of(f"act.{act}"))
    return back


def _tell(found: acts.Moved, name: str) -> None:
    if found.done:
        flash(f"{name} ✓ {len(found.done)} {say('条')}", "good")
    for why, n in Counter(found.refused.values()).most_common(_TOLD):
        flash(f"{name} ✗ {n} {say('条')}：{why}", "bad")


def _ticked() -> dict[str, int | None]:
    """Alerts and the revision that the page showed of each; UsageError for what no page of ours sends."""
    found: dict[str, int | None] = {}
    for one in request.form.getlist("one"):
        alert_id, _, revision = one.partition(":")
        if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
            raise UsageError("勾选的预警不合规。请刷新后再选。")
        found[alert_id] = int(revision)
    return found
