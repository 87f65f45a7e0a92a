"""Joint cases on the screen: each department its own part, and the form for the phone with and without a script."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cases.samples import CSV, PDF, SECRET, jpeg
from tests.webapp.conftest import MORNING, SignIn, token
from webapp.context import WORKSPACE_KEY
from yaotong.acts.accounts import add_user
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.reads.alerts import Names
from yaotong.store import alerts, joint
from yaotong.workspace import Workspace

Json = dict[str, str]
DAY = f"{MORNING:%Y-%m-%d}"
MOMENT = f"{MORNING:%Y-%m-%dT%H:%M}"
FAULT = 'class="flash bad"'


def ws_of(app: Flask) -> Workspace:
    return app.config[WORKSPACE_KEY]  # type: ignore[no-any-return]


def chosen(app: Flask) -> list[str]:
    with ws_of(app).store.read() as connection:
        rows = sorted(alerts.listing(connection), key=lambda one: one["alert_id"])
    fitting = (one for one in rows if one["lead"] == "msa" and one["subject_kind"] == "pharmacy")
    return [one["alert_id"] for one in fitting][:2]


def shop_of(app: Flask, number: str) -> tuple[str, str]:
    """Licence number and name of the case's first shop."""
    with ws_of(app).store.read() as connection:
        row, names = joint.get(connection, number), Names.read(connection)
    assert row is not None
    license_no = re.findall(r'"([^"]+)"', row.pharmacy_ids.encode().decode("unicode_escape"))[0]
    return license_no, names.shops[license_no]


def post(client: FlaskClient, path: str, **fields: Any) -> str:
    """Post a form as a browser does; the page one is led to."""
    form = {"csrf_token": token(client, "/desk"), **fields}
    answer = client.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def press(client: FlaskClient, number: str, act: str, **fields: Any) -> str:
    page = client.get(f"/cases/{number}").get_data(as_text=True)
    seen = re.search(r'name="revision" value="(\d+)"', page)
    assert seen is not None
    return post(client, f"/cases/{number}/{act}", revision=seen[1], **fields)


def propose(app: Flask, signed: SignIn, *others: str) -> str:
    form = {"alert": chosen(app), "department": list(others or ("psb",)), "text": "同一家店多条预警"}
    page = post(signed("msa", app), "/cases", **form)
    found = re.search(r"YT-330482-2026-\d{4}", page)
    assert found is not None
    return found[0]


@pytest.fixture
def agreed(own_app: Flask, signed: SignIn) -> str:
    """A case of market supervision, the police and health, agreed by all."""
    number = propose(own_app, signed, "psb", "hc")
    for who in ("psb", "hc"):
        assert FAULT not in press(signed(who, own_app), number, "agree")
    return number


def fill(app: Flask, number: str, **fields: Any) -> dict[str, Any]:
    """The fields of a form filled at the shop."""
    given: dict[str, Any] = {
        "shop": shop_of(app, number)[0], "visited_at": MOMENT, "text": "台账缺页", "key": "k1",
        "drug": ["氨麻美敏片", ""], "counted": ["3", ""], "booked": ["12", ""],
        "lon": "121.02", "lat": "30.7", "accuracy_m": "12",
    }  # fmt: skip
    return {**given, **fields}


def send(client: FlaskClient, number: str, fields: dict[str, Any], **headers: str) -> Any:
    """Send a form as the script does."""
    form = {"csrf_token": token(client, "/desk"), **fields}
    return client.post(f"/cases/{number}/visit", data=form, headers={"Accept": "application/json", **headers})


def test_from_the_choice_to_the_end_by_buttons(own_app: Flask, signed: SignIn, agreed: str) -> None:
    msa, psb, hc = (signed(one, own_app) for one in ("msa", "psb", "hc"))
    post(msa, f"/cases/{agreed}/visit", **fill(own_app, agreed), photos=(io.BytesIO(jpeg()), "现场.jpg"))
    page = press(msa, agreed, "order", text="补正台账", due=DAY)
    assert "整改完成后才能转入处理" in page
    task = re.search(rf"/cases/{agreed}/tasks/(\d+)", page)
    assert task is not None
    post(msa, f"/cases/{agreed}/tasks/{task[1]}", text="已补正")
    press(msa, agreed, "conclude", text="整改到位")
    press(msa, agreed, "enter", outcome="fine", text="罚款 3 万元")
    assert "尚缺：卫健、公安" in press(hc, agreed, "note", text="x") + msa.get(f"/cases/{agreed}").get_data(
        as_text=True
    )
    press(psb, agreed, "enter", outcome="not_filed", text="不够立案标准")
    press(hc, agreed, "enter", outcome="prescription_review", text="已点评")
    page = press(msa, agreed, "close", text="各方处理完毕")
    assert FAULT not in page
    for word in ("已结案", "罚款", "不予立案", "处方点评", "补正台账", "已补正", "台账缺页"):
        assert word in page, word


