"""Two languages: every text of a page has its English, and no page holds a text outside the catalogue."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn, ids_of
from webapp import (
    case_pages,
    case_papers,
    faults,
    find_pages,
    find_words,
    i18n,
    installing,
    risk_pages,
    risk_words,
    ways,
    words,
)
from yaotong.terms import TERMS

ROOT = Path(i18n.__file__).parent
# The map's texts belong to its layers, which speak Chinese only.
TEMPLATES = sorted(path for path in (ROOT / "templates").glob("*.html") if path.name != "map.html")
HAN = re.compile(r"[\u4e00-\u9fff]")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)


def _spoken(path: Path) -> set[str]:
    """Chinese texts inside a template's expressions."""
    texts = re.findall(r'"([^"]*)"|\'([^\']*)\'', " ".join(_CODE.findall(path.read_text("utf-8"))))
    return {one or other for one, other in texts if HAN.search(one + other)} - {"中文"}


def _said(module: object) -> set[str]:
    """Chinese texts that a module hands to say(), saying() or translate()."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "saying", "translate")
    ]
    return {node.args[0].value for node in calls if isinstance(node.args[0], ast.Constant)}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_page_has_its_english(path: Path) -> None:
    assert _spoken(path) - set(i18n.catalogue()) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_page_holds_a_text_outside_the_catalogue(path: Path) -> None:
    assert HAN.findall(_CODE.sub("", path.read_text("utf-8"))) == []


def test_texts_of_the_code_have_their_english() -> None:
    texts = (
        _said(words)
        | _said(find_words)
        | _said(installing)
        | _said(risk_pages)
        | _said(risk_words)
        | _said(case_pages)
        | _said(case_papers)
        | set(risk_words._MEASURES.values())
        | set(faults._TITLES.values())
        | set(find_words._DAYS.values())
        | {name for name, _, _ in ways._APPS}
        | {"{n} 分钟后打烊", "{n} 分钟后开门"}
    )
    assert len(texts) > 15
    assert texts - set(i18n.catalogue()) == set()


def test_english_is_english() -> None:
    strange = {one: text for one, text in i18n.catalogue().items() if HAN.search(text)}
    assert strange == {}
    assert all(not HAN.search(one.en) for one in TERMS.values())


def test_services_of_the_finder_are_terms() -> None:
    assert all(f"service.{one}" in TERMS for one in (*find_pages.SERVICES, *find_pages.STATION))
    assert all(f"category.{one}" in TERMS for one in find_pages.DRUGS)


@pytest.mark.parametrize(
    ("query", "cookie", "header", "lang"),
    [
        ("", None, "", "zh-CN"),
        ("", None, "en-GB,en;q=0.9", "en"),
        ("", None, "fr", "zh-CN"),
        ("", "en", "zh-CN", "en"),
        ("?lang=zh", "en", "en", "zh-CN"),
        ("?lang=en", None, "zh-CN", "en"),
        ("?lang=xx", None, "zh-CN", "zh-CN"),
    ],
)
def test_which_language_is_spoken(
    shared_app: object, query: str, cookie: str | None, header: str, lang: str
) -> None:
    client: FlaskClient = shared_app.test_client()  # type: ignore[attr-defined]
    if cookie:
        client.set_cookie(i18n.COOKIE, cookie)
    answer = client.get(f"/login{query}", headers={"Accept-Language": header})
    assert f'<html lang="{lang}">' in answer.get_data(as_text=True)


def test_the_chosen_language_stays(shared_app: object) -> None:
    client: FlaskClient = shared_app.test_client()  # type: ignore[attr-defined]
    assert "Department sign-in" in client.get("/login?lang=en").get_data(as_text=True)
    assert "Find a pharmacy" in client.get("/find").get_data(as_text=True)


def test_problems_speak_the_language_asked_for(citizen: FlaskClient) -> None:
    answer = citizen.get("/api/v1/nothing-here", headers={"Accept-Language": "en"})
    assert answer.get_json()["title"] == "Not found"


def test_office_pages_in_english(signed: SignIn) -> None:
    client = signed("psb")
    for path in ("/desk", "/alerts", f"/alerts/{ids_of(client)[0]}", "/rules", "/sources"):
        text = client.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert "Public Security Bureau" in text
        assert "预警" not in re.sub(r"<td>.*?</td>", "", text)
