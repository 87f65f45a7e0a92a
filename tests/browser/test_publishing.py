"""A rule changed, back-tested, approved and published in the browser, by two people and no programmer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, PHONE, Witness, served
from tests.cities import city, copy_of
from webapp.app import create_app

RULE = "/rules/R-M30"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    """An app over a city that the test may change."""
    copied = copy_of(city("small"), tmp_path / "home")
    with served(create_app(copied.settings.home)) as base:
        yield base
    copied.store.engine.dispose()


@pytest.fixture
def two(browser: Browser, witness: Witness, own: str) -> Iterator[tuple[Page, Page]]:
    """The author and the head of the department, each in a browser of their own."""
    contexts = [browser.new_context(viewport=DESK, locale="zh-CN") for _ in range(2)]
    for one in contexts:
        witness.watch(one)
    author, leader = (one.new_page() for one in contexts)
    for one in (author, leader):
        one.set_default_timeout(120_000)  # saving runs every case of the rule
    yield sign_in(author, own, "msa-danghu"), sign_in(leader, own, "msa")
    for one in contexts:
        one.close()


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def pictured(page: Page, screens: Path, name: str) -> None:
    """Pictures at desk and at phone size, on which nothing sticks out."""
    for size, kind in ((DESK, "desk"), (PHONE, "phone")):
        page.set_viewport_size(size)
        page.screenshot(path=screens / f"rule-{name}-{kind}.png", full_page=True)
        assert fits(page), f"{name} is wider than a {kind}"
    page.set_viewport_size(DESK)


def test_from_a_changed_value_to_a_live_one(two: tuple[Page, Page], own: str, screens: Path) -> None:
    author, leader = two
    author.goto(own + RULE)
    expect(author.locator("#versions")).to_contain_text("10 盒")
    author.click("text=起草新版本")
    pictured(author, screens, "edit")
    author.fill("input[name=min_packs]", "45")
    author.check("input[name=holding]")
    author.fill("textarea[name=why]", "四十三盒的那一家是社区义诊，核查为误报。")
    author.click("text=保存并试跑")
    expect(author.locator(".head .state")).to_have_text("案例相符")
    author.click("button:text('开始影子运行')")
    author.click("button:text('回测 12 个月')")
    author.goto(f"{own}/desk")  # the work goes on without its page
    author.goto(f"{own}{RULE}/versions/3")
    expect(author.locator("#backtest .tile b")).to_have_count(3, timeout=120_000)
    expect(author.locator(".head .state")).to_have_text("已回测")
    expect(author.locator("#backtest")).to_contain_text("−2")
    expect(author.locator("button:text('审批通过')")).to_have_count(0)
    pictured(author, screens, "backtest")

    leader.goto(f"{own}{RULE}/versions/3")
    leader.click("button:text('审批通过')")
    expect(leader.locator(".head .state")).to_have_text("已审批")
    leader.click("button:text('发布上线')")
    expect(leader.locator(".head .state")).to_have_text("上线")
    leader.goto(own + RULE)
    expect(leader.locator("#versions")).to_contain_text("45 盒 原值 10")
    pictured(leader, screens, "live")
