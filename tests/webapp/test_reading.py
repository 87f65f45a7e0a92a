"""Large text and language travel in the addresses of citizens' pages; no cookie is set, whatever is asked."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

PAGES = ("/", "/find", "/find/medicines", "/find/offline", "/seal", "/wrong", "/opendata", "/status")
LINK = re.compile(r'<a [^>]*href="(/(?:find|seal|wrong|opendata)?(?:[/?][^"]*)?)"')


@pytest.fixture
def client(shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


@pytest.mark.parametrize("query", ["", "?lang=en&big=1", "?lang=zh&big=0"])
@pytest.mark.parametrize("path", [*PAGES, "/find/shop/none", "/no-such-page"])
def test_no_page_for_citizens_sets_a_cookie(client: FlaskClient, path: str, query: str) -> None:
    assert client.get(path + query).headers.getlist("Set-Cookie") == []


def test_the_departments_side_remembers_its_language(client: FlaskClient) -> None:
    cookies = client.get("/login?lang=en").headers.getlist("Set-Cookie")
    assert [one[:15] for one in cookies if one.startswith("yaotong-lang=")] == ["yaotong-lang=en"]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_to_another_page_keeps_what_was_asked_for(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}?lang=en&big=1").text
    links = [one.replace("&amp;", "&") for one in LINK.findall(page)]
    pages = [one for one in links if not one.startswith(("/opendata/", "/find/medicines#"))]
    assert len(pages) > 3
    asked = [parse_qs(urlsplit(one).query) for one in pages]
    assert [link for link, one in zip(pages, asked, strict=True) if one.get("lang") != ["en"]] == []
    assert {tuple(one.get("big", ())) for one in asked} <= {("1",), ("0",)}
    plain = [one.replace("&amp;", "&") for one in LINK.findall(client.get(path).text)]
    assert [one for one in plain if "big=1" in one and "?big=1" not in one] == []


def test_a_form_keeps_what_was_asked_for(client: FlaskClient) -> None:
    for path in ("/", "/find", "/wrong"):
        page = client.get(f"{path}?lang=en&big=1").text
        forms = re.findall(r'<form[^>]*method="get"[^>]*>.*?</form>', page, re.DOTALL)
        assert forms
        for form in forms:
            assert 'name="big" value="1"' in form
            assert 'name="lang" value="en"' in form


def test_only_what_is_known_is_carried(client: FlaskClient) -> None:
    page = client.get("/seal?lang=fr&big=%22%3E%3Cscript%3E").text
    assert 'href="/find"' in page
    assert "<script>" not in page
