"""Whose address it is: the asker's own, or what a trusted proxy says; and cookies that go by https alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, request

from webapp.app import create_app
from yaotong.errors import ConfigError
from yaotong.workspace import init_workspace


def app_with(home: Path, said: str) -> Flask:
    init_workspace(home)
    settings = home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("\n[web]\n", f"\n[web]\n{said}\n"), "utf-8")
    return create_app(home)


def seen(app: Flask, told: str) -> tuple[str | None, str]:
    """The address and the scheme that a page sees of a request that came through."""
    found: list[tuple[str | None, str]] = []
    app.before_request_funcs.setdefault(None, []).append(
        lambda: found.append((request.remote_addr, request.scheme))
    )
    headers = {"X-Forwarded-For": told, "X-Forwarded-Proto": "https"}
    app.test_client().get("/healthz", headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    return found[0]


@pytest.mark.parametrize(
    ("said", "told", "address", "scheme"),
    [
        ("", "203.0.113.9", "127.0.0.1", "http"),
        ("trusted_proxies = 1", "203.0.113.9", "203.0.113.9", "https"),
        # What the asker wrote before the proxy did is not believed.
        ("trusted_proxies = 1", "198.51.100.1, 203.0.113.9", "203.0.113.9", "https"),
    ],
)
def test_a_proxy_is_believed_where_the_settings_say_so(
    tmp_path: Path, said: str, told: str, address: str, scheme: str
) -> None:
    assert seen(app_with(tmp_path / "home", said), told) == (address, scheme)


@pytest.mark.parametrize(("said", "secure"), [("", False), ("https = true", True)])
def test_the_session_goes_by_https_alone_where_that_is_said(tmp_path: Path, said: str, secure: bool) -> None:
    answer = app_with(tmp_path / "home", said).test_client().get("/login")
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("yaotong-session=")]
    assert ("Secure" in cookie) is secure


@pytest.mark.parametrize("said", ["trusted_proxies = -1", 'trusted_proxies = "one"'])
def test_a_number_of_proxies_that_is_none_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(ConfigError, match="trusted_proxies"):
        app_with(tmp_path / "home", said)
