"""Where other regions' instances send their signed messages. No session: a signature says who speaks."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.context import current_workspace
from webapp.people import origin
from webapp.problems import problem
from yaotong import clock
from yaotong.acts.answering import answer
from yaotong.exchange.message import Denied

bp = Blueprint("exchange_api", __name__, url_prefix="/api/v1")
WIRE_TYPE = "application/octet-stream"


@bp.post("/exchange")
def take() -> Response:
    """The signed answer; a problem document whose type ends with the reason when the message is refused."""
    try:
        told = answer(current_workspace(), request.get_data(), origin=origin(), now=clock.now())
    except Denied as denied:
        return problem(403, f"exchange:{denied.why}", "没有权限", str(denied))
    return Response(told, mimetype=WIRE_TYPE)
