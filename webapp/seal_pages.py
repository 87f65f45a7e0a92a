"""药安封签: type or scan the code of a delivered order. Sent in the body, answered, and kept nowhere."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from webapp import proofs
from webapp.context import current_workspace
from webapp.reading import is_big
from yaotong import clock
from yaotong.acts.sealing import note_opened
from yaotong.errors import UsageError
from yaotong.reads.seals import MOST_CHARS, CodeAnswer, look_up

bp = Blueprint("seals", __name__)
# The national query of trace codes, by the health insurance's public platform.
NATIONAL = "https://fuwu.nhsa.gov.cn/"


@bp.get("/seal")
def page() -> Response:
    """The form."""
    return _page()


@bp.post("/seal")
def look() -> Response:
    """What is known of a code."""
    try:
        return _page(look_up(current_workspace(), request.form.get("code", "")[:200]))
    except UsageError as error:
        return _page(fault=str(error), status=400)


@bp.post("/seal/opened")
def opened() -> Response:
    """Keep that a seal was opened."""
    mark, now, workspace = request.form.get("mark", ""), clock.now(), current_workspace()
    try:
        proofs.check_proof(workspace.settings.session_key, mark, request.form, now)
        note_opened(workspace, mark, now=now)
    except UsageError as error:
        return _page(fault=str(error), status=400)
    return _page(thanks=True)


def _page(
    found: CodeAnswer | None = None, *, fault: str = "", thanks: bool = False, status: int = 200
) -> Response:
    key, now = current_workspace().settings.session_key, clock.now()
    given = {one.mark: proofs.proof(key, one.mark, now) for one in found.seals} if found else {}
    text = render_template(
        "seal.html",
        found=found,
        fault=fault,
        thanks=thanks,
        proofs=given,
        trap=proofs.TRAP,
        national=NATIONAL,
        most=MOST_CHARS + 20,
        big=is_big(),
    )
    response = make_response(text, status)
    # Here alone a camera may be asked for, to read the code.
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=(self), microphone=()"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
