"""Alerts for programs: the same views and moves as the pages, with If-Match against lost updates."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_login import login_required

from webapp import asking
from webapp.alert_pages import PAGE_ROWS, as_said, make_move
from webapp.context import current_viewer, current_workspace
from webapp.faults import answer
from yaotong import clock
from yaotong.acts.looking import look_at_alert
from yaotong.errors import UsageError
from yaotong.reads.alert_view import AlertView
from yaotong.reads.alerts import Filters, inbox

bp = Blueprint("alert_api", __name__, url_prefix="/api/v1/alerts")


@bp.get("")
@login_required
def listing() -> Response:
    """The department's alerts."""
    asked = request.args
    filters = Filters(
        level=asked.get("level", ""),
        state=asked.get("state", ""),
        rule_id=asked.get("rule", ""),
        text=asking.words(asked, "q"),
    )
    limit = min(max(asked.get("limit", PAGE_ROWS, type=int), 1), 500)
    found = inbox(
        current_workspace(),
        current_viewer(),
        filters=filters,
        limit=limit,
        offset=max(asked.get("offset", 0, type=int), 0),
        now=clock.now(),
    )
    rows = [plain(asdict(row)) for row in found.rows]
    return jsonify({"total": found.total, "open": found.open, "overdue": found.overdue, "alerts": rows})


@bp.get("/<alert_id>")
@login_required
def one(alert_id: str) -> Response:
    """One alert as this department may see it; its ETag is its revision."""
    view = look_at_alert(current_workspace(), current_viewer(), alert_id, now=clock.now())
    response = jsonify(as_document(view))
    response.set_etag(str(view.row.revision))
    return response


@bp.post("/<alert_id>/<act>")
@login_required
def move(alert_id: str, act: str) -> Response:
    """Make a move; the revision the caller saw stands in If-Match."""
    seen = request.if_match.as_set(include_weak=False)
    if len(seen) != 1:
        return answer(428, "请在 If-Match 中写明所见的版本（GET 时的 ETag）。")
    tag = next(iter(seen))
    if not (tag.isascii() and tag.isdigit()):
        raise UsageError("If-Match 中的版本应为数字。")
    body = request.get_json(silent=True) or {}
    if not isinstance(body, dict):
        raise UsageError('正文应为一个 JSON 对象，如 {"text": "…"}。')
    revision = make_move(alert_id, act, as_said(body), if_match=int(tag))
    response = jsonify({"alert_id": alert_id, "revision": revision})
    response.set_etag(str(revision))
    return response


def as_document(view: AlertView) -> dict[str, Any]:
    """The view as JSON-ready data."""
    return {
        **plain(asdict(view.row)),
        "reasons": [plain(asdict(one)) for one in view.reasons],
        "evidence": plain(asdict(view.evidence)),
        "dispatches": [plain(asdict(one)) for one in view.told],
        "events": [plain(asdict(one)) for one in view.events],
        "allowed": [str(one.act) for one in view.moves],
    }


def plain(value: Any) -> Any:
    """Moments and days as ISO text, containers all the way down."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
