"""What an account is kept to: administrators off the data, everybody to what must be done first."""

from __future__ import annotations

from flask import Flask, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.faults import answer
from webapp.people import touch
from yaotong import clock
from yaotong.acts.signing import Sitting

# What pages ask by themselves keeps nobody's session alive.
_UNASKED = ("bulk.mark",)
# What asks for nobody, and is not made to.
_NOBODYS = (
    "static", "find.", "find_words.", "installing.", "public_api.", "public_tiles.", "wrong.", "seals.",
    "ogc.", "opendata.", "probes.", "metrics.",
)  # fmt: skip
# What everybody may ask for, whatever their role.
OPEN = (*_NOBODYS, "login.", "second.", "oidc.", "account.")
_KEPT_TO = {
    "auditor": (("audit.",), "审计管理员只查看审计记录。"),
    "sysadmin": (("admin.",), "系统管理员只管账号与运行，不看业务数据。"),
    "secadmin": (("admin.",), "安全管理员只管授权与验证，不看业务数据。"),
    "none": ((), "这个账号还没有角色，请安全管理员授予。"),
}


def keep_to_role(app: Flask) -> None:
    """Keep administrators off the data, and everybody to what must be done first."""

    @app.before_request
    def _kept() -> AnyResponse | None:
        endpoint = request.endpoint or "static"
        if endpoint.startswith(OPEN) or not current_user.is_authenticated:
            return None
        sitting: Sitting = current_user.sitting
        allowed, why = _KEPT_TO.get(sitting.viewer.role, (None, ""))
        if allowed is not None and not (allowed and endpoint.startswith(allowed)):
            return answer(403, why)
        if sitting.must:
            return _first(sitting.must)
        return None

    @app.before_request
    def _use() -> None:
        nobodys = (request.endpoint or "static").startswith(_NOBODYS)
        if not nobodys and current_user.is_authenticated and not _unasked():
            touch(clock.now())


def _unasked() -> bool:
    """Whether a page asks this by itself, such as a list that renews itself."""
    return request.endpoint in _UNASKED or "X-Unasked" in request.headers


def _first(must: str) -> AnyResponse:
    why = "请先更改密码。" if must == "password" else "您的角色须有第二验证，请先启用。"
    if request.path.startswith("/api/") or request.method != "GET":
        return answer(403, why)
    return redirect(url_for("account.page"))
