"""The inbox and an alert's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.behind import alerts_of_figure
from webapp.charts import series_option
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.locator import Drawn, drawn
from webapp.words import say, term_of
from yaotong import acts, clock
from yaotong.acts.looking import look_at_alert
from yaotong.alerts.states import Act, Outcome, Said
from yaotong.errors import UsageError, YaotongError
from yaotong.reads.alert_place import place_of
from yaotong.reads.alert_view import AlertView, allowed_anywhere
from yaotong.reads.alerts import Filters, desk_mark, inbox
from yaotong.reads.explain import explain
from yaotong.reads.explain_text import Section, sections
from yaotong.reads.groups import BY, GROUPS, grouped_inbox
from yaotong.reads.joint import under_inspection
from yaotong.reads.joint_view import cases_of_alert
from yaotong.reads.rulebook import all_rules
from yaotong.reads.sight import sight_of

bp = Blueprint("alerts", __name__)
PAGE_ROWS = 50
# What may be done to many at once: steps that need no more than the same words for all.
BULK_ACTS = (Act.ACCEPT, Act.CHECK, Act.DISPOSE, Act.CLOSE, Act.ANSWER, Act.NOTE)


@bp.get("/alerts")
@login_required
def page() -> str:
    """The department's alerts, narrowed by the address."""
    asked = request.args
    behind = alerts_of_figure(asked)
    filters = replace(_filters(), ids=behind.ids if behind else None)
    group = asked.get("group", "") if asked.get("group", "") in BY else ""
    number = min(max(asked.get("page", 1, type=int), 1), 1_000_000)
    # Before the rows: what changes in between shows at the next look.
    mark = desk_mark(current_workspace())
    found = inbox(
        current_workspace(),
        current_viewer(),
        filters=filters,
        limit=PAGE_ROWS,
        offset=(number - 1) * PAGE_ROWS,
        now=clock.now(),
    )
    grouped = None
    if group:
        grouped = grouped_inbox(
            current_workspace(),
            current_viewer(),
            by=group,
            filters=filters,
            page=number,
            only=asked.get("key", ""),
            now=clock.now(),
        )
    return render_template(
        "alerts.html",
        inbox=found,
        group=group,
        grouped=grouped,
        filters=filters,
        behind=behind,
        book=all_rules(),
        number=number,
        mark=mark,
        bulk_moves=[one for one in allowed_anywhere(current_viewer().role) if one.act in BULK_ACTS],
        pages=-(-grouped.groups_total // GROUPS) if grouped else -(-found.total // PAGE_ROWS),
    )


def _filters() -> Filters:
    asked = request.args
    return Filters(
        level=asked.get("level", ""),
        state=asked.get("state", "open"),
        rule_id=asked.get("rule", ""),
        part=asked.get("part", ""),
        area_code=asked.get("area", ""),
        pharmacy_id=asked.get("pharmacy", ""),
        text=asking.words(asked, "q"),
        muted=asking.flag(asked, "muted") is True,
    )


@bp.get("/alerts/<alert_id>")
@login_required
def one(alert_id: str) -> str:
    """An alert: reasons first, then evidence, history and what may be done."""
    workspace, viewer, now = current_workspace(), current_viewer(), clock.now()
    view = look_at_alert(workspace, viewer, alert_id, now=now)
    chart = None
    if view.series is not None:
        names = say("实际"), say("预期"), say("上界")
        chart = series_option(view.series, view.row.level, say(view.series.unit_zh), names)
    again = asking.flag(request.args, "again") is True
    return render_template(
        "alert.html",
        view=view,
        chart=chart,
        spot=_spot(view),
        explained=_explained(alert_id, view.row.part, again),
        again=again,
        cases=cases_of_alert(workspace, viewer, alert_id),
        warned=under_inspection(workspace, viewer, view.row.pharmacy_ids, now=now),
        lang=current_lang(),
    )


@bp.get("/alerts/<alert_id>/brief")
@login_required
def brief(alert_id: str) -> str:
    """The alert on paper, within what the reader may see, with the reader's name on it."""
    now = clock.now()
    view = look_at_alert(current_workspace(), current_viewer(), alert_id, now=now, why="brief")
    return render_template("alert_brief.html", view=view, spot=_spot(view), printed=now)


def _spot(view: AlertView) -> Drawn | None:
    """Where the alert is, as a small map; None where nothing is known of it."""
    place = place_of(current_workspace(), view.row.area_code, [license_no for license_no, _ in view.shops])
    return None if place is None else drawn(place)


def _explained(alert_id: str, part: str, again: bool) -> tuple[Section, ...]:
    """How the alert comes about, as far as the department sees; the rule is run again only when asked to."""
    sight = sight_of(current_viewer().department, part)
    told = explain(current_workspace(), alert_id, sight=sight, recompute=again)
    return sections(told, current_lang())


@bp.post("/alerts/<alert_id>/<act>")
@login_required
def move(alert_id: str, act: str) -> Response:
    """Make a move; what stands in its way is said on the alert's page."""
    try:
        make_move(alert_id, act, as_said(request.form), if_match=request.form.get("revision", type=int))
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(f"{term_of('act.' + act)} ✓", "good")
    return redirect(url_for("alerts.one", alert_id=alert_id))


def make_move(alert_id: str, act: str, said: Said, *, if_match: int | None) -> int:
    """Make a move for the person of this request and deliver what it says; the new revision."""
    workspace, now = current_workspace(), clock.now()
    revision = acts.move_alert(
        workspace, alert_id, as_act(act), actor=current_viewer(), said=said, if_match=if_match, now=now
    )
    acts.deliver(workspace, now=now, channels=("inbox",))
    return revision


def as_said(given: Mapping[str, Any]) -> Said:
    """What a form or a JSON object says with a move; UsageError for an outcome or days that cannot be."""
    days = str(given.get("days") or "").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 5):
        raise UsageError(f"延期应写整数个工作日，现在是“{days[:20]}”。")
    return Said(
        text=str(given.get("text") or ""),
        outcome=as_outcome(given.get("outcome")),
        department=str(given.get("department") or ""),
        reason=str(given.get("reason") or ""),
        days=int(days) if days else None,
        into=str(given.get("into") or "").strip(),
    )


def as_act(text: str) -> Act:
    """The act of an address; UsageError for one that does not exist."""
    if text not in set(Act):
        raise UsageError(f"没有“{text}”这一步。")
    return Act(text)


def as_outcome(text: object) -> Outcome | None:
    """The outcome chosen in a form; UsageError for one that does not exist."""
    if not text:
        return None
    if not isinstance(text, str) or text not in set(Outcome):
        raise UsageError(f"没有核查结论“{text}”。")
    return Outcome(text)
