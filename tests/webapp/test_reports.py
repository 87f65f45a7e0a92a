"""/reports: previews by department and language, files, the log, and figures that lead to their alerts."""

from __future__ import annotations

import ast
import hashlib
import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import DEPARTMENTS, SignIn, ids_of, token
from webapp import i18n, report_pages
from yaotong.departments import departments
from yaotong.reads import report_data, report_desk, report_map, reports
from yaotong.reports import data_kpis, front, kpis, periods
from yaotong.terms import TERMS

HAN = re.compile(r"[\u4e00-\u9fff]")
SOURCES = (report_data, report_desk, report_map, reports, data_kpis, kpis, periods)


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.get_data(as_text=True))


def take(client: FlaskClient, kind: str, fmt: str, day: str = "2026-06-30") -> object:
    form = {"day": day, "csrf_token": token(client, f"/reports?kind={kind}")}
    return client.post(f"/reports/{kind}.{fmt}", data=form)


@pytest.mark.parametrize("kind", ["daily", "weekly", "monthly"])
def test_every_department_reads_its_own_report(signed: SignIn, kind: str) -> None:
    for department in DEPARTMENTS:
        page = text(signed(department), f"/reports?kind={kind}")
        assert departments()[department].name_zh in page
        assert "接入率" in page
        assert "<svg" in page
        assert "style=" not in page


def test_citizens_read_none(citizen: FlaskClient) -> None:
    assert citizen.get("/reports").status_code == 302
    assert citizen.post("/reports/daily.csv").status_code in (302, 400)


def test_health_sees_no_shop_and_no_alert_one_by_one(signed: SignIn) -> None:
    page = text(signed("hc"), "/reports?kind=monthly")
    assert "本部门只见合计，不列逐条。" in page
    assert "少于 5" in page
    assert "演示康宁大药房" not in page
    shops = text(signed("msa"), "/reports?kind=daily")
    assert "演示康宁大药房" in shops


def test_a_file_is_what_the_log_says(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    answer = take(client, "daily", "csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="yaotong-daily-2026-06-30-msa.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "YT-BG-msa-2026-0001" in answer.data.decode("utf-8-sig")
    page = text(client, "/reports")
    assert hashlib.sha256(answer.data).hexdigest() in page
    assert "YT-BG-msa-2026-0001" in page
    assert "YT-BG-msa-2026-0001" not in text(signed("psb", own_app), "/reports")
    assert take(client, "daily", "odt").status_code == 400
    assert client.get("/reports/daily.csv").status_code == 302
    assert text(client, "/reports").count("YT-BG-msa-2026") == 1


def test_nothing_is_taken_without_its_button(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    assert client.post("/reports/daily.csv", data={"day": "2026-06-30"}).status_code == 400
    assert "还没有人取用过" in text(client, "/reports")


@pytest.mark.parametrize("query", ["kind=yearly", "kind=daily&day=2026-13-01", "kind=daily&day=2099-01-01"])
def test_what_cannot_be_asked_is_refused(signed: SignIn, query: str) -> None:
    assert signed("msa").get(f"/reports?{query}").status_code == 400


def test_a_figure_leads_to_its_alerts_and_to_nobody_elses(signed: SignIn) -> None:
    client = signed("msa")
    page = text(client, "/reports?kind=weekly&day=2026-07-01")
    links = re.findall(r'href="(/alerts\?[^"]*kpi=[^"]*)">(\S+) (\d+)</a>', page)
    assert links
    mine = set(ids_of(client))
    for link, _, count in links:
        listed = set(re.findall(r'href="/alerts/([0-9a-f]{12})"', text(client, link)))
        assert len(listed) == int(count)
        assert listed <= mine
    assert client.get("/alerts?state=&kpi=nothing&report=weekly&day=2026-07-01").status_code == 400
    assert client.get("/alerts?state=&kpi=closing&report=hourly").status_code == 400


def test_a_narrowed_list_stays_narrow_with_other_filters(signed: SignIn) -> None:
    client = signed("msa")
    page = text(client, "/alerts?state=&kpi=overdue&report=weekly&day=2026-07-01&side=base")
    assert 'id="behind"' in page
    chips = re.findall(r'class="chip[^"]*" href="(/alerts[^"]*)"', page)
    assert chips
    assert [one for one in chips if "kpi=overdue" not in one] == []
    assert 'id="behind"' not in text(client, "/alerts")


def test_every_text_of_a_report_has_its_english() -> None:
    known = set(i18n.catalogue()) | {one.zh for one in TERMS.values()}
    missing: dict[str, set[str]] = {}
    for module in SOURCES:
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        said = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
        }
        docs = {
            ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)
        }
        found = {one for one in said - docs if HAN.search(one) and "{" not in one and one not in known}
        missing[module.__name__] = found - PIECES
    assert {name: texts for name, texts in missing.items() if texts} == {}
    assert set(report_pages._SHORT.values()) <= known
    assert front.RULE


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
# Parts of sentences, and messages of errors.
PIECES = {"红", "橙", "黄", "蓝", "模型", "法定", "、"}


def test_an_english_page_is_english_but_for_names(signed: SignIn) -> None:
    page = text(signed("msa"), "/reports?kind=weekly&lang=en")
    for part in ("Closed rate", "Rules with low precision", "Silent pharmacies", "Export log", "no data"):
        assert part in page
    assert "无数据" not in page
