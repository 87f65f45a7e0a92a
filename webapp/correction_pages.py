"""The desk for what citizens reported as wrong: read, answered, and the register corrected."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_viewer, current_workspace
from webapp.words import say
from yaotong import clock
from yaotong.acts.correcting import answer_report, as_told
from yaotong.corrections import COLUMNS, FLAGS, POINT, TEXTS, State
from yaotong.errors import YaotongError
from yaotong.reads.corrections import PAGE_ROWS, asked, waiting

bp = Blueprint("corrections", __name__)


@bp.get("/corrections")
@login_required
def page() -> str:
    """Those that wait, oldest first; or those answered."""
    is_open = request.args.get("state", "open") == "open"
    number = min(max(asking.whole(request.args, "page", 1), 1), 10_000)
    rows = waiting(
        current_workspace(), current_viewer(), is_open=is_open, now=clock.now(), page=number
    )  # one more than a page holds, where there is another page
    more = len(rows) > PAGE_ROWS
    return render_template(
        "corrections.html", rows=rows[:PAGE_ROWS], is_open=is_open, number=number, more=more
    )


@bp.get("/corrections/<ticket>")
@login_required
def one(ticket: str) -> str:
    """One report beside what the register says and ever said of the shop."""
    found = asked(current_workspace(), current_viewer(), ticket)
    told = as_told(found.register) if found.register else {}
    return render_template(
        "correction.html",
        view=found,
        one=found.ticket,
        told=told,
        texts=TEXTS,
        flags=FLAGS,
        answers=(State.CORRECTED, State.KEPT, State.DISMISSED),
    )


@bp.post("/corrections/<ticket>")
@login_required
def answer(ticket: str) -> Response:
    """Answer it; what stands in the way is said on its page."""
    workspace, viewer, state = current_workspace(), current_viewer(), request.form.get("state", "")
    try:
        found = asked(workspace, viewer, ticket)
        changes = _changes(as_told(found.register)) if state == State.CORRECTED and found.register else {}
        count, _ = answer_report(
            workspace,
            ticket,
            actor=viewer,
            state=state,
            text=request.form.get("text", ""),
            changes=changes,
            alike=bool(asking.flag(request.form, "alike")),
            now=clock.now(),
        )
    except YaotongError as error:
        flash(str(error), "bad")
        return redirect(url_for("corrections.one", ticket=ticket))
    flash(f"{say('已答复')}: {count}", "good")
    return redirect(url_for("corrections.page"))


def _changes(told: dict[str, str]) -> dict[str, str]:
    """What the form says otherwise than the register; a point is told whole or not at all."""
    given = {name: request.form.get(name, told[name]).strip() for name in COLUMNS}
    moved = {name: given[name] for name in POINT} if any(given[one] != told[one] for one in POINT) else {}
    return {name: text for name, text in given.items() if name not in POINT and text != told[name]} | moved
