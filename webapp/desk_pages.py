"""The work desk: the first page of a department's day."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required

from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.reads.corrections import count_waiting
from yaotong.reads.overview import overview
from yaotong.reads.planning import may_plan

bp = Blueprint("desk", __name__)


@bp.get("/desk")
@login_required
def page() -> str:
    """What is due, what is new, who is silent, how fresh the data are."""
    desk = overview(current_workspace(), current_viewer(), now=clock.now())
    reports = count_waiting(current_workspace(), current_viewer())
    return render_template("desk.html", desk=desk, reports=reports, plans=may_plan(current_viewer()))
