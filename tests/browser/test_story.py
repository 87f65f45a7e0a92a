"""One fact, four departments: from a finding to a closed joint case, played by hand in a real browser.

The chain's recalled lot of the demo city: market supervision leads, the others see their own part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, Witness, served
from tests.cases.samples import jpeg
from tests.cities import city, copy_of
from webapp.app import create_app
from yaotong import clock
from yaotong.departments import departments

ENDS = {"msa": "fine", "nhsa": "recover", "hc": "no_issue", "psb": "not_filed"}
Desks = Callable[[str], Page]


@pytest.fixture
def desks(browser: Browser, witness: Witness, tmp_path: Path) -> Iterator[Desks]:
    """Signs each department in once, in a browser profile of its own, to one city."""
    own = copy_of(city("small"), tmp_path / "home")
    opened: dict[str, tuple[BrowserContext, Page]] = {}
    with served(create_app(own.settings.home)) as base:

        def desk(department: str) -> Page:
            if department not in opened:
                context = browser.new_context(viewport=DESK, locale="zh-CN")
                witness.watch(context)
                opened[department] = (context, sign_in(context.new_page(), base, department))
            return opened[department][1]

        yield desk
        for context, _ in opened.values():
            context.close()


def press(page: Page, act: str, **said: str) -> None:
    """Fill the form of an act on a case's or an alert's page and press its button."""
    form = page.locator(f"form[action$='/{act}']")
    if not form.is_visible():
        page.locator("details.more:not([open]) summary").last.click()
    for name, value in said.items():
        field = form.locator(f"[name={name}]")
        if field.first.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        elif field.first.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value={value}]").check()
        else:
            field.fill(value)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".flash.bad")).to_have_count(0)


@pytest.mark.timeout(300)
def test_from_a_finding_to_a_closed_joint_case(desks: Desks, screens: Path) -> None:
    msa = desks("msa")
    base = re.match(r"https?://[^/]+", msa.url)[0]  # type: ignore[index]

    # 08:30: the gravest first, signed for and looked into.
    msa.goto(f"{base}/alerts?part=lead&rule=R-M14")
    msa.locator(".rowlink").first.click()
    alert = msa.url.rsplit("/", 1)[1]
    shop = msa.locator(".reasons").locator("xpath=../p/strong").inner_text()
    press(msa, "accept")
    press(msa, "check")

    # One case with all four, so that the shop is visited once.
    msa.locator("a", has_text="由这条预警提请联合办案").click()
    for department in ("nhsa", "hc", "psb"):
        msa.locator(f"form#propose [name=department][value={department}]").check()
    msa.fill("form#propose textarea", "召回批次仍在销售，请各部门一并核查")
    msa.click("form#propose button[type=submit]")
    expect(msa.locator("h1")).to_have_text(re.compile(r"^YT-330482-\d{4}-\d{4}$"))
    case = msa.url

    # The others find it on their desks and agree; health sees no shop.
    for department in ("nhsa", "hc", "psb"):
        page = desks(department)
        page.goto(f"{base}/cases")
        page.locator(f"a[href$='{case.rsplit('/', 1)[1]}']").first.click()
        press(page, "agree")
        assert (shop in page.locator("main").inner_text()) is (department != "hc")

    # At the shop.
    msa.goto(case)
    msa.locator("a", has_text="填写现场记录").click()
    msa.fill("textarea[name=text]", "货架上仍有召回批次 3 盒，已封存")
    msa.set_input_files(
        "input[name=photos]", {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    msa.click("button.big")
    expect(msa.locator("[data-said]")).to_contain_text("已收到", timeout=20_000)
    msa.goto(case)
    expect(msa.locator("#visits")).to_contain_text("已封存", timeout=20_000)
    assert "已封存" not in desks("hc").locator("main").inner_text()

    # Put right by a day, and told so.
    press(msa, "order", text="召回批次下架并退回", due=f"{clock.now() + timedelta(days=7):%Y-%m-%d}")
    msa.locator("#tasks input[name=text]").first.fill("已退回供货企业")
    msa.locator("#tasks button", has_text="完成").first.click()
    msa.wait_for_load_state("networkidle")
    press(msa, "conclude", text="整改到位")

    # Each enters its own outcome; until the last has, the case does not close.
    expect(msa.locator("form[action$='/close']")).to_have_count(0)
    for department, outcome in ENDS.items():
        page = desks(department)
        page.goto(case)
        codes = page.locator("form[action$='/enter'] option").evaluate_all(
            "all => all.map((one) => one.value)"
        )
        chosen = outcome if outcome in codes else next(one for one in codes if one)
        sums = {"yuan": "1234.5"} if chosen in departments()[department].sums else {}
        press(page, "enter", outcome=chosen, text="依职责处理完毕", **sums)
    msa.goto(case)
    msa.screenshot(path=screens / "story-outcomes.png", full_page=True)
    press(msa, "close", text="各方处理完毕")
    expect(msa.locator(".course [aria-current=step]")).to_have_text("已结案")

    # And the alert itself, to its own end.
    msa.goto(f"{base}/alerts/{alert}")
    press(msa, "dispose", outcome="confirmed", text="联合办案核实")
    press(msa, "close", text="销号")
    expect(msa.locator(".timeline")).to_contain_text("销号")
    assert msa.request.get(f"{base}/api/v1/alerts/{alert}").json()["state"] == "closed"
