"""Signing in and out: name and password."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_viewer, current_workspace
from webapp.people import (
    Person,
    begin,
    home_page,
    inside,
    known_device,
    origin,
    remember_device,
    wait_answer,
)
from yaotong import clock
from yaotong.acts import signing
from yaotong.acts.signing import Entry

bp = Blueprint("login", __name__)


@bp.get("/login")
def page() -> AnyResponse:
    """The form; a person who is signed in goes on to the desk."""
    if current_user.is_authenticated:
        return redirect(url_for(home_page(current_viewer())))
    return make_response(_form())


@bp.post("/login")
def enter() -> AnyResponse:
    """Check name and password; a wrong pair says no more than that it is wrong."""
    name, password = request.form.get("username", ""), request.form.get("password", "")
    entry = signing.enter(
        current_workspace(), name, password, origin=origin(), address=request.remote_addr or "",
        known_device=known_device(name), now=clock.now(),
    )  # fmt: skip
    if entry.wait_s:
        return wait_answer(_form(wait_s=entry.wait_s), entry.wait_s)
    if entry.viewer is None:
        return make_response(_form(failed=True), 401)
    return go_in(entry)


@bp.post("/logout")
def leave() -> AnyResponse:
    """End the session; it ends even where that cannot be recorded."""
    try:
        if current_user.is_authenticated:
            number = current_user.sitting.number
            signing.sign_out(current_workspace(), current_viewer(), number=number, now=clock.now())
    finally:
        logout_user()
        session.clear()
    return redirect(url_for("login.page"))


def go_in(entry: Entry, going: str | None = None) -> AnyResponse:
    """Go on with what came of an attempt: to the second factor, or in, to where somebody was going."""
    viewer = entry.viewer
    if viewer is None:
        raise RuntimeError("nobody is to go in")
    going = inside(going or request.args.get("next"))
    begin(entry)
    if entry.half:
        return redirect(url_for("second.page", next=going))
    found = signing.sitting(current_workspace(), entry.number, origin(), now=clock.now())
    if found is None:
        return make_response(_form(failed=True), 401)
    login_user(Person(found))
    answer = redirect(going or url_for(home_page(viewer)))
    remember_device(answer, viewer.username)
    return answer


def _form(*, failed: bool = False, wait_s: int = 0, said: str = "") -> str:
    return render_template(
        "login.html", failed=failed, wait_s=wait_s, said=said, oidc=current_workspace().settings.oidc
    )
