"""The visitor of `make demo CHECK=1` passes a whole site and notices each way a site can be broken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
import pytest
from werkzeug.serving import make_server

from webapp.check import Account, Visit, demo_accounts, main, map_data, report, walk
from webapp.check_html import read_page
from yaotong.departments import departments

ACCOUNTS = [Account("psb.demo", "correct horse battery", "psb")]
FILLER = "<p>平湖市药店联合监管演示</p>" * 20


def _page(body: str = "", head: str = "") -> str:
    return f"<html><head><title>云药通</title>{head}</head><body>{FILLER}{body}</body></html>"


def _collection() -> object:
    return {"type": "FeatureCollection", "features": []}


def _site(replaced: dict[str, Callable[[], object]]) -> flask.Flask:
    app = flask.Flask("small_site", static_folder=None)
    links = '<a href="/alerts/A-1">一</a><a href="/alerts/A-2">二</a><a href="/pharmacies/P-1">店</a>'
    pages: dict[str, Callable[[], object]] = {
        "/": lambda: _page(head='<script src="/static/a.js"></script>'),
        "/find": _page,
        "/healthz": lambda: "ok",
        "/readyz": lambda: "ok",
        "/static/a.js": lambda: "let a = 1",
        "/api/v1/public/pharmacies/nearest": lambda: {"features": [{"id": "P-1"}]},
        "/api/v1/public/pharmacies": lambda: {"features": [{"id": "P-1"}]},
        "/api/v1/openapi.json": lambda: {"openapi": "3.1.0"},
        "/desk": _page,
        "/map": lambda: _page('<iframe src="/map/frame"></iframe>'),
        "/map/frame": lambda: "<html></html>",
        "/alerts": lambda: _page(links),
        "/alerts/A-1": _page,
        "/pharmacies/P-1": _page,
        "/risk": _page,
        "/rules": lambda: _page('<a href="/rules/R-M01">规则</a>'),
        "/rules/R-M01": _page,
        "/sources": _page,
        "/reports": _page,
        "/wrong": _page,
        "/seal": _page,
        "/opendata": _page,
        "/status": _page,
        "/status.json": lambda: {"state": "ok"},
        "/opendata/changes.json": lambda: {"changes": []},
        "/ogc/": _collection,
        "/ogc/collections/pharmacies/items": lambda: {"features": [{"id": "P-1"}]},
    } | replaced
    pages = dict.fromkeys(map_data(), _collection) | pages
    for path, view in pages.items():
        app.add_url_rule(path, path, view)

    @app.get("/login")
    def form() -> str:
        return _page(
            '<form><input type=hidden name=csrf_token value=T><input type=password name="pass"></form>'
        )

    @app.post("/login")
    def sign_in() -> flask.Response:
        given = flask.request.form
        fits = (given.get("csrf_token"), given.get("pass")) == ("T", "correct horse battery")
        return flask.redirect("/desk" if fits else "/login?failed=1")

    return app


@contextmanager
def _running(replaced: dict[str, Callable[[], object]]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, _site(replaced), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _faults(
    replaced: dict[str, Callable[[], object]], accounts: list[Account] = ACCOUNTS
) -> list[tuple[str, str]]:
    with _running(replaced) as base_url:
        return [(one.path.split("?")[0], one.fault) for one in walk(base_url, accounts) if one.fault]


def test_a_whole_site_passes_with_a_line_per_page(capsys: pytest.CaptureFixture[str]) -> None:
    with _running({}) as base_url:
        assert report(walk(base_url, ACCOUNTS)) == 0
    lines = capsys.readouterr().out.splitlines()
    for path in (
        "/",
        "/find",
        "/map",
        "/map/frame",
        "/static/a.js",
        "/alerts/A-1",
        "/pharmacies/P-1",
        "/rules/R-M01",
    ):
        assert sum(line.endswith(f" {path}") for line in lines) == 1, path
    assert not any("A-2" in line for line in lines)


def _refused() -> object:
    return "no", 500


@pytest.mark.parametrize(
    ("path", "view", "fault"),
    [
        ("/find", _refused, "500"),
        ("/rules/R-M01", _refused, "500"),
        ("/static/a.js", _refused, "没有取到"),
        ("/map/frame", _refused, "没有取到"),
        ("/map", lambda: "<html><title>空</title></html>", "不完整"),
        ("/sources", lambda: _page().replace("</html>", ""), "不完整"),
        ("/api/v1/public/pharmacies", lambda: {"features": []}, "没有药店"),
        ("/map/data/layer/outlets.json", _refused, "500"),
        ("/map/data/panel/overview.json", dict, "空的"),
        ("/readyz", lambda: ("waiting", 503), "503"),
        ("/alerts", _page, "没有指向预警"),
        ("/rules", _page, "没有指向规则"),
    ],
)
def test_a_broken_page_is_named(path: str, view: Callable[[], object], fault: str) -> None:
    faults = _faults({path: view})
    assert any(where == path and fault in what for where, what in faults), faults


def test_a_foreign_file_is_a_fault() -> None:
    foreign = "https://maps.example.org/a.js"
    assert (foreign, "页面向别的主机要东西") in _faults(
        {"/": lambda: _page(head=f'<script src="{foreign}"></script>')}
    )


def test_a_wrong_password_is_a_fault() -> None:
    assert _faults({}, [Account("psb.demo", "wrong", "psb")]) == [("/login (POST)", "psb.demo 没有登录成功")]


def test_no_account_is_a_fault() -> None:
    assert _faults({}, []) == [("/login", "没有演示账号可用")]


def test_a_server_that_does_not_answer_fails_the_report() -> None:
    with _running({}) as base_url:
        pass
    assert report(walk(base_url, [])) == 1


def test_no_visit_at_all_is_not_a_success() -> None:
    assert report(iter(())) == 1
    assert report(iter([Visit("公众", "/", 200, 1.0, 900)])) == 0


def test_the_accounts_are_those_of_the_demo_one_per_department_at_least() -> None:
    assert {one.department for one in demo_accounts()} == set(departments())


def test_a_server_that_does_not_start_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "nothing-here")]) == 1
    assert "服务没有启动" in capsys.readouterr().err


def test_a_page_tells_its_links_files_and_form() -> None:
    page = read_page(
        '<html><head><title>甲 &amp; 乙</title><link rel="stylesheet" href="/a.css"><link rel="canonical" href="/x">'
        '</head><body><a href="/b?x=1&amp;y=2">b</a><img src="/c.png"><input type="hidden" name="t" value="v">'
        '<input type="password" name="p"></body></html>'
    )
    assert (page.title, page.closed) == ("甲 & 乙", True)
    assert page.links == ["/b?x=1&y=2"]
    assert page.needs == ["/a.css", "/c.png"]
    assert (page.form.hidden, page.form.password_field) == ({"t": "v"}, "p")


def test_a_text_that_is_no_page_is_an_empty_page() -> None:
    assert read_page("Traceback (most recent call last)").title == ""
