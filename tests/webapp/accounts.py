"""A workspace without data, its accounts, and clients that sign in: what tests of accounts stand on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cities import copy_of
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from yaotong.acts.accounts import add_user
from yaotong.reads.audit import Asked, audit_page
from yaotong.workspace import Workspace, init_workspace

NOON = datetime(2026, 7, 1, 12, 0)
PASSWORD = "only-for-tests-1"
PEOPLE = {
    "wang": "officer", "li": "leader", "sys": "sysadmin", "sec": "secadmin", "aud": "auditor", "new": "none",
}  # fmt: skip


_FOLDER = TemporaryDirectory(prefix="accounts-")


@lru_cache(maxsize=1)
def _pristine() -> Workspace:
    """A workspace with the accounts in it, made once."""
    made = init_workspace(Path(_FOLDER.name) / "home", environ={})
    for name, role in PEOPLE.items():
        add_user(
            made, username=name, display_name=name, password=PASSWORD, department="msa", area_code="330482",
            role=role, now=NOON,
        )  # fmt: skip
    return made


class Hands:
    """The clock, the app, and the accounts of one test."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, settings: str = "") -> None:
        self.now = NOON
        monkeypatch.setattr("yaotong.clock.now", lambda: self.now)
        copy_of(_pristine(), home).store.engine.dispose()
        if settings:
            path = home / "settings.toml"
            old = path.read_text("utf-8")
            path.write_text(old[: old.index("[accounts]")] + settings, "utf-8")
        self.app: Flask = create_app(home)
        self.workspace: Workspace = self.app.config[WORKSPACE_KEY]

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def client(self, app: Flask | None = None) -> FlaskClient:
        return (app or self.app).test_client()

    def sign(
        self,
        name: str,
        password: str = PASSWORD,
        client: FlaskClient | None = None,
        address: str = "10.0.0.1",
    ) -> tuple[FlaskClient, TestResponse]:
        """A client and what it was answered."""
        client = client or self.client()
        form = {"username": name, "password": password}
        return client, post(client, "/login", form, page="/login", address=address)

    def inside(self, name: str) -> FlaskClient:
        """A client that is signed in."""
        client, answer = self.sign(name)
        assert answer.status_code == 302, answer.get_data(as_text=True)[-400:]
        return client

    def told(self, act: str = "") -> list[tuple[str, str, str, str]]:
        """Rows of the chain, oldest first: act, who, what, why."""
        rows = audit_page(self.workspace, Asked(what=act), 1, rows=1000).rows
        return [(one.act, one.actor, one.thing, one.why) for one in reversed(rows)]


def post(
    client: FlaskClient, path: str, form: dict[str, str] | None = None, *, page: str = "/account",
    address: str = "10.0.0.1",
) -> TestResponse:  # fmt: skip
    """Send a form as its page would."""
    around = {"REMOTE_ADDR": address}
    text = client.get(page, environ_overrides=around).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found is not None, text[-500:]
    return client.post(path, data={**(form or {}), "csrf_token": found[1]}, environ_overrides=around)
