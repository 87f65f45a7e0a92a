"""The rule book on the screen."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required
from markupsafe import Markup

from webapp.context import current_viewer, current_workspace
from yaotong.reads.rulebook import rule_page, rules
from yaotong.reads.versions import rule_versions

bp = Blueprint("rules", __name__)


@bp.get("/rules")
@login_required
def page() -> str:
    """All rules, with what their alerts turned out to be."""
    return render_template("rules.html", rows=rules(current_workspace()))


@bp.get("/rules/<rule_id>")
@login_required
def one(rule_id: str) -> str:
    """One rule's page as the department signs it."""
    found = rule_page(current_workspace(), rule_id)
    # The page is our own file, rendered with raw HTML shown as text.
    return render_template(
        "rule.html",
        page=found,
        body=Markup(found.html),
        versions=rule_versions(current_workspace(), current_viewer(), rule_id),
    )
