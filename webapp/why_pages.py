"""Why a rule did not fire: asked from a rule's page, a pharmacy's page or an address of its own."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request
from flask_login import login_required

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from yaotong import clock
from yaotong.acts.looking import look_why_not
from yaotong.errors import YaotongError
from yaotong.reads.asking_why import askable_rules, name_of_subject, subject_asked
from yaotong.reads.rulebook import rule_of
from yaotong.reads.whynot_text import why_sections

bp = Blueprint("why", __name__)


@bp.get("/why-not")
@login_required
def page() -> tuple[str, int]:
    """The form, and the answer when a rule and a subject are named; what is wrong is said on the page."""
    asked, viewer = request.args, current_viewer()
    rule_id, subject = asking.words(asked, "rule"), asking.words(asked, "subject")
    common = {"askable": askable_rules(viewer), "subject": subject, "rule": rule_of(rule_id), "parts": ()}
    if not rule_id or not subject:
        return render_template("why.html", **common), 200
    try:
        on = asking.day(asked, "on")
        told = _told(rule_id, subject, on)
    except YaotongError as error:
        return render_template("why.html", **common, fault=str(error)), 400
    return render_template("why.html", **{**common, **told, "on": on}), 200


def _told(rule_id: str, subject: str, on: date | None) -> dict[str, object]:
    workspace, viewer = current_workspace(), current_viewer()
    key = subject_asked(workspace, viewer, rule_id, subject, now=clock.now())
    told = look_why_not(workspace, viewer, rule_id, key, on, now=clock.now())
    label = name_of_subject(workspace, viewer, rule_id, key)
    return {"told": told, "parts": why_sections(told, current_lang()), "label": label}
