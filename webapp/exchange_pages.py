"""Exchange with other regions, for the police: agreements, runs, who was matched, and hand-overs of cases."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_viewer, current_workspace
from webapp.words import say
from yaotong import clock
from yaotong.acts import handovers
from yaotong.acts.exchanging import run_matching, settle_all
from yaotong.acts.looking import note_person
from yaotong.acts.partners import check_officer, day_before
from yaotong.acts.posting import poster
from yaotong.errors import UsageError, YaotongError
from yaotong.exchange.handover import CaseAct
from yaotong.reads.exchange import case_view, cases_view, matches_view, partners_view, runs_view

bp = Blueprint("exchange", __name__)
_RUNS, _MATCHES, _CASES = 12, 60, 40


@bp.get("/exchange")
@login_required
def page() -> str:
    """All there is; that people were listed is recorded first."""
    check_officer(current_viewer())
    workspace, now = current_workspace(), clock.now()
    matches = matches_view(workspace, _MATCHES, current_viewer().department)
    if matches:
        note_person(workspace, current_viewer(), "exchange:matches", now=now, why="list")
    return render_template(
        "exchange.html",
        partners=partners_view(workspace, now=now),
        runs=runs_view(workspace, _RUNS),
        matches=matches,
        cases=cases_view(workspace, _CASES),
        last=day_before(now),
        days=handovers.DAYS,
    )


@bp.get("/exchange/cases/<case_id>")
@login_required
def case(case_id: str) -> str:
    """One hand-over with its steps."""
    check_officer(current_viewer())
    view = case_view(current_workspace(), case_id, current_viewer().department)
    note_person(current_workspace(), current_viewer(), f"exchange:{case_id}", now=clock.now(), why="case")
    return render_template("exchange_case.html", case=view)


@bp.post("/exchange/run")
@login_required
def run() -> Response:
    """Match once under an agreement."""
    now = clock.now()
    try:
        last = asking.day(request.form, "until")
        if last is None:
            raise UsageError(say("请写明窗口的最后一天。"))
        agreement = asking.words(request.form, "agreement")
        workspace = current_workspace()
        post = poster(workspace)
        done = run_matching(workspace, agreement, last, actor=current_viewer(), post=post, now=now)
    except YaotongError as error:
        flash(say(str(error)), "bad")
    else:
        flash(f"{say('双方合计达到阈值的人数：')}{done.matches}", "good")
    return redirect(url_for("exchange.page"))


@bp.post("/exchange/sync")
@login_required
def sync() -> Response:
    """Send again what the other side has not confirmed."""
    check_officer(current_viewer())
    workspace, now = current_workspace(), clock.now()
    try:
        settle_all(workspace, actor=current_viewer(), post=poster(workspace), now=now)
        _, faults = handovers.sync(workspace, post=poster(workspace), now=now)
    except YaotongError as error:
        faults = [str(error)]
    for one in faults:
        flash(one, "bad")
    if not faults:
        flash(say("双方已同步。"), "good")
    return redirect(url_for("exchange.page"))


@bp.post("/exchange/offer")
@login_required
def offer() -> Response:
    """Offer a matched buyer's case to the other region."""
    workspace = current_workspace()
    try:
        case_id = handovers.offer_case(
            workspace,
            asking.words(request.form, "token"),
            actor=current_viewer(),
            text=request.form.get("text", ""),
            days=asking.whole(request.form, "days", 7),
            post=poster(workspace),
            now=clock.now(),
        )
    except YaotongError as error:
        flash(say(str(error)), "bad")
        return redirect(url_for("exchange.page"))
    flash(say("已提出移交，对方已收到。"), "good")
    return redirect(url_for("exchange.case", case_id=case_id))


@bp.post("/exchange/cases/<case_id>/<act>")
@login_required
def move(case_id: str, act: str) -> Response:
    """Make the next step."""
    workspace = current_workspace()
    try:
        wanted = next((one for one in CaseAct if str(one) == act), None)
        if wanted is None or wanted is CaseAct.OFFER:
            raise UsageError(say("没有这一步。"))
        text, post = request.form.get("text", ""), poster(workspace)
        viewer = current_viewer()
        handovers.move_case(workspace, case_id, wanted, actor=viewer, text=text, post=post, now=clock.now())
    except YaotongError as error:
        flash(say(str(error)), "bad")
    else:
        flash(say("已办理，对方已确认。"), "good")
    return redirect(url_for("exchange.case", case_id=case_id))
