"""Silences: whose alerts call nobody, until when and why; previewed, made and ended here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.outcome import saying
from webapp.words import say
from yaotong import clock
from yaotong.acts.silencing import add_silence, end_silence, silence_level, silence_reason
from yaotong.errors import UsageError, YaotongError
from yaotong.reads.silences import (
    LEVELS,
    REASONS,
    SCOPES,
    Preview,
    preview_silence,
    silenceable,
    silences_for,
)

bp = Blueprint("silences", __name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A silence as a form asks for it; days that were not given are None."""

    rule: str
    kind: str
    subject: str
    level: str
    since: date | None
    until: date | None
    reason: str
    text: str


@bp.get("/silences")
@login_required
def page() -> str:
    """The department's silences, a form for another, and what that would have hidden."""
    viewer, today = current_viewer(), clock.now().date()
    asked, told = _asked(MultiDict()), None
    try:
        asked = _asked(request.args)
        told = _preview(asked, today) if asking.flag(request.args, "preview") else None
    except YaotongError as error:
        flash(str(error), "bad")
    return render_template(
        "silences.html",
        rows=silences_for(current_workspace(), viewer, today=today),
        rules=silenceable(viewer),
        asked=asked,
        preview=told,
        scopes=SCOPES,
        levels=LEVELS,
        reasons=REASONS,
        today=today,
        lang=current_lang(),
    )


@bp.post("/silences")
@login_required
def add() -> Response:
    """Make one; what stands in its way is said on the page, with what was asked for still in the form."""
    try:
        _add(_asked(request.form))
    except YaotongError as error:
        flash(str(error), "bad")
        names = ("rule", "kind", "subject", "level", "from", "until", "reason", "text")
        again = urlencode({one: request.form.get(one, "") for one in names})
        return redirect(f"{url_for('silences.page')}?{again}")
    flash(say("已作出静默。"), "good")
    return redirect(url_for("silences.page"))


@bp.post("/silences/<int:silence_id>/end")
@login_required
def end(silence_id: int) -> Response:
    """End one from a behaviour day on."""
    with saying("已终止，其后的预警照常通知。"):
        ended_from = asking.day(request.form, "from")
        if ended_from is None:
            raise UsageError(say("请写明自哪个行为日起终止。"))
        end_silence(
            current_workspace(), silence_id, actor=current_viewer(), ended_from=ended_from, now=clock.now()
        )
    return redirect(url_for("silences.page"))


def _asked(given: MultiDict[str, str]) -> Asked:
    return Asked(
        rule=given.get("rule", "").strip(),
        kind=given.get("kind", SCOPES[0]),
        subject=asking.words(given, "subject"),
        level=given.get("level", "yellow"),
        since=asking.day(given, "from"),
        until=asking.day(given, "until"),
        reason=given.get("reason", REASONS[0]),
        text=given.get("text", ""),
    )


def _preview(asked: Asked, today: date) -> Preview:
    return preview_silence(
        current_workspace(),
        current_viewer(),
        rule_pattern=asked.rule,
        subject_kind=asked.kind,
        subject=asked.subject,
        level=silence_level(asked.level),
        today=today,
    )


def _add(asked: Asked) -> None:
    if asked.since is None or asked.until is None:
        raise UsageError(say("请写明起止的日子。"))
    add_silence(
        current_workspace(),
        actor=current_viewer(),
        rule_pattern=asked.rule,
        subject_kind=asked.kind,
        subject=asked.subject,
        level=silence_level(asked.level),
        since=asked.since,
        until=asked.until,
        reason=silence_reason(asked.reason),
        text=asked.text,
        now=clock.now(),
    )
