"""Is it alive, is it ready: for whoever keeps it running."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.context import current_workspace
from yaotong.reads.metering import lacking

bp = Blueprint("probes", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """Whether it can be of use: the database answers and is of this program, facts can be read and written.

    What lacks is named in a word: the reasons, with their paths, are for `yaotong doctor`.
    """
    missing = lacking(current_workspace())
    if missing:
        return jsonify({"status": "unready", "lacking": missing}), 503
    return jsonify({"status": "ready"}), 200
