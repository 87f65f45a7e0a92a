"""The rule book on the screen."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required
from markupsafe import Markup

from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.reads.asking_why import may_ask
from yaotong.reads.exemptions import exemptions_for, leads, reasons_allowed
from yaotong.reads.rulebook import awaiting_clauses, rule_page, rules, waiting_rules
from yaotong.reads.versions import rule_versions

bp = Blueprint("rules", __name__)


@bp.get("/rules")
@login_required
def page() -> str:
    """All rules, with what their alerts turned out to be."""
    rows = rules(current_workspace())
    awaiting = awaiting_clauses(current_workspace(), rows)
    return render_template("rules.html", rows=rows, waits=waiting_rules(), awaiting=awaiting)


@bp.get("/rules/<rule_id>")
@login_required
def one(rule_id: str) -> str:
    """One rule's page as the department signs it."""
    found, viewer = rule_page(current_workspace(), rule_id), current_viewer()
    return render_template(
        "rule.html",
        page=found,
        # The page is our own file, rendered with raw HTML shown as text.
        body=Markup(found.html),
        awaiting=awaiting_clauses(current_workspace(), [found.row]),
        may_ask=may_ask(viewer, found.row.rule),
        leads=leads(viewer, rule_id),
        allowed=reasons_allowed(rule_id),
        exempted=exemptions_for(current_workspace(), viewer, today=clock.now().date(), rule_id=rule_id),
        versions=rule_versions(current_workspace(), viewer, rule_id),
    )
