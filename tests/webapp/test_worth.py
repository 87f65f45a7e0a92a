"""What a rule proved to be worth, on the page of each of its alerts and on its own."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import MORNING, SignIn, ids_of
from webapp.context import WORKSPACE_KEY
from yaotong import acts
from yaotong.alerts.states import Act, Outcome, Said
from yaotong.viewer import Viewer

MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
RULE = "R-M20"


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(unescape(answer.get_data(as_text=True)).split())


def judge(app: Flask, alert_id: str, outcome: Outcome) -> None:
    moves = ((Act.ACCEPT, Said()), (Act.CHECK, Said()), (Act.DISPOSE, Said("已核", outcome)))
    for minutes, (act, said) in enumerate(moves, start=1):
        at = MORNING + timedelta(minutes=minutes)
        acts.move_alert(app.config[WORKSPACE_KEY], alert_id, act, actor=MSA, said=said, if_match=None, now=at)


def test_worth_is_unknown_until_checked_and_then_stands_with_its_parts(
    own_app: Flask, signed: SignIn
) -> None:
    client = signed("msa", own_app)
    ids = ids_of(client, f"&rule={RULE}")
    assert len(ids) > 2
    assert "属实率未知" in text(client, f"/alerts/{ids[0]}")
    outcomes = (Outcome.CONFIRMED, Outcome.FALSE_ALARM, Outcome.UNVERIFIABLE)
    for name, outcome in zip(ids, outcomes, strict=False):
        judge(own_app, name, outcome)
    for path in (f"/alerts/{ids[-1]}", f"/rules/{RULE}"):
        page = text(client, path)
        assert "<strong>50 %</strong>" in page, path
        # Wilson of 1 of 2: 9.5 % to 90.5 %.
        assert "1 / 2 · 95 % 区间 9–91 %" in page, path
        assert "样本少" in page, path
    assert "另有无法核实 1" in text(client, f"/alerts/{ids[-1]}").replace("</span>", "")
