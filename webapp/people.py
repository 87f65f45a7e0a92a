"""Signing in: an account as Flask-Login sees it, and the session behind it."""

from __future__ import annotations

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from webapp.problems import for_programs
from yaotong import clock
from yaotong.acts import signing
from yaotong.acts.signing import Sitting
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_DEVICE = "yaotong-device"
_DEVICE_S = 180 * 86_400
_SEEN, _HALF = "seen", "half"
# A session's last use is kept to the minute, so that its cookie is not a new one with each request.
_GRAIN_S = 60
_HOMES = {"auditor": "audit.page", "sysadmin": "admin.page", "secadmin": "admin.page", "none": "account.page"}


class Person(UserMixin):
    """A signed-in person; their session has a number, and everything else is looked up."""

    def __init__(self, sitting: Sitting) -> None:
        self.viewer = sitting.viewer
        self.sitting = sitting

    def get_id(self) -> str:
        """What the session keeps."""
        return self.sitting.number


def origin() -> str:
    """Where a department's request comes from, for the audit chain."""
    return f"web {request.remote_addr or '?'}"


def home_page(viewer: Viewer) -> str:
    """The endpoint where a role begins."""
    return _HOMES.get(viewer.role, "desk.page")


def login_manager(workspace: Workspace) -> LoginManager:
    """A manager that looks the session up on every request: one that was ended is over for all workers."""
    manager = LoginManager()
    manager.session_protection = "strong"

    @manager.user_loader
    def load(number: str) -> Person | None:
        now = clock.now()
        if _idle(workspace, now):
            return None
        found = signing.sitting(workspace, number, origin(), now=now)
        return Person(found) if found is not None and found.whole else None

    @manager.unauthorized_handler
    def turn_away() -> AnyResponse:
        """A program is told so; a person is led to the form and back to where they were going."""
        if for_programs(request.path):
            raise Unauthorized
        going = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("login.page", next=going))

    return manager


def begin(entry: signing.Entry) -> None:
    """Put a session's number into the cookie, for the second factor where it is half a session."""
    session.clear()
    session.permanent = True
    if entry.half:
        session[_HALF] = entry.number
    touch(clock.now())


def half_sitting(workspace: Workspace) -> Sitting | None:
    """Half a session that waits for its second factor, for ten minutes."""
    number, now = session.get(_HALF, ""), clock.now()
    found = signing.sitting(workspace, number, origin(), now=now) if number else None
    return found if found and not found.whole and (now - found.since).total_seconds() < 600 else None


def known_device(username: str) -> str:
    """The number of this browser if this person signed in with it before, else ""."""
    try:
        name, number = _signer().loads(request.cookies.get(_DEVICE, ""), max_age=_DEVICE_S)
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(number) if name == username else ""


def remember_device(response: AnyResponse, username: str) -> None:
    """Let this browser be known again: what others fail at with the name does not hold it up."""
    number = known_device(username) or secrets.token_urlsafe(12)
    response.set_cookie(
        _DEVICE, _signer().dumps([username, number]), max_age=_DEVICE_S, httponly=True, samesite="Lax",
        secure=request.is_secure,
    )  # fmt: skip


def wait_answer(page: str, wait_s: int) -> Response:
    """429 with the seconds to wait."""
    refused = make_response(page, 429)
    refused.headers["Retry-After"] = str(wait_s)
    return refused


def inside(address: str | None) -> str | None:
    """An address of this site, or None: nobody is sent elsewhere after signing in."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def _idle(workspace: Workspace, now: datetime) -> bool:
    """Whether the session was last used too long ago, or at no time that can be read."""
    try:
        seen = datetime.fromisoformat(session.get(_SEEN, ""))
    except (ValueError, TypeError):
        return True
    return abs((now - seen).total_seconds()) >= workspace.settings.access.idle.total_seconds()


def touch(now: datetime) -> None:
    """Note that the session is in use."""
    try:
        seen = datetime.fromisoformat(session.get(_SEEN, ""))
    except (ValueError, TypeError):
        seen = None
    if seen is None or abs((now - seen).total_seconds()) >= _GRAIN_S:
        session[_SEEN] = now.isoformat(timespec="seconds")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="yaotong device")
