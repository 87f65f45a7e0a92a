"""Every call of the OpenAPI document, with what a stranger makes up, as everybody who may call it.

schemathesis makes the requests from the document itself: what the document allows and what it does not. No
answer may be a server error, have a status or a type that the document does not name, or break its schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cities import copy_of
from tests.webapp.conftest import SignIn, token
from webapp.app import create_app
from yaotong.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROLES = ("", "msa", "nhsa", "hc", "psb", "msa-danghu", "auditor", "sysadmin", "secadmin")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW = settings(
    max_examples=8, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def api(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app of this module's own, which the calls may change."""
    copied = copy_of(small, tmp_path_factory.mktemp("api") / "home")
    path: Path = copied.settings.home / "settings.toml"
    path.write_text(path.read_text("utf-8").replace("\nper_minute = 1200", "\nper_minute = 0"), "utf-8")
    yield create_app(copied.settings.home)
    copied.store.engine.dispose()


def heads(api: Flask, signed: SignIn, role: str) -> dict[str, str]:
    """What a request of somebody bears: a session and its token, or nothing."""
    if not role:
        return {}
    client = signed(role, api)
    page = {"auditor": "/audit", "sysadmin": "/admin", "secadmin": "/admin"}.get(role, "/desk")
    said = token(client, page)
    cookie = client.get_cookie(api.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return {"Cookie": f"{cookie.key}={cookie.value}", "X-CSRFToken": said}


@pytest.mark.parametrize("role", ROLES, ids=[one or "citizen" for one in ROLES])
def test_no_call_breaks_its_promise(api: Flask, signed: SignIn, role: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api)
    said = heads(api, signed, role)
    asked = 0
    for operation in schema.get_all_operations():
        found = operation.ok()

        @FEW
        @given(case=found.as_strategy())
        def try_it(case: Any) -> None:
            nonlocal asked
            asked += 1
            response = case.call(headers=said)
            case.validate_response(response, checks=CHECKS)

        try_it()
    assert asked > 40
