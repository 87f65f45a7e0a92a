"""Is it alive, is it ready: for whoever keeps it running."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.context import current_workspace
from yaotong.errors import YaotongError
from yaotong.reads.sources import receipts

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """The stores answer too."""
    try:
        receipts(current_workspace(), 1)
    except YaotongError as error:
        return jsonify({"status": "unready", "detail": str(error)}), 503
    return jsonify({"status": "ready"}), 200
