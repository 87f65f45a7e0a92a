"""Signing in by an OpenID Connect provider (Authlib): discovery, PKCE, state, nonce. It makes no account."""

from __future__ import annotations

import logging
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, make_response, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_workspace
from webapp.login_pages import go_in
from webapp.people import inside, origin
from yaotong import clock
from yaotong.access import Oidc
from yaotong.acts import vouching
from yaotong.errors import NotFound

bp = Blueprint("oidc", __name__, url_prefix="/login/oidc")
_LOG = logging.getLogger(__name__)
_KEY, _GOING = "YAOTONG_OIDC", "oidc-going"
_TIMEOUT_S = 10


def add_oidc(app: Flask, oidc: Oidc | None) -> None:
    """Know the provider of the settings; what it says of itself is asked for when first needed."""
    if oidc is None:
        return
    client = OAuth(app).register(
        name="oidc",
        client_id=oidc.client_id,
        client_secret=oidc.secret,
        server_metadata_url=f"{oidc.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _TIMEOUT_S,
        },
    )
    app.extensions[_KEY] = client


@bp.get("")
def begin() -> AnyResponse:
    """Go to the provider."""
    client, oidc = _client()
    try:
        if client.load_server_metadata().get("issuer", "").rstrip("/") != oidc.issuer:
            return _refused("统一认证自报的名称与设置里的 issuer 不同，请管理员核对。", 502)
        session[_GOING] = inside(request.args.get("next")) or ""
        answer: AnyResponse = client.authorize_redirect(_callback_address())
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        return _unreachable(error)
    return answer


@bp.get("/callback")
def callback() -> AnyResponse:
    """Come back from the provider: whom it vouches for, if an account has that name."""
    client, oidc = _client()
    if "error" in request.args:
        return _refused("统一认证没有放行，可能是您取消了登录。", 401)
    try:
        token = client.authorize_access_token()
    except (requests.RequestException, ConnectionError) as error:
        return _unreachable(error)
    except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        _LOG.warning("oidc: %s", type(error).__name__)
        return _refused("统一认证的答复对不上（已过期、被改动或用过），请重新登录。", 401)
    claim = (token.get("userinfo") or {}).get(oidc.claim)
    entry = vouching.enter_vouched(
        current_workspace(), claim if isinstance(claim, str) else "", oidc, origin=origin(), now=clock.now()
    )
    if entry.viewer is None:
        return _refused("统一认证认得您，但这里没有与您对应的可用账号，请系统管理员建立。", 403)
    return go_in(entry, session.get(_GOING))


def _client() -> tuple[Any, Oidc]:
    oidc = current_workspace().settings.oidc
    if oidc is None or _KEY not in current_app.extensions:
        raise NotFound("没有设置统一认证（settings.toml 的 [oidc]）。")
    return current_app.extensions[_KEY], oidc


def _callback_address() -> str:
    site = current_workspace().settings.site
    path = url_for("oidc.callback")
    return f"{site.rstrip('/')}{path}" if site else url_for("oidc.callback", _external=True)


def _unreachable(error: Exception) -> AnyResponse:
    _LOG.warning("oidc: %s", type(error).__name__)
    return _refused("现在连不上统一认证，请稍后再试，或用账号密码登录。", 502)


def _refused(said: str, status: int) -> AnyResponse:
    page = render_template(
        "login.html", failed=False, wait_s=0, said=said, oidc=current_workspace().settings.oidc
    )
    return make_response(page, status)
