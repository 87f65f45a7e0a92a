"""What every page may ask of the request it serves: the workspace, the person, the moment, the language."""

from __future__ import annotations

from typing import cast

from flask import current_app, g
from flask_login import current_user

from webapp.people import Person
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

WORKSPACE_KEY = "YAOTONG_WORKSPACE"


def current_workspace() -> Workspace:
    """The workspace this app serves."""
    return cast(Workspace, current_app.config[WORKSPACE_KEY])


def current_viewer() -> Viewer:
    """The signed-in person; pages for departments are reached by nobody else."""
    return cast(Person, current_user).viewer


def current_lang() -> str:
    """ "zh" or "en"."""
    return cast(str, g.get("lang", "zh"))
