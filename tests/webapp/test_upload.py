"""Sending a file by the form and by program: a receipt for everything, and no way out of the folder."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests.webapp.conftest import MORNING, SignIn, token
from webapp import coverage_pages, i18n, reasons, source_pages, strips
from webapp.context import WORKSPACE_KEY
from webapp.source_pages import safe_name
from yaotong import acts
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.codes import FILE_REASONS, ROW_REASONS
from yaotong.store.schema import pharmacy

GOOD = "drug_code,drug_name,category\nX1,试验药片,OTC\n"
ONE_BAD = GOOD + ",没有编号,OTC\n"
REFUSED = "drug_code,drug_name\nX1,试验药片\n"


def _send(client: FlaskClient, text: str, name: str = "drugs.csv", feed: str = "drugs") -> object:
    headers = {"X-CSRFToken": token(client, "/desk")}
    data = {"file": (io.BytesIO(text.encode()), name)}
    return client.post(f"/api/v1/feeds/{feed}", data=data, headers=headers)


@pytest.mark.parametrize(
    ("text", "status", "outcome", "accepted", "refused"),
    [(GOOD, 200, "accepted", 1, 0), (ONE_BAD, 200, "partial", 1, 1), (REFUSED, 422, "rejected_file", 0, 0)],
)
def test_every_file_gets_a_receipt(
    own_app: Flask, signed: SignIn, text: str, status: int, outcome: str, accepted: int, refused: int
) -> None:
    client = signed("msa", own_app)
    answer = _send(client, text)
    told = answer.get_json()  # type: ignore[attr-defined]
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert (told["outcome"], told["accepted"], len(told["rejected"])) == (outcome, accepted, refused)
    assert told["rows"] == told["accepted"] + told["duplicates"] + len(told["rejected"])
    page = client.get("/sources").get_data(as_text=True)
    assert page.count("drugs.csv") >= 2  # the demo's and this one


def test_the_form_leads_to_the_receipt(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    form = {
        "csrf_token": token(client, "/sources"),
        "feed": "drugs",
        "file": (io.BytesIO(ONE_BAD.encode()), "新药.csv"),
    }
    answer = client.post("/sources", data=form, content_type="multipart/form-data")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "新药.csv" in page
    assert "部分接收" in page
    assert "missing_value" in page


def test_a_form_without_a_file_is_refused(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    answer = client.post("/sources", data={"csrf_token": token(client, "/sources")})
    assert answer.status_code == 400
    assert "请选择一个文件" in answer.get_data(as_text=True)


def test_an_unknown_kind_of_file_is_not_found(own_app: Flask, signed: SignIn) -> None:
    answer = _send(signed("msa", own_app), GOOD, feed="dreams")
    assert answer.status_code == 404  # type: ignore[attr-defined]


def test_an_office_of_a_town_sends_nothing(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa-danghu", own_app)
    assert 'type="file"' not in client.get("/sources").get_data(as_text=True)
    assert _send(client, GOOD).status_code == 403  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("drugs.csv", "drugs.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.xlsx", "a.xlsx"),
        (".hidden", "hidden"),
        ("..", "upload"),
        ("a\x00b<c>.csv", "abc.csv"),
        ("长" * 200 + ".csv", "长" * 78 + ".csv"),  # no disk takes more than 255 bytes
        ("a" * 200 + ".csv", "a" * 116 + ".csv"),
    ],
)
def test_a_name_leads_nowhere(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def _form(client: FlaskClient, *files: tuple[str, str], inline: bool = False, **fields: str) -> object:
    data = {
        "csrf_token": token(client, "/sources"),
        "file": [(io.BytesIO(text.encode()), name) for name, text in files],
        **fields,
    }
    headers = {source_pages.ASIDE: "1"} if inline else {}
    return client.post("/sources", data=data, content_type="multipart/form-data", headers=headers)


def _add(app: Flask, username: str, area_code: str, department: str = "msa", role: str = "leader") -> None:
    acts.add_user(
        app.config[WORKSPACE_KEY],
        username=username,
        display_name=username,
        password=DEMO_PASSWORD,
        department=department,
        area_code=area_code,
        role=role,
        now=MORNING,
    )


def _load_id(client: FlaskClient, name: str) -> str:
    found = re.search(
        rf'href="/sources/(\d+)">{re.escape(name)}<', client.get("/sources").get_data(as_text=True)
    )
    assert found is not None, name
    return found[1]


def test_several_files_of_the_form_each_get_a_receipt(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    answer = _form(client, ("one.csv", GOOD), ("two.csv", ONE_BAD), ("three.csv", REFUSED))
    assert answer.headers["Location"].endswith("/sources")  # type: ignore[attr-defined]
    page = client.get("/sources").get_data(as_text=True)
    assert all(f">{name}.csv</a>" in page for name in ("one", "two", "three"))


@pytest.mark.parametrize(
    ("text", "outcome"), [(GOOD, "accepted"), (ONE_BAD, "partial"), (REFUSED, "rejected_file")]
)
def test_a_script_gets_the_slip_alone(own_app: Flask, signed: SignIn, text: str, outcome: str) -> None:
    answer = _form(signed("msa", own_app), ("a.csv", text), inline=True, feed="drugs")
    slip = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert f'data-outcome="{outcome}"' in slip
    assert "<html" not in slip
    assert ("rejects.csv" in slip) == (outcome == "partial")


@pytest.mark.parametrize(("choice", "outcome"), [("partial", "partial"), ("atomic", "rejected_file")])
def test_bad_rows_cost_themselves_or_the_file(
    own_app: Flask, signed: SignIn, choice: str, outcome: str
) -> None:
    client = signed("msa", own_app)
    answer = _form(client, ("a.csv", ONE_BAD), inline=True, feed="drugs", on_bad_rows=choice)
    slip = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert f'data-outcome="{outcome}"' in slip
    page = client.get(f"/sources/{_load_id(client, 'a.csv')}").get_data(as_text=True)
    assert "missing_value" in page
    assert "--" not in re.sub(r"<!--.*?-->", "", slip)
    assert "或用 partial" not in page


@pytest.mark.parametrize(
    ("field", "value"), [("feed", "dreams"), ("profile", "nobody"), ("on_bad_rows", "never")]
)
def test_choices_that_do_not_exist_are_refused(
    own_app: Flask, signed: SignIn, field: str, value: str
) -> None:
    assert _form(signed("msa", own_app), ("a.csv", GOOD), **{field: value}).status_code == 400  # type: ignore[attr-defined]


def test_what_a_command_line_would_say_is_said_for_a_page() -> None:
    told = "文件不像任何一种数据。请用 --feed 指明 areas、drugs 之一，或用 --profile 指明来源。"
    assert reasons.spoken(told) == "文件不像任何一种数据。请在送文件时选好种类或来源。"
    assert "--" not in reasons.spoken("请删去，或用 --profile 说明来源。")
    assert reasons.spoken("文件是空的。") == "文件是空的。"


def test_a_receipt_tells_who_sent_what_and_how_to_mend_it(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    _form(client, ("a.csv", ONE_BAD), feed="drugs")
    page = client.get(f"/sources/{_load_id(client, 'a.csv')}").get_data(as_text=True)
    for words in ("药监演示员", "2026-07-01 09:00", "必填项为空", "改好后可把这份表直接再送来", "药品目录"):
        assert words in page


def test_refused_rows_come_in_pages_and_by_reason(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    bad = "".join(f",没有编号{n},OTC\n" for n in range(250)) + "B1,坏类别,NOSUCH\n"
    _form(client, ("many.csv", GOOD + bad), feed="drugs")
    path = f"/sources/{_load_id(client, 'many.csv')}"
    rows = [
        client.get(f"{path}{query}").get_data(as_text=True).count('<td class="wide">')
        for query in ("", "?page=2", "?reason=bad_enum", "?page=9")
    ]
    assert rows == [200, 51, 1, 0]
    assert "1 / 2" in client.get(path).get_data(as_text=True)


def test_the_reject_file_opens_in_a_spreadsheet_and_holds_no_formula(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    _form(client, ("evil.csv", GOOD + ',"=HYPERLINK(""http://x"")",OTC\n'), feed="drugs")
    with client.get(f"/sources/{_load_id(client, 'evil.csv')}/rejects.csv") as answer:
        text = answer.get_data(as_text=True)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    row = next(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert row["drug_name"].startswith("'=")
    assert row["reason"] == "missing_value"


def test_the_reject_file_is_for_the_department_that_sent_it(own_app: Flask, signed: SignIn) -> None:
    _add(own_app, "chief", "330482", role="admin", department="hc")
    _add(own_app, "colleague", "330482", role="officer")
    sender = signed("msa", own_app)
    _form(sender, ("a.csv", ONE_BAD), feed="drugs")
    number = _load_id(sender, "a.csv")
    seen = {}
    for name in ("msa", "colleague", "chief", "psb", "msa-danghu"):
        with signed(name, own_app).get(f"/sources/{number}/rejects.csv") as answer:
            seen[name] = answer.status_code
    assert seen == {"msa": 200, "colleague": 200, "chief": 200, "psb": 403, "msa-danghu": 403}
    assert "rejects.csv" not in signed("psb", own_app).get(f"/sources/{number}").get_data(as_text=True)
    assert sender.get("/sources/1/rejects.csv").status_code == 404


def test_an_office_below_sees_figures_and_no_rows(own_app: Flask, signed: SignIn) -> None:
    sender = signed("msa", own_app)
    _form(sender, ("a.csv", GOOD + ",浙机密店,OTC\n"), feed="drugs")
    path = f"/sources/{_load_id(sender, 'a.csv')}"
    assert "必填，不能为空" in sender.get(path).get_data(as_text=True)
    page = signed("msa-danghu", own_app).get(path).get_data(as_text=True)
    assert "必填项为空" in page
    assert "必填，不能为空" not in page
    assert 'id="refused"' not in page


def test_an_office_of_another_area_sees_nothing(own_app: Flask, signed: SignIn) -> None:
    _form(signed("msa", own_app), ("a.csv", ONE_BAD), feed="drugs")
    _add(own_app, "elsewhere", "330483")
    _add(own_app, "far", "330483001", role="officer")
    for name in ("elsewhere", "far"):
        client = signed(name, own_app)
        assert 'href="/sources/' not in client.get("/sources").get_data(as_text=True).replace(
            'href="/sources/coverage', ""
        )
        assert client.get("/sources/1").status_code == 404
        assert client.get("/sources/11/rejects.csv").status_code == 404
        page = client.get("/sources/coverage").get_data(as_text=True)
        assert "浙" not in page
        assert "街道" not in page
        assert client.get("/sources/coverage.csv").get_data(as_text=True).count("\n") == 1  # the head
        assert "许可证号" in client.get("/sources/coverage.csv").get_data(as_text=True)
    own = _form(signed("elsewhere", own_app), ("own.csv", GOOD.replace("X1", "Y1")), feed="drugs")
    assert own.status_code == 302  # type: ignore[attr-defined]
    assert "own.csv" in signed("far", own_app).get("/sources").get_data(as_text=True)
    assert "own.csv" not in signed("msa", own_app).get("/sources").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ("", {"a.csv", "drugs.csv", "r.csv"}),
        ("?sender=msa", {"a.csv", "r.csv"}),
        ("?outcome=rejected_file", {"r.csv"}),
        ("?feed=drugs", {"a.csv", "drugs.csv", "r.csv"}),
        ("?feed=sales&sender=msa", set()),
        ("?since=2026-07-01&until=2026-07-01", {"a.csv", "drugs.csv", "r.csv"}),
        ("?since=2026-07-02", set()),
        ("?until=2026-06-30", set()),
        ("?sender=nobody%27--", set()),
    ],
)
def test_the_history_is_filtered(own_app: Flask, signed: SignIn, query: str, files: set[str]) -> None:
    client = signed("msa", own_app)
    _form(client, ("a.csv", ONE_BAD), ("r.csv", REFUSED), feed="drugs")
    page = client.get(f"/sources{query}").get_data(as_text=True)
    assert {name for name in ("a.csv", "drugs.csv", "r.csv") if f">{name}</a>" in page} == files


def test_the_history_comes_in_pages_newest_first(
    own_app: Flask, signed: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_pages, "PAGE_ROWS", 4)
    client, numbers = signed("msa", own_app), []
    for page in range(1, 10):
        text = client.get(f"/sources?page={page}").get_data(as_text=True)
        numbers += [int(one) for one in re.findall(r'href="/sources/(\d+)"', text)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers == list(range(numbers[0], 0, -1))


def test_a_day_that_is_none_is_refused(signed: SignIn) -> None:
    assert signed("msa").get("/sources?since=yesterday").status_code == 400
    assert signed("msa").get("/sources/coverage?sort=luck").status_code == 400
    assert signed("msa").get("/sources?page=-5").status_code == 200


def test_coverage_of_a_town_is_its_own(signed: SignIn) -> None:
    county, town = signed("msa"), signed("msa-danghu")
    page = town.get("/sources/coverage").get_data(as_text=True)
    assert "当湖街道" in page
    assert "乍浦镇" not in page
    assert "乍浦镇" in county.get("/sources/coverage").get_data(as_text=True)
    assert (
        "乍浦镇"
        not in county.get("/sources/coverage?town=330482001")
        .get_data(as_text=True)
        .split('id="shops"')[1]
        .split("<tbody>")[1]
    )
    assert "乍浦镇" not in town.get("/sources/coverage.csv?town=330482101").get_data(as_text=True)


def test_the_coverage_table_holds_every_shop_and_no_formula(own_app: Flask, signed: SignIn) -> None:
    store = own_app.config[WORKSPACE_KEY].store
    client = signed("msa", own_app)
    before = list(
        csv.DictReader(
            io.StringIO(client.get("/sources/coverage.csv").get_data(as_text=True).lstrip("\ufeff"))
        )
    )
    with store.write() as connection:
        query = update(pharmacy).where(pharmacy.c.license_no == before[0]["许可证号"])
        connection.execute(query.values(name="=1+1", since_version=pharmacy.c.since_version))
    from yaotong.reads.coverage import _whole

    _whole.cache_clear()
    answer = client.get("/sources/coverage.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0]["药店"] == "'=1+1"
    assert len(rows) == len(before) > 50
    assert float(rows[0]["有追溯码的比例"]) <= 1
    assert client.get("/sources/coverage?page=2").get_data(as_text=True).count('role="img"') == len(rows) - 50


def test_a_delay_never_looks_shorter_and_a_share_never_fuller(shared_app: Flask) -> None:
    with shared_app.test_request_context("/?lang=zh"):
        from flask import g

        g.lang = "zh"
        delays = (None, 0.0, 59.2, 60.0, 3601.0, 86_400.0, 2_600_000.0)
        assert [coverage_pages.span(one) for one in delays] == [
            "未知",
            "0 秒",
            "60 秒",
            "1 分钟",
            "1.1 小时",
            "1 天",
            "30.1 天",
        ]
        assert [coverage_pages.percent(one) for one in (None, 0.0, 0.9996, 1.0, 0.29)] == [
            "未知",
            "0%",
            "99.9%",
            "100%",
            "29%",
        ]


def test_a_strip_is_told_in_words(shared_app: Flask) -> None:
    from datetime import date

    days = (date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1))
    with shared_app.test_request_context("/"):
        from flask import g

        g.lang = "en"
        assert (
            strips.in_words(("reported", "missing", "excused"), days)
            == "data 1/3; no data 1: 6-30; announced closure 1: 7-1"
        )
        assert strips.in_words((), ()) == "no sales data at all"
    assert set(strips.outlines(("reported", "reported"))) == {"reported"}


def test_every_reason_has_its_words_in_both_languages() -> None:
    assert set(reasons.FILE) == FILE_REASONS
    assert set(reasons.ROW) == ROW_REASONS
    words = {text for pair in (*reasons.FILE.values(), *reasons.ROW.values()) for text in pair}
    words |= {unit for _, unit in coverage_pages._UNITS}
    assert words - set(i18n.catalogue()) == set()


def _once(client: FlaskClient, key: str, text: str) -> TestResponse:
    headers = {"X-CSRFToken": token(client, "/desk"), "Idempotency-Key": key}
    data = {"file": (io.BytesIO(text.encode()), "drugs.csv")}
    return client.post("/api/v1/feeds/drugs", data=data, headers=headers)


def test_a_sending_repeated_under_its_key_gets_its_first_receipt(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    once = GOOD.replace("X1", "ONCE1")
    first, again = (_once(client, "k-1", once) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.get_json() == again.get_json()
    assert first.get_json()["accepted"] == 1
    assert _once(client, "k-2", once).get_json()["outcome"] == "noop"
    other = _once(client, "k-1", GOOD.replace("X1", "ONCE2"))
    assert (other.status_code, other.get_json()["file_reason"]) == (422, "duplicate_upload")
    assert _once(client, "k-1", once).get_json() == first.get_json()  # a refusal takes no key away
    elsewhere = _once(signed("nhsa", own_app), "k-1", GOOD.replace("X1", "ONCE3"))
    assert elsewhere.get_json()["accepted"] == 1  # a key is the sender's own


@pytest.mark.parametrize(("key", "status"), [("k" * 128, 200), ("k" * 129, 400)])
def test_a_key_has_its_length(own_app: Flask, signed: SignIn, key: str, status: int) -> None:
    assert _once(signed("msa", own_app), key, GOOD).status_code == status
