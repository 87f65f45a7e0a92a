"""信息有误: a citizen tells what is wrong with a shop's entry, and sees by the ticket what became of it.

No account and no cookie: the ticket's number is all that leads to the report.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import asking, proofs
from webapp.context import current_workspace
from webapp.reading import is_big
from yaotong import clock
from yaotong.acts.correcting import file_report
from yaotong.corrections import MAX_SAID_CHARS, Kind, read_ticket, ticket_of
from yaotong.errors import NotFound, UsageError
from yaotong.reads import corrections, public

bp = Blueprint("wrong", __name__)


@bp.get("/wrong")
def page() -> str:
    """The form about a shop; without a shop, the way to one and the field for a ticket."""
    return _form(request.args.get("shop", ""), request.args.get("kind", ""), "")


@bp.post("/wrong")
def add() -> Response | tuple[str, int]:
    """Keep the report and lead to its ticket; what stands in the way is said over the form."""
    form, now = request.form, clock.now()
    license_no = form.get("shop", "")[:128]
    workspace = current_workspace()
    try:
        drawn = proofs.check_proof(workspace.settings.session_key, license_no, form, now)
        ticket = file_report(
            workspace,
            ticket=ticket_of(drawn),
            license_no=license_no,
            kind=form.get("kind", ""),
            said=form.get("said", "")[: 4 * MAX_SAID_CHARS],
            now=now,
        )
    except UsageError as error:
        return _form(license_no, form.get("kind", ""), form.get("said", ""), str(error)), 400
    return redirect(url_for("wrong.ticket", number=ticket, new=1), 303)


@bp.get("/wrong/ticket")
def ticket() -> str:
    """What became of a report."""
    number = read_ticket(request.args.get("number", ""))
    if number is None:
        raise UsageError("编号的样子是 XW-1A2B3-C4D5E。请核对后再输入一次。")
    found = corrections.read_ticket(current_workspace(), number)
    fresh = bool(asking.flag(request.args, "new"))
    return render_template("wrong_ticket.html", one=found, new=fresh, big=is_big())


def _form(license_no: str, kind: str, said: str, fault: str = "") -> str:
    workspace = current_workspace()
    shop = public.shop_named(workspace, license_no) if license_no else None
    if license_no and shop is None:
        raise NotFound("名录里没有这家药店。请从查找结果里点“信息有误”。")
    return render_template(
        "wrong.html",
        shop=shop,
        kinds=tuple(Kind),
        kind=kind,
        said=said[:MAX_SAID_CHARS],
        most=MAX_SAID_CHARS,
        fault=fault,
        proof=proofs.proof(workspace.settings.session_key, license_no, clock.now()) if shop else "",
        trap=proofs.TRAP,
        big=is_big(),
    )
