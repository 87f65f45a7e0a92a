"""Signing in: an account as Flask-Login sees it."""

from __future__ import annotations

from flask_login import LoginManager, UserMixin

from yaotong import acts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


class Person(UserMixin):  # type: ignore[misc]
    """A signed-in person; their session names them and nothing else."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session keeps."""
        return self.viewer.username


def login_manager(workspace: Workspace) -> LoginManager:
    """A manager that looks the person up on every request: a shut account is out at once."""
    manager = LoginManager()
    manager.login_view = "login.page"
    manager.session_protection = "strong"

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(username: str) -> Person | None:
        viewer = acts.viewer(workspace, username)
        return None if viewer is None else Person(viewer)

    return manager
