"""The second factor after the password: a one-time code, a recovery code, or a passkey."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_workspace
from webapp.login_pages import go_in
from webapp.people import half_sitting, inside, wait_answer
from yaotong import clock
from yaotong.acts import factors, passkeys
from yaotong.acts.signing import Entry, Sitting

bp = Blueprint("second", __name__)


@bp.get("/login/second")
def page() -> AnyResponse:
    """The form, for somebody whose password was right."""
    sitting = half_sitting(current_workspace())
    return _to_login() if sitting is None else make_response(_form(sitting))


@bp.post("/login/second")
def code() -> AnyResponse:
    """Judge a code."""
    sitting = half_sitting(current_workspace())
    if sitting is None:
        return _to_login()
    given = request.form.get("code", "")[:40]
    return _judged(factors.second(current_workspace(), sitting, given, now=clock.now()), sitting)


@bp.post("/login/second/options")
def options() -> AnyResponse:
    """What the browser asks a passkey to sign."""
    sitting = half_sitting(current_workspace())
    if sitting is None:
        return _to_login()
    asked = passkeys.ask_options(current_workspace(), sitting, this_host())
    return Response(asked, mimetype="application/json")


@bp.post("/login/second/passkey")
def passkey() -> AnyResponse:
    """Judge what a passkey signed."""
    sitting = half_sitting(current_workspace())
    if sitting is None:
        return _to_login()
    entry = passkeys.second_by_passkey(
        current_workspace(), sitting, request.form.get("answer", ""), host=this_host(),
        origins=this_origins(), now=clock.now(),
    )  # fmt: skip
    return _judged(entry, sitting)


def this_host() -> str:
    """The host that passkeys are bound to."""
    return request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host


def this_origins() -> list[str]:
    """Where a browser may have asked from: this address, and the site's where a proxy stands before it."""
    site = current_workspace().settings.site
    return [f"{request.scheme}://{request.host}", *([site.rstrip("/")] if site else [])]


def _judged(entry: Entry, sitting: Sitting) -> AnyResponse:
    if entry.wait_s:
        return wait_answer(_form(sitting, wait_s=entry.wait_s), entry.wait_s)
    if entry.viewer is None:
        return make_response(_form(sitting, failed=True), 401)
    return go_in(entry)


def _form(sitting: Sitting, *, failed: bool = False, wait_s: int = 0) -> str:
    return render_template(
        "second.html", methods=sitting.methods, failed=failed, wait_s=wait_s,
        going=inside(request.args.get("next")),
    )  # fmt: skip


def _to_login() -> AnyResponse:
    return redirect(url_for("login.page", next=inside(request.args.get("next"))))
