"""Charts speak the language of their page."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn
from tests.webapp.test_explained import an_alert
from yaotong.workspace import Workspace

CHINESE = re.compile("[\u4e00-\u9fff]")
FIGURE = re.compile(
    r"<figcaption>(.*?)</figcaption>.*?<script type=\"application/json\">(.*?)</script>", re.S
)


def chart(client: FlaskClient, path: str) -> tuple[str, str]:
    """The caption, and the words that are drawn: names of axes and of series."""
    told = FIGURE.search(client.get(path).get_data(as_text=True))
    assert told is not None
    option = json.loads(told[2])
    return told[1], " ".join([option["yAxis"]["name"], *(one.get("name", "") for one in option["series"])])


@pytest.mark.parametrize("rule_id", ["R-P01", "R-M01", "R-M20"])
def test_of_an_alert(signed: SignIn, small: Workspace, rule_id: str) -> None:
    path = f"/alerts/{an_alert(small, rule_id)['alert_id']}"
    client = signed("psb" if rule_id == "R-P01" else "msa")
    assert all(map(CHINESE.search, chart(client, path)))
    assert not any(map(CHINESE.search, chart(client, f"{path}?lang=en")))


def test_the_numbers_of_a_pharmacys_chart_bear_the_names_of_its_lines(
    signed: SignIn, small: Workspace
) -> None:
    shop = json.loads(str(an_alert(small, "R-P01")["pharmacy_ids"]))[0]
    client = signed("msa")
    for lang, name in (("zh", "含麻黄碱类复方制剂"), ("en", "ephedrine compounds")):
        path = f"/pharmacies/{shop}?lang={lang}"
        assert f"<td>{name}</td>" in client.get(path).get_data(as_text=True)
        assert name in chart(client, path)[1]


def test_of_a_pharmacy(signed: SignIn, small: Workspace) -> None:
    shop = an_alert(small, "R-M20")["subject"]
    client = signed("msa")
    assert all(map(CHINESE.search, chart(client, f"/pharmacies/{shop}")))
    assert not any(map(CHINESE.search, chart(client, f"/pharmacies/{shop}?lang=en")))


@pytest.mark.parametrize(("rule_id", "who"), [("R-S01", "msa"), ("R-S02", "hc")])
def test_what_was_expected_is_drawn_and_written(
    signed: SignIn, small: Workspace, rule_id: str, who: str
) -> None:
    found = an_alert(small, rule_id)
    path, client = f"/alerts/{found['alert_id']}", signed(who)
    assert chart(client, path)[1].split() == ["盒", "实际", "预期", "上界"]
    assert not any(map(CHINESE.search, chart(client, f"{path}?lang=en")))
    page = client.get(f"{path}?lang=zh").get_data(as_text=True)
    told = FIGURE.search(page)
    assert told is not None
    option = json.loads(told[2])
    days = option["xAxis"]["data"]
    bars, expected, bound = (one["data"] for one in option["series"])
    place = days.index(str(found["last_day"]))
    # A day that stands out lies beyond what was expected of it; the first ones of the city were not judged.
    assert bars[place]["value"] > expected[place]
    assert bound[place] > expected[place]
    assert expected[0] is None or len(days) == 75
    # The same in a table, for who cannot see the picture; and what the finding carries.
    assert f"<td>{days[place]} ●</td>" in page
    assert re.search(
        r"截至当天的 \d+ 天合计：实际 [\d,.]+ − 预期 [\d,.]+ = 超出 [\d,.]+；上界 [\d,.]+；p = ", page
    )
