"""Buyers' ties: who may look, that every look is recorded, and that no pseudonym leaves whole."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.webapp.conftest import SignIn
from webapp.context import WORKSPACE_KEY
from yaotong.store import audit
from yaotong.store.factbase import open_facts

WHY = "why=线索2026-001"


@pytest.mark.parametrize(("who", "status"), [("psb", 200), ("nhsa", 403), ("hc", 403), ("msa-danghu", 403)])
def test_only_the_few_may_look(signed: SignIn, who: str, status: int) -> None:
    client = signed(who)
    assert client.get("/buyers").status_code == status
    assert ('href="/buyers"' in client.get("/desk").get_data(as_text=True)) is (status == 200)


def test_a_look_needs_a_reason_and_leaves_a_row(signed: SignIn, own_app: Flask) -> None:
    client = signed("psb", own_app)
    store = own_app.config[WORKSPACE_KEY].store
    before = _last(store)
    assert "购药人 " not in client.get("/buyers").get_data(as_text=True)
    assert client.get("/buyers?why=abc").status_code == 400
    assert _last(store) == before
    text = client.get(f"/buyers?{WHY}").get_data(as_text=True)
    assert _last(store) == before + 1
    handle = re.search(r"/buyers/([0-9a-f]{16})\?", text)[1]
    one = client.get(f"/buyers/{handle}?{WHY}&lang=en")
    assert one.status_code == 200
    assert _last(store) == before + 2
    assert client.get(f"/buyers/{'0' * 16}?{WHY}").status_code == 404
    facts = open_facts(store)
    keys = set(facts.sales.buyer_key.topk(500).to_pandas()["buyer_key"].dropna())
    whole = text + one.get_data(as_text=True)
    assert keys
    assert not any(key.split(":")[-1] in whole for key in keys)


def _last(store: object) -> int:
    with store.read() as connection:  # type: ignore[attr-defined]
        return audit.last(connection).number
