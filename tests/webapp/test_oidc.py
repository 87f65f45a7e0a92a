"""Signing in by OpenID Connect, against a provider that answers over HTTP on this machine.

The provider is `oidc-provider-mock`: discovery, authorisation, tokens signed by RS256 and keys of its own, on
Authlib's server side. It does not look at PKCE, so what surrounds it here does.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import pytest
from flask.testing import FlaskClient
from oidc_provider_mock import User, app
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.webapp.accounts import NOON, Hands
from yaotong.acts import accounts

SECRET = "a-secret-of-this-test"


@dataclass
class Provider:
    """A running provider, and whether each code was fetched by who had asked for it."""

    address: str = ""
    challenge: str = ""
    proved: list[bool] = field(default_factory=list)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    known = [
        User(sub="1", claims={"preferred_username": "wang"}),
        User(sub="2", claims={"preferred_username": "stranger"}),
        User(sub="3", claims={"preferred_username": ["li"]}),
    ]
    made, served = Provider(), app(user_claims=known, require_nonce=True)

    @served.before_request
    def _watch() -> None:
        asked = flask.request
        if "code_challenge" in asked.args:
            made.challenge = asked.args["code_challenge"]
        if "code_verifier" in asked.form:
            digest = hashlib.sha256(asked.form["code_verifier"].encode()).digest()
            made.proved.append(base64.urlsafe_b64encode(digest).decode().rstrip("=") == made.challenge)

    server = make_server("127.0.0.1", 0, served, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join(timeout=10)


@pytest.fixture
def hands(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    return _hands(provider.address, tmp_path, monkeypatch)


def _hands(issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Hands:
    key = tmp_path / "oidc.key"
    tmp_path.mkdir(exist_ok=True)
    key.write_text(SECRET, "ascii")
    key.chmod(0o600)
    said = f'[accounts]\n[oidc]\nissuer = "{issuer}"\nclient_id = "yaotong"\n'
    return Hands(tmp_path / "home", monkeypatch, f'{said}secret_file = "../oidc.key"\n{more}')


def go(client: FlaskClient, sub: str) -> str:
    """Go to the provider and let it vouch for somebody; the address it sends back to."""
    asked = client.get("/login/oidc?next=/rules")
    assert asked.status_code == 302, asked.get_data(as_text=True)[-300:]
    wanted = {name: one[0] for name, one in parse_qs(urlsplit(asked.headers["location"]).query).items()}
    assert wanted["code_challenge_method"] == "S256"
    assert min(len(wanted[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    answer = httpx.post(asked.headers["location"], data={"sub": sub}, follow_redirects=False)
    return answer.headers["location"]


def back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def test_whom_the_provider_vouches_for_is_in_where_an_account_has_the_name(
    hands: Hands, provider: Provider
) -> None:
    client, before = hands.client(), len(provider.proved)
    assert "/login/oidc" in client.get("/login").get_data(as_text=True)
    answer = back(client, go(client, "1"))
    assert (answer.status_code, answer.headers["location"]) == (302, "/rules")
    assert client.get("/rules").status_code == 200
    assert provider.proved[before:] == [True]
    assert hands.told("sign_in")[-1] == ("sign_in", "wang", "account:wang", "oidc")


@pytest.mark.parametrize("sub", ["2", "3"])
def test_a_stranger_is_refused_and_no_account_is_made(hands: Hands, sub: str) -> None:
    client = hands.client()
    answer = back(client, go(client, sub))
    assert answer.status_code == 403
    assert "没有与您对应的可用账号" in answer.get_data(as_text=True)
    assert client.get("/account").status_code == 302
    assert hands.told("account_add")[-1][1] == "system"
    assert hands.told("sign_in_refused")[-1] == ("sign_in_refused", "?", "account:?", "oidc")


def test_a_shut_account_is_refused(hands: Hands) -> None:
    accounts.disable_user(hands.workspace, "wang", now=NOON)
    client = hands.client()
    assert back(client, go(client, "1")).status_code == 403


def test_an_answer_used_twice_changed_or_anothers_is_refused(hands: Hands) -> None:
    client = hands.client()
    address = go(client, "1")
    assert back(hands.client(), address).status_code == 401, "the state is another browser's"
    assert back(client, address.replace("state=", "state=x")).status_code == 401
    assert back(client, address.replace("code=", "code=x")).status_code == 401
    fresh = hands.client()
    address = go(fresh, "1")
    assert back(fresh, address).status_code == 302
    assert back(fresh, address).status_code == 401
    assert back(client, "/login/oidc/callback?error=access_denied").status_code == 401


def test_a_second_factor_kept_here_is_asked_for_unless_the_provider_is_trusted(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.webapp.test_accounts import enrolled

    for trusted, where in (("false", "/login/second?next=/rules"), ("true", "/rules")):
        hands = _hands(
            provider.address, tmp_path / trusted, monkeypatch, f"trust_second_factor = {trusted}\n"
        )
        enrolled(hands)
        client = hands.client()
        assert back(client, go(client, "1")).headers["location"] == where


def test_a_provider_that_does_not_answer_or_is_another_is_told_in_words(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = _hands("http://127.0.0.1:9", tmp_path / "away", monkeypatch).client().get("/login/oidc")
    assert (away.status_code, "连不上统一认证" in away.get_data(as_text=True)) == (502, True)
    # The same server by another name calls itself what it was called by, so only its path can differ.
    other = _hands(provider.address.replace("127.0.0.1", "localhost") + "/x", tmp_path / "x", monkeypatch)
    assert other.client().get("/login/oidc").status_code == 502


def test_without_settings_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands(tmp_path / "home", monkeypatch)
    assert hands.client().get("/login/oidc").status_code == 404
    assert "/login/oidc" not in hands.client().get("/login").get_data(as_text=True)