def test_a_refused_proposal_keeps_what_was_filled_in(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    form = {"csrf_token": token(client, "/desk"), "alert": chosen(own_app), "text": "理由<b>"}
    answer = client.post("/cases", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "2 个以上的部门" in page
    assert "理由&lt;b&gt;</textarea>" in page
    assert page.count(" checked") == 2


def test_a_shop_that_is_inspected_already_is_warned_of(own_app: Flask, signed: SignIn) -> None:
    number = propose(own_app, signed)
    first, _ = chosen(own_app)
    msa = signed("msa", own_app)
    page = msa.get(f"/cases/new?alert={first}").get_data(as_text=True)
    assert "避免重复上门" in page
    assert f'href="/cases/{number}"' in page
    assert f'href="/cases/{number}"' in msa.get(f"/alerts/{first}").get_data(as_text=True)
    # Its own case is no news on a case's page.
    assert "避免重复上门" not in msa.get(f"/cases/{number}").get_data(as_text=True)


def test_who_has_no_part_finds_no_case_no_form_and_no_file(own_app: Flask, signed: SignIn) -> None:
    number = propose(own_app, signed, "psb")
    press(signed("psb", own_app), number, "agree")
    post(signed("msa", own_app), f"/cases/{number}/papers", files=(io.BytesIO(PDF), "a.pdf"))
    for who in ("nhsa", "hc"):
        client = signed(who, own_app)
        assert number not in client.get("/cases").get_data(as_text=True)
        for path in ("", "/visit", "/papers/1", "/letters/1.docx"):
            assert client.get(f"/cases/{number}{path}").status_code == 404, (who, path)


def test_health_reads_no_shop_and_nothing_of_what_others_wrote(
    own_app: Flask, signed: SignIn, agreed: str
) -> None:
    license_no, name = shop_of(own_app, agreed)
    msa, hc = signed("msa", own_app), signed("hc", own_app)
    post(msa, f"/cases/{agreed}/visit", **fill(own_app, agreed), photos=(io.BytesIO(jpeg()), "现场.jpg"))
    post(msa, f"/cases/{agreed}/letters", text="涉嫌倒卖")
    press(msa, agreed, "task", text=f"核对{name}处方", due=DAY, department="hc")
    press(msa, agreed, "task", text="抽检甲药", due=DAY, department="msa")
    pages = [
        hc.get(path).get_data(as_text=True)
        for path in (f"/cases/{agreed}", "/cases", f"/cases/{agreed}/visit")
    ]
    for page in pages:
        assert license_no not in page
        for word in ("台账缺页", "现场.jpg", "涉嫌倒卖", "药监移", "抽检甲药", "同一家店多条预警", "121.02"):
            assert word not in page, word
    # But what it was asked to do, it reads.
    assert f"核对{name}处方" in pages[0]
    assert pages[0].count(name) == 1
    for path in ("papers/1", "letters/1.docx", "letters/1.pdf"):
        assert hc.get(f"/cases/{agreed}/{path}").status_code == 404
    assert signed("psb", own_app).get(f"/cases/{agreed}/papers/1").status_code == 200


def test_a_form_sent_by_script_is_answered_and_counts_once(
    own_app: Flask, signed: SignIn, agreed: str
) -> None:
    client, fields = signed("psb", own_app), fill(own_app, agreed)
    first = send(client, agreed, fields, **{"Idempotency-Key": "phone-1"})
    again = send(client, agreed, fields, **{"Idempotency-Key": "phone-1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json() == again.get_json() == {"visit_id": 1}
    other = send(client, agreed, {**fields, "text": "别的"}, **{"Idempotency-Key": "phone-1"})
    assert other.status_code == 400
    assert other.content_type.startswith("application/problem+json")
    assert "另一份" in other.get_json()["detail"]
    assert client.get(f"/cases/{agreed}").get_data(as_text=True).count('<article class="visit">') == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"shop": "nobody"},
        {"visited_at": "yesterday"},
        {"visited_at": f"{MORNING + timedelta(hours=1):%Y-%m-%dT%H:%M}"},
        {"counted": ["三", ""]},
        {"counted": ["-1", ""]},
        {"counted": ["", ""]},
        {"counted": ["3"]},
        {"drug": ["", ""]},
        {"booked": ["1.5", ""]},
        {"lon": "", "lat": "30"},
        {"lon": "181"},
        {"lat": "nan"},
        {"key": ""},
    ],
)
def test_a_form_that_is_wrong_is_refused_in_words(
    own_app: Flask, signed: SignIn, agreed: str, fields: dict[str, Any]
) -> None:
    answer = send(signed("msa", own_app), agreed, fill(own_app, agreed, **fields))
    assert answer.status_code == 400
    assert answer.get_json()["detail"]


def test_without_a_script_the_form_leads_to_the_case_or_back(
    own_app: Flask, signed: SignIn, agreed: str
) -> None:
    client = signed("msa", own_app)
    assert FAULT in post(client, f"/cases/{agreed}/visit", **fill(own_app, agreed, visited_at="x"))
    page = post(client, f"/cases/{agreed}/visit", **fill(own_app, agreed))
    assert 'class="flash good"' in page
    assert "121.02000, 30.70000 ±12 m" in page


def test_the_form_has_a_code_and_no_inline_script(own_app: Flask, signed: SignIn, agreed: str) -> None:
    answer = signed("msa", own_app).get(f"/cases/{agreed}/visit")
    page = answer.get_data(as_text=True)
    assert 'src="data:image/svg+xml' in page
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data:" in answer.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    assert scripts == [""]
    assert not re.search(r"\son[a-z]+=|\sstyle=", page)


def test_evidence_is_given_out_as_what_it_is_and_never_as_a_page(
    own_app: Flask, signed: SignIn, agreed: str
) -> None:
    client = signed("msa", own_app)
    post(
        client,
        f"/cases/{agreed}/papers",
        files=[(io.BytesIO(CSV), "台账.html"), (io.BytesIO(jpeg()), "a.svg")],
    )
    table, photo = (client.get(f"/cases/{agreed}/papers/{one}") for one in (1, 2))
    assert (table.data, table.mimetype) == (CSV, "text/csv")
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert photo.mimetype == "image/jpeg"
    assert SECRET not in photo.data
    assert {one.headers["X-Content-Type-Options"] for one in (table, photo)} == {"nosniff"}
    assert client.get(f"/cases/{agreed}/papers/3").status_code == 404
    assert FAULT in post(client, f"/cases/{agreed}/papers", files=(io.BytesIO(b"<svg>,</svg>"), "a.png"))
    assert FAULT in post(client, f"/cases/{agreed}/papers")


def test_a_letter_its_file_and_its_receipt(
    own_app: Flask, signed: SignIn, agreed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed("msa", own_app)
    assert "等待回执" in post(client, f"/cases/{agreed}/letters", text="涉嫌倒卖")
    file = client.get(f"/cases/{agreed}/letters/1.docx")
    assert file.data.startswith(b"PK")
    assert "attachment" in file.headers["Content-Disposition"]
    assert client.get(f"/cases/{agreed}/letters/1.exe").status_code == 404
    assert client.get(f"/cases/{agreed}/letters/2.docx").status_code == 404
    # Wednesday morning: five working days end on the next Wednesday.
    for at, late in ((MORNING + timedelta(days=7), False), (MORNING + timedelta(days=7, minutes=1), True)):
        monkeypatch.setattr("yaotong.clock.now", lambda at=at: at)
        client = signed("msa", own_app)
        assert ("回执逾期" in client.get(f"/cases/{agreed}").get_data(as_text=True)) is late
        assert ("回执逾期" in client.get("/cases").get_data(as_text=True)) is late
    form = {"no": "平公受〔2026〕7号", "giver": "王警官", "on": DAY}
    assert FAULT in post(client, f"/cases/{agreed}/letters/1/receipt", **{**form, "on": ""})
    page = post(client, f"/cases/{agreed}/letters/1/receipt", **form)
    assert "平公受〔2026〕7号" in page
    assert "回执逾期" not in page


def test_tasks_are_overdue_the_day_after(
    own_app: Flask, signed: SignIn, agreed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(signed("msa", own_app), agreed, "task", text="抽检", due=DAY, department="psb")
    for at, late in ((MORNING.replace(hour=23), False), (MORNING + timedelta(days=1), True)):
        monkeypatch.setattr("yaotong.clock.now", lambda at=at: at)
        client = signed("psb", own_app)
        assert ('class="low">逾期任务 1' in client.get("/cases").get_data(as_text=True)) is late
        assert "有任务未完成" in client.get("/cases").get_data(as_text=True)


def test_who_declines_is_led_to_the_list(own_app: Flask, signed: SignIn) -> None:
    number = propose(own_app, signed, "psb")
    client = signed("psb", own_app)
    assert "请答复是否参加" in client.get("/cases").get_data(as_text=True)
    page = press(client, number, "decline", text="不属管辖")
    assert number not in page
    assert client.get(f"/cases/{number}").status_code == 404


@pytest.mark.parametrize("act", ["fly", "propose", "paper", "letter", "receipt", "finish"])
def test_acts_that_are_none_or_have_ways_of_their_own(
    own_app: Flask, signed: SignIn, agreed: str, act: str
) -> None:
    assert FAULT in press(signed("msa", own_app), agreed, act, text="x")


def test_two_people_on_one_case(own_app: Flask, signed: SignIn, agreed: str) -> None:
    client = signed("msa", own_app)
    assert "刚刚被别人更新过" in post(client, f"/cases/{agreed}/note", revision="1", text="晚了一步")


@pytest.mark.parametrize(
    "path", ["/cases", "/cases/{}/note", "/cases/{}/visit", "/cases/{}/papers", "/cases/{}/letters"]
)
def test_nothing_is_changed_without_the_token(own_app: Flask, signed: SignIn, agreed: str, path: str) -> None:
    answer = signed("msa", own_app).post(path.format(agreed), data={"text": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/cases", "/cases/new", "/cases/x", "/cases/x/visit", "/cases/x/papers/1"])
def test_strangers_are_led_to_the_form(citizen: FlaskClient, path: str) -> None:
    answer = citizen.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_an_officer_is_not_offered_what_leaders_do(own_app: Flask, signed: SignIn, agreed: str) -> None:
    add_user(
        ws_of(own_app), username="officer", display_name="科员", password=DEMO_PASSWORD, department="msa",
        area_code="330482", role="officer", now=datetime(2026, 7, 1),
    )  # fmt: skip
    page = signed("officer", own_app).get(f"/cases/{agreed}").get_data(as_text=True)
    assert f'action="/cases/{agreed}/note"' in page
    for act in ("withdraw", "letters"):
        assert f'action="/cases/{agreed}/{act}"' not in page
        assert f'action="/cases/{agreed}/{act}"' in signed("msa", own_app).get(f"/cases/{agreed}").get_data(
            as_text=True
        )


def test_pages_in_english(own_app: Flask, signed: SignIn, agreed: str) -> None:
    client = signed("psb", own_app)
    for path in ("/cases", "/cases/new", f"/cases/{agreed}", f"/cases/{agreed}/visit"):
        text = client.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert "Joint cases" in text
        assert "联合办案" not in text


def test_insurance_enters_what_it_recovered_in_yuan(own_app: Flask, signed: SignIn) -> None:
    case = propose(own_app, signed, "nhsa")
    msa, nhsa = (signed(one, own_app) for one in ("msa", "nhsa"))
    press(nhsa, case, "agree")
    post(msa, f"/cases/{case}/visit", **fill(own_app, case), photos=(io.BytesIO(jpeg()), "现场.jpg"))
    press(msa, case, "conclude", text="查清")
    assert 'name="yuan"' in nhsa.get(f"/cases/{case}").get_data(as_text=True)
    assert 'name="yuan"' not in msa.get(f"/cases/{case}").get_data(as_text=True)
    for bad in ("", "一百", "-3"):
        assert "金额" in press(nhsa, case, "enter", outcome="recover", text="追回", yuan=bad)
    assert "1,234.50 元" in press(nhsa, case, "enter", outcome="recover", text="追回", yuan="1,234.5")
