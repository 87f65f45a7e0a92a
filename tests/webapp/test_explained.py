"""An alert's page says how it comes about, as far as the department sees; other pages say why there is none."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from tests.webapp.conftest import DEPARTMENTS, MORNING, SignIn, ids_of, token
from yaotong.reads.alerts import inbox
from yaotong.reads.rulebook import rules
from yaotong.rules.book import book
from yaotong.store import alerts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def an_alert(workspace: Workspace, rule_id: str) -> dict[str, object]:
    with workspace.store.read() as connection:
        return alerts.listing(connection, rule_id=rule_id)[0]


def section(text: str) -> str:
    """The part of an alert's page that explains it."""
    found = re.search(r'<section class="card explain".*?</section>', text, re.S)
    assert found is not None
    return found[0]


def test_the_page_shows_definition_values_law_and_the_sum(signed: SignIn, small: Workspace) -> None:
    told = section(
        signed("psb").get(f"/alerts/{an_alert(small, 'R-P01')['alert_id']}").get_data(as_text=True)
    )
    for words in (
        "定义",
        "滚动累计",
        "参数（规则第 1 版）",
        "24 小时累计盒数",
        "法律依据",
        "行为日有效",
        "合计 ",
        "界限 4（盒）",
        "尚未重算",
    ):
        assert words in told
    amounts = [int(one) for one in re.findall(r"<td[^>]*>\+(\d+)</td>", told.split("</details>")[0])]
    assert f"合计 {sum(amounts)}；" in told


def test_done_again_it_comes_to_the_same(signed: SignIn, small: Workspace) -> None:
    for who, rule_id in (("psb", "R-P01"), ("hc", "R-H01"), ("msa", "R-M20")):
        told = section(
            signed(who).get(f"/alerts/{an_alert(small, rule_id)['alert_id']}?again=1").get_data(as_text=True)
        )
        assert "重算：结果一致。" in told
        assert "都一致" in told
        assert "重算不同" not in told


def test_in_english(signed: SignIn, small: Workspace) -> None:
    path = f"/alerts/{an_alert(small, 'R-P01')['alert_id']}?again=1&lang=en"
    told = section(signed("psb").get(path).get_data(as_text=True))
    assert "Done again: the same." in told
    assert "How it comes about" in told


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_no_department_is_shown_a_line_it_may_not_see(signed: SignIn, small: Workspace, who: str) -> None:
    """Health sees counts only; insurance as assist sees only lines that were settled."""
    client = signed(who)
    for alert_id in ids_of(client)[:6]:
        told = section(client.get(f"/alerts/{alert_id}").get_data(as_text=True))
        assert not re.search(r"[0-9a-z]+:[0-9a-f]{32}", told), "no pseudonym in full"
        if who == "hc":
            assert "演示" not in told, "no pharmacy by name"
            assert "计入（" not in told


def test_each_rule_has_its_record_and_unknown_is_no_zero(own_app: Flask, signed: SignIn) -> None:
    from webapp.context import WORKSPACE_KEY

    workspace: Workspace = own_app.config[WORKSPACE_KEY]
    msa = Viewer("msa", "甲", "msa", "330482", "leader")
    mine = [one for one in inbox(workspace, msa, now=MORNING, limit=500).rows if one.rule_id == "R-M20"]
    with workspace.store.write() as connection:
        for number, one in enumerate(mine[:3]):
            outcome = "confirmed" if number else "false_alarm"
            state = "closed" if number != 1 else "disposed"
            alerts.change(
                connection, one.alert_id, one.revision, {"outcome": outcome, "state": state}, at=MORNING
            )
    row = next(one for one in rules(workspace) if one.rule.rule_id == "R-M20")
    assert (row.alerts, row.closed, row.open) == (len(mine), 2, len(mine) - 2)
    assert (row.confirmed, row.false_alarms, row.judged) == (2, 1, 3)
    assert row.rate == pytest.approx(2 / 3)
    client = signed("msa", own_app)
    assert "67 %" in client.get("/rules/R-M20").get_data(as_text=True)
    listed = client.get("/rules").get_data(as_text=True)
    assert "67 %" in listed
    assert listed.count("未知") >= len(book()) - 1
    assert " 0 %" not in listed
    assert "属实率未知" in client.get("/rules/R-M01").get_data(as_text=True)


def test_rules_that_wait_stand_below_the_book(signed: SignIn) -> None:
    text = signed("hc").get("/rules").get_data(as_text=True)
    below = text.split('id="waiting"')[1]
    assert "R-M25" in below
    assert "冷柜温湿度记录" in below
    assert all(rule_id not in below for rule_id in book())


