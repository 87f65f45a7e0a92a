"""Joint cases: the list, the proposal from chosen alerts, a case's page and its moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.faults import status_of
from webapp.words import say, term_of
from yaotong import acts, clock
from yaotong.acts.joint import finish_task, move_case, propose_case
from yaotong.acts.joint_letters import POLICE
from yaotong.cases.decide import MAX_ALERTS
from yaotong.cases.model import CaseSaid
from yaotong.cases.money import fen_of
from yaotong.cases.states import CaseAct
from yaotong.departments import departments
from yaotong.errors import NotFound, UsageError, YaotongError
from yaotong.reads.alerts import AlertRow, Filters, Inbox, inbox, rows_among
from yaotong.reads.joint import alerts_in_cases, cases_for, under_inspection
from yaotong.reads.joint_view import case_view

bp = Blueprint("cases", __name__)
CHOICES = 100
# Shops whose other alerts are looked for by themselves.
NEAR = 10


@bp.get("/cases")
@login_required
def page() -> str:
    """The cases that the department has a part in."""
    rows = cases_for(current_workspace(), current_viewer(), now=clock.now())
    return render_template("cases.html", rows=rows, lang=current_lang())


@bp.get("/cases/new")
@login_required
def new() -> str:
    """Choose alerts and departments; what is known of the chosen shops is said before."""
    return _form(request.args.getlist("alert"), None, "")


@bp.post("/cases")
@login_required
def propose() -> AnyResponse:
    """Open a case; what stands in its way is said on the form, with all that was filled in."""
    form, now, workspace = request.form, clock.now(), current_workspace()
    chosen, others, text = form.getlist("alert"), form.getlist("department"), form.get("text", "")
    try:
        number = propose_case(workspace, chosen, others, actor=current_viewer(), text=text, now=now)
    except YaotongError as error:
        flash(str(error), "bad")
        return make_response(_form(chosen, set(others), text), status_of(error))
    acts.deliver(workspace, now=now, channels=("inbox",))
    flash(f"{say('已提请联合办案')} {number}", "good")
    return redirect(url_for("cases.one", case_no=number))


def _form(chosen: Sequence[str], others: set[str] | None, text: str) -> str:
    """The form of a proposal; without `others`, those with a stake in the chosen alerts are suggested."""
    workspace, viewer, now = current_workspace(), current_viewer(), clock.now()
    wanted, taken = asking.words(request.args, "q"), alerts_in_cases(workspace)
    picked = rows_among(workspace, viewer, chosen[:MAX_ALERTS], now=now)
    shops = sorted({one for row in picked for one in row.pharmacy_ids})
    but = taken | {row.alert_id for row in picked}

    def offered(pharmacy_id: str = "") -> Inbox:
        filters = Filters(text=wanted, but=but, pharmacy_id=pharmacy_id)
        return inbox(workspace, viewer, filters=filters, limit=CHOICES, now=now)

    # What is about the same shops comes first.
    near = [row for one in shops[:NEAR] for row in offered(pharmacy_id=one).rows]
    others_too = offered()
    rest = list({row.alert_id: row for row in (*near, *others_too.rows)}.values())[:CHOICES]
    return render_template(
        "case_new.html",
        picked=picked,
        rest=rest,
        more=others_too.total - len(rest),
        wanted=wanted,
        shops=shops,
        others=[one for one in departments() if one != viewer.department],
        chosen=_suggested(picked) if others is None else others,
        text=text,
        warned=under_inspection(workspace, viewer, shops, now=now),
        lang=current_lang(),
    )


@bp.get("/cases/<case_no>")
@login_required
def one(case_no: str) -> str:
    """A case: what is to be done, its alerts, what was found, who decided what."""
    view = case_view(current_workspace(), current_viewer(), case_no, now=clock.now())
    return render_template(
        "case.html", view=view, police=POLICE, today=clock.now().date(), lang=current_lang()
    )


@bp.post("/cases/<case_no>/<act>")
@login_required
def move(case_no: str, act: str) -> AnyResponse:
    """Make a move; what stands in its way is said on the case's page."""
    workspace, now = current_workspace(), clock.now()
    try:
        step = as_case_act(act)
        revision = request.form.get("revision", type=int)
        said = as_case_said(request.form)
        move_case(workspace, case_no, step, actor=current_viewer(), said=said, if_match=revision, now=now)
    except NotFound:
        raise
    except YaotongError as error:
        flash(str(error), "bad")
        return redirect(url_for("cases.one", case_no=case_no))
    acts.deliver(workspace, now=now, channels=("inbox",))
    flash(f"{term_of('case_act.' + act)} ✓", "good")
    # Who declines has no part in the case any more, and no page of it.
    out = step is CaseAct.DECLINE
    return redirect(url_for("cases.page") if out else url_for("cases.one", case_no=case_no))


@bp.post("/cases/<case_no>/tasks/<int:task_id>")
@login_required
def done(case_no: str, task_id: int) -> AnyResponse:
    """Note that a task is done."""
    try:
        finish_task(
            current_workspace(),
            case_no,
            task_id,
            actor=current_viewer(),
            text=request.form.get("text", ""),
            now=clock.now(),
        )
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(f"{term_of('case_act.finish')} ✓", "good")
    return redirect(url_for("cases.one", case_no=case_no, _anchor="tasks"))


def as_case_act(text: str) -> CaseAct:
    """The act of an address; UsageError for one that does not exist."""
    if text not in set(CaseAct):
        raise UsageError(f"没有“{text}”这一步。")
    return CaseAct(text)


def as_case_said(form: Mapping[str, str]) -> CaseSaid:
    """What a form says with a move; UsageError for a day that cannot be."""
    return CaseSaid(
        text=form.get("text", ""),
        department=form.get("department", ""),
        outcome=form.get("outcome", ""),
        due=asking.day(form, "due"),
        fen=fen_of(form.get("yuan", "")),
    )


def _suggested(rows: Sequence[AlertRow]) -> set[str]:
    """Departments that the chosen alerts' rules are led by, and so have a stake in the case."""
    return {name for name, one in departments().items() if any(one.leads_rule(row.rule_id) for row in rows)}
