"""`POST /api/v1/allowance`: may a till sell. Its own token, no session, no cookie, nothing personal."""

from __future__ import annotations

from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from webapp.context import current_workspace
from yaotong import clock
from yaotong.acts.allowing import allowed
from yaotong.errors import UsageError

bp = Blueprint("allowance", __name__, url_prefix="/api/v1")


@bp.post("/allowance")
def ask() -> Response:
    """allow, limit_reached or show_to_pharmacist, with the law."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise UsageError('正文应为一个 JSON 对象，如 {"buyer": "k1:…", "drug_code": "…", "packs": 1}。')
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    licence = unquote(request.headers.get("X-Licence", ""))
    told = allowed(current_workspace(), licence, token, body, now=clock.now())
    return jsonify(
        {"verdict": told.verdict, "reason": told.reason, "law": told.law, "packs_left": told.packs_left}
    )
