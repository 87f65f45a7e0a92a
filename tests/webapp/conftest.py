"""The app over a small demo city, and clients of the people who use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cities import city, copy_of
from webapp.app import create_app
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.workspace import Workspace

# The morning after the demo city's last day of sales.
MORNING = datetime(2026, 7, 1, 9, 0)
DEPARTMENTS = ("msa", "nhsa", "hc", "psb")
SignIn = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The city, which no test may change; a copy, so that no other run can take it away."""
    return copy_of(city("small"), tmp_path_factory.mktemp("city") / "home")


@pytest.fixture(scope="session")
def shared_app(small: Workspace) -> Flask:
    """The app over it."""
    return create_app(small.settings.home)


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is nine o'clock in every test."""
    monkeypatch.setattr("yaotong.clock.now", lambda: MORNING)


@pytest.fixture
def own_app(small: Workspace, tmp_path: Path) -> Iterator[Flask]:
    """An app over a copy that a test may change."""
    copied = copy_of(small, tmp_path / "home")
    yield create_app(copied.settings.home)
    copied.store.engine.dispose()


@pytest.fixture
def citizen(shared_app: Flask) -> FlaskClient:
    """Somebody who signs in nowhere."""
    return shared_app.test_client()


@pytest.fixture
def signed(shared_app: Flask) -> SignIn:
    """Signs a demo account in: `signed("msa")`, or `signed("msa", own_app)`."""

    def sign(username: str, app: Flask | None = None) -> FlaskClient:
        client = (app or shared_app).test_client()
        form = {"username": username, "password": DEMO_PASSWORD, "csrf_token": token(client, "/login")}
        assert client.post("/login", data=form).status_code == 302
        return client

    return sign


def token(client: FlaskClient, path: str) -> str:
    """The CSRF token of a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found is not None, f"{path} has no form"
    return found[1]


def ids_of(client: FlaskClient, query: str = "") -> list[str]:
    """The alerts a person may see."""
    answer = client.get(f"/api/v1/alerts?limit=500{query}")
    assert answer.status_code == 200
    return [one["alert_id"] for one in answer.get_json()["alerts"]]
