"""Tiles answered before Flask is asked: the same answers, to the same people, no longer than they hold."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from geo.mercator import tiles_covering
from tests.webapp.conftest import MORNING
from webapp import tile_answers
from webapp.context import WORKSPACE_KEY
from webapp.quick import Quick
from webapp.tile_answers import TileAnswers
from webapp.watching import Watched
from yaotong.store.risk_tables import risk_override
from yaotong.store.schema import account, pharmacy

SignIn = Callable[..., FlaskClient]
Z = 9
X, Y = (int(one) for one in tiles_covering(121.1, 30.7, 121.1, 30.7, Z)[0])
RISK, TOWNS, GRADED = (f"/tiles/{one}/{Z}/{X}/{Y}.mvt" for one in ("risk", "pressure", "graded"))
PACKED = {"Accept-Encoding": "gzip, deflate"}


def answers_of(app: Flask) -> TileAnswers:
    """What answers tiles before Flask does, below what counts requests."""
    watched = app.wsgi_app
    assert isinstance(watched, Watched)
    quick = watched._app
    assert isinstance(quick, Quick)
    assert isinstance(quick._app, TileAnswers)
    return quick._app


@pytest.fixture
def asked(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tiles that Flask itself was asked for, in an app of its own."""
    seen: list[str] = []
    around = answers_of(own_app)
    below = around._app

    def counted(environ: tile_answers.Environ, start: tile_answers.Start) -> object:
        if environ["PATH_INFO"].startswith("/tiles/"):
            seen.append(environ["PATH_INFO"])
        return below(environ, start)

    monkeypatch.setattr(around, "_app", counted)
    return seen


def test_a_tile_asked_for_again_is_the_same_and_asks_flask_once(
    own_app: Flask, signed: SignIn, asked: list[str]
) -> None:
    client = signed("msa", own_app)
    first, *rest = (client.get(RISK, headers=PACKED) for _ in range(4))
    assert asked == [RISK]
    for one in rest:
        assert (one.status_code, one.data) == (200, first.data)
        # A request has a number of its own.
        own = ("Set-Cookie", "X-Request-ID")
        told = {name: value for name, value in first.headers if name not in own}
        assert {name: value for name, value in one.headers if name not in own} == told
        assert {"Cookie", "Accept-Encoding"} <= set(one.vary)


def test_a_packed_tile_holds_what_the_plain_one_is(signed: SignIn) -> None:
    client = signed("msa")
    for _ in range(2):
        packed, plain = client.get(TOWNS, headers=PACKED), client.get(TOWNS)
        assert packed.content_encoding == "gzip"
        assert plain.content_encoding is None
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] == plain.headers["ETag"]
        (layer,) = mapbox_vector_tile.decode(plain.data).values()
        assert len(layer["features"]) > 0
        refused = client.get(TOWNS, headers={"Accept-Encoding": "gzip;q=0"})
        assert refused.data == plain.data


