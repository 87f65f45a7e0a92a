"""`/status`: a page and a JSON document for everybody, without the inside of things."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from webapp.context import current_workspace
from webapp.reading import is_big
from yaotong import clock
from yaotong.reads.status import Status, status

bp = Blueprint("status", __name__)


@bp.get("/status")
def page() -> str:
    """Whether it works, how fresh the data are, and when they were last judged."""
    told = status(current_workspace(), now=clock.now())
    return render_template("status.html", told=told, big=is_big())


@bp.get("/status.json")
def document() -> Response:
    """The same for programs."""
    return jsonify(_said(status(current_workspace(), now=clock.now())))


def _said(told: Status) -> dict[str, Any]:
    came = {one.feed: f"{one.came_at.isoformat()}+08:00" for one in told.feeds}
    judged = None if told.detected_at is None else f"{told.detected_at.isoformat()}+08:00"
    return {"state": told.state, "feeds": came, "detected_at": judged, "at": f"{told.at.isoformat()}+08:00"}
