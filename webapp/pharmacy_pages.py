"""A pharmacy's file."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required

from webapp.charts import months_option
from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.codes import CATEGORIES
from yaotong.reads.asking_why import askable_rules
from yaotong.reads.pharmacy import pharmacy_view

bp = Blueprint("pharmacies", __name__)


@bp.get("/pharmacies/<license_no>")
@login_required
def one(license_no: str) -> str:
    """Registry facts, special-drug packs by month, reporting calendar, this department's alerts."""
    view = pharmacy_view(current_workspace(), current_viewer(), license_no, now=clock.now())
    chart = months_option(view.months, view.packs) if view.packs else None
    scope = [
        CATEGORIES.get(one, one) for one in str(view.register["scope"] or "").strip("|").split("|") if one
    ]
    askable = askable_rules(current_viewer(), "pharmacy")
    return render_template("pharmacy.html", view=view, chart=chart, scope=scope, askable=askable)
