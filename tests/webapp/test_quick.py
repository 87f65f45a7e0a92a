"""The nearest before Flask and by Flask: the same bytes and headers, the same limit, the same refusals."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from webapp.quick import PATH
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.reads.nearest_text import nearest_text
from yaotong.workspace import Workspace

NONCE = re.compile(r"nonce-[^']+")
PLAIN = [
    "lon=121.02&lat=30.70",
    "lon=121.1&lat=30.6&crs=gcj02&open_at=2026-07-01T21:00&insurance=true&drug=RX",
    "lon=121.1&lat=30.6&crs=bd09&limit=100&service=delivery,night",
    "lon=121.1&lat=30.6&open_at=now&dual_channel=0&drug=%E6%84%9F%E5%86%92%E7%81%B5",
    "lon=121.1&lat=30.6&drug=nothing&service=delivery&service=night",
    "lon=121.1&lat=30.6&open_at=2026-07-01T21:00%2B08:00",
    "lon=121.1&lat=30.6&open_at=2026-07-01T21:00+08:00",
    "lon=-179.99&lat=-89&insurance=",
    "lon=121.1&lat=30.6&pharmacist=1",
    "lon=121.1&lat=30.6&drug=%E6%84%9F%E5%86%92%E7%81%B5&stock=1&pharmacist=0",
]
ODD = [
    "", "lon=121", "lon=nan&lat=30", "lon=121&lat=95", "lon=121&lat=30&crs=mars", "lon=121&lat=30&limit=0", "lon=121&lat=30&insurance=maybe",
    "lon=121&lat=30&stock=perhaps",
    "lon=121&lat=30&lang=en", "lon=121&lat=30&x=1", "lon=121&lat=30&drug=%ff", "lon=121&lat=30&service=teleport", "lon=1&lat=1&drug=" + "a" * 2000,
    "&".join(f"service=s{one}" for one in range(30)),
]  # fmt: skip


def _asked(call: Any, query: str) -> tuple[str, dict[str, str], bytes]:
    builder = EnvironBuilder(path=PATH, query_string=query)
    body, status, headers = run_wsgi_app(call, builder.get_environ(), buffered=True)
    told = {name.lower(): NONCE.sub("nonce", value) for name, value in headers}
    return status, told, b"".join(body)


def _flask(app: Flask) -> Any:
    return lambda environ, start: Flask.wsgi_app(app, environ, start)


@pytest.mark.parametrize("query", PLAIN + ODD)
def test_flask_would_have_said_the_same(shared_app: Flask, query: str) -> None:
    quick, slow = _asked(shared_app.wsgi_app, query), _asked(_flask(shared_app), query)
    assert quick[1].pop("x-request-id")
    assert quick == slow
    assert query not in PLAIN or quick[0] == "200 OK"


def test_the_text_is_the_plain_answer_to_the_letter(small: Workspace) -> None:
    random.seed(4)
    for _ in range(200):
        moment = datetime(2026, 7, random.randint(1, 9), random.randint(0, 23), random.randint(0, 59))
        wanted = Wanted(
            open_at=random.choice([None, moment]),
            insurance=random.choice([None, True, False]),
            drug=random.choice(["", "RX", "感冒", "没有的药"]),
        )
        place = (121 + random.random() / 5, 30.5 + random.random() / 3)
        limit = random.choice([1, 10, 100])
        told = nearest_text(small, *place, limit=limit, at=moment, wanted=wanted).text
        plain = public.nearest(small, *place, limit=limit, at=moment, wanted=wanted)
        assert told == json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def test_each_request_counts_once_against_the_limit(small: Workspace, own_app: Flask) -> None:
    home = own_app.config[WORKSPACE_KEY].settings.home
    settings = home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("per_minute = 1200", "per_minute = 6"), "utf-8")
    client: FlaskClient = create_app(home).test_client()
    query = urlencode({"lon": 121.02, "lat": 30.7})
    codes = [client.get(f"{PATH}?{query}").status_code for _ in range(8)]
    assert codes == [200] * 6 + [429] * 2
