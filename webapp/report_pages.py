"""Reports on the screen: a preview, figures that lead to their alerts, files to take away, and the log."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp import asking, report_words
from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.acts.reporting import FORMATS, export_report
from yaotong.reads.exports import exports
from yaotong.reads.reports import preview
from yaotong.reports.as_svg import as_svg
from yaotong.reports.model import Chart, DualMap
from yaotong.reports.periods import KINDS, TITLES, Period, period_asked

bp = Blueprint("reports", __name__)
_SHORT = {"hits": "分子", "rest": "其余", "base": "分母"}
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@bp.get("/reports")
@login_required
def page() -> str:
    """One report as it would leave, and the log of those that left."""
    workspace, viewer, now = current_workspace(), current_viewer(), clock.now()
    period = _asked()
    return render_template(
        "reports.html",
        period=period,
        following=_following(period),
        found=preview(workspace, viewer, period, now=now),
        log=exports(workspace, viewer),
        kinds=KINDS,
        titles=TITLES,
        formats=FORMATS,
        short=_SHORT,
        words=report_words,
        svg=_svg,
        today=now.date(),
    )


@bp.post("/reports/<kind>.<fmt>")
@login_required
def take(kind: str, fmt: str) -> Response:
    """A report as a file; it is numbered and written into the log."""
    period = period_asked(kind, asking.day(request.form, "day"), clock.now().date())
    made = export_report(current_workspace(), current_viewer(), period, fmt, now=clock.now())
    g.recorded = True  # with its number
    answer = Response(made.content, mimetype=_TYPES[fmt])
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/reports/<kind>.<fmt>")
@login_required
def again(kind: str, fmt: str) -> AnyResponse:
    """An address that was kept or reloaded leads to the page: a file is taken by its button only."""
    return redirect(url_for("reports.page", kind=kind))


def _asked() -> Period:
    kind = request.args.get("kind") or "daily"
    return period_asked(kind, asking.day(request.args, "day"), clock.now().date())


def _following(period: Period) -> str | None:
    """The day that asks for the next period; None when it is still to come."""
    return f"{period.end.date()}" if period.end.date() <= clock.now().date() else None


def _svg(chart: Chart | DualMap) -> Markup:
    # Made by our own drawing, every text in it escaped.
    return Markup(as_svg(report_words.chart(chart)))
