"""Versions of a rule on the screen: draft, try, back-test, approve, publish, withdraw; rules let go on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_viewer, current_workspace
from webapp.words import say, term_of
from yaotong import acts, clock
from yaotong.errors import UsageError, YaotongError
from yaotong.gate import Step, check_owner
from yaotong.reads.versions import ParameterRow, notices, rule_versions, starting_cases, version_page

bp = Blueprint("versions", __name__)
_Answer = str | Response


@bp.app_context_processor
def _told() -> dict[str, object]:
    """What the desk asks for: the notices about the department's rules."""
    return {"rule_notices": lambda: notices(current_workspace(), current_viewer())}


@bp.get("/rules/<rule_id>/versions/new")
@login_required
def draft(rule_id: str) -> str:
    """An empty draft: the live values and the cases of the rule's page."""
    found = rule_versions(current_workspace(), current_viewer(), rule_id)
    check_owner(found.lead, current_viewer())
    given = {one.parameter.name: f"{one.live:g}" for one in found.parameters}
    return _form(rule_id, given, starting_cases(rule_id), "", None)


@bp.get("/rules/<rule_id>/versions/<int:number>/edit")
@login_required
def change(rule_id: str, number: int) -> str:
    """The draft again, to be changed."""
    page = version_page(current_workspace(), current_viewer(), rule_id, number, now=clock.now())
    check_owner(page.lead, current_viewer())
    given = {one.parameter.name: f"{one.value:g}" for one in page.parameters}
    return _form(rule_id, given, page.cases, page.row.why, number, revision=page.revision)


@bp.post("/rules/<rule_id>/versions/new")
@bp.post("/rules/<rule_id>/versions/<int:number>/edit")
@login_required
def save(rule_id: str, number: int | None = None) -> _Answer:
    """Try a draft without keeping it, or keep it and try it; what stands in the way is said on the form."""
    form, workspace, viewer = request.form, current_workspace(), current_viewer()
    found = rule_versions(workspace, viewer, rule_id)
    check_owner(found.lead, viewer)
    cases, why = form.get("cases", ""), form.get("why", "").strip()
    given = {one.parameter.name: form.get(one.parameter.name, "").strip() for one in found.parameters}
    try:
        values = _values(form, found.parameters)
        if form.get("only") == "try":
            tried = acts.try_values(rule_id, values, cases)
            return _form(rule_id, given, cases, why, number, tried=tried.results)
        number = _keep(rule_id, number, values, cases, why)
        left = acts.try_version(workspace, rule_id, number, actor=viewer, now=clock.now())
    except UsageError as error:
        flash(str(error), "bad")
        return _form(rule_id, given, cases, why, number)
    flash(left or say("案例都与这组数值相符，可以回测。"), "bad" if left else "good")
    return redirect(url_for("versions.one", rule_id=rule_id, number=number))


def _keep(rule_id: str, number: int | None, values: dict[str, float], cases: str, why: str) -> int:
    holding, now = request.form.get("holding") == "yes", clock.now()
    workspace, viewer = current_workspace(), current_viewer()
    if number is None:
        return acts.make_version(
            workspace,
            rule_id,
            values=values,
            cases=cases,
            why=why,
            actor=viewer,
            now=now,
            only_holding=holding,
        )
    acts.edit_version(
        workspace,
        rule_id,
        number,
        values=values,
        cases=cases,
        why=why,
        actor=viewer,
        now=now,
        only_holding=holding,
        if_match=request.form.get("revision", type=int),
    )
    return number


@bp.get("/rules/<rule_id>/versions/<int:number>")
@login_required
def one(rule_id: str, number: int) -> str:
    """A version: its values, its proof, its history and what may be done."""
    page = version_page(current_workspace(), current_viewer(), rule_id, number, now=clock.now())
    return render_template("rule_version.html", page=page)


@bp.post("/rules/<rule_id>/versions/<int:number>/<step>")
@login_required
def move(rule_id: str, number: int, step: str) -> Response:
    """Take a step; what stands in its way is said on the version's page."""
    try:
        _take(rule_id, number, _step(step))
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(f"{term_of('step.' + step)} ✓", "good")
    return redirect(url_for("versions.one", rule_id=rule_id, number=number))


def _take(rule_id: str, number: int, step: Step) -> None:
    workspace, viewer, form = current_workspace(), current_viewer(), request.form
    if step is Step.BACKTEST:
        acts.start_backtest(workspace, rule_id, number, actor=viewer, clock=clock.now)
    elif step is Step.TEST:
        left = acts.try_version(workspace, rule_id, number, actor=viewer, now=clock.now())
        if left:
            raise UsageError(left)
    else:
        acts.move_version(
            workspace,
            rule_id,
            number,
            step,
            actor=viewer,
            text=form.get("text", ""),
            if_match=form.get("revision", type=int),
            now=clock.now(),
        )


@bp.post("/rules/<rule_id>/<any(release, resume):what>")
@login_required
def let_go_on(rule_id: str, what: str) -> Response:
    """Let a quarantined rule run again, or a paused rule's notices go out."""
    workspace, now = current_workspace(), clock.now()
    try:
        (acts.release if what == "release" else acts.resume)(
            workspace, rule_id, actor=current_viewer(), now=now
        )
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        acts.deliver(workspace, now=now, channels=("inbox",))
        flash(f"{term_of('step.' + what)} ✓", "good")
    return redirect(url_for("rules.one", rule_id=rule_id))


@bp.post("/rules/notices/<int:notice_id>")
@login_required
def put_aside(notice_id: int) -> Response:
    """Take a notice off the desk."""
    acts.put_aside(current_workspace(), notice_id, actor=current_viewer(), now=clock.now())
    return redirect(url_for("desk.page"))


def _step(text: str) -> Step:
    if text not in set(Step):
        raise UsageError(f"没有“{text}”这一步。")
    return Step(text)


def _values(form: MultiDict[str, str], rows: tuple[ParameterRow, ...]) -> dict[str, float]:
    """The values of the form; a value set by law is not in it and stays."""
    return {
        one.parameter.name: asking.required(form, one.parameter.name)
        for one in rows
        if not one.parameter.statutory
    }


def _form(
    rule_id: str,
    given: dict[str, str],
    cases: str,
    why: str,
    number: int | None,
    *,
    tried: tuple[object, ...] = (),
    revision: int | None = None,
) -> str:
    found = rule_versions(current_workspace(), current_viewer(), rule_id)
    return render_template(
        "rule_edit.html",
        found=found,
        given=given,
        cases=cases,
        why=why,
        number=number,
        tried=tried,
        revision=revision or request.form.get("revision", type=int),
    )