def test_what_is_had_already_is_not_sent_again(own_app: Flask, signed: SignIn, asked: list[str]) -> None:
    client = signed("msa", own_app)
    tag = client.get(RISK, headers=PACKED).headers["ETag"]
    again = client.get(RISK, headers={**PACKED, "If-None-Match": f'W/"x", {tag}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert "Content-Length" not in again.headers
    assert client.get(RISK, headers={**PACKED, "If-None-Match": 'W/"x"'}).status_code == 200
    assert len(asked) == 1


def test_another_department_has_its_own(own_app: Flask, signed: SignIn) -> None:
    told = {one: signed(one, own_app) for one in ("msa", "hc")}
    for _ in range(2):
        tiles = {one: client.get(RISK, headers=PACKED) for one, client in told.items()}
        assert tiles["msa"].data != tiles["hc"].data
        assert tiles["msa"].headers["ETag"] != tiles["hc"].headers["ETag"]


def test_colleagues_of_one_scope_share_what_was_made(
    own_app: Flask, signed: SignIn, asked: list[str]
) -> None:
    first, second = signed("msa", own_app), signed("msa", own_app)
    first.get(RISK, headers=PACKED)
    second.get(TOWNS, headers=PACKED)  # Flask learns who they are
    assert second.get(RISK, headers=PACKED).status_code == 200
    assert asked == [RISK, TOWNS]


@pytest.mark.parametrize(
    "other",
    [
        {"environ_overrides": {"REMOTE_ADDR": "10.9.9.9"}},
        {"headers": {**PACKED, "User-Agent": "another"}},
        {"headers": {**PACKED, "X-Forwarded-For": "10.9.9.9"}},
    ],
)
def test_a_cookie_sent_from_elsewhere_is_for_flask_to_judge(
    own_app: Flask, signed: SignIn, asked: list[str], other: dict[str, object]
) -> None:
    client = signed("msa", own_app)
    for _ in range(2):
        client.get(RISK, headers=PACKED)
    assert len(asked) == 1
    client.get(RISK, **{"headers": PACKED, **other})
    assert len(asked) == 2


def test_who_is_not_signed_in_is_told_so(own_app: Flask, signed: SignIn) -> None:
    signed("msa", own_app).get(RISK, headers=PACKED)
    answer = own_app.test_client().get(RISK, headers=PACKED)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_who_signs_out_has_no_tiles(own_app: Flask, signed: SignIn) -> None:
    from tests.webapp.conftest import token

    client = signed("msa", own_app)
    client.get(RISK, headers=PACKED)
    client.post("/logout", data={"csrf_token": token(client, "/desk")})
    assert client.get(RISK, headers=PACKED).status_code == 401


def test_an_account_shut_is_out_at_once(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    for _ in range(2):
        assert client.get(RISK, headers=PACKED).status_code == 200
    with own_app.config[WORKSPACE_KEY].store.write() as connection:
        connection.execute(update(account).where(account.c.username == "msa").values(disabled=True))
    assert client.get(RISK, headers=PACKED).status_code == 401


def test_flask_is_asked_anew_when_the_time_is_over(
    own_app: Flask, signed: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, start = signed("msa", own_app), tile_answers.time.monotonic()
    moment = [start]
    monkeypatch.setattr(tile_answers.time, "monotonic", lambda: moment[0])
    for after, expected in ((0.0, 1), (14.9, 1), (15.1, 2), (16.0, 2)):
        moment[0] = start + after
        assert client.get(RISK, headers=PACKED).status_code == 200
        assert len(asked) == expected


def test_a_language_asked_for_is_remembered_by_flask(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    for _ in range(2):
        answer = client.get(f"{RISK}?lang=en", headers=PACKED)
        assert any(one.startswith("yaotong-lang=en") for one in answer.headers.getlist("Set-Cookie"))


def test_an_override_that_ends_overnight_is_not_drawn_the_next_day(
    own_app: Flask, signed: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = own_app.config[WORKSPACE_KEY].store
    given = {"grade": "D", "reason": "other", "text": "x", "department": "msa", "author": "x"}
    days = {"created_at": MORNING - timedelta(days=1), "valid_until": MORNING.date()}
    with store.write() as connection:
        shops = list(connection.execute(select(pharmacy.c.license_no)).scalars())
        connection.execute(insert(risk_override), [{"license_no": one, **given, **days} for one in shops])
    client = signed("msa", own_app)
    today = [client.get(GRADED, headers=PACKED) for _ in range(2)]
    monkeypatch.setattr("yaotong.clock.now", lambda: MORNING + timedelta(days=1))
    client = signed("msa", own_app)  # nobody stays signed in over night
    known = {**PACKED, "If-None-Match": today[1].headers["ETag"]}
    for _ in range(2):
        morrow = client.get(GRADED, headers=known)
        assert morrow.status_code == 200
        assert morrow.data != today[1].data


def test_what_was_made_before_a_commit_is_not_learned_after_it() -> None:
    made = [b"old"]

    def flask(environ: tile_answers.Environ, start: tile_answers.Start) -> list[bytes]:
        environ[tile_answers.SCOPE] = "msa"
        start("200 OK", [("ETag", made[0].decode())])
        return [made[0]]

    looks: list[int] = []

    def mark() -> int:
        looks.append(1)
        if (
            len(looks) == 2
        ):  # before learning: a commit comes right after this look, and another request sees it
            made[0] = b"new"
            around._forget(2)
        return 1 if len(looks) <= 2 else 2

    around = TileAnswers(flask, "session", mark)
    question = {"PATH_INFO": "/tiles/risk/1/0/0.mvt", "REQUEST_METHOD": "GET"}
    told = [b"".join(around(dict(question), lambda *_: None)) for _ in range(2)]
    assert told == [b"old", b"new"]


def test_where_no_commit_can_be_seen_flask_is_always_asked(
    own_app: Flask, signed: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed("msa", own_app)
    monkeypatch.setattr(answers_of(own_app), "_mark", lambda: None)
    tiles = {client.get(RISK, headers=PACKED).data for _ in range(2)}
    assert len(tiles) == 1
    assert asked == [RISK, RISK]