def test_why_not_tells_measure_and_limit(signed: SignIn, small: Workspace) -> None:
    shop = an_alert(small, "R-M30")["subject"]
    text = signed("msa").get(f"/why-not?rule=R-M01&subject={shop}").get_data(as_text=True)
    assert "最接近的是" in text
    assert re.search(r"[12] 盒，界限 2 盒（(50|100) %），没有越过", text)


def test_why_not_of_what_did_fire_says_so(signed: SignIn, small: Workspace) -> None:
    row = an_alert(small, "R-P01")
    text = (
        signed("psb")
        .get(f"/why-not?rule=R-P01&subject={row['alert_id']}&on={row['first_day']}")
        .get_data(as_text=True)
    )
    assert "成立：" in text
    assert str(row["subject"]) not in text
    assert "购药人 " in text


@pytest.mark.parametrize(
    ("who", "asked", "said"),
    [
        ("hc", "rule=R-M01&subject=x", "不是本部门可问的规则"),
        ("nhsa", "rule=R-P01&subject=x", "不是本部门可问的规则"),
        ("msa", "rule=R-M01&subject=无此店", "没有药店"),
        ("msa", "rule=R-Z99&subject=x", "没有规则"),
        ("msa", "rule=R-M01&subject=x&on=someday", "应写作 2026-03-31"),
        ("msa", "rule=R-P01&subject=k:1", "不是本部门可问的规则"),
        ("hc", "rule=R-H01&subject=330481001", "没有镇街"),
        ("psb", "rule=R-P01&subject=abcdefabcdef", "没有预警"),
    ],
)
def test_what_may_not_be_asked(signed: SignIn, who: str, asked: str, said: str) -> None:
    answer = signed(who).get(f"/why-not?{asked}")
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True)


def test_forms_lead_there(signed: SignIn, small: Workspace) -> None:
    client = signed("msa")
    shop = an_alert(small, "R-M30")["subject"]
    assert 'action="/why-not"' in client.get(f"/pharmacies/{shop}").get_data(as_text=True)
    assert 'action="/why-not"' in client.get("/rules/R-M01").get_data(as_text=True)
    assert 'action="/why-not"' not in signed("hc").get("/rules/R-M01").get_data(as_text=True)
    assert client.get("/why-not").status_code == 200


def test_an_exemption_is_made_seen_and_ended_on_the_page(own_app: Flask, signed: SignIn) -> None:
    from webapp.context import WORKSPACE_KEY

    row = an_alert(own_app.config[WORKSPACE_KEY], "R-P01")
    client = signed("psb", own_app)
    form = {
        "csrf_token": token(client, "/exemptions"),
        "rule": "R-P01",
        "subject": row["alert_id"],
        "reason": "chronic_patient",
        "text": "鼻炎，县医院证明",
        "from": str(row["first_day"]),
        "until": str(MORNING.date() + timedelta(days=60)),
    }
    text = client.post("/exemptions", data=form, follow_redirects=True).get_data(as_text=True)
    assert "已作出豁免" in text
    assert "鼻炎，县医院证明" in text
    assert "还剩 60 天" in text
    page = client.get(f"/alerts/{row['alert_id']}").get_data(as_text=True)
    assert "行为日在豁免期内，发现已留存" in page
    assert "数据更正后，条件已不再成立" not in page
    assert "慢性病患者" in client.get("/rules/R-P01").get_data(as_text=True)
    assert "鼻炎" not in signed("msa", own_app).get("/exemptions").get_data(as_text=True)
    ended = {"csrf_token": form["csrf_token"], "from": str(row["first_day"])}
    text = client.post("/exemptions/1/end", data=ended, follow_redirects=True).get_data(as_text=True)
    assert "已终止，其后的发现重新作数" in text
    assert '<span class="tag">已终止</span>' in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2030-01-01"}, "最长一年"),
        ({"text": " "}, "请写明豁免的依据"),
        ({"reason": "luck"}, "没有豁免的理由"),
        ({"from": ""}, "请写明起止的日子"),
        ({"rule": "R-M01", "reason": "other"}, "由主办部门市场监督管理局（药监）作出"),
    ],
)
def test_what_is_wrong_with_an_exemption_is_said(
    own_app: Flask, signed: SignIn, change: dict[str, str], said: str
) -> None:
    client = signed("psb", own_app)
    form = {
        "csrf_token": token(client, "/exemptions"),
        "rule": "R-P01",
        "subject": "k1:0123",
        "reason": "other",
        "text": "依据",
        "from": "2026-07-01",
        "until": "2026-08-01",
    }
    text = client.post("/exemptions", data={**form, **change}, follow_redirects=True).get_data(as_text=True)
    assert said in text
    assert "没有作出过豁免" in text
