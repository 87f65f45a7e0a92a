"""Where pharmacies are lacking, hour by hour: for the departments that plan them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from flask_login import login_required

from webapp import asking
from webapp.charts import hours_option
from webapp.context import current_viewer, current_workspace
from webapp.words import say
from yaotong import clock
from yaotong.errors import UsageError
from yaotong.reads.planning import UNMET_DAYS, Plan, read_plan

bp = Blueprint("planning", __name__)
_NIGHT = 2


@bp.get("/planning")
@login_required
def page() -> str:
    """Coverage by hour, gaps and sites at one hour of a day."""
    day: date = asking.day(request.args, "day") or clock.now().date()
    hour = asking.whole(request.args, "hour", _NIGHT)
    if not 0 <= hour <= 23:
        raise UsageError("hour 应为 0 到 23。")
    plan = read_plan(current_workspace(), current_viewer(), day=day, hour=hour)
    return render_template(
        "planning.html", plan=plan, day=day, hour=hour, chart=_chart(plan), unmet_days=UNMET_DAYS
    )


def _chart(plan: Plan) -> dict[str, Any]:
    named = {say("1 公里内"): 0, say("3 公里内"): 1}
    lines = {name: [round(100 * one.shares[at], 1) for one in plan.hours] for name, at in named.items()}
    return hours_option(lines, say("居民（%）"))
