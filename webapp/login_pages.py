"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_viewer, current_workspace
from webapp.people import Person, origin
from yaotong import acts, clock
from yaotong.viewer import Viewer

bp = Blueprint("login", __name__)


@bp.get("/login")
def page() -> AnyResponse:
    """The form; a person who is signed in goes on to the desk."""
    if current_user.is_authenticated:
        return redirect(url_for(_home(current_viewer())))
    return make_response(render_template("login.html", failed=False))


@bp.post("/login")
def enter() -> AnyResponse:
    """Check name and password; a wrong pair says no more than that it is wrong."""
    name, password = request.form.get("username", ""), request.form.get("password", "")
    viewer = acts.sign_in(current_workspace(), name, password, origin=origin(), now=clock.now())
    if viewer is None:
        refused: Response = make_response(render_template("login.html", failed=True), 401)
        return refused
    session.clear()
    session.permanent = True
    login_user(Person(viewer))
    return redirect(_inside(request.args.get("next")) or url_for(_home(viewer)))


@bp.post("/logout")
def leave() -> AnyResponse:
    """End the session; it ends even where that cannot be recorded."""
    try:
        if current_user.is_authenticated:
            acts.sign_out(current_workspace(), current_viewer(), now=clock.now())
    finally:
        _forget()
    return redirect(url_for("login.page"))


def _home(viewer: Viewer) -> str:
    return "audit.page" if viewer.role == "auditor" else "desk.page"


def _forget() -> None:
    logout_user()
    session.clear()


def _inside(address: str | None) -> str | None:
    """An address of this site, or None: nobody is sent elsewhere after signing in."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None
