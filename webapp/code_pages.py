"""A trace code's page: its lines by time, and every second sale as two points and a line on a map."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import login_required

from webapp import asking, locator
from webapp.context import current_viewer, current_workspace
from yaotong.errors import YaotongError
from yaotong.reads.trace_codes import FASTEST_KMH, CodeView, code_view

bp = Blueprint("codes", __name__)


@bp.get("/codes")
@login_required
def page() -> tuple[str, int]:
    """The form, and the code's history when one is asked for; what is wrong is said on the page."""
    code = request.args.get("code", "").strip()
    if not code:
        return render_template("code.html", code="", view=None), 200
    try:
        view = code_view(current_workspace(), current_viewer(), asking.words(request.args, "code"))
    except YaotongError as error:
        return render_template("code.html", code=code, view=None, fault=str(error)), 400
    spot = locator.drawn(view.place) if view.place is not None else None
    return render_template(
        "code.html", code=code, view=view, spot=spot, lines=_lines(view, spot), fastest=FASTEST_KMH
    ), 200


def _lines(view: CodeView, spot: locator.Drawn | None) -> list[tuple[float, float, float, float, bool]]:
    """A line for every leap between two shops of the map."""
    at = {} if spot is None else {one: (x, y) for x, y, one, _ in spot.points}
    return [
        (*at[one.begin.license_no], *at[one.end.license_no], one.impossible)
        for one in view.leaps
        if one.begin.license_no in at and one.end.license_no in at
    ]
