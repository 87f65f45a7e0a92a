"""Exemptions: who is left alone by which rule, until when and why; made and ended here."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.words import say
from yaotong import acts, clock
from yaotong.acts.exempting import add_exemption, end_exemption, reason_named, subject_for
from yaotong.errors import UsageError, YaotongError
from yaotong.reads.exemptions import REASONS, exemptions_for, rules_of

bp = Blueprint("exemptions", __name__)
KINDS = ("pharmacy", "buyer")


@bp.get("/exemptions")
@login_required
def page() -> str:
    """The department's exemptions, with how long they last, and a form for another."""
    viewer, today = current_viewer(), clock.now().date()
    choices = {kind: listed for kind in KINDS if (listed := rules_of(viewer, kind))}
    return render_template(
        "exemptions.html",
        rows=exemptions_for(current_workspace(), viewer, today=today),
        choices=choices,
        chosen=request.args.get("rule", ""),
        reasons=REASONS,
        today=today,
        lang=current_lang(),
    )


@bp.post("/exemptions")
@login_required
def add() -> Response:
    """Make one; what stands in its way is said on the page."""
    try:
        _add()
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(say("已作出豁免，已有的发现已重新归置。"), "good")
    return redirect(url_for("exemptions.page", rule=request.form.get("rule", "")))


@bp.post("/exemptions/<int:exemption_id>/end")
@login_required
def end(exemption_id: int) -> Response:
    """End one from a behaviour day on."""
    now, workspace = clock.now(), current_workspace()
    try:
        ended_from = asking.day(request.form, "from")
        if ended_from is None:
            raise UsageError(say("请写明自哪个行为日起终止。"))
        end_exemption(workspace, exemption_id, actor=current_viewer(), ended_from=ended_from, now=now)
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        acts.deliver(workspace, now=now, channels=("inbox",))
        flash(say("已终止，其后的发现重新作数。"), "good")
    return redirect(url_for("exemptions.page"))


def _add() -> None:
    form, now, workspace, viewer = request.form, clock.now(), current_workspace(), current_viewer()
    since, until = asking.day(form, "from"), asking.day(form, "until")
    if since is None or until is None:
        raise UsageError(say("请写明起止的日子。"))
    kind, subject = subject_for(
        workspace, viewer, form.get("rule", ""), asking.words(form, "subject"), now=now
    )
    add_exemption(
        workspace,
        actor=viewer,
        rule_pattern=form.get("rule", ""),
        subject_kind=kind,
        subject=subject,
        valid_from=since,
        valid_until=until,
        reason=reason_named(form.get("reason", "")),
        text=form.get("text", ""),
        now=now,
    )
    acts.deliver(workspace, now=now, channels=("inbox",))
