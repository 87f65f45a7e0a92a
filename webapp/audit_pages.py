"""The audit chain for its administrator, and what leaves as a file recorded in it."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, g, render_template, request
from flask_login import current_user, login_required

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.faults import answer, status_of
from yaotong import clock
from yaotong.acts.auditing import check_auditor, export_audit
from yaotong.acts.recording import record
from yaotong.errors import YaotongError
from yaotong.reads.audit import Asked, audit_page
from yaotong.reads.unusual import unusual_browsing

bp = Blueprint("audit", __name__)


@bp.get("/audit")
@login_required
def page() -> str:
    """The chain, filtered as the address says."""
    check_auditor(current_viewer())
    asked = _asked()
    number = min(max(asking.whole(request.args, "page", 1), 1), 1_000_000)
    view = audit_page(current_workspace(), asked, number)
    return render_template(
        "audit.html", view=view, asked=asked, said=asked.said(), number=number, lang=current_lang(),
        strange=unusual_browsing(current_workspace(), now=clock.now()),
    )  # fmt: skip


@bp.post("/audit.csv")
@login_required
def table() -> Response:
    """The rows asked for as a table; that it was taken is a row of the chain itself."""
    content = export_audit(current_workspace(), current_viewer(), _asked(), now=clock.now())
    g.recorded = True
    made = Response(content, mimetype="text/csv")
    made.headers["Content-Disposition"] = 'attachment; filename="yaotong-audit.csv"'
    return made


def _asked() -> Asked:
    given = request.args
    return Asked(
        since=asking.day(given, "since"),
        until=asking.day(given, "until"),
        who=asking.words(given, "who"),
        what=asking.words(given, "what"),
        thing=asking.words(given, "thing"),
    )


def keep_record(app: Flask) -> None:
    """Let no file leave that is not recorded."""

    @app.after_request
    def _record(response: Response) -> Response:
        if not _leaves(response):
            return response
        name = response.headers["Content-Disposition"].partition("filename=")[2].strip('"')
        try:
            record(current_workspace(), current_viewer(), "export", request.path, now=clock.now(), why=name)
        except YaotongError as error:
            response.close()
            return answer(status_of(error), str(error))
        return response


def _leaves(response: Response) -> bool:
    """Whether a department's data leave as a file, and no row says so yet."""
    saved = response.headers.get("Content-Disposition", "").startswith("attachment")
    fine = saved and response.status_code == 200 and not g.get("recorded", False)
    return fine and bool(current_user.is_authenticated)
