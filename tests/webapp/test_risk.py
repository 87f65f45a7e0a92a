"""Pages of the risk score: what is on them, for whom, the form, the table, and the page for the shop."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.webapp.conftest import DEPARTMENTS, MORNING, SignIn, ids_of, token
from webapp import risk_words
from webapp.context import WORKSPACE_KEY
from yaotong.reads.risk import read_scores
from yaotong.reads.risk_explain import EvidenceRow, Part
from yaotong.store.schema import pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MSA = Viewer("msa", "msa", "msa", "330482", "leader")
FORM = {"grade": "C", "score": "", "reason": "on_site", "text": "现场检查：处方药开架", "until": "2026-09-30"}


def shops(workspace: Workspace) -> list[dict[str, Any]]:
    """Rows of the list, highest first."""
    return [dict(row) for row in read_scores(workspace, MSA, today=MORNING.date()).shops.to_dict("records")]


@pytest.fixture
def top(small: Workspace) -> str:
    """The shop of the highest score."""
    return str(shops(small)[0]["license_no"])


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def post(client: FlaskClient, shop: str, **changed: str) -> Any:
    path = f"/pharmacies/{shop}/risk"
    return client.post(
        path, data={**FORM, **changed, "csrf_token": token(client, path)}, follow_redirects=True
    )


def test_strangers_see_nothing(citizen: FlaskClient, top: str) -> None:
    for path in ("/risk", "/risk.csv", f"/pharmacies/{top}/risk", f"/pharmacies/{top}/risk/slip"):
        answer = citizen.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("who", [*DEPARTMENTS, "msa-danghu"])
def test_every_department_has_the_list_and_its_table(signed: SignIn, small: Workspace, who: str) -> None:
    client = signed(who)
    page = text_of(client, "/risk")
    assert "数据截至 2026-06-30" in page
    rows = list(csv.reader(io.StringIO(text_of(client, "/risk.csv").lstrip("\ufeff"))))
    assert rows[0][:5] == ["许可证号", "药店", "镇街", "风险分", "等级"]
    town = "330482001" if who == "msa-danghu" else "330482"
    seen = [
        one
        for one in shops(small)
        if any(str(one[name]).startswith(town) for name in ("area_code", "town_code"))
    ]
    assert [row[0] for row in rows[1:]] == [one["license_no"] for one in seen]
    assert 5 < len(seen) <= len(shops(small))


def test_the_page_shows_every_component_weight_and_row(signed: SignIn, small: Workspace, top: str) -> None:
    page = text_of(signed("msa"), f"/pharmacies/{top}/risk")
    row = shops(small)[0]
    assert f"{row['score']:.2f}" in page
    for name in ("base", "alerts", "breaches", "special", "quality", "credit"):
        assert f"{row[name]:.2f}" in page
    for word in (
        "基础分",
        "预警",
        "违规记录",
        "特药占比",
        "数据质量",
        "药师不在岗",
        "信用（减分）",
        "公式版本 1",
        "检查频次",
    ):
        assert word in page
    assert re.search(r"\d+ × e\^\(−\d+/90\)", page)
    assert "还没有药店上报药师在岗" in page
    assert 'class="bar unknown"' in page
    assert "style=" not in page


def test_the_sums_on_the_page_come_to_the_score(signed: SignIn, small: Workspace) -> None:
    """Added up from the HTML alone, as a reader would."""
    client = signed("msa")
    for row in shops(small)[:15]:
        page = text_of(client, f"/pharmacies/{row['license_no']}/risk")
        evidence = page[page.index("依据与算式") : page.index('id="history"')]
        parts = re.split(r"<h3>", evidence)[1:]
        assert len(parts) == 7
        whole = 0
        for part in parts:
            head = re.search(r'class="quiet">([\d.]+|—)<', part)
            assert head is not None
            added = sum(round(float(one) * 100) for one in re.findall(r"<b>([\d.]+)</b>", part))
            if head[1] != "—":
                told = round(float(head[1]) * 100)
                assert added == told or "最多" in part or "信用" in part
                whole += -told if "信用" in part else told
        assert whole == round(row["least"] * 100)


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_links_lead_to_ones_own_alerts_only(signed: SignIn, small: Workspace, who: str) -> None:
    client = signed(who)
    own = set(ids_of(client, "&state="))
    linked = {
        one
        for row in shops(small)[:12]
        for one in re.findall(
            r'/alerts/([0-9a-f]{12})"', text_of(client, f"/pharmacies/{row['license_no']}/risk")
        )
    }
    assert linked <= own
    assert linked or who != "msa"


def test_the_list_filters_and_hatches_what_lacks_data(signed: SignIn, small: Workspace) -> None:
    client, rows = signed("msa"), shops(small)
    lacking = [one for one in rows if one["insufficient"]]
    assert lacking
    page = text_of(client, "/risk?grade=insufficient")
    assert page.count('class="bar unknown"') == len(lacking)
    assert all(one["license_no"] in page for one in lacking)
    assert 'class="grade A"' not in page
    b = [one["license_no"] for one in rows if one["grade"] == "B"]
    table = list(csv.DictReader(io.StringIO(text_of(client, "/risk.csv?grade=B").lstrip("\ufeff"))))
    assert [one["许可证号"] for one in table] == b
    town = text_of(client, "/risk?town=330482001")
    inside = {one["license_no"] for one in rows if one["area_code"] == "330482001"}
    assert {one["license_no"] for one in rows if one["license_no"] in town} == inside
    assert client.get("/risk?grade=E").status_code == 400


def test_small_towns_are_not_ranked(signed: SignIn, small: Workspace) -> None:
    areas = read_scores(small, MSA, today=MORNING.date()).areas
    page = text_of(signed("msa"), "/risk")
    assert page.count("不排名</span>") == int(areas["rank"].isna().sum()) > 0


def test_the_score_of_a_town_is_reckoned_on_the_page(signed: SignIn, small: Workspace) -> None:
    page = text_of(signed("msa"), "/risk")
    found = re.findall(
        r">([\d.]+)<br><span[^>]*>\(([\d.]+) \+ ([\d.]+) × (\d+)\) ÷ \((\d+) \+ (\d+)\)<", page
    )
    assert len(found) == read_scores(small, MSA, today=MORNING.date()).areas["score"].notna().sum() > 5
    for told, points, mean, strength, count, also in found:
        assert strength == also
        assert float(told) == pytest.approx(
            (float(points) + float(mean) * int(strength)) / (int(count) + int(strength)), abs=0.00501
        )


def test_cells_of_the_table_are_no_formulas(own_app: Flask, signed: SignIn) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        connection.execute(update(pharmacy).values(name="=HYPERLINK(1)"))
    table = list(csv.DictReader(io.StringIO(text_of(signed("msa", own_app), "/risk.csv").lstrip("\ufeff"))))
    assert {one["药店"] for one in table} == {"'=HYPERLINK(1)"}


def test_hostile_names_and_grounds_stay_text(own_app: Flask, signed: SignIn, top: str) -> None:
    evil = "<script>alert(2)</script>\"'&"
    with own_app.config[WORKSPACE_KEY].store.write() as connection:
        connection.execute(update(pharmacy).values(name=evil))
    client = signed("msa", own_app)
    post(client, top, text=evil)
    for path in ("/risk", f"/pharmacies/{top}/risk", f"/pharmacies/{top}/risk/slip", f"/pharmacies/{top}"):
        page = text_of(client, path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(2)" in page


def test_an_override_is_tried_then_given_shown_and_ended(own_app: Flask, signed: SignIn, top: str) -> None:
    client = signed("msa", own_app)
    tried = post(client, top, only="try", grade="", score="75").get_data(as_text=True)
    assert 'class="tried"' in tried
    assert "每 3 个月一次" in tried
    assert "处方药开架" in tried, "what was written is still in the form"
    workspace = own_app.config[WORKSPACE_KEY]
    assert not read_scores(workspace, MSA, today=MORNING.date()).shops["overridden"].any(), (
        "trying keeps nothing"
    )
    given = post(client, top).get_data(as_text=True)
    assert "已改定，到期自止。" in given
    assert "现场检查：处方药开架" in given
    assert "有效期至 2026-09-30" in given
    other = text_of(signed("psb", own_app), f"/pharmacies/{top}/risk")
    assert "现场检查：处方药开架" in other, "every department sees the reason"
    ended = client.post(
        f"/pharmacies/{top}/risk/overrides/1/end",
        data={"csrf_token": token(client, f"/pharmacies/{top}/risk")},
        follow_redirects=True,
    )
    assert "已终止改定" in ended.get_data(as_text=True)
    assert not read_scores(workspace, MSA, today=MORNING.date()).shops["overridden"].any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"until": ""}, "有效期至哪一天"),
        ({"until": "2027-07-01"}, "一年"),
        ({"text": " "}, "依据"),
        ({"score": "10"}, "只填一项"),
        ({"grade": "", "score": "高"}, "应为数字"),
        ({"reason": "x"}, "没有改定的理由"),
    ],
)
def test_what_stands_in_the_way_is_said_on_the_page(
    own_app: Flask, signed: SignIn, top: str, changed: dict[str, str], said: str
) -> None:
    answer = post(signed("msa", own_app), top, **changed)
    assert answer.status_code == 200
    assert said in answer.get_data(as_text=True)


def test_other_departments_get_no_form_and_are_refused(own_app: Flask, signed: SignIn, top: str) -> None:
    client = signed("psb", own_app)
    path = f"/pharmacies/{top}/risk"
    assert 'name="grade"' not in text_of(client, path)
    answer = client.post(path, data={**FORM, "csrf_token": token(client, "/desk")})
    assert answer.status_code == 403
    assert client.post(path, data=FORM).status_code == 400, "no CSRF token"


def test_the_page_for_the_shop_names_no_alert_and_no_other_shop(signed: SignIn, small: Workspace) -> None:
    client, rows = signed("msa"), shops(small)
    known = ids_of(client, "&state=")
    for row in rows[:5]:
        page = text_of(client, f"/pharmacies/{row['license_no']}/risk/slip")
        assert f"{row['least']:.2f}" in page
        assert not any(one in page for one in known)
        assert not any(other["name"] in page for other in rows if other["name"] != row["name"])
        assert not re.search(r"R-[A-Z]\d\d|公安|医保局|卫生健康|其他部门|点名|跨店|召回", page)
        assert "特药" in page


def test_a_pharmacy_s_file_leads_to_its_score(signed: SignIn, top: str) -> None:
    assert f"/pharmacies/{top}/risk" in unquote(text_of(signed("msa"), f"/pharmacies/{top}"))


def test_a_closed_pharmacy_has_a_file_and_no_score(own_app: Flask, signed: SignIn, top: str) -> None:
    with own_app.config[WORKSPACE_KEY].store.write() as connection:
        connection.execute(update(pharmacy).where(pharmacy.c.license_no == top).values(status="closed"))
    client = signed("msa", own_app)
    assert f"/pharmacies/{top}/risk" not in unquote(text_of(client, f"/pharmacies/{top}"))
    assert client.get(f"/pharmacies/{top}/risk").status_code == 404


def test_out_of_sight_is_not_found(signed: SignIn, small: Workspace) -> None:
    outside = next(row["license_no"] for row in shops(small) if row["area_code"] == "330482101")
    for path in (
        f"/pharmacies/{outside}/risk",
        f"/pharmacies/{outside}/risk/slip",
        "/pharmacies/nothing/risk",
    ):
        assert signed("msa-danghu").get(path).status_code == 404


def test_history_is_reckoned_when_asked_for(signed: SignIn, top: str) -> None:
    client = signed("msa")
    assert "data-chart" not in text_of(client, f"/pharmacies/{top}/risk")
    page = text_of(client, f"/pharmacies/{top}/risk?history=1")
    assert "data-chart" in page
    assert "2026-05-31" in page


def test_the_pages_speak_english(signed: SignIn, small: Workspace, top: str) -> None:
    client = signed("msa")
    for path in ("/risk", f"/pharmacies/{top}/risk", f"/pharmacies/{top}/risk/slip"):
        page = re.sub(
            r"<(title|h1|td|a|option|p class=\"quiet\")[^>]*>.*?</",
            "",
            text_of(client, f"{path}?lang=en"),
            flags=re.S,
        )
        assert "风险" not in page
        assert "等级" not in page
    assert client.get(f"/pharmacies/{top}/risk?lang=zh").status_code == 200


@pytest.mark.parametrize(
    ("count", "said"),
    [(24, "每 2 年一次"), (12, "每年一次"), (6, "每 6 个月一次"), (3, "每 3 个月一次"), (None, "—")],
)
def test_how_often_is_said_in_words(shared_app: Flask, count: int | None, said: str) -> None:
    with shared_app.test_request_context("/"):
        assert risk_words.months(count) == said


@pytest.mark.parametrize(
    ("value", "said"), [(20.0, "20"), (0.1, "0.1"), (0.07041, "0.07041"), (5000, "5000"), (0.0, "0")]
)
def test_numbers_are_plain(value: float, said: str) -> None:
    assert risk_words.plain(value) == said


def test_a_confirmed_alert_of_the_own_department_may_be_told_to_the_shop(shared_app: Flask) -> None:
    told = {
        "status": "confirmed",
        "level": "red",
        "rule_zh": "召回批次仍在售",
        "rule_en": "x",
        "last_day": MORNING.date(),
        "alert_id": "a" * 12,
        "named": 3,
    }
    open_one = {**told, "status": "open", "rule_zh": "跨店累购"}
    part = Part(
        "breaches",
        10.0,
        10.0,
        "",
        (
            EvidenceRow("alert", 3.33, told),
            EvidenceRow("alert", 3.33, open_one),
            EvidenceRow("others", 5.0, {"level": "red", "alerts": 1}),
        ),
    )
    with shared_app.test_request_context("/"):
        lines = risk_words.own_lines(part, None)  # type: ignore[arg-type]
    assert [(line.what, line.alert_id) for line in lines] == [
        ("召回批次仍在售（属实，最后行为日 2026-07-01）", "")
    ]
