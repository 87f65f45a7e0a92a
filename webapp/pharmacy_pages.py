"""A pharmacy's file."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required

from webapp.charts import months_option
from webapp.context import current_viewer, current_workspace
from webapp.words import say, term_of
from yaotong import clock
from yaotong.codes import CATEGORIES
from yaotong.reads.asking_why import askable_rules
from yaotong.reads.pharmacy import pharmacy_view
from yaotong.reads.risk import read_score

bp = Blueprint("pharmacies", __name__)


@bp.get("/pharmacies/<license_no>")
@login_required
def one(license_no: str) -> str:
    """Registry facts, special-drug packs by month, reporting calendar, this department's alerts."""
    workspace, viewer, now = current_workspace(), current_viewer(), clock.now()
    view = pharmacy_view(workspace, viewer, license_no, now=now)
    risk = read_score(workspace, viewer, license_no, today=now.date())
    named = {term_of(f"category.{code}"): packs for code, packs in view.packs.items()}
    chart = months_option(view.months, named, say("盒")) if named else None
    held = str(view.register["scope"] or "").strip("|").split("|")
    scope = [term_of(f"category.{one}") if one in CATEGORIES else one for one in held if one]
    askable = askable_rules(viewer, "pharmacy")
    return render_template("pharmacy.html", view=view, chart=chart, scope=scope, askable=askable, risk=risk)
