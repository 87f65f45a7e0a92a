"""The purpose ledger: what a department released or was given, for which case, on what basis, until when."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_viewer, current_workspace
from webapp.outcome import saying
from yaotong import clock
from yaotong.acts.purposes import FIELDS, LONGEST, Purpose, release, withdraw
from yaotong.departments import departments
from yaotong.errors import UsageError
from yaotong.reads.vault import releases_view

bp = Blueprint("purposes", __name__)
_USUAL = timedelta(days=30)


@bp.get("/purposes")
@login_required
def page() -> str:
    """The ledger, and for leaders a form for another entry."""
    viewer, today = current_viewer(), clock.now().date()
    return render_template(
        "purposes.html",
        rows=releases_view(current_workspace(), viewer, today=today),
        fields=FIELDS,
        receivers=[one for one in departments() if one != viewer.department],
        today=today,
        usual=today + _USUAL,
        latest=today + LONGEST,
    )


@bp.post("/purposes")
@login_required
def add() -> Response:
    """Release fields to another department."""
    asked = request.form
    with saying("已登记在用途台账。"):
        until = asking.day(asked, "until")
        if until is None:
            raise UsageError("请写明有效至哪天。")
        purpose = Purpose(
            asking.words(asked, "to"),
            asking.several(asked, "field"),
            asking.words(asked, "subject"),
            asking.words(asked, "case_no"),
            asking.words(asked, "basis"),
            until,
        )
        release(current_workspace(), purpose, actor=current_viewer(), now=clock.now())
    return redirect(url_for("purposes.page"))


@bp.post("/purposes/<int:release_id>/end")
@login_required
def end(release_id: int) -> Response:
    """Take an entry back."""
    with saying("已收回，此后不再提供。"):
        withdraw(current_workspace(), release_id, actor=current_viewer(), now=clock.now())
    return redirect(url_for("purposes.page"))
