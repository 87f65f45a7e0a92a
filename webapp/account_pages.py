"""One's own account: password, sessions, last sign-ins, second factors."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_viewer, current_workspace
from webapp.second_pages import this_host, this_origins
from webapp.words import say
from yaotong import clock
from yaotong.acts import accounts, factors, passkeys, signing
from yaotong.acts.signing import Sitting
from yaotong.errors import UsageError
from yaotong.reads.account import own_account

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@login_required
def page() -> str:
    """The page."""
    return _page()


@bp.post("/password")
@login_required
def password() -> AnyResponse:
    """A new password; all other sessions end."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise UsageError("两次输入的新密码不同。")
        accounts.change_password(
            current_workspace(), current_viewer(), old, new, number=_sitting().number, now=clock.now()
        )
    except UsageError as error:
        return _back(str(error), good=False)
    return _back("密码已更改，别处的会话已结束。")


@bp.post("/sessions")
@login_required
def sessions() -> AnyResponse:
    """End one's sessions everywhere else."""
    signing.end_sessions(current_workspace(), current_viewer(), but=_sitting().number, now=clock.now())
    return _back("别处的会话已结束。")


@bp.post("/totp")
@login_required
def totp() -> AnyResponse:
    """Show a new secret, once, to somebody who knows the password."""
    try:
        _confirm()
        secret, address = factors.begin_totp(current_workspace(), current_viewer())
    except UsageError as error:
        return _back(str(error), good=False)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return Response(_page(secret=secret, picture=picture))


@bp.post("/totp/prove")
@login_required
def prove() -> AnyResponse:
    """Turn one-time codes on; the recovery codes are shown this once."""
    given = request.form.get("code", "")[:16].replace(" ", "")
    try:
        codes = factors.prove_totp(
            current_workspace(), current_viewer(), given, number=_sitting().number, now=clock.now()
        )
    except UsageError as error:
        return _back(str(error), good=False)
    return Response(_page(codes=codes))


@bp.post("/totp/drop")
@login_required
def drop_totp() -> AnyResponse:
    """Turn one-time codes off."""
    try:
        _confirm()
    except UsageError as error:
        return _back(str(error), good=False)
    factors.drop_totp(current_workspace(), current_viewer(), now=clock.now())
    return _back("动态口令已停用。")


@bp.post("/passkeys/options")
@login_required
def passkey_options() -> AnyResponse:
    """What the browser is asked, once the password was given again."""
    _confirm()
    asked = passkeys.register_options(current_workspace(), _sitting(), this_host())
    return Response(asked, mimetype="application/json")


@bp.post("/passkeys")
@login_required
def add_passkey() -> AnyResponse:
    """Keep a new passkey."""
    answer, name = request.form.get("answer", ""), request.form.get("name", "")
    try:
        passkeys.register(
            current_workspace(), _sitting(), answer, name, host=this_host(), origins=this_origins(),
            now=clock.now(),
        )  # fmt: skip
    except UsageError as error:
        return _back(str(error), good=False)
    return _back("安全密钥已登记。")


@bp.post("/passkeys/<passkey_id>/drop")
@login_required
def drop_passkey(passkey_id: str) -> AnyResponse:
    """Take a passkey away."""
    try:
        _confirm()
    except UsageError as error:
        return _back(str(error), good=False)
    passkeys.drop_passkey(current_workspace(), current_viewer(), passkey_id, now=clock.now())
    return _back("安全密钥已删去。")


def _page(*, secret: str = "", picture: str = "", codes: tuple[str, ...] = ()) -> str:
    return render_template(
        "account.html", own=own_account(current_workspace(), current_viewer()), must=_sitting().must,
        since=_sitting().since, secret=secret, picture=picture, codes=codes,
        access=current_workspace().settings.access,
    )  # fmt: skip


def _sitting() -> Sitting:
    found: Sitting = current_user.sitting
    return found


def _confirm() -> None:
    given = request.form.get("password", "")
    accounts.confirm(current_workspace(), current_viewer(), given, now=clock.now())


def _back(said: str, *, good: bool = True) -> AnyResponse:
    flash(say(said), "good" if good else "bad")
    return redirect(url_for("account.page"), code=303)
