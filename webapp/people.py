"""Signing in: an account as Flask-Login sees it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_login import LoginManager, UserMixin
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from yaotong import acts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


class Person(UserMixin):
    """A signed-in person; their session names them and nothing else."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session keeps."""
        return self.viewer.username


def origin() -> str:
    """Where a department's request comes from, for the audit chain."""
    return f"web {request.remote_addr or '?'}"


def login_manager(workspace: Workspace) -> LoginManager:
    """A manager that looks the person up on every request: a shut account is out at once."""
    manager = LoginManager()
    manager.session_protection = "strong"

    @manager.user_loader
    def load(username: str) -> Person | None:
        viewer = acts.viewer(workspace, username, origin())
        return None if viewer is None else Person(viewer)

    @manager.unauthorized_handler
    def turn_away() -> Response:
        """A program is told so; a person is led to the form and back to where they were going."""
        if request.path.startswith("/api/"):
            raise Unauthorized
        going = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("login.page", next=going))

    return manager
