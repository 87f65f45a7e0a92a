"""The delivery log of a department: what arrived, what waits, what is dead and may be sent again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.outcome import saying
from yaotong import clock
from yaotong.acts.resending import reopen, send_again
from yaotong.departments import CHANNELS
from yaotong.reads.deliveries import STATES, Wanted, deliveries

bp = Blueprint("deliveries", __name__)
_FILTERS = ("state", "channel", "department")


@bp.get("/deliveries")
@login_required
def page() -> str:
    """The log, filtered as the address says."""
    asked = {name: request.args.get(name, "") for name in _FILTERS}
    wanted = Wanted(**asked, page=min(max(asking.whole(request.args, "page", 1), 1), 10_000))
    view = deliveries(current_workspace(), current_viewer(), wanted, now=clock.now())
    return render_template(
        "deliveries.html",
        view=view,
        wanted=wanted,
        asked={name: value for name, value in asked.items() if value},
        states=STATES,
        channels=CHANNELS,
        lang=current_lang(),
    )


@bp.post("/deliveries/<message_id>/again")
@login_required
def again(message_id: str) -> Response:
    """Send a dead message again; what stands in its way is said on the page."""
    with saying("已重新排入发送，编号不变。"):
        send_again(current_workspace(), message_id, actor=current_viewer(), now=clock.now())
    return _back()


@bp.post("/deliveries/receivers/<via>/<told>/reopen")
@login_required
def resume(via: str, told: str) -> Response:
    """Send to a receiver again that had wanted no more."""
    with saying("已恢复发送。"):
        reopen(current_workspace(), via, told, actor=current_viewer(), now=clock.now())
    return _back()


def _back() -> Response:
    kept: dict[str, Any] = {name: value for name in _FILTERS if (value := request.args.get(name, ""))}
    return redirect(url_for("deliveries.page", **kept))
