"""Risk on the screen: a list by score, a shop's score taken apart, an officer's word over it, a slip."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from webapp import asking, risk_words
from webapp.charts import months_option
from webapp.context import current_viewer, current_workspace
from webapp.words import day, say, term_of
from yaotong import clock
from yaotong.acts.grading import add_override, end_override, may_override, wanted_override
from yaotong.cells import exported_frame
from yaotong.errors import UsageError, YaotongError
from yaotong.reads.risk import GRADES, PARTS, REASONS, Scores, read_scores
from yaotong.reads.risk_explain import Explained, explain_score, score_history

bp = Blueprint("risk", __name__)
PAGE_ROWS = 50
NOWHERE = "none"
LACKING = "insufficient"


@bp.get("/risk")
@login_required
def page() -> str:
    """Towns and shops by score, those without enough data apart."""
    scores = _scores()
    shops = _asked(scores)
    pages = max(-(-len(shops) // PAGE_ROWS), 1)
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    kept = shops.iloc[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    return render_template(
        "risk.html",
        scores=scores,
        towns=_rows(scores.areas.sort_values(["rank", "area_code"], na_position="last")),
        shops=_rows(kept),
        counts=_counts(scores.shops),
        matching=len(shops),
        asked={name: request.args.get(name, "") for name in ("grade", "town")},
        grades=GRADES,
        parts=[one for one in PARTS if one != "base"],
        lacking_name=LACKING,
        nowhere=NOWHERE,
        number=number,
        pages=pages,
        words=risk_words,
    )


@bp.get("/risk.csv")
@login_required
def table() -> Response:
    """The shops of the page, all of them, for a spreadsheet."""
    scores = _scores()
    text = exported_frame(_frame(_asked(scores))).to_csv(index=False, lineterminator="\r\n")
    name = f"risk-{day(scores.as_of) if scores.as_of else 'empty'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)


@bp.get("/pharmacies/<license_no>/risk")
@login_required
def one(license_no: str) -> str:
    """A shop's score with every component, weight and row."""
    return _shop_page(license_no, None)


@bp.get("/pharmacies/<license_no>/risk/slip")
@login_required
def slip(license_no: str) -> str:
    """The shop's own components, to be shown or printed for it."""
    return render_template("risk_slip.html", one=_explained(license_no), words=risk_words)


@bp.post("/pharmacies/<license_no>/risk")
@login_required
def give(license_no: str) -> str | AnyResponse:
    """Try an override without keeping it, or keep it; what stands in the way is said on the page."""
    workspace, viewer, now = current_workspace(), current_viewer(), clock.now()
    try:
        wanted = _wanted()
        if request.form.get("only") == "try":
            tried = wanted_override(license_no, actor=viewer, now=now, **wanted)
            return _shop_page(license_no, str(tried.grade_under(_explained(license_no).formula)))
        add_override(workspace, license_no, actor=viewer, now=now, **wanted)
    except UsageError as error:
        flash(str(error), "bad")
        return _shop_page(license_no, None)
    flash(say("已改定，到期自止。"), "good")
    return redirect(url_for("risk.one", license_no=license_no))


@bp.post("/pharmacies/<license_no>/risk/overrides/<int:override_id>/end")
@login_required
def end(license_no: str, override_id: int) -> AnyResponse:
    """Let the reckoned score count again."""
    try:
        end_override(current_workspace(), override_id, actor=current_viewer(), now=clock.now())
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(say("已终止改定，恢复按公式计算。"), "good")
    return redirect(url_for("risk.one", license_no=license_no))


def _shop_page(license_no: str, tried: str | None) -> str:
    found = _explained(license_no)
    asked = request.args.get("history") == "1"
    return render_template(
        "risk_shop.html",
        one=found,
        words=risk_words,
        history=_history(license_no) if asked else None,
        tried=tried,
        form=request.form,
        may=may_override(current_viewer()),
        grades=GRADES,
        reasons=REASONS,
        today=clock.now().date(),
    )


def _explained(license_no: str) -> Explained:
    workspace, today = current_workspace(), clock.now().date()
    return explain_score(
        workspace, current_viewer(), license_no, today=today, as_of=asking.day(request.args, "as_of")
    )


def _history(license_no: str) -> dict[str, Any] | None:
    told = score_history(current_workspace(), license_no)
    days = tuple(f"{one:%Y-%m-%d}" for one, _ in told)
    return (
        months_option(days, {term_of("risk"): tuple(points for _, points in told)}, say("分"))
        if told
        else None
    )


def _wanted() -> dict[str, Any]:
    """What the form asks for."""
    until = asking.day(request.form, "until")
    if until is None:
        raise UsageError(say("请写明有效期至哪一天。"))
    return {
        "grade": request.form.get("grade", ""),
        "score": asking.number(request.form, "score"),
        "reason": request.form.get("reason", ""),
        "text": request.form.get("text", ""),
        "valid_until": until,
    }


def _scores() -> Scores:
    return read_scores(
        current_workspace(),
        current_viewer(),
        today=clock.now().date(),
        as_of=asking.day(request.args, "as_of"),
    )


def _asked(scores: Scores) -> pd.DataFrame:
    shops, grade, town = scores.shops, request.args.get("grade", ""), request.args.get("town", "")
    if grade not in ("", LACKING, *GRADES):
        raise UsageError(f"grade 应为 {'、'.join((*GRADES, LACKING))} 之一。")
    if grade == LACKING:
        shops = shops[shops["insufficient"] != ""]
    elif grade:
        shops = shops[shops["grade"] == grade]
    if town == NOWHERE:
        return shops[shops["area_code"].isna()]
    return shops[shops["area_code"] == town] if town else shops


def _counts(shops: pd.DataFrame) -> dict[str, int]:
    """Shops by class, and those without enough data."""
    counted = {one: int((shops["grade"] == one).sum()) for one in GRADES}
    return {**counted, LACKING: int((shops["insufficient"] != "").sum())}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for a template, None for what is unknown."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _frame(shops: pd.DataFrame) -> pd.DataFrame:
    """One row per shop; what is unknown is an empty cell with its reason in another."""
    columns: dict[str, Any] = {
        say("许可证号"): shops["license_no"],
        say("药店"): shops["name"],
        say("镇街"): shops["area_name"],
        say("风险分"): shops["score"],
        say("等级"): shops["grade"],
        say("数据不足"): [term_of(f"risk.{one}") if one else "" for one in shops["insufficient"]],
        say("已知部分"): shops["least"],
        say("最坏"): shops["high"],
        say("已改定"): [say("是") if one else say("否") for one in shops["overridden"]],
        say("公式等级"): shops["computed_grade"],
        say("公式分数"): shops["computed_score"],
    }
    for name in PARTS:
        columns[term_of(f"risk.{name}")] = shops[name]
        if name not in ("base", "alerts", "breaches"):
            columns[term_of(f"risk.{name}") + say("：说明")] = [
                term_of(f"risk.{one}") if one else "" for one in shops[f"{name}_reason"]
            ]
    return pd.DataFrame(columns)
